"""Reads threads and channels, under the lane's permits."""

from __future__ import annotations

from typing import Final

from pydantic import ValidationError

from bot.core.errors import RateLimited, SurfaceError, SurfaceUnavailable
from bot.core.ids import Place
from bot.core.views import Priority
from bot.slack.calls import Refused, Web, call
from bot.slack.lane import Lane
from bot.slack.refusals import meaning
from bot.slack.wire import Page

REPLIES: Final = "conversations.replies"
HISTORY: Final = "conversations.history"
_PAGE: Final = 999
_MOST_PAGES: Final = 5


async def read_thread(
    web: Web, lane: Lane, place: Place, *, oldest: str = "0", latest: str = ""
) -> list[dict[str, object]]:
    """The messages between two ts (both excluded), oldest first, with their metadata; at most the
    first 5,000. The thread's root always comes too. Empty when the thread is gone.

    Raises `SurfaceError`.
    """
    wanted = {"channel": place.channel, "ts": place.thread_ts, "oldest": oldest}
    if latest:
        wanted["latest"] = latest
    return await _read(web, lane, REPLIES, wanted)


async def read_channel(
    web: Web, lane: Lane, channel: str, *, oldest: str
) -> list[dict[str, object]]:
    """What stands in the channel itself since ts `oldest` (excluded), with its metadata; at most
    the newest 5,000 messages. Raises `SurfaceError`."""
    return await _read(web, lane, HISTORY, {"channel": channel, "oldest": oldest})


async def _read(
    web: Web, lane: Lane, method: str, wanted: dict[str, str]
) -> list[dict[str, object]]:
    messages: list[dict[str, object]] = []
    for _ in range(_MOST_PAGES):
        await lane.permit(method, wanted["channel"], Priority.FIRST, fenced=False)
        page = await _page(web, lane, method, wanted)
        messages += page.messages
        cursor = page.response_metadata.next_cursor if page.response_metadata else ""
        if not cursor:
            break
        wanted["cursor"] = cursor
    return messages


async def has_replies(web: Web, lane: Lane, place: Place) -> bool:
    """Whether there is more in the thread than its root; yes where Slack does not tell."""
    await lane.permit(REPLIES, place.channel, Priority.STOP, fenced=False)
    try:
        wanted = {"channel": place.channel, "ts": place.thread_ts}
        return len((await _page(web, lane, REPLIES, wanted, limit=2)).messages) > 1
    except SurfaceError:
        return True


async def _page(
    web: Web, lane: Lane, method: str, wanted: dict[str, str], limit: int = _PAGE
) -> Page:
    try:
        answer = await call(web, method, "GET", **wanted, limit=limit, include_all_metadata="true")
        return Page.model_validate(answer)
    except RateLimited as limited:
        lane.blocked(method, wanted["channel"], limited.retry_after)
        raise
    except ValidationError as error:
        raise SurfaceUnavailable() from error
    except Refused as refused:
        if refused.code == "thread_not_found":
            return Page()
        raise meaning(refused) from refused
