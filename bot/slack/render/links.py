"""Links that are what they look like: a label that names another address shows the real one."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_SCHEMES = ("http://", "https://", "mailto:")
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
    """False when the label looks like an address other than the target."""
    plain = _plain(label)
    named = _ADDRESS.search(plain)
    if named is None or _is_its_file(plain, target):
        return True
    real = _address_of(target)
    if real is None:
        return False
    said = _Named(_bare(named[1]), named[2] or "")
    return said.host == real.host and real.path.startswith(said.path.rstrip("/.…"))


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
