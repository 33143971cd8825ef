"""Where settings come from, which wins, and what is said of a bad one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.errors import ConfigError
from bot.settings import load

OURS = ("SLACK_", "DATABASE_", "THREADLINE_", "DEMO_", "LOG_", "AGENTS", "DEFAULT_AGENT")


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path) -> Iterator[None]:
    """An empty directory, and nothing of the developer's own environment."""
    home, before = Path.cwd(), dict(os.environ)
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    os.chdir(tmp_path)
    yield
    os.chdir(home)
    os.environ.clear()
    os.environ.update(before)


def test_without_any_setting_the_embedded_agent_and_a_file_are_used() -> None:
    settings = load()
    assert list(settings.agents) == ["demo"]
    assert settings.store.url == "sqlite:///data/threadline.db"
    assert not settings.has_tokens


def test_the_environment_wins_over_env_and_both_over_the_file() -> None:
    Path("threadline.toml").write_text('log_level = "ERROR"\nport = 1\ndefault_agent = "demo"\n')
    Path(".env").write_text("LOG_LEVEL=WARNING\nTHREADLINE_PORT=2\n")
    os.environ["THREADLINE_PORT"] = "3"
    settings = load()
    assert (settings.log_level, settings.port) == ("WARNING", 3)


def test_the_file_names_agents() -> None:
    Path("mine.toml").write_text(
        'default_agent = "slow"\n[agents.slow]\nkind = "demo"\ndata_dir = "x"\nspeed = 0.5\n'
    )
    os.environ["THREADLINE_CONFIG"] = "mine.toml"
    assert load().agents["slow"].speed == 0.5


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    os.environ |= {"THREADLINE_PORT": "", "DATABASE_DIRECT_URL": "", "LOG_LEVEL": ""}
    assert load().port == 8080


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("THREADLINE_PORT", "seven"),
        ("THREADLINE_PORT", "70000"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
        ("DEMO_SPEED", "slowly"),
        ("DATABASE_URL", "mysql://root:hunter2@host/db"),
        ("DATABASE_DIRECT_URL", "hunter2"),
        ("SLACK_API_URL", "http://evil.example/hunter2"),
        ("DEFAULT_AGENT", "nobody"),
        ("THREADLINE_CONFIG", "/nowhere.toml"),
        ("AGENTS", "{hunter2"),
    ],
)
def test_a_bad_value_is_named_with_a_remedy_and_without_the_value(name: str, value: str) -> None:
    os.environ[name] = value
    with pytest.raises(ConfigError) as refused:
        load()
    assert name in refused.value.user_message.upper()
    assert refused.value.hint
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "toml",
    [
        "= what",
        "port = 'seven'",
        "[agents.a]\nkind = 'oracle'\ndata_dir = 'x'",
        "[agents.demo]\nkind = 'demo'\ndata_dir = 'x'\nspeed = -1",
    ],
)
def test_a_bad_file_is_refused_in_a_sentence(toml: str) -> None:
    Path("threadline.toml").write_text(toml)
    with pytest.raises(ConfigError):
        load()


def test_a_file_that_is_no_text_is_refused_in_a_sentence() -> None:
    Path(".env").write_bytes(b"LOG_LEVEL=\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        load()


def test_tokens_show_in_no_representation() -> None:
    os.environ |= {"SLACK_BOT_TOKEN": "xoxb-hunter2", "SLACK_APP_TOKEN": "xapp-hunter2"}
    os.environ["DATABASE_URL"] = "postgresql://bot:hunter2@host/db"
    settings = load()
    assert settings.has_tokens
    shown = [repr(settings), str(settings), repr(settings.slack), repr(settings.store)]
    assert "hunter2" not in "".join(shown)
