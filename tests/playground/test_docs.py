"""docs/local-slack.md says what the local Slack is."""

import re
from collections.abc import Callable, Coroutine
from dataclasses import fields
from inspect import getmembers, isfunction

import pytest

from bot.playground import Faults, MethodFault, Person, Playground, Thread
from tests.playground.methods_table import DOCUMENT, with_table

TEXT = DOCUMENT.read_text("utf-8")


def section(title: str) -> str:
    """What stands under a heading, up to the next of its kind."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None, f"there is no section {title!r}"
    return found.group(1)


def names_in(text: str) -> set[str]:
    """The identifiers that begin what is set as code."""
    return {name for code in re.findall(r"`([^`]+)`", text) for name in re.findall(r"^\w+", code)}


def test_the_table_of_methods_is_the_one_that_is_used() -> None:
    assert with_table(TEXT) == TEXT, "run: python -m tests.playground.methods_table"


async def test_the_example_works() -> None:
    [example] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    body, _, run = example.rpartition("\n\n\n")
    assert run == "asyncio.run(test_the_bot_greets())\n"
    namespace: dict[str, Callable[[], Coroutine[object, object, None]]] = {}
    exec(compile(body, str(DOCUMENT), "exec"), namespace)
    await namespace["test_the_bot_greets"]()


@pytest.mark.parametrize(
    ("rows", "kind"), [("write|use|arrange|see", Person), ("of a thread", Thread)]
)
def test_all_that_people_can_do_and_see_is_named(rows: str, kind: type) -> None:
    words = re.findall(rf"^\| (?:{rows}) \| (.*) \|$", section("Use it in a test"), re.MULTILINE)
    methods = {name for name, _ in getmembers(kind, isfunction)}
    assert names_in(" ".join(words)) == {name for name in methods if not name.startswith("_")}


def test_what_is_said_of_a_playground_exists() -> None:
    rows = (
        section("Use it in a test").partition("| Of `Playground` | |")[2].partition("| People")[0]
    )
    named = {
        name for row in rows.splitlines()[2:] for name in names_in(row.split("|")[1] if row else "")
    }
    playground = Playground()
    assert len(named) > 8
    assert all(hasattr(playground, name) for name in named)


def test_every_fault_is_named() -> None:
    text = section("What can go wrong")
    for field in (*fields(Faults), *fields(MethodFault)):
        assert field.name in text, f"{field.name} is not in the document"
