"""Values as the JSON text the store keeps. The one place that knows stored versions."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from bot.core.inbound import Inbound
from bot.core.parts import HALF
from bot.core.state import STATE_VERSION, SessionState

_STATE = TypeAdapter(SessionState)
_INBOUND: TypeAdapter[Inbound] = TypeAdapter(Annotated[Inbound, Field(discriminator="kind")])


def dump_state(state: SessionState) -> str:
    """Half a character, which UTF-8 cannot carry, is stored as U+FFFD."""
    try:
        return _STATE.dump_json(state).decode()
    except PydanticSerializationError:
        return HALF.sub("\ufffd", json.dumps(asdict(state), ensure_ascii=False))


def load_state(text: str, version: int) -> SessionState:
    """Raises ValueError for text that is not a state, or one from a newer version of the code."""
    if version > STATE_VERSION:
        raise ValueError(f"the session was stored by a newer version ({version})")
    try:
        return _STATE.validate_json(text)
    except ValidationError as error:
        # Its words, and so every logged traceback, would repeat what people wrote.
        raise ValueError(f"{error.error_count()} validation errors in a stored session") from None


def dump_inbound(inbound: Inbound) -> str:
    return _INBOUND.dump_json(inbound).decode()


def load_inbound(text: str) -> Inbound:
    """Raises ValueError for text that is not an inbound."""
    try:
        return _INBOUND.validate_json(text)
    except ValidationError as error:
        raise ValueError(f"{error.error_count()} validation errors in a stored input") from None
