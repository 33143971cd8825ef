"""OAuth: what an app asks for on the install page, and the codes it is answered with."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from bot.playground.apps import install
from bot.playground.model import App, Install, SlackError, User
from bot.playground.workspace import Workspace

CODE_SECONDS = 600
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Request:
    """What an app asks for. `redirect_uri` is what it said, if it did; `target` where people are
    sent back to."""

    app: App
    scopes: tuple[str, ...]
    user_scopes: tuple[str, ...]
    state: str
    redirect_uri: str
    target: str


@dataclass(slots=True)
class Consent:
    """What a person allowed, waiting to be taken up with its code."""

    request: Request
    user: User
    at: float
    used: bool = False


@dataclass(slots=True)
class Codes:
    """The codes given out in this run: each good once and for ten minutes."""

    given: dict[str, Consent] = field(default_factory=lambda: dict[str, Consent]())

    def give(self, consent: Consent) -> str:
        code = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(32)}"
        self.given[code] = consent
        return code

    def take(self, code: str, app: App, redirect_uri: str, now: float) -> Consent:
        """Raises `invalid_code`, or `bad_redirect_uri` if it is not the one that was asked with."""
        consent = self.given.get(code)
        if consent is None or consent.used or consent.request.app is not app:
            raise SlackError("invalid_code")
        if now - consent.at > CODE_SECONDS:
            raise SlackError("invalid_code")
        if redirect_uri != consent.request.redirect_uri:
            raise SlackError("bad_redirect_uri")
        consent.used = True
        return consent


def requested(workspace: Workspace, query: Mapping[str, str]) -> Request:
    """What the address of an install page asks for.

    Raises `invalid_client_id`, `bad_redirect_uri`, `no_scopes`: then nobody is sent anywhere.
    """
    app = next((a for a in workspace.apps.values() if a.client_id == query.get("client_id")), None)
    if app is None:
        raise SlackError("invalid_client_id")
    redirect_uri = query.get("redirect_uri", "")
    target = redirect_uri or next(iter(app.redirect_urls), "")
    if not _may_return_to(app, target):
        raise SlackError("bad_redirect_uri")
    scopes, user_scopes = _words(query.get("scope", "")), _words(query.get("user_scope", ""))
    if not scopes and not user_scopes:
        raise SlackError("no_scopes")
    return Request(app, scopes, user_scopes, query.get("state", ""), redirect_uri, target)


def allow(codes: Codes, request: Request, user: User, now: float) -> str:
    """Where a person is sent who allowed it. Guests may not: `restricted_action`."""
    if user.is_restricted:
        raise SlackError("restricted_action")
    code = codes.give(Consent(request, user, now))
    return _returned(request, code=code)


def cancel(request: Request) -> str:
    """Where a person is sent who did not allow it."""
    return _returned(request, error="access_denied")


def installed(workspace: Workspace, app: App, team_id: str, scopes: tuple[str, ...]) -> Install:
    """The app in a team, with these scopes besides those it was granted before. Installed once
    more after it was put out, it has its old bot user and no old scope."""
    made = workspace.install_ever(team_id, app.id)
    if made is None:
        return install(workspace, app, team_id, scopes)
    kept = made.scopes if made.is_active else ()
    made.scopes = list(dict.fromkeys((*kept, *scopes)))
    made.is_active, workspace.users[made.user_id].deleted = True, False
    return made


def _words(text: str) -> tuple[str, ...]:
    """Scopes, with commas or spaces between them."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def _may_return_to(app: App, url: str) -> bool:
    """Slack takes the URLs an app has named, and what is below them."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.fragment or ".." in parts.path.split("/"):
        return False
    if not app.redirect_urls:
        return parts.hostname in _THIS_MACHINE
    return any(_is_below(url, allowed) for allowed in app.redirect_urls)


def _is_below(url: str, allowed: str) -> bool:
    given, base = urlsplit(url), urlsplit(allowed)
    if (given.scheme, given.netloc) != (base.scheme, base.netloc):
        return False
    return given.path == base.path or given.path.startswith(f"{base.path.rstrip('/')}/")


def _returned(request: Request, **answer: str) -> str:
    parts = urlsplit(request.target)
    query = [*parse_qsl(parts.query), *answer.items(), ("state", request.state)]
    return urlunsplit(parts._replace(query=urlencode(query)))
