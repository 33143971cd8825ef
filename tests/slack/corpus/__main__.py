"""Write anew what the answers in this folder look like: `python -m tests.slack.corpus`.

Beside each `answer.md` stand `answer.edited`, as a message that is edited shows it, and
`answer.streamed`, as a native stream has it in the end.
"""

from __future__ import annotations

from pathlib import Path

from bot.slack.render.growth import grow
from bot.slack.render.secrets import mask
from bot.slack.render.text import markdown

FOLDER = Path(__file__).parent


def answers() -> dict[str, str]:
    """What agents wrote, by name, with the line ends they wrote."""
    return {path.stem: path.read_bytes().decode() for path in sorted(FOLDER.glob("*.md"))}


def forms(answer: str) -> dict[str, str]:
    """What is shown of it, by the ending of the file that holds it."""
    safe = mask(answer)
    return {"edited": markdown(safe) + "\n", "streamed": grow(safe, final=True) + "\n"}


def main() -> None:
    for name, answer in answers().items():
        for ending, shown in forms(answer).items():
            (FOLDER / f"{name}.{ending}").write_text(shown, encoding="utf-8")


if __name__ == "__main__":
    main()
