"""The lenient pieces that frames are made of: unknown fields are ignored, and so are values of an
unexpected type where nothing depends on them."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue


def as_object(value: object) -> object:
    return cast(object, value) if isinstance(value, dict) else {}


def as_objects(value: object) -> object:
    items = cast(list[object], value) if isinstance(value, list) else []
    return [cast(object, item) for item in items if isinstance(item, dict)]


def _text(value: object) -> object:
    return value if isinstance(value, str) else ""


def _number(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else None


Object = Annotated[dict[str, JsonValue], BeforeValidator(as_object)]
Objects = Annotated[list[dict[str, JsonValue]], BeforeValidator(as_objects)]
Text = Annotated[str, BeforeValidator(_text)]
Number = Annotated[float | None, BeforeValidator(_number)]


LENIENT = ConfigDict(frozen=True, extra="ignore")
"""What every model of a frame has: made once, never changed."""


class Block(BaseModel):
    """One piece of a message. Not everybody who hands it on leaves its `type` on it."""

    model_config = LENIENT

    type: Text = ""
    text: Annotated[str | None, BeforeValidator(lambda v: v if isinstance(v, str) else None)] = None
    id: Text = ""
    name: Text = ""
    input: Object = {}
    tool_use_id: Text = ""
    content: JsonValue = None
    is_error: Annotated[bool, BeforeValidator(lambda v: v is True)] = False

    @property
    def kind(self) -> Literal["call", "text", "result", "other"]:
        if self.type == "tool_use" or (not self.type and self.id and self.name):
            return "call" if self.id else "other"
        if self.type == "tool_result" or self.tool_use_id:
            return "result" if self.tool_use_id else "other"
        if self.type in ("text", "") and self.text is not None:
            return "text"
        return "other"


class Option(BaseModel):
    model_config = LENIENT

    label: Text = ""
    description: Text = ""


class QuestionItem(BaseModel):
    model_config = LENIENT

    question: Text = ""
    header: Text = ""
    options: Annotated[list[Option], BeforeValidator(as_objects)] = []
    multiSelect: bool | None = False


class Questions(BaseModel):
    """The input of the tool that asks a person."""

    model_config = LENIENT

    questions: Annotated[list[QuestionItem], BeforeValidator(as_objects)] = []
