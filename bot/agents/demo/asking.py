"""What the demo agent asks people in all the ways there are: forms, long lists, tools. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from typing import Final, Literal

from pydantic import JsonValue

from bot.agents.demo.request import Request, gist
from bot.agents.demo.stage import Act, Answers, Stage, Step, ask, ask_all
from bot.core.asks import Choice, Confirmation, Field, Question, answer_label

STREETS: Final = 240


def _form(stage: Stage, request: Request) -> Act:
    yield from stage.text("Before I set up the nightly report I need three answers.")
    question = Question(
        id=stage.name("ask"),
        turn=stage.turn,
        title="The nightly report",
        fields=(
            Field(
                id="format",
                text="In which form?",
                choices=(Choice("table", "A table"), Choice("chart", "A chart", "for the eyes")),
            ),
            Field(
                id="parts",
                text="What belongs in it?",
                multiple=True,
                free_text=False,
                choices=(
                    Choice("orders", "Orders"),
                    Choice("slots", "Delivery slots"),
                    Choice("errors", "Errors"),
                ),
            ),
            Field(id="note", text="Anything to say on top of it?"),
        ),
    )
    answer = yield from ask(question)
    lines = "\n".join(f"- {name}: {', '.join(given)}" for name, given in answer.values)
    yield from stage.text(f"The report is set up:\n\n{lines}")
    return None


def _choose(stage: Stage, request: Request) -> Act:
    yield from stage.text("One street is delivered to twice. I need to know which one you mean.")
    streets = tuple(Choice(f"s{n}", f"Street {n}") for n in range(1, STREETS + 1))
    question = Question(
        id=stage.name("ask"),
        turn=stage.turn,
        title="Which street?",
        fields=(Field(id="street", text="Which street?", choices=streets),),
    )
    answer = yield from ask(question)
    yield from stage.text(f"**{gist(answer_label(question, answer))}** is delivered to once now.")
    return None


def _patch(stage: Stage, request: Request) -> Act:
    given: dict[str, JsonValue] = {
        "file_path": "shop/delivery.py",
        "old_string": "def slots(day):\n    return weekly_pattern(day)\n",
        "new_string": "def slots(day):\n    if is_holiday(day):\n        return []\n"
        "    return weekly_pattern(day)\n",
    }
    yield from stage.text("Holidays have to be left out in one place.")
    return (yield from _tool(stage, "edit", "Edit shop/delivery.py", given))


def _batch(stage: Stage, request: Request) -> Act:
    lines = [f'./check-address --street "Street {n}" --strict' for n in range(1, STREETS + 1)]
    given: dict[str, JsonValue] = {"command": "\n".join(lines)}
    yield from stage.text("I check the addresses of every street in one go.")
    return (yield from _tool(stage, "shell", "Check every address", given))


def _ticket(stage: Stage, request: Request) -> Act:
    given: dict[str, JsonValue] = {
        "summary": "Slots on public holidays",
        "details": "Customers can book a delivery on 25 December.\nThat should not be possible.",
        "priority": 2,
        "kind": "bug",
        "notify": True,
        "labels": ["delivery", "calendar"],
    }
    yield from stage.text("I write this down where the team sees it.")
    return (yield from _tool(stage, "create_ticket", "Create a ticket", given, TICKET))


WANTED: Final = (
    ("edit", "Put the fair's opening hours into shop/hours.py", "shop/hours.py"),
    ("shell", "Sort the delivery slots of that week anew", "make slots WEEK=49"),
    ("mail", "Write to the 38 customers whose slot moves", "customers of week 49"),
)
"""The tool, what is done, and what it is given."""


def _several(stage: Stage, request: Request) -> Act:
    yield from stage.text("The fair needs three things that have nothing to do with each other.")
    items: list[str] = []
    asked: list[Confirmation] = []
    for tool, title, given in WANTED:
        item = yield from stage.start(tool, title, what=given)
        items.append(item)
        asked.append(
            Confirmation(
                id=stage.name(f"ask{len(items)}"),
                turn=stage.turn,
                tool=tool,
                title=title,
                input={"what": given},
                item=item,
            )
        )
    answers = yield from ask_all(asked)
    left: list[str] = []
    for item, (_, title, _), answer in zip(items, WANTED, answers, strict=True):
        denied = answer.verb == "deny"
        left += [title] if denied else []
        yield from stage.finish(item, 0.7, "Denied" if denied else "Done", ok=not denied)
    told = "".join(f"\n- left as it is: {title}" for title in left)
    yield from stage.text(f"{len(WANTED) - len(left)} of {len(WANTED)} things are done.\n{told}")
    return None


TICKET: Final[Mapping[str, JsonValue]] = {
    "type": "object",
    "properties": {
        "summary": {"type": "string", "minLength": 3, "description": "One line."},
        "details": {"type": "string"},
        "priority": {"type": "integer", "minimum": 1, "maximum": 4},
        "kind": {"type": "string", "enum": ["bug", "task", "story"]},
        "notify": {"type": "boolean"},
        "labels": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["summary", "priority"],
    "additionalProperties": False,
}


def _tool(
    stage: Stage,
    tool: str,
    title: str,
    given: dict[str, JsonValue],
    schema: Mapping[str, JsonValue] | None = None,
) -> Generator[Step, Answers | None, None]:
    """Asks, does it or leaves it, and says what was done."""
    item = yield from stage.start(tool, title, **given)
    if tool not in stage.allowed:
        answer = yield from ask(
            Confirmation(
                id=stage.name("ask"),
                turn=stage.turn,
                tool=tool,
                title=title,
                input=given,
                item=item,
                verbs=("allow", "allow_session", "deny"),
                editable=True,
                schema=dict(schema) if schema else None,
            )
        )
        if answer.verb == "deny":
            yield from stage.finish(item, 0.1, "Denied", ok=False)
            because = f" You said: “{gist(answer.text)}”" if answer.text else ""
            yield from stage.text(f"Understood, I leave it as it is.{because}")
            return
        given = given if answer.input is None else answer.input
    yield from stage.finish(item, 1.0, "Done")
    written = json.dumps(given, indent=2, ensure_ascii=False)
    shown = written if len(written) <= 1_500 else f"{written[:1_500]} …"
    yield from stage.text(f"Done. This is what ran:\n\n```json\n{shown}\n```")


Asking = Literal["form", "choose", "patch", "batch", "several", "ticket"]

ASKING: Final[Mapping[Asking, Callable[[Stage, Request], Act]]] = {
    "form": _form,
    "choose": _choose,
    "patch": _patch,
    "batch": _batch,
    "several": _several,
    "ticket": _ticket,
}
