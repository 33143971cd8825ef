"""What README.md and docs name exists: commands, options, make words, settings, files."""

import re
from pathlib import Path

import pytest
import typer.main
from pydantic import AliasChoices

from bot import cli
from bot.settings import CONFIG_FILE, Settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = DOCUMENTS[0].read_text("utf-8")
ALL = "\n".join(document.read_text("utf-8") for document in DOCUMENTS)

COMMANDS = typer.main.get_group(cli.app).commands
OPTIONS = {
    option
    for command in COMMANDS.values()
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
    assert named <= OPTIONS


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
    # These two are for the file alone: a variable cannot say them well.
    in_file = {"DEFAULT_AGENT", "AGENTS"}
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
