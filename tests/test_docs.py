"""What README.md and docs name exists: commands, options, make words, settings, files."""

import re
import tomllib
from pathlib import Path

import pytest
import typer.main
from pydantic import AliasChoices
from typer.core import TyperGroup

from bot import cli
from bot.agents.agent_webkit.connector import AgentWebkitConfig
from bot.agents.claude.connector import ClaudeConfig
from bot.agents.registry import build
from bot.core.policy import require_an_end
from bot.settings import CONFIG_FILE, ENV, Settings, load

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = DOCUMENTS[0].read_text("utf-8")
ALL = "\n".join(document.read_text("utf-8") for document in DOCUMENTS)

COMMANDS = typer.main.get_group(cli.app).commands
ALL_COMMANDS = [
    one
    for command in COMMANDS.values()
    for one in (command, *(command.commands.values() if isinstance(command, TyperGroup) else ()))
]
OPTIONS = {
    option
    for command in ALL_COMMANDS
    for parameter in command.params
    for option in (*parameter.opts, *parameter.secondary_opts)
}
# What `make run` does; a person has no need to type it.
INTERNAL = {"start"}


def code(text: str) -> list[str]:
    """What is set as code: blocks and words."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    rest = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [*blocks, *re.findall(r"`([^`]+)`", rest)]


def test_every_command_named_exists_and_every_command_is_named() -> None:
    named = {word for part in code(ALL) for word in re.findall(r"\bthreadline (\w+)", part)}
    spoken = {word for part in code(ALL) for word in re.findall(r"@threadline (\w+)", part)}
    assert named - spoken == set(COMMANDS) - INTERNAL


def test_every_option_named_exists() -> None:
    named = {option for part in code(ALL) for option in re.findall(r"(?<!\S)--[a-z-]+", part)}
    assert len(named) > 4
    # Those who measure read of `python -m tests.bench` too.
    bench = (ROOT / "tests" / "bench" / "__main__.py").read_text("utf-8")
    measuring = {f"--{name}" for name in re.findall(r"^    (\w+): Annotated", bench, re.MULTILINE)}
    measuring |= set(re.findall(r'typer\.Option\("(--[a-z]+)"', bench))
    assert named <= OPTIONS | measuring | {"--env-file", "--help"}


def test_every_make_word_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {word for part in code(ALL) for word in re.findall(r"\bmake ([a-z-]+)", part)}
    assert len(named) > 4
    assert named <= targets


def settings() -> set[str]:
    """The environment variables that are read."""
    variables = {CONFIG_FILE}
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        first = alias.choices[0] if isinstance(alias, AliasChoices) else name
        variables.add(str(first).upper())
    return variables


def test_the_table_of_settings_is_complete() -> None:
    table = README.partition("## Settings")[2].partition("## ")[0]
    # These are for the file alone: a variable cannot say them well.
    in_file = {
        "DEFAULT_AGENT", "AGENTS", "APPROVALS", "AUDIT", "CHANNELS", "SECURITY", "ACCESS", "TALK",
    }  # fmt: skip
    first_cells = " ".join(re.findall(r"^\|([^|]*)\|", table, re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", first_cells)) == settings() - in_file
    assert all(re.search(rf"^\[?{name.lower()}\b", table, re.MULTILINE) for name in in_file)


def test_every_default_in_the_table_is_the_default() -> None:
    for variable, default in {
        "SLACK_API_URL": Settings.model_fields["slack_api_url"].default,
        "THREADLINE_DATA_DIR": Settings.model_fields["data_dir"].default,
        "LOG_LEVEL": Settings.model_fields["log_level"].default,
        "THREADLINE_PORT": Settings.model_fields["port"].default,
    }.items():
        [row] = re.findall(rf"^\|.*`{variable}`.*$", README, re.MULTILINE)
        assert f"`{default}`" in row


FILES = [
    (document.name, block)
    for document in DOCUMENTS
    for block in re.findall(
        r"```toml\n(# threadline\.toml\n.*?)```", document.read_text(), re.DOTALL
    )
]


@pytest.mark.parametrize("block", [block for _, block in FILES], ids=[name for name, _ in FILES])
def test_every_example_of_the_file_is_taken(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "threadline.toml"
    file.write_text(block, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(CONFIG_FILE, str(file))
    settings = load()
    for name, config in settings.agents.items():
        require_an_end(settings.approval_policy, name, build(config).capabilities)


def test_the_examples_of_access_mean_what_they_say() -> None:
    text = (ROOT / "docs" / "access.md").read_text("utf-8")
    people, bots, talk = (
        Settings.model_validate(tomllib.loads(block))
        for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    )
    access = people.rules.access
    assert access.workspace.stop == ("owner", "S0ONCALL1")
    assert access.in_channels["C0456EFGH"].people == ("anyone",)
    assert people.routes.access == access
    assert (bots.rules.access.bots, bots.rules.access.bot_budget) == (("U0ALERTBOT",), 5)
    assert talk.rules.edits == "correct"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_linked_exists(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_file_of_the_house_named_in_the_architecture_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = {part for part in re.findall(r"`((?:\w+/)*\w+(?:\.py|/))`", text) if "/" in part}
    assert len(named) > 8
    assert [name for name in sorted(named) if not (ROOT / "bot" / name).exists()] == []


def test_every_place_named_in_the_readme_exists() -> None:
    block = README.partition("## Where things live")[2].split("```")[1]
    named = re.findall(r"(?:^|  )((?:\w+/)+\w*(?:\.py)?)(?=  )", block, re.MULTILINE)
    assert len(named) == 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_event_of_the_log_named_is_logged() -> None:
    text = (ROOT / "docs" / "operating.md").read_text("utf-8").partition("## Logs")[2]
    named = set(re.findall(r"`([a-z]+\.[a-z_]+)`", text.partition("\n## ")[0]))
    assert len(named) > 10
    sources = [path.read_text("utf-8") for path in sorted((ROOT / "bot").rglob("*.py"))]
    logged = {event for source in sources for event in re.findall(r'"([a-z]+\.[a-z_]+)"', source)}
    assert named - logged == set()


def test_the_container_is_run_as_the_dockerfile_means_it() -> None:
    text = (ROOT / "docs" / "operating.md").read_text("utf-8")
    file = (ROOT / "Dockerfile").read_text("utf-8")
    [volume] = re.findall(r"^VOLUME (\S+)$", file, re.MULTILINE)
    [port] = re.findall(r"^EXPOSE (\d+)$", file, re.MULTILINE)
    [run] = re.findall(r"^docker run .*$", text, re.MULTILINE)
    assert f"-v threadline:{volume} " in run and f":{port}:{port} " in run
    assert f"WORKDIR {volume}\n" in file  # where .env and threadline.toml are looked for
    assert 'ENTRYPOINT ["threadline"]' in file


AGENT_PAGES = {
    "agent-webkit.md": AgentWebkitConfig,
    "claude.md": ClaudeConfig,
}
"""The page of each agent, and what its settings are."""


def test_every_agent_has_a_page_and_every_page_an_agent() -> None:
    assert {path.name for path in (ROOT / "docs" / "agents").iterdir()} == set(AGENT_PAGES)
    assert all(f"docs/agents/{name}" in README for name in AGENT_PAGES)


@pytest.mark.parametrize("page", AGENT_PAGES)
def test_the_example_on_an_agents_page_is_a_configuration(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs" / "agents" / page).read_text("utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    file = tmp_path / "threadline.toml"
    file.write_text(example, "utf-8")
    monkeypatch.setenv(CONFIG_FILE, str(file))
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r'_env = "(\w+)"', example):
        monkeypatch.setenv(name, "token-of-a-test")
    settings = load()
    assert isinstance(settings.agents[settings.default_agent], AGENT_PAGES[page])


@pytest.mark.parametrize("page", AGENT_PAGES)
def test_the_table_on_an_agents_page_is_complete_and_tells_the_defaults(page: str) -> None:
    text = (ROOT / "docs" / "agents" / page).read_text("utf-8")
    table = re.findall(r"^\| `(\w+)` \|([^|]*)\|", text.partition("## Settings")[2], re.MULTILINE)
    # Any setting may name the variable that holds it: see `settings.ENV`.
    rows = [(name, told) for name, told in table if not name.endswith(ENV)]
    fields = AGENT_PAGES[page].model_fields
    assert {name for name, _ in rows} == set(fields) - {"kind"}
    for name, told in rows:
        default = fields[name].default
        if isinstance(default, bool | int | float) or default in ("stop", "default"):
            shown = str(default).lower().removesuffix(".0")
            assert f"`{shown}`" in told, name


@pytest.mark.parametrize("page", AGENT_PAGES)
def test_every_word_of_ours_on_an_agents_page_exists(page: str) -> None:
    text = (ROOT / "docs" / "agents" / page).read_text("utf-8")
    words = {word for part in code(text) for word in re.findall(r"(?<!@)\bthreadline (\w+)", part)}
    assert words <= set(COMMANDS)
    lines = [line for part in code(text) for line in part.splitlines() if "threadline " in line]
    options = {option for line in lines for option in re.findall(r"(?<!\S)--[a-z-]+", line)}
    assert options <= OPTIONS
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {w for part in code(text) for w in re.findall(r"^make ([a-z-]+)", part)} <= targets
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (ROOT / "docs" / "agents" / link).exists()] == []
