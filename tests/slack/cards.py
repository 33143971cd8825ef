"""Cards in each of their states, as views: for snapshots, for modals, and to be looked at."""

from __future__ import annotations

from dataclasses import replace

from bot.core.asks import Choice, Confirmation, Field, Question
from bot.core.ids import SessionId, ask_uid
from bot.core.views import AskView

SESSION = SessionId("T1/C1/1700000000.000100")
UID = ask_uid(SESSION, "a1")
AT = 1_700_000_000.5

CONFIRMATION = Confirmation(
    id="a1",
    turn="t1",
    tool="Bash",
    title="Deploy to production",
    input={"command": "make deploy ENV=prod <!here>", "timeout": 60, "why": "you asked"},
    verbs=("deny", "allow", "allow_session"),
)
COMMAND_ONLY = replace(CONFIRMATION, input={"command": "ls -la\n\u202erm -rf /"}, verbs=("allow",))
JSON_INPUT = replace(
    CONFIRMATION,
    tool="Notify",
    title="Tell the team",
    input={"to": ["ana", "ben"], "text": "one\ntwo", "options": {"loud": True, "tries": [1, 2]}},
)
EDIT = replace(
    CONFIRMATION,
    tool="Edit",
    title="Edit shop/delivery.py",
    input={
        "file_path": "shop/delivery.py",
        "old_string": "def slots(day):\n    return weekly(day)\n",
        "new_string": "def slots(day):\n    if is_holiday(day):\n        return []\n"
        "    return weekly(day)\n",
        "replace_all": False,
    },
    verbs=("allow", "allow_session", "allow_always", "deny"),
    editable=True,
)
SEVERAL_EDITS = replace(
    EDIT,
    input={
        "file_path": "shop/delivery.py",
        "edits": [
            {"old_string": "a = 1", "new_string": "a = 2"},
            {"old_string": "b", "new_string": "c", "replace_all": True},
        ],
    },
)
WHOLE_FILE = replace(
    EDIT,
    tool="Write",
    title="Write shop/holidays.py",
    input={"file_path": "shop/holidays.py", "content": "DAYS = [\n    (12, 25),\n]\n"},
)
FETCH = replace(
    CONFIRMATION,
    tool="WebFetch",
    title="Fetch a page",
    input={
        "url": "https://example.com@evil.test/login",
        "fallback": "https://пример.test/",
        "plain": "https://example.com/docs",
    },
)
SQL = replace(
    CONFIRMATION,
    tool="query",
    title="Ask the database",
    input={"query": "SELECT street, count(*)\nFROM slots\nGROUP BY street", "database": "shop"},
)
LONG_COMMAND = replace(
    CONFIRMATION,
    title="Check every address",
    input={"command": "\n".join(f"./check --street {n} --strict" for n in range(400))},
)
SCHEMA = replace(
    CONFIRMATION,
    tool="create_ticket",
    title="Create a ticket",
    editable=True,
    input={
        "summary": "Slots on holidays",
        "details": "Customers can book on 25 December.\nThey should not.",
        "priority": 2,
        "kind": "bug",
        "notify": True,
        "labels": ["delivery", "calendar"],
    },
    schema={
        "type": "object",
        "properties": {
            "summary": {"type": "string", "minLength": 3, "description": "One line"},
            "details": {"type": "string"},
            "priority": {"type": "integer", "minimum": 1, "maximum": 4},
            "weight": {"anyOf": [{"type": "number"}, {"type": "null"}]},
            "kind": {"type": "string", "enum": ["bug", "task", "story"]},
            "notify": {"type": "boolean"},
            "labels": {"type": "array", "items": {"type": "string"}},
            "extra": {"type": "object"},
        },
        "required": ["summary", "priority"],
        "additionalProperties": False,
    },
)

