"""Files of a session: the whole of an answer that is too long for messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ValidationError

from bot.core.errors import RateLimited, SurfaceUnavailable
from bot.core.ids import Receipt
from bot.core.ports import Newest, Target
from bot.core.views import FileView, digest
from bot.slack.calls import upload
from bot.slack.outgoing import Outgoing
from bot.slack.recovery import Recovery
from bot.slack.render.escape import clean
from bot.slack.render.secrets import BUILT_IN, Shape, mask

GET_URL: Final = "files.getUploadURLExternal"
COMPLETE: Final = "files.completeUploadExternal"


class _File(BaseModel):
    id: str


class _Uploaded(BaseModel):
    files: list[_File]


class Files:
    """A file is uploaded once and stays as it is; its receipt's `ts` is the file's id."""

    def __init__(
        self, outgoing: Outgoing, recovery: Recovery, secrets: Sequence[Shape] = BUILT_IN
    ) -> None:
        self._out, self._recovery, self._secrets = outgoing, recovery, secrets

    async def show(self, target: Target, receipt: Receipt | None, newest: Newest) -> Receipt | None:
        """As `Surface.show`, for views that are files."""
        channel, tries = target.key.place.channel, 0
        while True:
            await self._out.lane.permit(GET_URL, channel, target.priority)
            await self._out.lane.permit(COMPLETE, channel, target.priority)
            view = await newest()
            if not isinstance(view, FileView):
                return None
            if receipt is not None and receipt.ts:
                return Receipt(key=target.key, ts=receipt.ts, shown=digest(view))
            since = self._out.clock.time()
            try:
                file = await self._upload(target, view)
                return Receipt(key=target.key, ts=file, shown=digest(view))
            except RateLimited:
                continue
            except SurfaceUnavailable:
                await self._out.back_off(tries, target)
                tries += 1
                receipt = await self._recovery.posted_after_all(target, since)

    async def _upload(self, target: Target, view: FileView) -> str:
        """The file's id. Raises `SurfaceError`, `LeaseLost`."""
        self._out.lane.require_alive()
        place = target.key.place
        answer = await self._out.perform(
            COMPLETE,
            place.channel,
            upload(
                self._out.web,
                filename=view.name,
                content=clean(mask(view.text, self._secrets)),
                title=mask(view.title, self._secrets),
                channel=place.channel,
                thread_ts=place.thread_ts,
            ),
        )
        try:
            return _Uploaded.model_validate(answer).files[0].id
        except (ValidationError, IndexError) as error:
            raise SurfaceUnavailable() from error
