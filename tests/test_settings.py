"""Where settings come from, which wins, and what is said of a bad one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.agents.agent_webkit.connector import AgentWebkitConfig
from bot.agents.demo.connector import DemoConfig
from bot.core.errors import ConfigError
from bot.settings import load

ROOT = Path(__file__).parent.parent
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
    slow = load().agents["slow"]
    assert isinstance(slow, DemoConfig) and slow.speed == 0.5


WEBKIT = '[agents.claude]\nkind = "agent_webkit"\nurl = "http://host"\n'
DEFAULT = 'default_agent = "claude"\n'


@pytest.mark.parametrize("place", ["the environment", ".env"])
def test_an_agent_s_token_may_come_from_a_variable(place: str) -> None:
    Path("threadline.toml").write_text(f'{DEFAULT}{WEBKIT}token_env = "WEBKIT_TOKEN"\n')
    if place == ".env":
        Path(".env").write_text("WEBKIT_TOKEN=very-secret\n")
    else:
        Path(".env").write_text("WEBKIT_TOKEN=older\n")
        os.environ["WEBKIT_TOKEN"] = "very-secret"
    settings = load()
    claude = settings.agents["claude"]
    assert isinstance(claude, AgentWebkitConfig)
    assert claude.token.get_secret_value() == "very-secret"
    assert "very-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('token_env = "NOT_THERE"', "the variable NOT_THERE is not set"),
        ('token_env = "EMPTY"', "the variable EMPTY is not set"),
        ("token_env = 7", "the variable 7 is not set"),
        ('token = "s3cret"\ntoken_env = "WEBKIT_TOKEN"', "token is given too"),
    ],
)
def test_a_variable_that_names_no_token_is_refused_in_a_sentence(line: str, said: str) -> None:
    os.environ |= {"EMPTY": "", "WEBKIT_TOKEN": "s3cret"}
    Path("threadline.toml").write_text(f"{DEFAULT}{WEBKIT}{line}\n")
    with pytest.raises(ConfigError, match=said) as refused:
        load()
    assert refused.value.key == "agents.claude.token_env"
    assert "s3cret" not in str(refused.value)


def test_a_channel_has_an_agent_of_its_own_E64() -> None:
    Path("threadline.toml").write_text(
        '[agents.demo]\nkind = "demo"\ndata_dir = "x"\n[channels.C0123]\nagent = "demo"\n'
    )
    routes = load().routes
    assert (routes.default, routes.known, routes.channels) == ("demo", ("demo",), {"C0123": "demo"})


@pytest.mark.parametrize("channel", ['C0123]\nagent = "other"', '"#ops"]\nagent = "demo"'])
def test_a_channel_is_named_by_id_and_its_agent_is_known(channel: str) -> None:
    Path("threadline.toml").write_text(f"[channels.{channel}\n")
    with pytest.raises(ConfigError):
        load()


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


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[aproovals]\nneed = 2", "aproovals: is no setting. Did you mean approvals?"),
        ("[somewhere]\nneed = 2", "somewhere: is no setting. See "),
        ("[approvals]\nneeds = 2", "approvals.needs: is no setting. See docs/approvals.md"),
        ("[agents.a]\nkind = 'claude'", "agents.a.cwd: is missing. See docs/agents"),
        ("[agents.a]\nkind = 'claud'", "agents.a: kind takes demo, agent_webkit, claude"),
        ("[channels.general]\nagent = 'demo'", "channels.general: takes a channel's id, such as"),
        ("default_agent = 'nobody'", "^default_agent: no agent is called so; there are: demo"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_in_its_own_words(toml: str, said: str) -> None:
    Path("threadline.toml").write_text(toml)
    with pytest.raises(ConfigError, match=said):
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


def test_the_example_of_the_guide_is_taken() -> None:
    guide = (ROOT / "docs" / "agents" / "agent-webkit.md").read_text("utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", guide, re.M | re.S)
    Path("threadline.toml").write_text(example)
    os.environ["WEBKIT_TOKEN"] = "secret"
    claude = load().agents["claude"]
    assert isinstance(claude, AgentWebkitConfig)
    assert (claude.token.get_secret_value(), claude.cwd) == ("secret", "/srv/project")
