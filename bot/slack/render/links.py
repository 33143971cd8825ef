"""Links that are what they look like: a label that names another address shows the real one."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

_SCHEMES = ("http://", "https://", "mailto:")
LONGEST_QUERY: Final = 100
"""Characters behind a link's `?` up to which its label may stand alone."""
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?:[^\s/@]+@)?((?:[\w-]+\.)+[^\W\d_]{2,})(?::\d+)?(/\S*)?"
)
# Agents link files by their names, and some endings are also countries.
_FILE_ENDINGS = re.compile(
    r".*\.(?:c|cfg|cpp|cs|css|go|h|html|ini|ipynb|java|js|json|jsx|kt|lock|log|md|mjs|php|py|rb|rs"
    r"|sh|sql|swift|toml|ts|tsx|txt|vue|xml|ya?ml)"
)


class _Named(NamedTuple):
    """An address that stands in a text: `host`, and what follows it."""

    host: str
    path: str


def is_web(target: str) -> bool:
    """Whether a target may be a link: http, https or mailto. All else is shown as text."""
    return target.lower().startswith(_SCHEMES)


def is_honest(label: str, target: str) -> bool:
    """False when the label looks like an address other than the target, or hides that the target's
    name is written with letters that look like others."""
    plain = _plain(label)
    if "xn--" in target.lower():
        return False
    named = _ADDRESS.search(plain)
    if named is None or _is_its_file(plain, target):
        return True
    real = _address_of(target)
    if real is None:
        return False
    said = _Named(_bare(named[1]), named[2] or "")
    return said.host == real.host and real.path.startswith(said.path.rstrip("/.…"))


def carries_data(label: str, target: str) -> str:
    """The host of a link that carries so much that a reader should know where it goes; else empty.

    A model that was told to can put what it knows into an address.
    """
    parameters = len(target) - len(target.partition("?")[0])
    real = _address_of(target)
    is_long = parameters > LONGEST_QUERY and not target.lower().startswith("mailto:")
    return real.host if is_long and real and real.host not in _plain(label) else ""


def _plain(label: str) -> str:
    """The label as an eye reads it: compatibility forms resolved, what has no width left out."""
    text = unicodedata.normalize("NFKC", label)
    visible = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Mn", "Me"))
    return visible.strip().casefold()


def _is_its_file(label: str, target: str) -> bool:
    """Whether the label is the name of the very file the target ends in, such as `README.md`."""
    if "://" in label or not _FILE_ENDINGS.fullmatch(label):
        return False
    path = unquote(target.split("?")[0].split("#")[0]).casefold()
    return path.endswith("/" + label.lstrip("./"))


def _address_of(target: str) -> _Named | None:
    if target.lower().startswith("mailto:"):
        return _Named(_bare(target[7:].split("?")[0].rpartition("@")[2].casefold()), "")
    try:
        parts = urlsplit(target)
        host = parts.hostname or ""
    except ValueError:
        return None
    path = unquote(target.partition("://")[2].partition("/")[2]).casefold()
    return _Named(_bare(host.casefold()), f"/{path}")


def _bare(host: str) -> str:
    return host.removeprefix("www.")
