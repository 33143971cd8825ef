"""Reads a thread, under the lane's permits."""

from __future__ import annotations

from typing import Final

from pydantic import ValidationError

from bot.core.errors import RateLimited, SurfaceUnavailable
from bot.core.ids import Place
from bot.core.views import Priority
from bot.slack.calls import Refused, Web, call
from bot.slack.lane import Lane
from bot.slack.refusals import meaning
from bot.slack.wire import Page

REPLIES: Final = "conversations.replies"
_PAGE: Final = 999
_MOST_PAGES: Final = 5


async def read_thread(
    web: Web, lane: Lane, place: Place, *, oldest: str = "0", latest: str = ""
) -> list[dict[str, object]]:
    """The messages between two ts (both excluded), oldest first, with their metadata; at most the
    first 5,000. The thread's root always comes too. Empty when the thread is gone.

    Raises `SurfaceError`.
    """
    messages: list[dict[str, object]] = []
    wanted = {"channel": place.channel, "ts": place.thread_ts, "oldest": oldest}
    if latest:
        wanted["latest"] = latest
    for _ in range(_MOST_PAGES):
        await lane.permit(REPLIES, place.channel, Priority.FIRST, fenced=False)
        page = await _page(web, lane, wanted)
        messages += page.messages
        cursor = page.response_metadata.next_cursor if page.response_metadata else ""
        if not cursor:
            break
        wanted["cursor"] = cursor
    return messages


async def _page(web: Web, lane: Lane, wanted: dict[str, str]) -> Page:
    try:
        answer = await call(web, REPLIES, "GET", **wanted, limit=_PAGE, include_all_metadata="true")
        return Page.model_validate(answer)
    except RateLimited as limited:
        lane.blocked(REPLIES, wanted["channel"], limited.retry_after)
        raise
    except ValidationError as error:
        raise SurfaceUnavailable() from error
    except Refused as refused:
        if refused.code == "thread_not_found":
            return Page()
        raise meaning(refused) from refused
