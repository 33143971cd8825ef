"""The SDK's messages as plain objects, as far as they are needed: its classes by their names, their
fields as they stand."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, JsonValue

from bot.agents.shapes.wire import LENIENT, Block, Number, Object, Objects, Text, as_objects

Blocks = Annotated[list[Block], BeforeValidator(as_objects)]


def _words(value: object) -> object:
    return value if isinstance(value, str) else as_objects(value)


def _counts(value: object) -> object:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


Words = Annotated[str | list[Block], BeforeValidator(_words)]
"""A message's content: bare words, or blocks."""

Count = Annotated[int, BeforeValidator(_counts)]


class Message(BaseModel):
    """Any message. `parent_tool_use_id` names the call a sub-agent works for."""

    model_config = LENIENT

    uuid: Text = ""
    parent_tool_use_id: Text = ""


class Assistant(Message):
    """One block of the model's answer; several messages of one `message_id` make the whole."""

    content: Blocks = []
    message_id: Text = ""
    model: Text = ""


class User(Message):
    """What came of calls, or the agent's own remark on a person's behalf."""

    content: Words = ""


class Delta(BaseModel):
    model_config = LENIENT

    type: Text = ""
    text: Text = ""
    thinking: Text = ""


class StreamStart(BaseModel):
    model_config = LENIENT

    id: Text = ""


class Event(BaseModel):
    """One event of the model's stream."""

    model_config = LENIENT

    type: Text = ""
    index: Count = 0
    message: StreamStart = StreamStart()
    delta: Delta = Delta()


class Stream(Message):
    event: Event


class Usage(BaseModel):
    model_config = LENIENT

    input_tokens: Count = 0
    output_tokens: Count = 0
    cache_creation_input_tokens: Count = 0
    cache_read_input_tokens: Count = 0


class Result(Message):
    """A turn is over. `total_cost_usd` counts from the begin of the process, or of the session it
    resumed."""

    subtype: Text = ""
    is_error: bool = False
    result: Text = ""
    total_cost_usd: Number = None
    usage: Usage | None = None
    model_usage: Object = {}


class Task(BaseModel):
    """Work beside the turn."""

    model_config = LENIENT

    task_id: Text = ""
    status: Text = ""


class RateLimit(BaseModel):
    model_config = LENIENT

    status: Text = ""


class RateLimited(Message):
    rate_limit_info: RateLimit = RateLimit()


class Request(BaseModel):
    """The agent asks whether it may use a tool, or a question by a tool made for it. `call` is the
    tool call's id; `agent` a sub-agent's."""

    model_config = LENIENT

    call: str
    tool: str
    input: Object = {}
    agent: Text = ""
    title: Text = ""
    suggestions: Objects = []


class Body(BaseModel):
    """What the model's API knows of a message."""

    model_config = LENIENT

    id: Text = ""
    content: Words = ""
    model: Text = ""
    stop_reason: Text = ""


class Entry(BaseModel):
    """One message of a session's transcript."""

    model_config = LENIENT

    type: Literal["user", "assistant"]
    uuid: str
    message: Body = Body()


class Frame(BaseModel):
    """A message of the SDK: `name` is its class."""

    model_config = LENIENT

    name: str
    data: dict[str, JsonValue]
