"""Where sessions are shown in Slack: every call that writes there is made here.

Every call waits for a permit of the lane. A message is rendered from the newest view after its
permit was granted, and carries metadata by which it is found again when Slack's answer was lost.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from bot.core.errors import RateLimited, SurfaceError, SurfaceUnavailable
from bot.core.ids import Receipt, ThreadKey
from bot.core.ports import Intent, Newest, Target
from bot.core.views import HomeView
from bot.slack import history
from bot.slack.audience import Audience, Streaming
from bot.slack.calls import Web
from bot.slack.clock import Clock
from bot.slack.directory import Directory
from bot.slack.files import Files
from bot.slack.lane import POST, Lane
from bot.slack.messages import Messages
from bot.slack.outgoing import QUIET, Outgoing, code_of
from bot.slack.parse import Identity
from bot.slack.places import Places
from bot.slack.reading import has_replies, read_thread
from bot.slack.recovery import Recovery
from bot.slack.render.blocks import Json
from bot.slack.render.home import home
from bot.slack.render.notices import whisper as whispered
from bot.slack.render.secrets import BUILT_IN, Shape
from bot.slack.signs import Signs

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class SlackSurface:
    """Implements `core.ports.Surface` for one workspace."""

    def __init__(
        self,
        web: Web,
        lane: Lane,
        me: Identity,
        *,
        directory: Directory | None = None,
        clock: Clock | None = None,
        streaming: Streaming = "auto",
        secrets: Sequence[Shape] = BUILT_IN,
    ) -> None:
        self._me = me
        self._secrets = secrets
        self._directory = directory or Directory(web, me)
        self._out = Outgoing(web, lane, clock)
        self._places = Places(self._out)
        self._recovery = Recovery(self._out, me, self._places)
        self._audience = Audience(
            web, lane, self._directory, me.team, streaming, self._out.clock.monotonic
        )
        self._files = Files(self._out, self._recovery, secrets)
        self._signs = Signs(self._out)
        self._messages = Messages(
            self._out,
            self._recovery,
            self._audience,
            self._signs,
            self._places,
            self._directory,
            secrets,
        )

    async def show(self, target: Target, receipt: Receipt | None, newest: Newest) -> Receipt | None:
        """As `Surface.show`. Does not return before Slack has taken the view or refused it: what
        may pass (limits, a Slack that cannot be reached) is waited out, and after each wait the
        newest view is asked for again."""
        match target.key.slot.partition(":")[0]:
            case "mark":
                return await self._signs.show_mark(target, receipt, newest)
            case "status":
                told = await self._signs.show_status(target, receipt, newest)
                await self._audience.learn(target.key.place.channel)
                return told
            case "file":
                return await self._files.show(target, receipt, newest)
            case _:
                return await self._messages.show(target, receipt, newest)

    async def whisper(self, thread: ThreadKey, user: str, text: str) -> None:
        """In the thread, for `user` alone; by direct message where Slack refuses that. `text` is
        ours and may name people as `<@U1>`. Raises `SurfaceError`.

        Slack shows no private word in a thread that nobody has replied to: then it stands in the
        channel, below the post.
        """
        content = whispered(text)
        said = {"text": content.text, "blocks": [*content.blocks]}
        place = {"channel": thread.channel, "user": user}
        if await has_replies(self._out.web, self._out.lane, thread.place):
            place["thread_ts"] = thread.thread_ts
        try:
            await self._out.permitted("chat.postEphemeral", thread.channel, {**place, **said})
        except (RateLimited, SurfaceUnavailable):
            raise
        except SurfaceError as error:
            log.info("whisper.by_message", session=str(thread), user=user, error=code_of(error))
            direct = await self._places.direct(user)
            await self._out.permitted(POST, direct, {"channel": direct, **said, **QUIET})

    async def publish_home(self, user: str, view: HomeView) -> None:
        """Raises `SurfaceError`."""
        made = home(view, self._secrets, self._me.url)
        await self._out.permitted("views.publish", "", {"user_id": user, "view": made})

    async def open_modal(self, trigger: str, view: Json) -> None:
        """`trigger` is that of a press, good once and for three seconds. Raises `SurfaceError`."""
        await self._out.permitted("views.open", "", {"trigger_id": trigger, "view": view})

    async def change_modal(self, view_id: str, seen: str, view: Json) -> None:
        """`seen` is the hash of what the person saw: who turns pages fast is not overtaken by the
        pages before. Raises `SurfaceError`."""
        changed = {"view_id": view_id, "hash": seen, "view": view}
        await self._out.permitted("views.update", "", changed)

    async def earlier(self, thread: ThreadKey, before: str) -> str:
        """As `Surface.earlier`: quoted, with names, at most `history.MOST_CHARACTERS` of it."""
        if before == thread.thread_ts:
            return ""
        messages = await read_thread(self._out.web, self._out.lane, thread.place, latest=before)
        written = history.said_before(messages, before)
        names = await self._directory.names(history.named_by(written))
        return history.told(written, names, self._me)

    async def recover(self, intents: Sequence[Intent]) -> list[Receipt]:
        """As `Surface.recover`."""
        return await self._recovery.recover(intents)
