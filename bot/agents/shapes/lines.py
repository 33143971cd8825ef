"""What a tool does, and what came of it, in a line each."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

LONGEST_TITLE = 140
LONGEST_SUMMARY = 160
TELLING = ("command", "file_path", "path", "pattern", "url", "query", "description", "prompt")
"""Inputs of tools that say in a line what is done, the most telling first."""


def title(tool: str, given: Mapping[str, JsonValue]) -> str:
    said = next((v for key in TELLING if isinstance(v := given.get(key), str) and v.strip()), "")
    return _line(f"{tool}: {said}" if said else tool, LONGEST_TITLE)


def summary(output: JsonValue) -> str:
    """The first words of a result: a text, or a list of blocks of which some are texts."""
    if isinstance(output, list):
        texts = [block.get("text") for block in output if isinstance(block, dict)]
        output = " ".join(text for text in texts if isinstance(text, str))
    return _line(output, LONGEST_SUMMARY) if isinstance(output, str) else ""


def _line(text: str, most: int) -> str:
    words = " ".join(text[: most * 4].split())
    return words if len(words) <= most else f"{words[: most - 1]}…"