SHORT_QUESTION = Question(
    id="q1",
    turn="t1",
    title="Which region?",
    fields=(
        Field(
            id="f",
            text="Which region?",
            choices=(Choice("1", "eu-west-1"), Choice("2", "us-east-1", "far away")),
        ),
    ),
)
LONG_QUESTION = replace(
    SHORT_QUESTION,
    fields=(
        Field(
            id="f",
            text="Pick the service to restart.",
            choices=tuple(Choice(str(i), f"service-{i}") for i in range(7)),
            free_text=False,
        ),
    ),
)
ENDLESS_QUESTION = replace(
    SHORT_QUESTION,
    title="Which street?",
    fields=(
        Field(
            id="f",
            text="Which street?",
            choices=tuple(Choice(f"s{i}", f"Street {i}") for i in range(250)),
        ),
    ),
)
SEVERAL = Field(
    id="m",
    text="Which checks shall run?",
    multiple=True,
    choices=(Choice("l", "Lint"), Choice("t", "Tests", "about 2 min"), Choice("d", "Docs")),
)
MULTIPLE_QUESTION = replace(SHORT_QUESTION, title="Checks", fields=(SEVERAL,))
OPEN_QUESTION = replace(SHORT_QUESTION, fields=(Field(id="f", text="Why?"),))
FORM = replace(
    SHORT_QUESTION,
    title="Three things",
    fields=(SHORT_QUESTION.fields[0], SEVERAL, Field(id="n", text="Anything else?")),
)
UNANSWERABLE = replace(
    SHORT_QUESTION, title="Sign in to the shop", fields=(), link="https://shop.example/sign-in?s=1"
)

OPEN = AskView(uid=UID, ask=CONFIRMATION, status="open", who="<@U1A>", asked_by=("U1A",))
FULL = replace(
    OPEN,
    ask=EDIT,
    who="2 of <@U1A> or <!subteam^S1>",
    groups=(("S1", "Release managers"),),
    need=2,
    agreed=("U2B",),
    deadline=AT + 3600,
    at_deadline="deny",
    always=True,
    others=2,
    rule="workspace rule 3",
    explain="Two of the owner and the release managers decide, because workspace rule 3 says so.",
)
SETTLED = replace(OPEN, status="settled", by="U1A", at=AT, outcome="answered")
QUESTION = replace(OPEN, ask=SHORT_QUESTION)

ASKS = {
    "open": OPEN,
    "open again": replace(OPEN, note="The agent could not be reached. Try again."),
    "open for anyone": replace(OPEN, who="", asked_by=(), ask=COMMAND_ONLY),
    "open with everything": FULL,
    "open, waits for ever": replace(OPEN, deadline=AT, at_deadline="wait"),
    "parked": replace(OPEN, parked=True),
    "json input": replace(OPEN, ask=JSON_INPUT),
    "several edits": replace(OPEN, ask=SEVERAL_EDITS),
    "a whole file": replace(OPEN, ask=WHOLE_FILE),
    "addresses": replace(OPEN, ask=FETCH),
    "sql": replace(OPEN, ask=SQL),
    "a tool with a schema": replace(OPEN, ask=SCHEMA),
    "a long command": replace(OPEN, ask=LONG_COMMAND),
    "sending": replace(OPEN, status="sending", by="U1A", label="Allowed"),
    "allowed": replace(SETTLED, label="Allowed"),
    "allowed by two": replace(SETTLED, label="Allowed", need=2, agreed=("U2B", "U1A")),
    "allowed in another channel": replace(SETTLED, label="Allowed", place="C0X9/1700000000.000200"),
    "allowed with changes": replace(
        SETTLED,
        ask=EDIT,
        label="Allowed",
        place="D9/1700000000.000200",
        effective={**EDIT.input, "new_string": "def slots(day):\n    return []\n"},
    ),
    "denied": replace(SETTLED, label="Denied"),
    "denied with a reason": replace(SETTLED, label="Denied", reason="Not *today*, <!here>"),
    "elsewhere": replace(SETTLED, by=None, outcome="elsewhere"),
    "withdrawn": replace(SETTLED, by=None, outcome="withdrawn"),
    "expired": replace(SETTLED, by=None, outcome="expired"),
    "question with buttons": QUESTION,
    "question with a menu": replace(OPEN, ask=LONG_QUESTION, who=""),
    "question with a search": replace(OPEN, ask=ENDLESS_QUESTION),
    "question without choices": replace(OPEN, ask=OPEN_QUESTION),
    "question with several answers": replace(OPEN, ask=MULTIPLE_QUESTION),
    "form": replace(OPEN, ask=FORM),
    "form that can be answered elsewhere too": replace(OPEN, ask=replace(FORM, link="file:///etc")),
    "question for elsewhere": replace(OPEN, ask=UNANSWERABLE),
    "question for nowhere": replace(OPEN, ask=replace(UNANSWERABLE, link="")),
    "question answered": replace(SETTLED, ask=SHORT_QUESTION, label="eu-west-1"),
}
