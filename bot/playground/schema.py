"""Checks of JSON shapes that combine into tables, with Slack's wording and JSON pointers.

A check takes a value and where it stands, and yields what is wrong with it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from bot.playground.model import Json

Check = Callable[[Any, str], Iterator[str]]
Rule = Callable[[Json, str], Iterator[str]]


def wrong(what: str, at: str) -> str:
    return f"[ERROR] {what} [json-pointer:{at}]"


def string(most: int, least: int = 1) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield wrong("must provide a string", at)
        elif len(value) < least:
            yield wrong(f"must be more than {least - 1} characters", at)
        elif len(value) > most:
            yield wrong(f"must be less than {most + 1} characters", at)

    return check


ID = string(255)


def _address(pattern: str) -> Check:
    """A URL that matches; how Slack itself words this is not documented."""
    within = string(3000)

    def check(value: Any, at: str) -> Iterator[str]:
        problems = [*within(value, at)]
        yield from problems
        if not problems and re.fullmatch(pattern, value) is None:
            yield wrong("must be a valid URL", at)

    return check


URL = _address(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>]+")
WEB_URL = _address(r"https?://[^\s<>/]+(/[^\s<>]*|[?#][^\s<>]*)?")


def one_of(*values: object) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if value not in values:
            yield wrong("must be a valid enum value", at)

    return check


def boolean(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield wrong("must be a boolean", at)


def number(least: float, most: float) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield wrong("must be a number", at)
        elif not least <= value <= most:
            yield wrong(f"must be between {least} and {most}", at)

    return check


def listing(item: Check, most: int, least: int = 1) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield wrong("must be an array", at)
            return
        items = cast(list[Any], value)
        if len(items) < least:
            yield wrong(f"no fewer than {least} items allowed", at)
        if len(items) > most:
            yield wrong(f"no more than {most} items allowed", at)
        for i, each in enumerate(items[:most]):
            yield from item(each, f"{at}/{i}")

    return check


def shape(needed: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    """An object with these fields and no other; `type` is the business of who chose the shape."""
    fields = {**needed, **optional}

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield wrong("must be an object", at)
            return
        body = cast(Json, value)
        for name in needed:
            if name not in body:
                yield wrong(f"missing required field: {name}", at)
        for name, each in body.items():
            if name in fields:
                yield from fields[name](each, f"{at}/{name}")
            elif name != "type":
                yield wrong(f"invalid additional property: {name}", at)

    return check


def typed(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` names its shape."""

    def check(value: Any, at: str) -> Iterator[str]:
        kind = cast(Json, value).get("type") if isinstance(value, dict) else None
        if not isinstance(value, dict):
            yield wrong("must be an object", at)
        elif kind is None:
            yield wrong("missing required field: type", at)
        elif kind not in kinds:
            yield wrong(f"unsupported type: {kind}", f"{at}/type")
        else:
            yield from kinds[kind](cast(Any, value), at)

    return check


def also(first: Check, *more: Rule) -> Check:
    """Rules between fields, looked at once the fields themselves are right."""

    def check(value: Any, at: str) -> Iterator[str]:
        problems = list(first(value, at))
        yield from problems
        if not problems:
            for rule in more:
                yield from rule(value, at)

    return check


def exactly_one(*names: str) -> Rule:
    def rule(body: Json, at: str) -> Iterator[str]:
        if sum(name in body for name in names) != 1:
            yield wrong(f"must define exactly one of: {', '.join(names)}", at)

    return rule


def some_of(*names: str) -> Rule:
    def rule(body: Json, at: str) -> Iterator[str]:
        if not any(name in body for name in names):
            yield wrong(f"missing required field: {' or '.join(names)}", at)

    return rule
