"""What we know of one session, and the small moves its rules are made of."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Literal

from bot.core.asks import Answer, Ask
from bot.core.commands import (
    Command,
    Interrupt,
    OpenSession,
    Pending,
    SendAnswer,
    SendPrompt,
    Whisper,
)
from bot.core.ids import Receipt, SessionId, ThreadKey
from bot.core.inbound import Person, Prompt
from bot.core.policy import Rules
from bot.core.turn import Turn, part_texts, shown_parts

STATE_VERSION = 1
MOST_PAST = 200
MOST_HEARD = 100

AskOutcome = Literal["answered", "elsewhere", "withdrawn", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskState:
    """An ask of turn number `turn`. `sending`: `by` gave `answer`, the agent has not taken it yet.
    `settled`: `outcome` tells how it ended, at `at`. `note` is a sentence about an attempt that
    failed."""

    ask: Ask
    turn: int
    status: Literal["open", "sending", "settled"] = "open"
    answer: Answer | None = None
    by: Person | None = None
    at: float | None = None
    outcome: AskOutcome | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeState:
    """A line of ours. It stands before or `after` part `part` of turn `turn` (0: before all)."""

    number: int
    id: str
    text: str
    level: Literal["info", "warning", "error"]
    turn: int
    part: int
    after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    """`owner` started the session. `people` are the user ids that wrote in the thread. `title` is
    the beginning of the first prompt. `heard` are the keys of the newest posts taken. `briefed`:
    the agent was told what the thread said before. `past` are the names of turns and notices that
    are no longer kept (a turn the agent never named goes by its prompt's key), so that a late
    replay revives none. `status_said` counts how often the status of long work was said again,
    `status_at` is when."""

    thread: ThreadKey
    agent: str
    title: str = ""
    owner: Person | None = None
    people: tuple[str, ...] = ()
    remote_id: str | None = None
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
    def busy(self) -> bool:
        """Whether anything remains to be done without a new message from a person."""
        return bool(self.open_turns or self.queue or self.outbox)


def want(state: SessionState, command: Command) -> SessionState:
    pending = Pending(command=command)
    return replace(
        state, outbox=(*state.outbox, pending), next_command=max(state.next_command, command.id + 1)
    )


def whisper(state: SessionState, person: Person, text: str) -> SessionState:
    return want(state, Whisper(id=state.next_command, user=person.user, text=text))


def command_of(state: SessionState, number: int) -> Command | None:
    return next((p.command for p in state.outbox if p.command.id == number), None)


def drop(state: SessionState, number: int) -> SessionState:
    return replace(state, outbox=tuple(p for p in state.outbox if p.command.id != number))


def retry(state: SessionState, number: int, rules: Rules, now: float) -> SessionState:
    def later(pending: Pending) -> Pending:
        if pending.command.id != number:
            return pending
        wait = min(rules.retry_most, rules.retry_first * 2 ** min(pending.attempts, 16))
        return replace(pending, attempts=pending.attempts + 1, not_before=now + wait)

    return replace(state, outbox=tuple(later(pending) for pending in state.outbox))


def blocks(command: Command, turn: int) -> bool:
    """Whether the turn's prompt is not at the agent, as far as we know, until this succeeded."""
    match command:
        case OpenSession():
            return True
        case SendPrompt():
            return command.turn == turn
        case Interrupt():
            return command.turn < turn
        case SendAnswer() | Whisper():
            return False


def pending_prompt(state: SessionState, turn: int) -> Pending | None:
    """The command that keeps the turn's prompt from the agent, the most delayed first."""
    blocking = [pending for pending in state.outbox if blocks(pending.command, turn)]
    return max(blocking, key=lambda pending: pending.attempts, default=None)


def next_command(
    state: SessionState, now: float, *, whispers: bool, under_way: Container[int] = ()
) -> Pending | None:
    """The command to perform next beside those `under_way` (ids): private words, or what goes to
    the agent in order. A prompt waits for the session it belongs to, a stop for the prompt it stops
    (unless the agent works on it already), and the next prompt for both, so that no stop ever hits
    a later turn."""
    begun = {turn.number for turn in state.turns if turn.ref is not None}
    prompts_before: set[int] = set()
    stop_before = False
    for pending in state.outbox:
        command = pending.command
        if isinstance(command, Whisper) != whispers:
            continue
        blocked = pending.not_before > now
        if not isinstance(command, OpenSession | Whisper):
            blocked = blocked or state.remote_id is None
        if isinstance(command, Interrupt):
            blocked = blocked or command.turn in prompts_before - begun
            stop_before = True
        if isinstance(command, SendPrompt):
            blocked = blocked or stop_before or bool(prompts_before)
            prompts_before.add(command.turn)
        if not blocked and command.id not in under_way:
            return pending
    return None


def turn_of(
    state: SessionState, ref: str, prompt: str | None, now: float
) -> tuple[SessionState, Turn | None]:
    """The turn the agent calls `ref`: bound by its prompt's key, else the one that waits to be
    named, else a new one that nobody asked for. None if it was forgotten."""
    known = next((turn for turn in state.turns if turn.ref == ref), None)
    if known is not None or ref in state.past:
        return state, known
    if prompt in state.past:
        state = replace(state, past=(*state.past, ref)[-MOST_PAST:])
        return interrupt(state, 0), None
    unnamed = [turn for turn in state.turns if turn.ref is None and turn.prompt]
    if prompt is not None:
        unnamed = [turn for turn in unnamed if turn.prompt and turn.prompt.key == prompt]
    else:
        unnamed = [turn for turn in unnamed if not turn.ended]
    if unnamed:
        named = replace(unnamed[0], ref=ref)
        state = put_turn(state, named)
        # A prompt that was taken back reached the agent after all, or had not begun there.
        return interrupt(state, named.number) if named.stop_at is not None else state, named
    turn = Turn(number=state.next_turn, started_at=now, ref=ref, phase="working")
    return replace(state, turns=(*state.turns, turn), next_turn=turn.number + 1), turn


def interrupt(state: SessionState, turn: int) -> SessionState:
    commands = [pending.command for pending in state.outbox]
    if any(isinstance(command, Interrupt) and command.turn == turn for command in commands):
        return state
    return want(state, Interrupt(id=state.next_command, turn=turn))


def put_turn(state: SessionState, turn: Turn) -> SessionState:
    turns = tuple(turn if old.number == turn.number else old for old in state.turns)
    return replace(state, turns=turns)


def ask_of(state: SessionState, ask_id: str) -> AskState | None:
    return next((ask for ask in state.asks if ask.ask.id == ask_id), None)


def withdraw_asks(state: SessionState, turn: int, at: float) -> SessionState:
    """An answer that is on its way stays: the agent may have taken it before it stopped."""
    for ask in state.asks:
        if ask.turn == turn and ask.status == "open":
            state = settle(state, ask, "withdrawn", at)
    return state


def settle(state: SessionState, ask: AskState, outcome: AskOutcome, at: float) -> SessionState:
    """The moment of a person's decision counts, if there was one."""
    if outcome == "answered" and ask.at is not None:
        at = ask.at
    settled = replace(ask, status="settled", outcome=outcome, at=at, note="")
    return put_ask(state, settled)


def put_ask(state: SessionState, ask: AskState) -> SessionState:
    asks = tuple(ask if old.ask.id == ask.ask.id else old for old in state.asks)
    return replace(state, asks=asks)


def put_receipt(state: SessionState, receipt: Receipt) -> SessionState:
    others = tuple(r for r in state.receipts if r.key != receipt.key)
    return replace(state, receipts=(*others, receipt))


def say(
    state: SessionState, notice_id: str, text: str, level: Literal["info", "warning", "error"]
) -> SessionState:
    """A notice below what people have read; the same id again only changes its words."""
    if any(notice.id == notice_id for notice in state.notices):
        return _reword(state, notice_id, text, level)
    turn = state.turns[-1] if state.turns else None
    part = len(turn.boundaries) if turn else 0
    notice = NoticeState(
        number=state.next_notice,
        id=notice_id,
        text=text,
        level=level,
        turn=turn.number if turn else 0,
        part=part,
        after=turn is not None and part in shown_parts(turn, part_texts(turn)),
    )
    return replace(state, notices=(*state.notices, notice), next_notice=state.next_notice + 1)


def say_once(
    state: SessionState, notice_id: str, text: str, level: Literal["info", "warning", "error"]
) -> SessionState:
    """A notice that may be replayed, also long after it was read."""
    if notice_id in state.past or any(notice.id == notice_id for notice in state.notices):
        return state
    return say(state, notice_id, text, level)


def say_again(state: SessionState, prefix: str, text: str) -> SessionState:
    """Troubles that are over say so where they stand."""
    for notice in state.notices:
        if notice.id.startswith(prefix) and notice.level != "info":
            state = _reword(state, notice.id, text, "info")
    return state


def _reword(
    state: SessionState, notice_id: str, text: str, level: Literal["info", "warning", "error"]
) -> SessionState:
    notices = tuple(
        replace(n, text=text, level=level) if n.id == notice_id else n for n in state.notices
    )
    return replace(state, notices=notices)
