"""Doctor finds what is missing and says what to do about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.agents.claude import credentials
from bot.agents.claude.connector import ClaudeConfig
from bot.agents.claude.sdk import installed
from bot.agents.demo.connector import DemoConfig
from bot.core.approvals import Approvals, Layer, Wanted
from bot.doctor import Finding, _access, examine, manifest
from bot.playground import MethodFault, Playground
from bot.settings import Settings
from bot.slack.app import connect
from bot.store import migrate
from bot.store.database import StoreConfig
from tests.governed import Governed


@pytest.fixture
async def slack() -> AsyncIterator[Playground]:
    async with Playground() as local:
        yield local


def settings(
    slack: Playground, data: Path, *, bot: str | None = None, app: str | None = None, url: str = ""
) -> Settings:
    return Settings(
        slack_bot_token=SecretStr(slack.bot_token if bot is None else bot),
        slack_app_token=SecretStr(slack.app_token if app is None else app),
        slack_api_url=slack.base_url,
        database_url=url or f"sqlite:///{data / 'threadline.db'}",
        agents={"demo": DemoConfig(data_dir=data)},
    )


def _wrong(findings: list[Finding]) -> list[Finding]:
    wrong = [finding for finding in findings if not finding.ok]
    assert all(finding.how_to_fix for finding in wrong)
    return wrong


async def test_all_is_well_with_a_local_slack(slack: Playground, tmp_path: Path) -> None:
    await migrate.upgrade(StoreConfig(url=f"sqlite:///{tmp_path / 'threadline.db'}"))
    findings = await examine(settings(slack, tmp_path))
    assert _wrong(findings) == []
    told = " ".join(finding.what for finding in findings)
    assert f"All {len(manifest().scopes)} scopes" in told
    assert "app_mention" in told


async def test_a_database_that_is_not_there_yet_is_told_of_and_not_made(
    slack: Playground, tmp_path: Path
) -> None:
    missing = tmp_path / "later" / "threadline.db"
    findings = await examine(settings(slack, tmp_path, url=f"sqlite:///{missing}"))
    assert _wrong(findings) == []
    assert "threadline migrate" in findings[0].what
    assert str(missing) in findings[0].what
    assert not missing.parent.exists()


async def test_a_database_that_cannot_be_reached_is_one_finding(
    slack: Playground, tmp_path: Path
) -> None:
    away = "postgresql://bot:hunter2@127.0.0.1:1/db"
    (wrong,) = _wrong(await examine(settings(slack, tmp_path, url=away)))
    assert "DATABASE_URL" in wrong.how_to_fix
    assert "hunter2" not in f"{wrong}"


@pytest.mark.parametrize(
    ("tokens", "named"),
    [
        ({"bot": ""}, "SLACK_BOT_TOKEN: is missing"),
        ({"app": ""}, "SLACK_APP_TOKEN: is missing"),
        ({"bot": "xapp-hunter2"}, "SLACK_BOT_TOKEN: is an app-level token"),
        ({"app": "xoxb-hunter2"}, "SLACK_APP_TOKEN: is a bot token"),
        ({"bot": "xoxb-hunter2"}, "SLACK_BOT_TOKEN: Slack does not accept it"),
        ({"app": "xapp-hunter2"}, "SLACK_APP_TOKEN: Slack does not accept it"),
    ],
)
async def test_a_bad_token_is_named_but_not_shown(
    slack: Playground, tmp_path: Path, tokens: dict[str, str], named: str
) -> None:
    findings = await examine(settings(slack, tmp_path, **tokens))
    (wrong,) = [finding for finding in _wrong(findings) if "SLACK" in finding.what]
    assert wrong.what.startswith(named)
    assert "hunter2" not in f"{wrong}"


async def test_missing_scopes_are_named(slack: Playground, tmp_path: Path) -> None:
    for install in slack.workspace.installs:
        install.scopes.remove("reactions:write")
    findings = await examine(settings(slack, tmp_path))
    (wrong,) = [finding for finding in _wrong(findings) if "Scopes" in finding.what]
    assert wrong.what == "Scopes are missing: reactions:write."
    assert "reinstall" in wrong.how_to_fix


async def test_a_scope_for_user_groups_is_wanted_only_where_rules_name_some(
    slack: Playground, tmp_path: Path
) -> None:
    for install in slack.workspace.installs:
        install.scopes.remove("usergroups:read")
    plain = settings(slack, tmp_path)
    assert [one for one in _wrong(await examine(plain)) if "Scopes" in one.what] == []
    wanted = Wanted(who=("S0OPERATORS",))
    governed = Governed.under(Approvals(workspace=Layer(wanted=wanted)), dict(plain))
    (wrong,) = [one for one in _wrong(await examine(governed)) if "Scopes" in one.what]
    assert wrong.what == "Scopes are missing: usergroups:read."


async def test_a_slack_that_fails_after_the_tokens_were_good_is_a_finding(
    slack: Playground, tmp_path: Path
) -> None:
    async with connect(settings(slack, tmp_path).slack) as joined:
        slack.faults.methods["auth.test"] = MethodFault(status=500)
        (wrong,) = _wrong(await _access(joined.web))
    assert "scopes" in wrong.what


async def test_an_agent_that_has_no_place_to_write_is_a_finding(
    slack: Playground, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    given = settings(slack, tmp_path)
    given.agents = {"demo": DemoConfig(data_dir=tmp_path / "file" / "below")}
    wrong = _wrong(await examine(given))
    assert any(finding.what.startswith("Agent demo: ") for finding in wrong)


async def test_claude_code_that_cannot_answer_is_told_with_what_to_do(
    slack: Playground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate.upgrade(StoreConfig(url=f"sqlite:///{tmp_path / 'threadline.db'}"))
    for name in (*credentials.KEYS, *credentials.CLOUDS, "CLAUDE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    known = settings(slack, tmp_path)
    agent = ClaudeConfig.model_validate(
        {"kind": "claude", "cwd": tmp_path, "data_dir": tmp_path / "data"}
    )
    (wrong,) = _wrong(await examine(known.model_copy(update={"agents": {"claude": agent}})))
    assert wrong.what.startswith("Agent claude: ")
    if installed():
        assert "has no key" in wrong.what and "ANTHROPIC_API_KEY" in wrong.how_to_fix
    else:
        assert "not installed" in wrong.what and "threadline[claude]" in wrong.how_to_fix
