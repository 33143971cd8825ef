"""The install page over HTTP: for who may open the page of the workspace, and nobody else."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from aiohttp import web

from bot.playground.local_slack import LocalSlack
from bot.playground.model import SlackError
from bot.playground.oauth import Request, allow, cancel, requested
from bot.playground.oauth_page import install_page, refusal_page

PATH = "/oauth/v2/authorize"


def add_oauth_routes(
    app: web.Application, slack: LocalSlack, has_page_key: Callable[[web.Request], bool]
) -> None:
    """`has_page_key`: whether a person asks from a browser that has opened the page."""
    app.router.add_get(PATH, _guarded(has_page_key, _shown(slack)))
    app.router.add_post(PATH, _guarded(has_page_key, _answered(slack)))


Handle = Callable[[web.Request], Awaitable[web.Response]]


def _guarded(has_page_key: Callable[[web.Request], bool], handle: Handle) -> Handle:
    async def guarded(request: web.Request) -> web.Response:
        if not has_page_key(request):
            raise web.HTTPForbidden(
                text="Open the address that was printed when the local Slack started.\n"
            )
        try:
            return await handle(request)
        except SlackError as error:
            return _html(refusal_page(error.code), status=400)

    return guarded


def _shown(slack: LocalSlack) -> Handle:
    async def show(request: web.Request) -> web.Response:
        """What the app asks for, with people to choose from."""
        query = dict(request.query)
        asked = requested(slack.workspace, query)
        return _html(install_page(slack.workspace, asked, query), asked)

    return show


def _answered(slack: LocalSlack) -> Handle:
    async def answer(request: web.Request) -> web.Response:
        """A person allowed or cancelled: they are sent back to the app."""
        form = {key: str(value) for key, value in (await request.post()).items()}
        return web.Response(status=303, headers={"Location": answered(slack, form)})

    return answer


def answered(slack: LocalSlack, form: Mapping[str, str]) -> str:
    """Where the form of an install page sends the person; only "allow" allows."""
    asked = requested(slack.workspace, form)
    if form.get("answer") != "allow":
        return cancel(asked)
    user = slack.workspace.user(form.get("as", ""))
    if user.is_bot:
        raise SlackError("user_not_found")
    return allow(slack.codes, asked, user, slack.now())


def _html(text: str, asked: Request | None = None, status: int = 200) -> web.Response:
    """Without any script. A form may end up at the app only, and only when it was asked for."""
    target = urlsplit(asked.target) if asked is not None else None
    ends = f"'self' {target.scheme}://{target.netloc}" if target is not None else "'none'"
    policy = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {ends}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        # Not "no-referrer": with it, browsers say that a form comes from nowhere.
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)
