"""Laws of the whole house that no single part can see."""

from __future__ import annotations

import re
from pathlib import Path

from bot.core import errors
from bot.core.errors import BotError, ConfigError, RateLimited
from bot.doctor import manifest
from bot.playground.coverage import METHODS
from bot.settings import Settings

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "bot").rglob("*.py"))


def test_every_slack_method_the_bot_calls_is_in_the_local_slack() -> None:
    pattern = re.compile(
        r'"((?:agents|apps|auth|bots|chat|conversations|reactions|team|users|views)\.[\w.]+)"'
    )
    ours = [path for path in SOURCES if "slack" in path.parts]
    called = {name for path in ours for name in pattern.findall(path.read_text("utf-8"))}
    assert called
    assert called <= set(METHODS)


def test_the_readme_names_every_setting() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in Settings.model_fields:
        variable = {"host": "THREADLINE_HOST", "port": "THREADLINE_PORT"}.get(name, name.upper())
        variable = "THREADLINE_DATA_DIR" if name == "data_dir" else variable
        assert variable in readme or name in readme, variable


def test_a_sentence_stands_behind_every_error() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    for kind in kinds:
        if issubclass(kind, BotError) and kind not in (ConfigError, RateLimited):
            assert kind().user_message.rstrip().endswith("."), kind


def test_the_manifest_asks_for_nothing_the_bot_does_not_use() -> None:
    found = manifest()
    assert "chat:write" in found.scopes
    assert not {scope for scope in found.scopes if scope.startswith(("admin", "canvases"))}
    assert {"app_mention", "app_home_opened"} <= found.events
