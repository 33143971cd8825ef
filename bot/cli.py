"""The command line. Each command imports what it needs when it runs: the local Slack is to start
without the bot's libraries, and the other way round."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, cast

import typer

if TYPE_CHECKING:
    from bot.playground import Playground, PlaygroundConfig
    from bot.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="AI agent sessions in Slack threads.",
)

MISCONFIGURED = 2


def main() -> None:
    app()


@app.command()
def run(
    migrate: Annotated[bool, typer.Option(help="Bring the database up to date first.")] = True,
) -> None:
    """Connect to Slack and serve, until stopped."""
    settings = _settings()
    _until_done(_run(settings, migrate))


async def _run(settings: Settings, migrate: bool) -> None:
    from bot import app as application

    await application.run(settings, migrating=migrate)


@app.command()
def start() -> None:
    """What `make run` does: the bot if Slack tokens are set, otherwise the playground."""
    if _settings().has_tokens:
        run(migrate=True)
        return
    typer.echo("No Slack tokens in the environment or .env: starting the playground.\n")
    playground()


@app.command()
def playground(
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes a free one.")] = 4700,
    data: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path("data/playground"),
    fresh: Annotated[bool, typer.Option(help="Begin with an empty workspace.")] = False,
    only: Annotated[
        bool, typer.Option(help="Without the bot: print what your own bot needs to connect.")
    ] = False,
    redeliver: Annotated[
        str, typer.Option(help="Seconds after which unacknowledged events come again.")
    ] = "0.5,60,300",
) -> None:
    """A local Slack in the browser, with the bot and the embedded agent. No account needed."""
    from bot.playground import BadState, PlaygroundConfig, sole_use

    state = data / "slack.json"
    config = PlaygroundConfig(
        port=port,
        state=state,
        fresh=fresh,
        retry_schedule=_seconds(redeliver),
    )
    try:
        with sole_use(state):
            if fresh:
                for kept in data.glob("*.db*"):
                    kept.unlink()
            _until_done(_playground(config, None if only else data))
    except BadState as error:
        _refuse(str(error))
    except OSError as error:
        if isinstance(error, PermissionError):
            _refuse(f"{error.filename} cannot be written. Name another directory: --data PATH")
        if error.errno != errno.EADDRINUSE:
            raise
        _refuse(f"Port {port} is taken. Name another: threadline playground --port 0")


def _seconds(listed: str) -> tuple[float, ...]:
    try:
        return tuple(float(seconds) for seconds in listed.split(","))
    except ValueError:
        _refuse(f"--redeliver takes seconds with commas between, as 0.5,60,300, not {listed!r}")


async def _playground(config: PlaygroundConfig, data: Path | None) -> None:
    """With the bot as a child whose data is kept in `data`; None leaves it out."""
    from bot.playground import serve

    if data is None:
        work = serve(config, None, {}, _announce_environment)
    else:
        argv = [sys.executable, "-m", "bot", "run"]
        work = serve(config, argv, _child_environment(data), _announce)
    serving = asyncio.ensure_future(work)
    # Ended by SIGTERM, too, it takes the bot with it and writes down its state.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        if not serving.cancelled():
            raise


def _child_environment(data: Path) -> dict[str, str]:
    """The bot's environment in the playground: its own data, and nothing of a real workspace."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SLACK_", "DATABASE_"))}
    return {
        **kept,
        "THREADLINE_DATA_DIR": str(data),
        "DATABASE_URL": f"sqlite:///{data / 'threadline.db'}",
        "THREADLINE_PORT": os.environ.get("THREADLINE_PORT", "0"),
        "LOG_FORMAT": "console",
    }


def _announce(slack: Playground) -> None:
    typer.echo(f"Open {slack.page_url}\nWrite @threadline help in #general. Ctrl-C ends it.")


def _announce_environment(slack: Playground) -> None:
    typer.echo(f"Open {slack.page_url}\nStart your bot with this environment. Ctrl-C ends it.\n")
    for name, value in slack.environment().items():
        typer.echo(f"export {name}={value}")


@app.command()
def migrate() -> None:
    """Bring the database up to date."""
    _until_done(_migrate(_settings()))


async def _migrate(settings: Settings) -> None:
    from bot import app as application

    typer.echo(f"The database is at revision {await application.upgrade(settings)}.")


@app.command()
def doctor() -> None:
    """Check everything a running bot needs, and say what to do about what is missing."""
    from bot.doctor import examine

    findings = asyncio.run(examine(_settings()))
    for finding in findings:
        typer.echo(f"{'ok ' if finding.ok else '!! '} {finding.what}")
        if not finding.ok:
            typer.echo(f"     {finding.how_to_fix}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _settings() -> Settings:
    from bot import settings, telemetry
    from bot.core.errors import ConfigError

    try:
        loaded = settings.load()
    except ConfigError as error:
        _refuse(error.user_message)
    telemetry.set_up(loaded.log_level, loaded.log_format)
    return loaded


def _until_done(work: Coroutine[object, object, None]) -> None:
    """Runs it; what an operator can mend ends in a sentence, not in a traceback."""
    from bot.core.errors import BotError

    try:
        asyncio.run(work)
    except BotError as error:
        _refuse(error.user_message)
    except BaseExceptionGroup as group:
        mendable = list(_leaves(group))
        if not all(isinstance(error, BotError) for error in mendable):
            raise
        _refuse(" ".join(dict.fromkeys(str(error) for error in mendable)))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors of a group, however deep."""
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for inner in cast(BaseExceptionGroup[BaseException], error).exceptions:
        yield from _leaves(inner)


def _refuse(sentence: str) -> NoReturn:
    typer.echo(f"threadline: {sentence}", err=True)
    raise typer.Exit(MISCONFIGURED)
