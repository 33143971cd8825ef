"""Logs are events with fields, in one form, without anything secret."""

from __future__ import annotations

import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr

import pytest
import structlog

from bot import telemetry
from bot.core.stored import load_inbound, load_state

WRITTEN = '{"kind": "prompt", "text": "my password", "thread": 7}'


def _state(text: str) -> object:
    return load_state(text, 1)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    quiet = {name: logging.getLogger(name).level for name in telemetry.QUIET}
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    with redirect_stderr(io.StringIO()) as stream:
        telemetry.set_up("INFO", "json")
        yield stream


def _lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_of_json_with_its_fields(written: io.StringIO) -> None:
    log = structlog.get_logger()
    with structlog.contextvars.bound_contextvars(session="T1/C1/1.0"):
        log.info("turn.ended", turn=1)
    log.debug("too.quiet")
    logging.getLogger("aiohttp.access").info("GET /?token=xoxb")
    logging.getLogger("another.library").warning("heard")
    ours, theirs = _lines(written)
    assert (ours["event"], ours["session"], ours["turn"]) == ("turn.ended", "T1/C1/1.0", 1)
    assert ours["level"] == "info"
    assert str(ours["timestamp"]).endswith("Z")
    assert theirs["event"] == "heard"


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_variables(form: telemetry.LogFormat) -> None:
    with redirect_stderr(io.StringIO()) as stream:
        telemetry.set_up("INFO", form)
        token = "-".join(("xoxb", "hunter2"))
        try:
            raise ValueError("broken")
        except ValueError:
            structlog.get_logger().exception("it.broke", length=len(token))
    assert "ValueError: broken" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


@pytest.mark.parametrize("read", [load_inbound, _state])
def test_what_people_wrote_is_in_no_error_about_it(
    read: Callable[[str], object],
) -> None:
    with pytest.raises(ValueError) as refused:
        read(WRITTEN)
    assert "password" not in "".join(traceback.format_exception(refused.value))
