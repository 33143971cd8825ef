"""A session played by hand: people, the agent, what became of the commands; a driven clock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from pydantic import JsonValue

from bot.core.asks import Answer, Choice, Confirmation, Field, Question, Verb
from bot.core.commands import Command, Failed, FailureKind, Performed, Published, Refused, Tick
from bot.core.events import (
    AgentEvent,
    AskClosed,
    AskOpened,
    TextDelta,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)
from bot.core.ids import PartKey, Receipt, Slot, ThreadKey, entry_uid
from bot.core.inbound import (
    Always,
    Arrange,
    Configure,
    Deleted,
    Edited,
    Person,
    Prompt,
    QueueAct,
    Reply,
    Setting,
    Stop,
    Tune,
    Wish,
)
from bot.core.policy import Rules
from bot.core.session import Input, reduce
from bot.core.session.outbox import next_command
from bot.core.state import AskState, SessionState
from bot.core.turn import Turn
from bot.core.views import (
    AskView,
    FileView,
    NoticeView,
    Overdue,
    QueueView,
    Shown,
    StatusView,
    TurnView,
    digest,
    overdue,
    view,
)

THREAD = ThreadKey("T1", "C1", "1700000000.000100")
ANN = Person("U1", "Ann")
BOB = Person("U2", "Bob")
GUEST = Person("U3", "Guest", "guest")
STRANGER = Person("U4", "Stranger", "external")
ROBOT = Person("U5", "Robot", "bot")
RULES = Rules()

C = TypeVar("C", bound=Command)


@dataclass
class Scene:
    """`state` after everything so far; `now` moves only by `wait`."""

    state: SessionState = field(default_factory=lambda: SessionState(thread=THREAD, agent="demo"))
    rules: Rules = RULES
    now: float = 1000.0
    posts: int = 0

    def __call__(self, *happened: Input) -> Scene:
        for one in happened:
            self.state = reduce(self.state, one, self.rules, self.now)
        return self

    def wait(self, seconds: float) -> Scene:
        self.now += seconds
        return self(Tick())

    # --- people -----------------------------------------------------------------------------------

    def post(
        self,
        text: str = "do it",
        by: Person = ANN,
        *,
        ts: str | None = None,
        mention: bool = False,
        others: bool = False,
        direct: bool = False,
        in_thread: bool = True,
    ) -> Scene:
        self.posts += 1
        ts = ts or f"1700000000.{self.posts:06}"
        return self(
            Prompt(
                key=f"msg:{ts}", thread=THREAD, by=by, ts=ts, text=text, mentions_bot=mention,
                mentions_others=others, direct=direct, in_thread=in_thread,
            )
        )  # fmt: skip

    def mention(self, text: str = "do it", by: Person = ANN, *, in_thread: bool = False) -> Scene:
        return self.post(text, by, mention=True, in_thread=in_thread)

    def choose(
        self, setting: Setting, by: Person = ANN, *, mention: bool = True, button: bool = False
    ) -> Scene:
        """A word of ours in the thread, or no post at all."""
        self.posts += 1
        ts = f"1700000000.{self.posts:06}"
        said = Prompt(
            key=f"msg:{ts}", thread=THREAD, by=by, ts=ts, text=setting, mentions_bot=mention,
            in_thread=True,
        )  # fmt: skip
        post = None if button else said
        return self(Configure(key=said.key, thread=THREAD, by=by, setting=setting, said=post))

    def tune(
        self,
        what: Wish,
        value: str = "",
        by: Person = ANN,
        *,
        mention: bool = True,
    ) -> Scene:
        self.posts += 1
        ts = f"1700000000.{self.posts:06}"
        said = Prompt(
            key=f"msg:{ts}", thread=THREAD, by=by, ts=ts, text=f"{what} {value}".strip(),
            mentions_bot=mention, in_thread=True,
        )  # fmt: skip
        return self(Tune(key=said.key, thread=THREAD, by=by, what=what, value=value, said=said))

    def stop(self, by: Person = ANN, *, clear: bool = False) -> Scene:
        return self(Stop(key="stop", thread=THREAD, by=by, via="button", clear=clear))

    def reacts(self, ts: str, by: Person = ANN) -> Scene:
        """Puts a stop sign on message `ts`."""
        return self(Stop(key=f"react:{ts}", thread=THREAD, by=by, via="reaction", on=ts))

    def edits(
        self, ts: str, text: str, by: Person = ANN, *, mention: bool = False, calls: bool = False
    ) -> Scene:
        post = Prompt(
            key=f"msg:{ts}", thread=THREAD, by=by, ts=ts, text=text, mentions_bot=mention,
            in_thread=True,
        )  # fmt: skip
        return self(Edited(key=f"edit:{ts}:{text}", thread=THREAD, by=by, post=post, calls=calls))

    def deletes(self, ts: str) -> Scene:
        return self(Deleted(key=f"del:{ts}", thread=THREAD, ts=ts))

    def arranges(self, act: QueueAct, ts: str = "", by: Person = ANN) -> Scene:
        """Presses a button of the waiting message `ts`."""
        entry = entry_uid(f"msg:{ts}")
        return self(Arrange(key=f"act:{act}:{ts}", thread=THREAD, by=by, entry=entry, act=act))

    @property
    def waits(self) -> list[str]:
        return [prompt.text for prompt in self.state.queue]

    def click(self, verb: Verb = "allow", by: Person = ANN, ask: str = "a1") -> Scene:
        return self.reply(Answer(verb=verb), by, ask)

    def reply(
        self,
        answer: Answer,
        by: Person = ANN,
        ask: str = "a1",
        *,
        place: str = "thread",
        always: Always | None = None,
        all_of_them: int = 0,
    ) -> Scene:
        return self(
            Reply(
                key=f"ans:{ask}", thread=THREAD, by=by, ask=ask, answer=answer, place=place,
                always=always, all=all_of_them,
            )
        )  # fmt: skip

    # --- the agent --------------------------------------------------------------------------------

    def starts(self, turn: str = "t1", prompt: int | None = None) -> Scene:
        """`prompt` is the number of our turn whose prompt this answers."""
        key = None
        if prompt is not None:
            key = next(t.prompt.key for t in self.state.turns if t.number == prompt and t.prompt)
        return self(TurnStarted(turn=turn, prompt=key))

    def writes(self, text: str, turn: str = "t1", item: str = "m1") -> Scene:
        known = (i for t in self.state.turns if t.ref == turn for i in t.texts if i.id == item)
        at = sum(len(i.text) for i in known)
        return self(TextDelta(turn=turn, item=item, at=at, text=text))

    def tool(
        self, item: str = "s1", turn: str = "t1", tool: str = "bash", **given: JsonValue
    ) -> Scene:
        return self(ToolStarted(turn=turn, item=item, tool=tool, title="Run ls", input={**given}))

    def tool_ends(self, item: str = "s1", turn: str = "t1", *, ok: bool = True) -> Scene:
        return self(ToolFinished(turn=turn, item=item, ok=ok))

    def thinks(self, text: str, item: str = "h1", turn: str = "t1", at: int = 0) -> Scene:
        return self(ThoughtDelta(turn=turn, item=item, at=at, text=text))

    def asks(
        self,
        ask: str = "a1",
        turn: str = "t1",
        *,
        background: bool = False,
        editable: bool = False,
        verbs: tuple[Verb, ...] = ("allow", "deny"),
        time: float | None = None,
        **given: JsonValue,
    ) -> Scene:
        asked = replace(confirmation(ask, turn, **given), editable=editable, verbs=verbs)
        return self(AskOpened(ask=asked, background=background, time=time))

    def wonders(self, ask: str = "a1", turn: str = "t1", *fields: Field) -> Scene:
        return self(AskOpened(ask=question(ask, turn, *fields)))

    def closes(
        self, how: Literal["answered", "withdrawn", "expired"] = "answered", ask: str = "a1"
    ) -> Scene:
        return self(AskClosed(ask=ask, how=how))

    def ends(
        self,
        turn: str = "t1",
        outcome: Literal["done", "stopped", "failed"] = "done",
        error: str = "",
    ) -> Scene:
        return self(TurnEnded(turn=turn, outcome=outcome, error=error))

    # --- commands ---------------------------------------------------------------------------------

    @property
    def outbox(self) -> list[str]:
        """The commands that wait, as `kind` or `kind:turn`."""
        commands = [pending.command for pending in self.state.outbox]
        return [f"{c.kind}:{t}" if (t := getattr(c, "turn", None)) else c.kind for c in commands]

    @property
    def whispers(self) -> list[tuple[str, str]]:
        commands = [pending.command for pending in self.state.outbox]
        return [(c.user, c.text) for c in commands if c.kind == "whisper"]

    def command(self, kind: type[C]) -> C:
        return next(p.command for p in self.state.outbox if isinstance(p.command, kind))

    def due(self, *, whispers: bool = False) -> Command | None:
        pending = next_command(self.state, self.now, whispers=whispers)
        return pending.command if pending else None

    def performs(self, limit: int = 20) -> Scene:
        """Carry out whatever is due, in the order a performer would."""
        for _ in range(limit):
            command = self.due() or self.due(whispers=True)
            if command is None:
                return self
            remote = "r1" if command.kind == "open_session" else None
            self(Performed(command=command.id, remote_id=remote))
        raise AssertionError("the outbox never empties")

    def fails(
        self,
        failure: FailureKind = "unavailable",
        message: str = "Agent away.",
        *,
        repeated: bool = False,
    ) -> Scene:
        """The command that is due is not taken."""
        command = self.due()
        assert command is not None
        failed = Failed(command=command.id, failure=failure, message=message, repeated=repeated)
        return self(failed)

    # --- what people see --------------------------------------------------------------------------

    def turn(self, number: int) -> Turn:
        return next(turn for turn in self.state.turns if turn.number == number)

    def ask(self, ask: str = "a1") -> AskState:
        return next(known for known in self.state.asks if known.ask.id == ask)

    @property
    def written(self) -> list[str]:
        """The kinds of what went into the audit trail."""
        return [record.kind for record in self.state.records]

    def card(self, ask: str = "a1") -> AskView:
        shown = [item.shown for item in view(self.state).messages]
        return next(card for card in shown if isinstance(card, AskView) and card.ask.id == ask)

    @property
    def lines(self) -> list[str]:
        """The thread as it should be, top to bottom."""
        return [line(item.shown) for item in view(self.state).messages]

    @property
    def signs(self) -> list[str]:
        return [
            item.shown.status if isinstance(item.shown, StatusView) else f"{item.slot} {mark}"
            for item in view(self.state).signs
            for mark in [getattr(item.shown, "mark", "")]
        ]

    @property
    def newest(self) -> TurnView:
        """The newest part of a turn."""
        parts = [item.shown for item in view(self.state).messages]
        return next(part for part in reversed(parts) if isinstance(part, TurnView) and part.last)

    def refuses(
        self, slot: Slot, part: int = 0, *, gone: bool = False, length: int | None = None
    ) -> Scene:
        """Slack takes this part no more."""
        key = PartKey(slot, part, THREAD.place)
        return self(Refused(key=key, shown="x", reason="Too odd.", gone=gone, shown_length=length))

    def shows(self, limit: int = 500) -> Scene:
        """Publish whatever is overdue until nothing is."""
        for _ in range(limit):
            late = overdue(self.state)
            if not late:
                return self
            self(Published(receipt=receipt_for(late[0], ts=f"1800000000.{self.posts:06}")))
            self.posts += 1
        raise AssertionError("there is always something overdue")


def line(shown: Shown) -> str:
    match shown:
        case TurnView():
            words = [shown.status if shown.last else "part", shown.text]
            words += [f"[{step.title}: {step.status}]" for step in shown.steps]
            words += [f"error={shown.error}"] if shown.error else []
            words += [f"by={shown.stopped_by}"] if shown.stopped_by else []
            return " ".join(word for word in words if word)
        case AskView():
            words = ["ask", shown.status, shown.outcome or "", shown.label, shown.by or ""]
            return " ".join(word for word in (*words, shown.note) if word)
        case FileView():
            return f"file {shown.name} {shown.text}"
        case NoticeView():
            return f"{shown.level}: {shown.text}" + (f" > {shown.quote}" if shown.quote else "")
        case QueueView():
            words = [f"{entry.name}: {entry.line}" for entry in shown.entries]
            return " | ".join(["waiting", *words])
        case _:
            raise AssertionError(f"not a message: {shown}")


def receipt_for(entry: Overdue, ts: str) -> Receipt:
    old = entry.receipt or Receipt(key=entry.key, ts=ts, shown="")
    length = len(entry.shown.text) if isinstance(entry.shown, TurnView) else 0
    return replace(old, shown=digest(entry.shown), length=length)


def confirmation(ask: str = "a1", turn: str = "t1", **given: JsonValue) -> Confirmation:
    tool_input: dict[str, JsonValue] = {"command": "ls", **given}
    return Confirmation(id=ask, turn=turn, tool="bash", title="Run ls", input=tool_input, item="s1")


def question(ask: str = "a1", turn: str = "t1", *fields: Field) -> Question:
    choices = (Choice("r", "Red"), Choice("b", "Blue"))
    fields = fields or (Field(id="colour", text="Which colour?", choices=choices),)
    return Question(id=ask, turn=turn, title="A question", fields=fields)


def fold_all(state: SessionState, events: list[AgentEvent], rules: Rules = RULES) -> SessionState:
    for event in events:
        state = reduce(state, event, rules, 1000.0)
    return state
