"""The bytes of files over HTTP: where apps send them, and where they are downloaded."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.playground.file_objects import is_text
from bot.playground.local_slack import LocalSlack
from bot.playground.model import File, SlackError
from bot.playground.tokens import holder
from bot.playground.uploads import MAX_FILE_BYTES, may_see

# What Slack shows instead of a file to who has no right to it: with status 200.
SIGN_IN = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body></body></html>"

# Files are other people's: nothing in them may run beside the page.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def add_file_routes(
    app: web.Application, slack: LocalSlack, has_page_key: Callable[[web.Request], bool]
) -> None:
    """`has_page_key`: whether the page itself asks, which shows people their files."""
    download = _download(slack, has_page_key)
    app.router.add_post("/upload/v1/{secret}", _upload(slack))
    app.router.add_get("/files-pri/{file}/{name}", download)
    app.router.add_get("/files-pri/{file}/download/{name}", download)


def _upload(slack: LocalSlack) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def upload(request: web.Request) -> web.Response:
        """The bytes as they are, or as the only file of a multipart form."""
        whole = request.clone(client_max_size=MAX_FILE_BYTES + 64 * 1024)
        try:
            slack.uploads.receive(request.match_info["secret"], await _bytes(whole))
        except SlackError as error:
            return web.Response(status=400, text=error.code)
        return web.Response(text="OK")

    return upload


async def _bytes(request: web.BaseRequest) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for part in (await request.post()).values():
        if isinstance(part, web.FileField):
            with part.file as file:
                return file.read()
    return b""


def _download(
    slack: LocalSlack, has_page_key: Callable[[web.Request], bool]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def download(request: web.Request) -> web.Response:
        file = slack.workspace.files.get(request.match_info["file"].partition("-")[2])
        if file is None or not (has_page_key(request) or _has_token(slack, file, request)):
            return web.Response(text=SIGN_IN, content_type="text/html", headers=_HEADERS)
        kept = "attachment" if "/download/" in request.path else "inline"
        content_type = "text/plain" if is_text(file) else file.mimetype
        headers = {**_HEADERS, "Content-Disposition": kept, "Content-Type": content_type}
        return web.Response(body=file.content, headers=headers)

    return download


def _has_token(slack: LocalSlack, file: File, request: web.Request) -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return False
    try:
        install = holder(slack.workspace, token, slack.now())
    except SlackError:
        # Whatever is wrong with the token, the answer is the page to sign in.
        return False
    return "files:read" in install.scopes and may_see(slack.workspace, file, install.user_id)
