"""What the commands have in common: the settings, running to the end, and ending in a sentence."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING, NoReturn, cast

import typer

if TYPE_CHECKING:
    from bot.settings import Settings

MISCONFIGURED = 2


def configured() -> Settings:
    """The settings; the log is set up by them. What is wrong with them ends the command."""
    from bot import settings, telemetry
    from bot.core.errors import ConfigError

    try:
        loaded = settings.load()
    except ConfigError as error:
        refuse(error.user_message)
    telemetry.set_up(loaded.log_level, loaded.log_format)
    return loaded


def until_done(work: Coroutine[object, object, None]) -> None:
    """Runs it; what an operator can mend ends in a sentence, not in a traceback."""
    from bot.core.errors import BotError, StoreUnavailable

    gc.freeze()  # what was imported is not looked at again and again, nor taken apart at the end
    gc.enable()
    try:
        asyncio.run(work)
    except StoreUnavailable as error:
        refuse(f"{error.user_message} Start it, or correct DATABASE_URL.")
    except BotError as error:
        refuse(error.user_message)
    except BaseExceptionGroup as group:
        mendable = list(_leaves(group))
        if not all(isinstance(error, BotError) for error in mendable):
            raise
        refuse(" ".join(dict.fromkeys(str(error) for error in mendable)))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors of a group, however deep."""
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for inner in cast(BaseExceptionGroup[BaseException], error).exceptions:
        yield from _leaves(inner)


def refuse(sentence: str) -> NoReturn:
    """End the command with what an operator can do."""
    typer.echo(f"threadline: {sentence}", err=True)
    raise typer.Exit(MISCONFIGURED)
