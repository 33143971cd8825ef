"""What we know of one session, and the small changes of it that all its rules share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import JsonValue

from bot.core.access import Where
from bot.core.approvals import Terms
from bot.core.asks import Answer, Ask, Confirmation
from bot.core.commands import Pending
from bot.core.ids import Place, Receipt, SessionId, ThreadKey, order_of
from bot.core.inbound import Detail, Person, Prompt
from bot.core.policy import Listening
from bot.core.records import Record
from bot.core.spent import NOTHING, Spent
from bot.core.turn import Turn

STATE_VERSION = 1
MOST_PAST = 200
MOST_HEARD = 100
BELOW_ALL = -1

AskOutcome = Literal["answered", "elsewhere", "withdrawn", "expired"]


@dataclass(frozen=True, slots=True)
class Vote:
    """One of several people who have to agree said so, at `at`."""

    by: Person
    answer: Answer
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AskState:
    """An ask of turn number `turn`. `sending`: `by` gave `answer`, the agent has not taken it yet.
    `settled`: `outcome` tells how it ended, at `at`. `note` is a sentence about an attempt that
    failed. `card` counts how often its card was posted again, because people had deleted it.
    `late`: it outlives the turn; unless a part of the turn was ended for it, its card stands below
    the turn. `ours`: we ask it ourselves, and the answer is for us: see `session.ours`. `quiet`:
    nobody waits for the answer, unless posts wait in the queue. `place` is where it was answered.

    `opened_at`, `deadline` in epoch seconds. `terms` say who may decide and how, `rule` what said
    so; `requesters` wrote the prompts behind it. `votes` of those who agreed, while more have to.
    `held_until`: the agent's server waits no longer than that. `parked`: the agent was told no
    because of it; who approves now allows the call when it comes again. `ruled`: a rule decided it;
    `hidden`: as it came, so it has no card. `by_hand`: the agent did not take what a rule decided,
    so people do; where it is parked, there is a sign that somebody answered elsewhere. While
    `sending`, `outcome` is what will have been once the agent took it. `closed`: the agent has said
    that it has an answer, while ours was under way; whose it took, ours will tell. `copies`: where
    else the card is shown; `unasked` more people could have been written to. `granted`: where and
    for how long such calls are allowed by a standing rule that was made with the answer."""

    ask: Ask
    turn: int
    status: Literal["open", "sending", "settled"] = "open"
    answer: Answer | None = None
    by: Person | None = None
    at: float | None = None
    outcome: AskOutcome | None = None
    note: str = ""
    card: int = 0
    late: bool = False
    ours: bool = False
    quiet: bool = False
    place: str = ""
    opened_at: float = 0.0
    deadline: float | None = None
    reminded: bool = False
    terms: Terms = field(default_factory=Terms)
    rule: str = ""
    requesters: tuple[Person, ...] = ()
    votes: tuple[Vote, ...] = ()
    held_until: float | None = None
    parked: bool = False
    ruled: bool = False
    hidden: bool = False
    by_hand: bool = False
    closed: bool = False
    copies: tuple[Place, ...] = ()
    unasked: int = 0
    granted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeState:
    """A line of ours. It stands before or `after` part `part` of turn `turn` (0: before all), or,
    where `part` is `BELOW_ALL`, below the turn's file. `quote` are words of the agent's. `to` names
    who is called by it, as Slack's mrkdwn."""

    number: int
    id: str
    text: str
    level: Literal["info", "warning", "error"]
    turn: int
    part: int
    after: bool
    quote: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Overheard:
    """A post in the thread that was no prompt: the agent is told of it with the next one. `why` it
    was none: not addressed, or `by` has no right to speak to the session."""

    ts: str
    by: Person
    text: str
    why: Literal["aside", "no_right", "bot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """A call that people allowed when the agent did not wait for it any more: the same call of
    `tool` with the same `input` gets `answer` when it comes again before `until`, once. `used_by`
    is the ask that is being answered by it; `need` people had to allow it."""

    ask: str
    tool: str
    input: dict[str, JsonValue]
    answer: Answer
    by: Person
    until: float
    used_by: str = ""
    need: int = 1


Follow = Literal["queue", "steer"]
"""What happens to a message that comes while the agent works: it waits, or guides the work."""
Flush = Literal["batched", "sequential"]
"""How messages that waited are read: together as one prompt, or one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    """`owner` started the session. `people` are the user ids that wrote in the thread. `title` is
    the beginning of the first prompt. `heard` are the keys of the newest posts taken. `briefed`:
    the agent was told what the thread said before. `past` are the names of turns, asks and notices
    that are no longer kept (a turn the agent never named goes by its prompt's key), so that a late
    replay revives none. `lost`: the agent knows the session no more, and nobody has begun a new one
    yet; `era` counts the new ones begun. `model` and `permission_mode` are what people chose for
    it. `follow`, `flush` and `listening` too. `overheard` is for the next prompt, which also says
    that `left_out` posts before it are left out. `bot_said` counts, by bot, what it said since a
    person wrote. `shared`: the channel belongs to other organisations too. `passes` are not used
    yet. `records` are not in the audit trail yet: who saves the state writes them there and takes
    them out. `spent` is of turns that are no longer kept.
    `status_said` counts how often the status of long work was said again, `status_at` is when.

    `urgent` is the key of the waiting prompt that comes next and alone. Something waits since
    `waiting_since`; once that is long, it is listed (`listed`) in a message that was opened
    `lists` times; `steers`: what is listed may be given to the agent while it works."""

    thread: ThreadKey
    agent: str
    title: str = ""
    owner: Person | None = None
    people: tuple[str, ...] = ()
    remote_id: str | None = None
    lost: bool = False
    era: int = 0
    model: str = ""
    permission_mode: str = ""
    spent: Spent = NOTHING
    cursor: str | None = None
    turns: tuple[Turn, ...] = ()
    queue: tuple[Prompt, ...] = ()
    heard: tuple[str, ...] = ()
    briefed: bool = False
    asks: tuple[AskState, ...] = ()
    notices: tuple[NoticeState, ...] = ()
    outbox: tuple[Pending, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    past: tuple[str, ...] = ()
    next_turn: int = 1
    next_command: int = 1
    next_notice: int = 1
    status_said: int = 0
    status_at: float = 0.0
    progress_at: float = 0.0
    detail: Detail = "normal"
    thinking: bool = False
    follow: Follow = "queue"
    flush: Flush = "batched"
    listening: Listening = "auto"
    overheard: tuple[Overheard, ...] = ()
    left_out: int = 0
    bot_said: tuple[tuple[str, int], ...] = ()
    urgent: str = ""
    waiting_since: float | None = None
    listed: bool = False
    lists: int = 0
    steers: bool = False
    shared: bool = False
    passes: tuple[Pass, ...] = ()
    records: tuple[Record, ...] = ()
    unknown_events: int = 0

    @property
    def id(self) -> SessionId:
        return self.thread.session

    @property
    def open_turns(self) -> tuple[Turn, ...]:
        return tuple(turn for turn in self.turns if not turn.ended)

    @property
    def open_asks(self) -> tuple[AskState, ...]:
        return tuple(ask for ask in self.asks if ask.status != "settled")

    @property
    def awaited_asks(self) -> tuple[AskState, ...]:
        """Those of the open asks for which somebody or something waits."""
        return tuple(ask for ask in self.open_asks if self.queue or not ask.quiet)

    @property
    def busy(self) -> bool:
        """Whether anything remains to be done without a new message from a person."""
        return bool(self.open_turns or self.queue or self.outbox)


def place_of(state: SessionState, requesters: tuple[Person, ...] = ()) -> Where:
    """What the gate has to know of this thread."""
    return Where(
        channel=state.thread.channel, owner=state.owner, requesters=requesters, shared=state.shared
    )


def put_turn(state: SessionState, turn: Turn) -> SessionState:
    turns = tuple(turn if old.number == turn.number else old for old in state.turns)
    return replace(state, turns=turns)


def ask_of(state: SessionState, ask_id: str) -> AskState | None:
    return next((ask for ask in state.asks if ask.ask.id == ask_id), None)


def open_beside(state: SessionState, first: AskState) -> list[AskState]:
    """The other requests of the same turn that people may decide now."""
    return [
        known
        for known in state.asks
        if known.turn == first.turn
        and known.status == "open"
        and known.ask.id != first.ask.id
        and isinstance(known.ask, Confirmation)
    ]


def past_ask(ask_id: str) -> str:
    """An ask's name in `past`."""
    return f"ask:{ask_id}"


def past_notice(notice_id: str) -> str:
    """A notice's name in `past`."""
    return f"notice:{notice_id}"


def put_ask(state: SessionState, ask: AskState) -> SessionState:
    asks = tuple(ask if old.ask.id == ask.ask.id else old for old in state.asks)
    return replace(state, asks=asks)


def enqueue(state: SessionState, prompt: Prompt) -> SessionState:
    """It waits: after what was posted before it, wherever people have put that."""
    queue = [*state.queue]
    at = len(queue)
    while at and order_of(queue[at - 1].ts) > order_of(prompt.ts):
        at -= 1
    queue.insert(at, prompt)
    return replace(state, queue=tuple(queue))


def hear(state: SessionState, key: str) -> SessionState:
    return replace(state, heard=(*state.heard, key)[-MOST_HEARD:])


def meet(state: SessionState, person: Person) -> SessionState:
    if person.user in state.people:
        return state
    return replace(state, people=(*state.people, person.user))


def put_receipt(state: SessionState, receipt: Receipt) -> SessionState:
    others = tuple(r for r in state.receipts if r.key != receipt.key)
    return replace(state, receipts=(*others, receipt))
