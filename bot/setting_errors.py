"""What is wrong with the configuration, in the words an operator wrote it in.

The value, which may be a secret, is in none of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.core.errors import ConfigError

README = "the table of settings in README.md"
_PAGES: Mapping[str, str] = {
    "approvals": "docs/approvals.md",
    "access": "docs/access.md",
    "talk": "docs/access.md",
    "audit": "docs/audit.md",
    "claude": "docs/agents/claude.md",
    "agent_webkit": "docs/agents/agent-webkit.md",
}
"""Where more is said, by a part of the path; the last part that is here counts."""


def see(path: Iterable[str] = ()) -> str:
    """The remedy for something at `path` that is not as it should be."""
    pages = [_PAGES[part] for part in path if part in _PAGES]
    return f"See {pages[-1] if pages else README}, then start again"


def in_words(error: ValidationError, variables: Mapping[tuple[str, str], str]) -> ConfigError:
    """The first thing that is wrong. `variables`: what an operator wrote, by the section and its
    own name for it."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = [str(part) for part in first["loc"]]
    kind = path[2:3] if path[:1] == ["agents"] else []
    hint = see([path[0], *kind, *path[2:]] if path else ())
    if kind:  # what an agent's settings are told apart by is no part of their path
        del path[2]
    problem = _problem(first)
    if not path:  # said of more than one setting, its own words name which
        key, _, problem = problem.partition(": ")
        return ConfigError(key, problem, hint)
    if path[-1] == "[key]":
        path.pop()
    written = ".".join(path)
    key = variables.get((error.title, written)) or (written if path[1:] else written.upper())
    return ConfigError(key, problem, hint)


def unknown(name: str, known: Collection[str]) -> ConfigError:
    """The file says something that is no setting."""
    near = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"Did you mean {near[0]}? " if near and near[0] != name else ""
    return ConfigError(name, "is no setting", f"{hint}{see()}")


def _problem(first: ErrorDetails) -> str:
    match first["type"]:
        case "extra_forbidden":
            return "is no setting"
        case "missing":
            return "is missing"
        case "union_tag_invalid":
            return f"kind takes {first.get('ctx', {}).get('expected_tags', '')}".replace("'", "")
        case "union_tag_not_found":
            return "kind is missing"
        case "string_pattern_mismatch" if first["loc"][:1] == ("channels",):
            return "takes a channel's id, such as C0123ABCD, which Slack shows in its details"
        case _:
            return first["msg"].removeprefix("Value error, ")
