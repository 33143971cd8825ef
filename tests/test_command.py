"""What every command does with what happens while it runs."""

import gc
from collections.abc import Generator

import pytest
import typer

from bot.command import MISCONFIGURED, until_done
from bot.core.errors import BotError, StoreUnavailable


@pytest.fixture(autouse=True)
def _as_it_was() -> Generator[None]:
    """Commands change how their whole process collects garbage."""
    enabled = gc.isenabled()
    yield
    gc.unfreeze()
    (gc.enable if enabled else gc.disable)()


async def fail(error: BaseException) -> None:
    raise error


def test_garbage_is_collected_while_it_runs() -> None:
    seen: list[bool] = []

    async def work() -> None:
        seen.append(gc.isenabled())

    gc.disable()
    until_done(work())
    assert seen == [True]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (BotError("Set SLACK_APP_TOKEN."), "threadline: Set SLACK_APP_TOKEN.\n"),
        (
            ExceptionGroup("all", [BotError("Do this."), BotError("Do that.")]),
            "threadline: Do this. Do that.\n",
        ),
        (
            ExceptionGroup("all", [ExceptionGroup("two", [BotError("Do."), BotError("Do.")])]),
            "threadline: Do.\n",
        ),
    ],
)
def test_what_an_operator_can_mend_ends_in_a_sentence(
    error: Exception, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        until_done(fail(error))
    assert ended.value.exit_code == MISCONFIGURED
    assert capsys.readouterr().err == sentence


def test_a_database_that_is_away_says_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        until_done(fail(StoreUnavailable()))
    assert "DATABASE_URL" in capsys.readouterr().err


def test_a_fault_of_ours_is_not_hidden_behind_one_of_theirs() -> None:
    both = ExceptionGroup("all", [BotError("Do this."), KeyError("ours")])
    with pytest.raises(ExceptionGroup):
        until_done(fail(both))
