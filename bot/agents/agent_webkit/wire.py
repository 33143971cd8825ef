"""What stands on the wire, as far as it is needed: unknown fields are ignored, and so are values of
an unexpected type where nothing depends on them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, JsonValue

from bot.agents.shapes.wire import (
    LENIENT,
    Block,
    Number,
    Object,
    Objects,
    Questions,
    Text,
    as_object,
    as_objects,
)


class Frame(BaseModel):
    """Base of all: made once, never changed."""

    model_config = LENIENT


class Created(Frame):
    """The reply to `POST /sessions`."""

    session_id: str


class Delta(Frame):
    text: Text = ""


class MessageDelta(Frame):
    message_id: str
    delta: Annotated[Delta, BeforeValidator(as_object)] = Delta()


class Message(Frame):
    content: Annotated[list[Block], BeforeValidator(as_objects)] = []
    model: Text = ""


class MessageComplete(Frame):
    message_id: str
    message: Annotated[Message, BeforeValidator(as_object)] = Message()


class ToolUse(Frame):
    tool_use_id: str
    tool_name: Text = ""
    input: Object = {}


class ToolResult(Frame):
    tool_use_id: str
    output: JsonValue = None
    is_error: bool | None = False


class Context(Frame):
    agent_id: Text = ""
    title: Text = ""
    suggestions: Objects = []


class PermissionRequest(Frame):
    correlation_id: str
    tool_name: Text = ""
    input: Object = {}
    context: Annotated[Context, BeforeValidator(as_object)] = Context()


class AskUserQuestion(Frame):
    """`questions` is the tool's input, hence the doubling."""

    correlation_id: str
    questions: Annotated[Questions, BeforeValidator(as_object)] = Questions()


class Result(Frame):
    """`total_cost_usd` counts from the session's begin."""

    subtype: Text = ""
    total_cost_usd: Number = None


class Problem(Frame):
    """The event named `error`."""

    code: Text = ""
    message: Text = ""


class McpStatus(Frame):
    server_name: Text = ""
    status: Text = ""
