"""Writes the methods in docs/local-slack.md: `python -m tests.playground.methods_table`."""

from pathlib import Path

from bot.playground.coverage import METHODS
from bot.playground.limits import POSTS_PER_MINUTE
from bot.playground.method import Method

DOCUMENT = Path(__file__).parents[2] / "docs" / "local-slack.md"
BEGIN = "<!-- methods: `python -m tests.playground.methods_table` writes this table -->\n"
END = "<!-- end of methods -->\n"


# Who calls with something else than the token of a bot.
_CALLERS = {
    "app": "(app token)",
    "client": "(client id and secret)",
    "any": "(a person's token, too)",
}


def table() -> str:
    """One row for each method that the local Slack has, by name."""
    rows = [_row(METHODS[name]) for name in sorted(METHODS)]
    head = [
        "| Method | Arguments | Scope | Calls a minute | Errors of its own | Known by |",
        "|---|---|---|---|---|---|",
    ]
    return "".join(f"{line}\n" for line in head + rows)


def _row(method: Method) -> str:
    words = (f"**{a[:-1]}**" if a.endswith("*") else a for a in method.arguments.split())
    scopes = " or ".join(f"`{scope}`" for scope in method.scopes.split())
    scopes = " ".join(filter(None, (scopes, _CALLERS.get(method.token, ""))))
    pace = POSTS_PER_MINUTE if method.name == "chat.postMessage" else method.per_minute
    errors = " ".join(f"`{error}`" for error in method.errors.split())
    cells = (f"`{method.name}`", " ".join(words), scopes, pace, errors, method.confidence)
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def with_table(document: str) -> str:
    """The document with the table between its marks. ValueError when a mark is missing."""
    before, rest = document.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + table() + END + after


if __name__ == "__main__":
    DOCUMENT.write_text(with_table(DOCUMENT.read_text("utf-8")), "utf-8")
