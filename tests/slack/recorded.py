"""Payloads in the shapes Slack sends, and who we are in them."""

from __future__ import annotations

import json
from pathlib import Path

from bot.slack.parse import Identity

FOLDER = Path(__file__).parent / "payloads"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
ME = Identity(team="T02EXAMPLE", user="U0BOTTHREA", name="threadline", bot_id="B0BOTTHREA")


def payload(name: str) -> dict[str, object]:
    return json.loads((FOLDER / f"{name}.json").read_text())
