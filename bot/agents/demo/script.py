"""What the demo agent does for a prompt: a generator of steps, the same ones every time. Pure.

An act yields `Step`s. Where it asks people something it is sent the answers; so the whole
course of a turn follows from its prompt, the answers and what was allowed for the session, and a
turn cut off anywhere is found again by running its script anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterator

from pydantic import JsonValue

from bot.agents.demo.asking import ASKING
from bot.agents.demo.request import Kind, Request, deployment, gist, read, seconds_away, slug
from bot.agents.demo.stage import PACE, READING, WORDS, Act, Answers, Stage, Step, ask
from bot.agents.demo.texts import GUIDE, essay
from bot.core.asks import Choice, Confirmation, Field, Question, Verb, answer_label
from bot.core.events import TurnEnded, UsageReported

Script = Generator[Step, Answers | None, None]

LONGEST_ESSAY = 200_000
LONGEST_WORK = 3600
MOST_STEPS = 200

_RUN_OF_WORDS = re.compile(r"(?s).{1,40}(?<=\s)|.{1,40}")


def script(prompt: str, turn: str, allowed: frozenset[str] = frozenset(), act: int = 0) -> Script:
    """All that happens in a turn after its start, up to and with its end.

    `allowed` names the tools that need no permission any more in this session. After an `AskOpened`
    that is not `beside` others the answers to all must be sent; everything else takes None. `act`
    is the number of messages that have guided the turn: then this is what is done from the last of
    them on.
    """
    request = read(prompt)
    stage = Stage(turn, allowed, act)
    if act:
        yield from stage.text(f"Understood: “{gist(request.text)}”. I do that instead of the rest.")
    error = yield from _ACTS[request.kind](stage, request)
    if stage.written:
        yield Step(
            0,
            UsageReported(
                turn=turn,
                id=stage.name("usage"),
                input_tokens=len(prompt) // 4 + 1,
                output_tokens=stage.written // 4 + 1,
                model="demo",
            ),
        )
    yield Step(0, TurnEnded(turn=turn, outcome="failed" if error else "done", error=error or ""))


# --- the acts -------------------------------------------------------------------------------------


def _help(stage: Stage, request: Request) -> Act:
    lines = "\n".join(f"- `{example}` · {meaning}" for example, meaning in _HELP)
    yield from stage.text(
        "Hello! I am the agent that comes with Threadline. I need no network and no key; I am here "
        f"so that you can see what a session in a thread is like. Write one of these:\n\n{lines}"
        "\n\nMention me with one word to choose what this thread shows: `quiet`, `normal` or "
        "`detailed`; `thinking` for what I thought, `thinking on` and `thinking off` to see it "
        "while I work."
        "\n\nA message sent while I work comes next, or guides me where you press **Steer now** or "
        "write `steer`; **Stop** ends what I am doing at any time."
    )


def _explain(stage: Stage, request: Request) -> Act:
    yield from stage.text(GUIDE)


def _chat(stage: Stage, request: Request) -> Act:
    yield from stage.text(
        f"You wrote: “{gist(request.text)}”. A real agent would now get to work on it. I am the "
        "demo agent and know only a few things, but those I do properly: try `deploy` to be asked "
        "for permission, `plan` to watch steps, or `help` for everything."
    )


def _echo(stage: Stage, request: Request) -> Act:
    yield from stage.text(request.text)


def _silent(stage: Stage, request: Request) -> Act:
    return None
    yield  # nothing at all, but an act


def _think(stage: Stage, request: Request) -> Act:
    yield from stage.thought(
        "The question is how many messages a busy thread may change in a minute. One edit a second "
        "is what a channel takes without complaint. Ten threads share a workspace, so each gets "
        "less when all are busy. Nobody reads faster than that, though: what counts is that the "
        "newest text is shown, and that nothing between is sent for its own sake."
    )
    yield from stage.text(
        "I thought about it first; my thoughts are kept apart from this answer.\n\n"
        "**Show the newest state, not every change.** A reader never misses what was replaced "
        "before it could be read, and the workspace stays within its limits even with ten busy "
        "threads."
    )


def _plan(stage: Stage, request: Request) -> Act:
    lines = (
        "Read how delivery slots are stored",
        "Add a table for holidays",
        "Leave holidays out of the calendar",
        "Run the tests",
    )
    yield from stage.text("Customers can book a delivery on a public holiday. I will fix that.")
    yield from stage.plan(lines, 0)
    yield from stage.tool(
        "read",
        "Read shop/delivery.py",
        1.2,
        "214 lines, slots come from a weekly pattern",
        path="shop/delivery.py",
    )
    yield from stage.plan(lines, 1)
    yield from stage.tool(
        "write",
        "Write migrations/0043_holidays.sql",
        1.5,
        "1 table, 11 rows",
        path="migrations/0043_holidays.sql",
    )
    yield from stage.plan(lines, 2)
    yield from stage.tool(
        "edit", "Edit shop/delivery.py", 1.4, "9 lines added, 2 removed", path="shop/delivery.py"
    )
    yield from stage.plan(lines, 3)
    yield from stage.tool("shell", "Run the tests", 2.5, "48 passed in 2.1 s", command="make test")
    yield from stage.plan(lines, 4)
    yield from stage.text(
        "Done. Holidays are left out of the calendar now:\n\n"
        "```python\n"
        "def slots(day: date) -> list[Slot]:\n"
        "    return [] if is_holiday(day) else weekly_pattern(day.weekday())\n"
        "```\n\n"
        "All 48 tests pass. Three of them are new."
    )


def _deploy(stage: Stage, request: Request) -> Act:
    what, where = deployment(request.text)
    command = f"make deploy APP={slug(what)} ENV={slug(where)}"
    given: dict[str, JsonValue] = {
        "command": command,
        "commit": "4f2a9c1",
        "migrations": ["0042_delivery_slots", "0043_holidays"],
    }
    yield from stage.text(f"I will put {what} on **{where}**. First I look at what would change.")
    yield from stage.tool(
        "shell",
        f"Compare {what} with {where}",
        1.3,
        "3 commits and 2 migrations ahead",
        command="git log --oneline deployed..main",
    )
    yield from stage.text(
        "Three commits and two migrations are waiting:\n\n"
        "- `4f2a9c1` Leave holidays out of the calendar\n"
        "- `b07d3e8` Show the delivery slot in the confirmation mail\n"
        "- `91c6f52` Sort slots by street\n\n"
        "The migrations change the database, so I ask before I go on."
    )
    item = yield from stage.start("deploy", f"Deploy {what} to {where}", **given)
    if "deploy" not in stage.allowed:
        verbs: tuple[Verb, ...] = ("allow", "allow_session", "deny")
        title = f"Deploy {what} to {where}"
        asked = Confirmation(
            id=stage.name("ask"),
            turn=stage.turn,
            tool="deploy",
            title=title,
            input=given,
            item=item,
            verbs=verbs,
            editable=True,
            schema=_DEPLOYMENT,
        )
        answer = yield from ask(asked)
        if answer.verb == "deny":
            yield from _denied(stage, item, where, answer.text)
            return None
        given = given if answer.input is None else answer.input
    yield from stage.finish(item, 3.0, "Deployed 4f2a9c1, healthy after 12 s")
    yield from stage.text(
        f"Deployed. This is what ran:\n\n```json\n{json.dumps(given, indent=2)}\n```\n\n"
        "| Check | Result |\n|---|---|\n"
        "| Migrations | 2 applied |\n| Health | ok after 12 s |\n| Errors | none |\n\n"
        "The way back is `make rollback`; it takes about a minute."
    )
    return None


_DEPLOYMENT: dict[str, JsonValue] = {
    "type": "object",
    "properties": {
        "command": {"type": "string", "minLength": 1},
        "commit": {"type": "string", "pattern": "^[0-9a-f]{7,40}$"},
        "migrations": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["command"],
    "additionalProperties": False,
}
"""What the tool takes, as JSON schema."""


def _denied(stage: Stage, item: str, where: str, reason: str | None) -> Iterator[Step]:
    yield from stage.finish(item, 0.1, "Denied", ok=False)
    because = f" You said: “{gist(reason)}”" if reason and reason.strip() else ""
    yield from stage.text(
        f"Understood, **{where}** stays as it is.{because}\n\n"
        "Instead I will try both migrations on a copy of the database, so that you see what they "
        "do before anything changes."
    )
    yield from stage.tool(
        "shell",
        "Try the migrations on a copy",
        1.8,
        "2 applied, 0 rows lost",
        command="make migrate DB=copy",
    )
    yield from stage.text(
        "Both ran on the copy without losing a row. Write `deploy` when the time is better."
    )


def _question(stage: Stage, request: Request) -> Act:
    yield from stage.text("I am setting up the shop's search, and one thing is for you to decide.")
    field = Field(
        id="database",
        text="Which database shall I use?",
        choices=(
            Choice("postgres", "PostgreSQL", "Already runs here, searches text well enough"),
            Choice("sqlite", "SQLite", "One file, nothing to operate"),
            Choice("duckdb", "DuckDB", "Fast over large tables, made for reports"),
        ),
    )
    question = Question(
        id=stage.name("ask"),
        turn=stage.turn,
        title="Which database shall I use?",
        fields=(field,),
    )
    answer = yield from ask(question)
    chosen = answer_label(question, answer)
    known = next((c for c in field.choices if c.label == chosen), None)
    name = known.id if known else slug(chosen)
    yield from stage.tool(
        "write", "Write search.toml", 1.0, "6 lines", path="search.toml", database=name
    )
    yield from stage.text(
        f"{gist(chosen)} it is. I wrote this down as\n\n"
        f'```toml\n[search]\ndatabase = "{name}"\nlanguage = "english"\nlimit = 20\n```\n\n'
        "The first index takes about two minutes; after that it keeps itself up to date."
    )


def _steps(stage: Stage, request: Request) -> Act:
    count = min(12 if request.number is None else request.number, MOST_STEPS)
    yield from stage.thought(
        f"That makes {count} steps. I look for every place first and change one after the other; "
        "where a check fails I repeat it before I go on."
    )
    failed = 0
    for number in range(1, count + 1):
        tool, verb, result = _WORK[number % len(_WORK)]
        title = f"{verb} shop/part_{number:02}.py"
        path = f"shop/part_{number:02}.py"
        if number % 5 == 0:
            failed += 1
            yield from stage.tool(tool, title, 0.5, "The file was locked", ok=False, path=path)
            yield from stage.thought(f"Part {number} was locked for a moment. Once more.")
        yield from stage.tool(tool, title, 0.7, result, path=path)
    again = f" {failed} had to be done twice." if failed else ""
    yield from stage.text(f"All {count} steps are done.{again}")


_WORK = (
    ("read", "Read", "120 lines"),
    ("search", "Search", "3 places"),
    ("edit", "Edit", "2 lines changed"),
)


def _fail(stage: Stage, request: Request) -> Act:
    yield from stage.text("I run the tests before I hand this over.")
    yield from stage.tool(
        "shell",
        "Run the tests",
        1.6,
        "1 failed: test_last_slot_of_the_day",
        ok=False,
        command="make test",
    )
    yield from stage.text("One test fails: the last slot of a day ends after closing time. Fixing.")
    yield from stage.tool(
        "edit", "Edit shop/delivery.py", 1.2, "1 line changed", path="shop/delivery.py"
    )
    yield from stage.tool(
        "shell", "Run the tests again", 1.8, "48 passed in 2.1 s", command="make test"
    )
    yield from stage.text(
        "It was a comparison that should have included the closing time:\n\n"
        "```diff\n-    if slot.end < closing:\n+    if slot.end <= closing:\n```\n\n"
        "All tests pass now, so the step that failed is history."
    )


def _crash(stage: Stage, request: Request) -> Act:
    yield from stage.text("I start with the largest table, and")
    return "I broke off in the middle of the work, as you asked me to. Your next message will do."


def _long(stage: Stage, request: Request) -> Act:
    seconds = min(30 if request.number is None else request.number, LONGEST_WORK)
    rounds = max(1, round(seconds / 5))
    each = seconds / rounds
    yield from stage.text(
        f"This takes about {seconds} seconds. Stop me whenever you have seen enough; what I have "
        "written by then stays."
    )
    for number in range(1, rounds + 1):
        text = f"Batch {number} of {rounds}: {number * 1200:,} addresses checked so far."
        yield from stage.tool(
            "check",
            f"Check addresses, batch {number} of {rounds}",
            max(each - 0.2 - READING - PACE * len(WORDS.findall(text)), 0.1),
            f"{7 * number % 5} corrected",
            batch=number,
        )
        yield from stage.text(text)
    yield from stage.text(f"All {rounds} batches are done and every address is checked.")


def _essay(stage: Stage, request: Request) -> Act:
    length = min(4000 if request.number is None else request.number, LONGEST_ESSAY)
    yield from stage.text(essay(length), _RUN_OF_WORDS)


def _away(stage: Stage, request: Request) -> Act:
    yield from stage.text(
        f"I cannot be reached for {seconds_away(request.text)} seconds from now on. Write to me "
        "all the same: your message is kept and reaches me as soon as I am back."
    )


_ACTS: dict[Kind, Callable[[Stage, Request], Act]] = {
    "help": _help,
    "explain": _explain,
    "plan": _plan,
    "deploy": _deploy,
    "ask": _question,
    **ASKING,
    "think": _think,
    "steps": _steps,
    "fail": _fail,
    "crash": _crash,
    "long": _long,
    "essay": _essay,
    "echo": _echo,
    "silent": _silent,
    "away": _away,
    "chat": _chat,
}

_HELP = (
    ("explain", "how a session works, with a table and code"),
    ("plan", "a small change in four steps"),
    ("deploy the website to staging", "asks for your permission first"),
    ("ask", "a question with three answers, or one of your own"),
    ("form", "several questions at once, one of them with several answers"),
    ("choose", "a question with more answers than a menu holds"),
    ("patch", "asks before it changes a file"),
    ("batch", "asks before it runs a command that is too long for a card"),
    ("several", "asks for three permissions at once, each on its own card"),
    ("ticket", "asks before it calls a tool whose input you can change"),
    ("think", "thoughts first, then the answer"),
    ("steps 12", "many steps, some of them twice"),
    ("fail", "a step that fails and is put right"),
    ("crash", "a turn that ends badly"),
    ("work for 30 seconds", "long enough to stop me"),
    ("essay 5000", "as many characters as you like; of 100000 the rest comes as a file"),
    ("echo your text", "your words back, as they are"),
    ("silent", "no answer at all"),
    ("away 10", "out of reach for ten seconds"),
    ("help", "this list"),
)
