"""Strategies: what may happen to a session, in any order; and what an agent does in good order."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal, get_args

from hypothesis import strategies as st
from pydantic import JsonValue

from bot.core.access import Access
from bot.core.approvals import Approvals, Layer, Rule, Wanted
from bot.core.asks import Answer, Confirmation, Verb
from bot.core.commands import Begun, Failed, Performed, Published, Refused, Tick
from bot.core.events import (
    AgentEvent,
    AskClosed,
    AskOpened,
    Attached,
    Detached,
    Gap,
    Notice,
    PlanChanged,
    PlanEntry,
    TextDelta,
    TextDone,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    Unknown,
    UsageReported,
)
from bot.core.ids import (
    STATUS,
    PartKey,
    Receipt,
    Slot,
    ask_slot,
    entry_uid,
    file_slot,
    mark_slot,
    notice_slot,
    queue_slot,
    turn_slot,
)
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
from bot.core.policy import Capabilities, Rules
from bot.core.session import Input
from tests.core.scene import ANN, BOB, GUEST, ROBOT, STRANGER, THREAD, confirmation, question

SMALL = Rules(
    part_limit=90, answer_tries=2, most_parts=4, edits="correct",
    able=Capabilities(steer=True), access=Access(bots=("U5",), bot_budget=1),
)  # fmt: skip
"""Without rules of the operator: people are asked."""
POLICY = Approvals(
    workspace=Layer(
        wanted=Wanted(deadline=12.0, remind=2.0, at_deadline="deny"),
        rules=(
            Rule(decision="allow", input=(("command", "git *"),)),
            Rule(decision="deny", input=(("command", "rm *"),), reason="Never."),
            Rule(input=(("command", "two"),), wanted=Wanted(who=("anyone",), need=2)),
            Rule(input=(("command", "else"),),
                 wanted=Wanted(who=("owner", "U2"), not_requester=True)),
        ),
    )
)  # fmt: skip
STRICT = replace(SMALL, approvals=POLICY, able=Capabilities(steer=True, max_hold=6.0))
"""With rules that decide, several who have to agree, deadlines, and a server that waits briefly."""

WEIRD = ["", " ", "\n\n", "Text. ", "```py\nx = 1\n", "```\n", "\ud800", "\0", "<!channel> & <b>",
         "yes", "deny it is late", "👩\u200d👧", "| a |\n|---|\n| 1 |\n", "long " * 80]  # fmt: skip
texts = st.sampled_from(WEIRD)
stamps = st.sampled_from(["1.1", "1.2", "2.1", "9" * 5000, "", "x", "٣.1"])
people = st.sampled_from([ANN, ANN, BOB, GUEST, STRANGER, ROBOT, Person("U1", "Ann again")])
names = st.sampled_from(["t1", "t2", "t3", "msg:1", "agent:n1"])
items = st.sampled_from(["m1", "m2"])
ask_ids = st.sampled_from(["a1", "a2", "a3", "continue:1"])
keys = st.sampled_from(["msg:1", "msg:2", "msg:3", "msg:4"])
numbers = st.integers(0, 9)
Outcome = Literal["done", "stopped", "failed"]
outcomes: st.SearchStrategy[Outcome] = st.sampled_from(get_args(Outcome))
levels = st.sampled_from(["info", "warning", "error"])
when = st.sampled_from([None, 0.0, 7.5, -1.0, 2e9])
cursors = st.sampled_from([None, "1", "2"])
places = st.sampled_from([THREAD.place, THREAD.place])
slots = st.one_of(
    st.builds(turn_slot, numbers), st.builds(file_slot, numbers), st.builds(ask_slot, ask_ids),
    st.builds(notice_slot, numbers), st.builds(mark_slot, stamps), st.builds(queue_slot, numbers),
    st.just(STATUS), st.just(Slot("?")),
)  # fmt: skip
part_keys = st.builds(PartKey, slots, st.integers(0, 3), places)
answers = st.one_of(
    st.builds(Answer, verb=st.sampled_from(["allow", "deny", "allow_session", "reply"])),
    st.builds(Answer, verb=st.just("allow"), input=st.sampled_from([{"command": "two"}, {}])),
    st.builds(
        Answer, verb=st.just("reply"), values=st.sampled_from([(("colour", ("r",)),), (("x", ()),)])
    ),
)
commands = st.sampled_from(["ls", "git log", "rm -r x", "two", "else"])


def editable(ask: str, turn: str, command: str) -> Confirmation:
    """`two` may be changed before it is allowed."""
    verbs: tuple[Verb, ...] = ("allow", "allow_session", "deny")
    made = replace(confirmation(ask, turn), input={"command": command}, verbs=verbs)
    return replace(made, editable=command == "two")


def described(ask: str, schema: JsonValue) -> Confirmation:
    return replace(confirmation(ask, "t1"), schema={"properties": schema})


calls = st.builds(editable, ask_ids, names, commands)
asks = st.one_of(calls, calls, st.builds(question, ask_ids, names))


def nested(depth: int) -> JsonValue:
    value: JsonValue = {}
    for level in range(depth):
        value = {"in": [value] if level % 2 else value}
    return value


prompts = st.builds(
    Prompt, key=keys, thread=st.just(THREAD), by=people, ts=stamps, text=texts,
    mentions_bot=st.booleans(), mentions_others=st.booleans(), direct=st.booleans(),
    in_thread=st.booleans(),
)  # fmt: skip
always = st.builds(
    Always, scope=st.sampled_from(["thread", "channel", "workspace"]),
    input=st.sampled_from([(), (("command", "*"),), (("command", "l*"),)]),
    seconds=st.sampled_from([60.0, 5.0, -1.0, 1e12]),
)  # fmt: skip
replies = st.builds(
    Reply, key=keys, thread=st.just(THREAD), by=people, ask=ask_ids, answer=answers,
    place=st.sampled_from(["thread", "private", "C9"]), all=st.booleans(),
    always=st.one_of(st.none(), st.none(), always),
)  # fmt: skip
stops = st.builds(
    Stop, key=keys, thread=st.just(THREAD), by=people, via=st.sampled_from(["word", "reaction"]),
    clear=st.booleans(), on=stamps,
)  # fmt: skip
edits = st.builds(
    Edited, key=st.sampled_from(["edit:1", "edit:2"]), thread=st.just(THREAD), by=people,
    post=prompts, calls=st.booleans(),
)  # fmt: skip
deletions = st.builds(Deleted, key=keys, thread=st.just(THREAD), ts=stamps)
arrangements = st.builds(
    Arrange, key=keys, thread=st.just(THREAD), by=people, entry=keys.map(entry_uid),
    act=st.sampled_from(get_args(QueueAct)),
)  # fmt: skip
choices = st.builds(
    Configure, key=keys, thread=st.just(THREAD), by=people,
    setting=st.sampled_from(get_args(Setting)), said=st.one_of(st.none(), prompts),
)  # fmt: skip
wishes = st.builds(
    Tune, key=keys, thread=st.just(THREAD), by=people, said=prompts,
    what=st.sampled_from(get_args(Wish)), value=st.sampled_from(["", "plan"]),
)  # fmt: skip
deltas = st.builds(
    TextDelta, turn=names, item=items, at=st.sampled_from([0, 5, 400, -3, 10**12]), text=texts,
    time=when,
)  # fmt: skip

agent_events: st.SearchStrategy[AgentEvent] = st.one_of(
    st.builds(Attached, cursor=cursors),
    st.builds(TurnStarted, turn=names, prompt=st.one_of(st.none(), keys), time=when),
    deltas,
    st.builds(TextDone, turn=names, item=items, text=texts),
    st.builds(ThoughtDelta, turn=names, item=items, at=numbers, text=texts),
    st.builds(
        ToolStarted, turn=names, item=st.sampled_from(["s1", "s2"]), tool=texts, title=texts,
        input=st.just({}), time=when,
    ),
    st.builds(
        ToolFinished, turn=names, item=st.sampled_from(["s1", "s2"]), ok=st.booleans(), time=when
    ),
    st.builds(
        PlanChanged, turn=names, revision=numbers,
        entries=st.just((PlanEntry("plan"), PlanEntry("more", "done"))),
    ),
    st.builds(AskOpened, ask=asks, background=st.booleans(), time=when),
    st.builds(
        AskClosed, ask=ask_ids, how=st.sampled_from(["answered", "withdrawn", "expired"]), time=when
    ),
    st.builds(UsageReported, turn=names, id=st.sampled_from(["u1", "u2"]), time=when),
    st.builds(Notice, id=st.sampled_from(["n1", "n2"]), text=texts, level=levels, cursor=cursors),
    st.builds(
        TurnEnded, turn=names, outcome=outcomes, resumable=st.booleans(), error=texts, time=when,
        cursor=cursors,
    ),
    st.builds(Gap, id=st.sampled_from(["g1"]), reason=texts),
    st.builds(Detached, reason=texts, final=st.booleans()),
    st.builds(Unknown, name=texts),
)  # fmt: skip

acts = st.one_of(
    st.builds(Begun, command=numbers),
    st.builds(
        Performed, command=numbers, remote_id=st.sampled_from([None, "r1"])
    ),
    st.builds(
        Failed, command=numbers, message=texts, repeated=st.booleans(), unsure=st.booleans(),
        failure=st.sampled_from(
            ["unavailable", "refused", "gone", "already_answered", "unsupported", "in_doubt"]
        ),
    ),
    st.builds(
        Published,
        receipt=st.builds(
            Receipt, key=part_keys, ts=stamps, shown=st.sampled_from(["", "x"]), lost=st.booleans()
        ),
    ),
    st.builds(
        Refused, key=part_keys, shown=st.just("x"), reason=texts, gone=st.booleans(),
        shown_length=st.sampled_from([None, None, 0, 7, 10**6]),
    ),
    st.just(Tick()),
)  # fmt: skip

inputs: st.SearchStrategy[Input] = st.one_of(
    prompts, replies, stops, choices, wishes, edits, deletions, arrangements, agent_events, acts
)  # fmt: skip

approving: st.SearchStrategy[Input] = st.one_of(
    st.builds(AskOpened, ask=st.builds(editable, ask_ids, st.just("t1"), commands)),
    st.builds(
        Reply, key=keys, thread=st.just(THREAD), by=st.sampled_from([ANN, BOB, GUEST, ROBOT]),
        ask=ask_ids, all=st.booleans(), answer=st.sampled_from(
            [Answer(verb="allow"), Answer(verb="allow", input={"command": "two"}),
             Answer(verb="allow_session")]
        ),
    ),
    replies, st.just(Tick()), st.builds(
        Failed, command=numbers, message=st.just("No."), failure=st.just("refused")
    ),
    st.builds(Prompt, key=keys, thread=st.just(THREAD), by=people, ts=st.just("1.1"),
              text=st.sampled_from(["yes", "no"]), mentions_bot=st.just(True),
              in_thread=st.just(True)),
)  # fmt: skip
"""What happens to requests while one turn runs."""

hostile: st.SearchStrategy[Input] = st.one_of(
    inputs,
    st.builds(
        TurnStarted, turn=names, time=st.sampled_from([math.nan, math.inf, -math.inf, 1e300])
    ),
    st.builds(
        AskOpened,
        ask=st.builds(
            confirmation, ask_ids, names,
            deep=st.integers(0, 400).map(nested),
            bad=st.sampled_from([math.nan, math.inf]),
        ),
    ),
    st.builds(AskOpened, ask=st.builds(confirmation, st.just("\ud800"), names)),
    st.builds(AskOpened, ask=st.builds(described, ask_ids, st.integers(0, 400).map(nested))),
    st.builds(
        UsageReported, turn=names, id=st.just("u3"), cost=st.sampled_from([math.nan, math.inf])
    ),
    st.builds(TextDone, turn=names, item=items, text=st.text(st.characters(), max_size=200)),
)  # fmt: skip


@st.composite
def turns_in_order(draw: st.DrawFn, most: int = 3) -> list[AgentEvent]:
    """One turn after the other, as a server tells them: nothing is ended before it began."""
    events: list[AgentEvent] = []
    for number in range(1, draw(st.integers(1, most)) + 1):
        events += draw(turn_in_order(f"t{number}", draw(st.one_of(st.none(), keys))))
    return events


@st.composite
def turn_in_order(draw: st.DrawFn, turn: str, prompt: str | None = None) -> list[AgentEvent]:
    story = _Story(draw, turn)
    story.events.append(TurnStarted(turn=turn, prompt=prompt))
    scenes = [story.text, story.text, story.text_ends, story.tool, story.tool_ends, story.plan,
              story.ask, story.ask_ends, story.notice, story.thought]  # fmt: skip
    for count, scene in enumerate(draw(st.lists(st.sampled_from(range(10)), max_size=12))):
        scenes[scene](f"{turn}.{count}")
    return [*story.events, TurnEnded(turn=turn, outcome=draw(outcomes), error="Oh.")]


class _Story:
    """What was begun in a turn, so that only that is ended."""

    def __init__(self, draw: st.DrawFn, turn: str) -> None:
        self.draw, self.turn = draw, turn
        self.events: list[AgentEvent] = []
        self.texts: dict[str, str] = {}
        self.tools: list[str] = []
        self.asks: list[str] = []

    def text(self, name: str) -> None:
        item = self.draw(st.sampled_from([*self.texts, name]))
        before = self.texts.get(item, "")
        text = self.draw(texts)
        self.texts[item] = before + text
        self.events.append(TextDelta(turn=self.turn, item=item, at=len(before), text=text))

    def text_ends(self, name: str) -> None:
        if self.texts:
            item, text = self.texts.popitem()
            self.events.append(TextDone(turn=self.turn, item=item, text=text))

    def thought(self, name: str) -> None:
        text = self.draw(texts)
        self.events.append(ThoughtDelta(turn=self.turn, item=name, at=0, text=text))

    def tool(self, name: str) -> None:
        self.tools.append(name)
        started = ToolStarted(turn=self.turn, item=name, tool="bash", title="Run", input={})
        self.events.append(started)

    def tool_ends(self, name: str) -> None:
        if self.tools:
            ok = self.draw(st.booleans())
            self.events.append(ToolFinished(turn=self.turn, item=self.tools.pop(), ok=ok))

    def plan(self, name: str) -> None:
        revision = len(self.events)
        entries = (PlanEntry(name),)
        self.events.append(PlanChanged(turn=self.turn, revision=revision, entries=entries))

    def ask(self, name: str) -> None:
        self.asks.append(name)
        self.events.append(AskOpened(ask=confirmation(name, self.turn)))

    def ask_ends(self, name: str) -> None:
        if self.asks:
            self.events.append(AskClosed(ask=self.asks.pop(), how="answered"))

    def notice(self, name: str) -> None:
        self.events.append(Notice(id=name, text="News."))
