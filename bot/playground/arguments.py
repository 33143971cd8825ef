"""The arguments of a Web API call, wherever slack_sdk put them: JSON, form or query string."""

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

from bot.playground.model import Json, SlackError

_TRUE = frozenset(("1", "true", "True"))


def read_arguments(query: Mapping[str, str], content_type: str, body: bytes) -> Json:
    """All arguments of one request; the body wins over the query string.

    Raises `invalid_arguments` for a body that is not what its content type says.
    """
    if not body.strip():
        return dict(query)
    try:
        text = body.decode("utf-8")
        if content_type == "application/json":
            parsed = json.loads(text)
            if not isinstance(parsed, dict):
                raise ValueError("not an object")
            return {**query, **cast(Json, parsed)}
    except ValueError as error:
        raise SlackError("invalid_arguments", (f"[ERROR] {error}",)) from error
    return {**query, **dict(parse_qsl(text, keep_blank_values=True))}


class Arguments:
    """Typed reading of arguments. A value of the wrong kind raises Slack's error for it."""

    def __init__(self, values: Json) -> None:
        self._given = values.keys()
        self._values = {name: value for name, value in values.items() if value is not None}

    def given(self, name: str) -> bool:
        """Whether it was named at all, if only as null."""
        return name in self._given

    def has(self, name: str) -> bool:
        return name in self._values

    def require(self, names: tuple[str, ...]) -> None:
        missing = tuple(
            f"[ERROR] missing required field: {name}" for name in names if not self.has(name)
        )
        if missing:
            raise SlackError("invalid_arguments", missing)

    def need(self, name: str) -> str:
        self.require((name,))
        return self.text(name) or ""

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool | dict | list):
            raise SlackError("invalid_arguments", (f"[ERROR] must provide a string: {name}",))
        return str(value)

    def any(self, name: str) -> Any:
        """The value as it came; None if there is none."""
        return self._values.get(name)

    def flag(self, name: str) -> bool:
        value = self._values.get(name, False)
        return value if isinstance(value, bool) else str(value) in _TRUE

    def whole(self, name: str, default: int, least: int, most: int, error: str) -> int:
        try:
            value = int(self._values.get(name, default))
        except (TypeError, ValueError):
            raise SlackError(error) from None
        if not least <= value <= most:
            raise SlackError(error)
        return value

    def objects(self, name: str, error: str) -> list[Json] | None:
        """A list of JSON objects, given as JSON or as JSON in a string."""
        value = self._decoded(name, error)
        if value is None:
            return None
        items = cast(list[Any], value) if isinstance(value, list) else None
        if items is None or not all(isinstance(item, dict) for item in items):
            raise SlackError(error)
        return items

    def texts(self, name: str, error: str) -> list[str] | None:
        """A list of strings, given as JSON or as JSON in a string."""
        value = self._decoded(name, error)
        if value is None:
            return None
        items = cast(list[Any], value) if isinstance(value, list) else None
        if items is None or not all(isinstance(item, str) for item in items):
            raise SlackError(error)
        return items

    def mapping(self, name: str, error: str) -> Json | None:
        value = self._decoded(name, error)
        if value is not None and not isinstance(value, dict):
            raise SlackError(error)
        return cast(Json | None, value)

    def _decoded(self, name: str, error: str) -> Any:
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise SlackError(error) from None
