"""The policy as operators write it, what is refused at load, and what is explained of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.core.approvals import Rule, Terms, Wanted, layered
from bot.core.errors import ConfigError
from bot.core.policy import Capabilities, require_an_end
from bot.settings import CONFIG_FILE, Settings, load

Load = Callable[[str], Settings]


@pytest.fixture
def loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    def written(toml: str) -> Settings:
        file = tmp_path / "threadline.toml"
        file.write_text(toml, "utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv(CONFIG_FILE, str(file))
        return load()

    return written


def test_the_policy_is_read_in_layers(loading: Load) -> None:
    policy = loading(
        '[approvals]\nwho = ["S0123OPS"]\ndeadline_minutes = 5\nremind_minutes = 0\n'
        '[[approvals.rules]]\ntool = "Bash"\ninput = { command = "git *" }\ndecision = "allow"\n'
        "[channels.C0123.approvals]\nneed = 2\n[[channels.C0123.approvals.rules]]\n"
        'tool = "deploy"\ndeadline_minutes = 0\n'
    ).approval_policy
    assert policy.workspace.rules == (
        Rule(decision="allow", tool="Bash", input=(("command", "git *"),)),
    )
    assert policy.workspace.wanted == Wanted(who=("S0123OPS",), deadline=300.0, remind=0.0)
    assert [(layer, number, terms) for layer, number, _, terms in layered(policy)] == [
        (None, None, Terms(who=("S0123OPS",), deadline=300.0, remind=None)),
        ("C0123", None, Terms(who=("S0123OPS",), need=2, deadline=300.0, remind=None)),
        ("C0123", 1, Terms(who=("S0123OPS",), need=2, deadline=None, remind=None)),
    ]


def test_a_channel_with_rules_needs_no_agent_of_its_own(loading: Load) -> None:
    settings = loading("[channels.C0123.approvals]\nalways = false\n")
    assert settings.routes.channels == {}


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('[approvals]\nwhom = ["owner"]', "approvals.whom"),
        ("[approvals]\nwho = []", "nobody could decide"),
        ('[approvals]\nwho = ["@ops"]', "user groups (S"),
        ('[approvals]\nask_in = ["#ops"]', "ids of channels"),
        ("[approvals]\nneed = 0", "approvals.need"),
        ("[approvals]\nneed = 2", "need = 2 can never be met"),
        ("[approvals]\nnot_requester = true", "at most 0, not counting who asked"),
        ('[approvals]\nat_deadline = "deny"', "needs deadline_minutes"),
        ('[approvals]\nat_deadline = "allow"', "nothing is ever approved"),
        ("[approvals]\ndeadline_minutes = -1", "approvals.deadline_minutes"),
        ('[[approvals.rules]]\ndecision = "maybe"', "approvals.rules.0.decision"),
        ('[[approvals.rules]]\nagent = "dmo"', "no agent is called dmo"),
        ('[approvals]\nwho = ["owner", "U0123"]\n[channels.C012.approvals]\nneed = 3',
         "channels.C012.approvals: need = 3"),
        ('[[approvals.rules]]\nneed = 4\nwho = ["U0123", "U0124"]', "approvals, rule 1: need = 4"),
    ],
)  # fmt: skip
def test_what_could_never_be_met_is_refused_in_a_sentence(
    loading: Load, toml: str, said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        loading(toml)
    assert said in refused.value.user_message


def test_who_is_counted_only_where_that_can_be_known(loading: Load) -> None:
    loading('[approvals]\nwho = ["S0123", "owner"]\nneed = 5\nnot_requester = true')
    loading('[approvals]\nwho = ["owner", "U0123"]\nnot_requester = true')


def test_keeping_an_agent_waiting_that_does_not_wait_is_refused(loading: Load) -> None:
    ends = '[approvals]\ndeadline_minutes = 5\nat_deadline = "deny"\n'
    waits = '[[approvals.rules]]\ntool = "x"\nagent = "demo"\nat_deadline = "wait"\n'
    brief = Capabilities(max_hold=60.0)
    for toml, where in (("", "the workspace"), (ends + waits, "rule 1 of the workspace")):
        policy = loading(toml).approval_policy
        require_an_end(policy, "demo", Capabilities())
        with pytest.raises(ConfigError) as refused:
            require_an_end(policy, "demo", brief)
        assert f"{where} keeps waiting" in refused.value.user_message
    require_an_end(loading(ends).approval_policy, "demo", brief)
    require_an_end(loading(ends + waits).approval_policy, "other", brief)


POLICY = (
    '[approvals]\nwho = ["owner", "S0123OPS"]\ndeadline_minutes = 240\nat_deadline = "deny"\n'
    '[[approvals.rules]]\ntool = "Bash"\ninput = { command = "git *" }\ndecision = "allow"\n'
    '[[approvals.rules]]\ntool = "Bash"\ninput = { force = "true" }\ndecision = "deny"\n'
    '[channels.C0123ABCD.approvals]\nneed = 2\nask_in = ["private", "C0456"]\n'
)


def explained(*words: str) -> str:
    ran = CliRunner().invoke(app, ["policy", "explain", *words])
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_it_is_explained_who_decides_a_call_and_why(loading: Load) -> None:
    loading(POLICY)
    where = ("--channel", "C0123ABCD", "--tool", "Bash")
    said = explained(*where, "--input", "command=git log")
    assert "decision: allow\nrule:     rule 1 of the workspace (allow Bash)\n" in said
    said = explained(*where, "--input", "command=ls", "--input", "force=true")
    assert "decision: deny\nrule:     rule 2 of the workspace (deny Bash)\n" in said
    said = explained(*where, "--input", "command=git log; ls", "--agent", "demo")
    assert "who:      2 of who started the session or S0123OPS\nneed:     2\n" in said
    assert "where:    thread, private, C0456\ndeadline: 240 min, then deny\n" in said
    assert "It is asked in this thread and in direct messages and in C0456." in said
    assert "After 4 h without a decision it is denied." in said


@pytest.mark.parametrize(
    "words",
    [("--input", "command"), ("--agent", "dmo"), ("--channel", "general")],
    ids=["input", "agent", "channel"],
)
def test_what_cannot_be_explained_is_refused_in_a_sentence(
    loading: Load, words: tuple[str, str]
) -> None:
    loading(POLICY)
    ran = CliRunner().invoke(
        app, ["policy", "explain", "--channel", "C1", "--tool", "Bash", *words]
    )
    assert ran.exit_code == 2
    assert "threadline: " in ran.output
