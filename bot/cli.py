"""The command line. Each command imports what it needs when it runs: the local Slack is to start
without the bot's libraries, and the other way round."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import signal
import sys
from collections.abc import Coroutine
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.command import configured, refuse, until_done

if TYPE_CHECKING:
    from bot.playground import Manifest, Playground, PlaygroundConfig
    from bot.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="AI agent sessions in Slack threads.",
)

DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


def main() -> None:
    gc.disable()  # until all is imported: nothing of it is ever garbage
    app()


@app.command()
def run(
    migrate: Annotated[bool, typer.Option(help="Bring the database up to date first.")] = True,
) -> None:
    """Connect to Slack and serve, until stopped."""
    settings = configured()
    from bot import app as application

    until_done(application.run(settings, migrating=migrate))


@app.command()
def start() -> None:
    """What `make run` does: the bot if Slack tokens are set, otherwise the playground."""
    if configured().has_tokens:
        run(migrate=True)
        return
    typer.echo("No Slack tokens in the environment or .env: starting the playground.\n")
    playground()


@app.command()
def playground(
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes a free one.")] = 4700,
    data: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path("data/playground"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin with an empty workspace.")] = False,
    only: Annotated[
        bool, typer.Option("--only", help="Without the bot: print what your own bot needs.")
    ] = False,
    deliver_to: Annotated[
        str | None,
        typer.Option(help="With --only: the URL of your bot, to tell it over HTTP."),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(help="With --only: the manifest of your bot's app, YAML or JSON."),
    ] = None,
    redeliver: Annotated[
        str, typer.Option(help="Seconds after which unacknowledged events come again.")
    ] = "0.5,60,300",
    claude: Annotated[
        bool | None,
        typer.Option(
            "--claude/--no-claude",
            help="Whether Claude Code answers; with neither you are asked where a key is set.",
        ),
    ] = None,
    cwd: Annotated[Path, typer.Option(help="With --claude: where it works.")] = Path(),
) -> None:
    """A local Slack in the browser, with the bot and the embedded agent. No account needed."""
    from bot.playground import BadState, PlaygroundConfig, sole_use

    agents = {} if only else _claude(claude, cwd, data)

    described = None if manifest is None else _manifest(manifest, only)
    if deliver_to is not None:
        _require_deliverable(deliver_to, only)
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
            if only:
                until_done(_only(config, deliver_to, described))
            else:
                until_done(_playground(config, data, agents))
    except BadState as error:
        refuse(str(error))
    except OSError as error:
        if isinstance(error, PermissionError):
            refuse(f"{error.filename} cannot be written. Name another directory: --data PATH")
        if error.errno != errno.EADDRINUSE:
            raise
        refuse(f"Port {port} is taken. Name another: threadline playground --port 0")


def _seconds(listed: str) -> tuple[float, ...]:
    try:
        return tuple(float(seconds) for seconds in listed.split(","))
    except ValueError:
        refuse(f"--redeliver takes seconds with commas between, as 0.5,60,300, not {listed!r}")


def _require_deliverable(url: str, only: bool) -> None:
    from bot.playground import BadUrl, require_deliverable

    if not only:
        refuse("Threadline connects by Socket Mode: --deliver-to is for a bot of your own, --only")
    try:
        require_deliverable(url)
    except BadUrl as error:
        refuse(f"--deliver-to: {error}")


def _manifest(path: Path, only: bool) -> Manifest:
    from bot.playground import BadManifest, read_manifest

    if not only:
        refuse("Threadline brings its own manifest: --manifest is for a bot of your own, --only")
    try:
        return read_manifest(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        refuse(f"--manifest: {path} cannot be read: {error}")
    except BadManifest as error:
        refuse(f"--manifest: {path} is no manifest Slack would take: {error}")


def _claude(wanted: bool | None, cwd: Path, data: Path) -> dict[str, str]:
    """The variables that make the bot use Claude Code, if that is wanted: never without saying
    first where it works and what it may do."""
    from bot.agents.claude import offer

    if wanted is False or (wanted is None and not offer.keyed()):
        return {}
    if problem := offer.missing():
        if wanted:
            refuse(problem)
        typer.echo(f"A key for Claude Code is set. {problem}\n")
        return {}
    if wanted and not cwd.is_dir():
        refuse(f"--cwd: there is no directory {cwd}")
    if wanted is None and not sys.stdin.isatty():
        typer.echo("A key for Claude Code is set: with --claude it answers here.\n")
        return {}
    typer.echo(f"{offer.terms(cwd)}\n")
    if wanted is None and not typer.confirm("Is that what you want?", default=False):
        return {}
    return offer.environment(cwd, data)


async def _playground(config: PlaygroundConfig, data: Path, agents: dict[str, str]) -> None:
    """With the bot as a child whose data is kept in `data`. `agents`: variables that name agents
    of its own."""
    from bot.playground import serve

    argv = [sys.executable, "-m", "bot", "run"]
    announce = partial(_announce, "what is in this directory?" if agents else "help")
    await _serving(serve(config, argv, {**_child_environment(data), **agents}, announce))


async def _only(
    config: PlaygroundConfig, deliver_to: str | None, manifest: Manifest | None
) -> None:
    """Without a bot, for another one."""
    from bot.playground import serve

    def ready(slack: Playground) -> None:
        if manifest is not None:
            slack.app.follow(manifest)
        _announce_environment(slack)

    await _serving(serve(config, None, {}, ready, deliver_to, typer.echo))


async def _serving(work: Coroutine[object, object, None]) -> None:
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


def _announce(words: str, slack: Playground) -> None:
    typer.echo(f"Open {slack.page_url}\nWrite @threadline {words} in #general. Ctrl-C ends it.")


def _announce_environment(slack: Playground) -> None:
    typer.echo(f"Open {slack.page_url}\nStart your bot with this environment. Ctrl-C ends it.\n")
    for name, value in slack.environment().items():
        typer.echo(f"export {name}={value}")
    # Bolt leaves the bot's token aside when it finds these two.
    typer.echo("\nOnly for a bot that is installed by OAuth:")
    typer.echo(f"# export SLACK_CLIENT_ID={slack.app.client_id}")
    typer.echo(f"# export SLACK_CLIENT_SECRET={slack.app.client_secret}")
    typer.echo(f"# authorization URL: {slack.authorization_url}")


policy = typer.Typer(no_args_is_help=True, help="Who decides what an agent may do.")
app.add_typer(policy, name="policy")


@policy.callback()
def _policy() -> None:
    """Makes `explain` a word of its own, though it is the only one."""


@policy.command()
def explain(
    channel: Annotated[str, typer.Option(help="The channel's id, such as C0123ABCD.")],
    tool: Annotated[str, typer.Option(help="The tool the agent wants to use.")],
    given: Annotated[
        list[str] | None,
        typer.Option("--input", help="What it is given, as name=value; may be repeated."),
    ] = None,
    agent: Annotated[str, typer.Option(help="The agent; else the one of the channel.")] = "",
) -> None:
    """Say what happens with a call, who decides it, and which rule says so."""
    from bot.explain import BadInput, told

    try:
        for line in told(configured(), channel, tool, given or [], agent):
            typer.echo(line)
    except BadInput as error:
        refuse(str(error))


@app.command()
def migrate() -> None:
    """Bring the database up to date."""
    until_done(_migrate(configured()))


async def _migrate(settings: Settings) -> None:
    from bot import app as application

    typer.echo(f"The database is at revision {await application.upgrade(settings)}.")


@app.command()
def doctor() -> None:
    """Check everything a running bot needs, and say what to do about what is missing."""
    until_done(_doctor(configured()))


async def _doctor(settings: Settings) -> None:
    from bot.doctor import examine

    findings = await examine(settings)
    for finding in findings:
        typer.echo(f"{'ok ' if finding.ok else '!! '} {finding.what}")
        if not finding.ok:
            typer.echo(f"     {finding.how_to_fix}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


audit = typer.Typer(no_args_is_help=True, help="The record of who decided what.")
app.add_typer(audit, name="audit")


class AuditFormat(StrEnum):
    """How the audit trail is written out."""

    jsonl = "jsonl"
    csv = "csv"


@audit.command("export")
def audit_export(
    team: Annotated[str | None, typer.Option(help="Only this workspace, by its id.")] = None,
    form: Annotated[
        AuditFormat, typer.Option("--format", help="JSON Lines or CSV.")
    ] = AuditFormat.jsonl,
    since: Annotated[
        datetime | None, typer.Option(formats=DATES, help="Only what was recorded since, in UTC.")
    ] = None,
) -> None:
    """Write the audit trail to standard output."""
    until_done(_export(configured(), form, team, since))


async def _export(
    settings: Settings, form: AuditFormat, team: str | None, since: datetime | None
) -> None:
    from bot.audit import exported

    async for line in exported(settings, form.value, team, since):
        sys.stdout.write(line)


@audit.command("verify")
def audit_verify(
    head: Annotated[
        list[str] | None,
        typer.Option(help="A digest that was the head once, as the log tells daily. May repeat."),
    ] = None,
) -> None:
    """Check that nothing in the audit trail was changed, left out or cut off."""
    until_done(_verify(configured(), head or []))


async def _verify(settings: Settings, heads: list[str]) -> None:
    from bot.audit import verified

    findings = await verified(settings, heads)
    for finding in findings:
        typer.echo(f"{'ok ' if finding.ok else '!! '} {finding.line}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@audit.command("erase")
def audit_erase(
    before: Annotated[
        datetime, typer.Option(formats=DATES, help="What was recorded before it, in UTC.")
    ],
) -> None:
    """Erase the contents of old records. That they were made is kept: the chain stays whole."""
    until_done(_erase(configured(), before))


async def _erase(settings: Settings, before: datetime) -> None:
    from bot.audit import erased, records

    typer.echo(f"Erased the contents of {records(await erased(settings, before))}.")
