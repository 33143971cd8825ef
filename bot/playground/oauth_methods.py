"""oauth.v2.*, auth.revoke and apps.uninstall: how an app gets its tokens and loses them."""

import hmac

from bot.playground import tokens
from bot.playground.call import Answer, AppCall, Call, done, fact
from bot.playground.model import App, Change, Json, SlackError, Token
from bot.playground.oauth import Consent, installed
from bot.playground.workspace import redrawn_install


def access(call: AppCall) -> Answer:
    """A token for a code, or for a refresh token."""
    arguments = call.arguments
    if arguments.has("code_verifier"):
        raise SlackError("pkce_not_allowed")
    match arguments.text("grant_type") or "authorization_code":
        case "refresh_token":
            given = arguments.text("refresh_token") or ""
            return fact(**_renewed(call, tokens.renew(call.workspace, call.app, given, call.now)))
        case "authorization_code":
            code, redirect_uri = arguments.text("code") or "", arguments.text("redirect_uri") or ""
            consent = call.codes.take(code, call.app, redirect_uri, call.now)
            return _granted(call, consent)
        case _:
            raise SlackError("invalid_grant_type")


def exchange(call: AppCall) -> Answer:
    """A token that expires for one that does not."""
    token = call.arguments.need("token")
    return fact(**_renewed(call, tokens.exchange(call.workspace, call.app, token, call.now)))


def revoke(call: Call) -> Answer:
    if call.arguments.flag("test"):
        return fact(revoked=False)
    return done(tokens.revoke(call.workspace, call.token, call.now), revoked=True)


def uninstall(call: Call) -> Answer:
    require_secret(call.app, call.arguments.need("client_id"), call.arguments.need("client_secret"))
    return done(tokens.uninstall(call.workspace, call.install, call.now))


def require_secret(app: App, client_id: str, client_secret: str) -> None:
    """Raise Slack's error for client credentials that are not this app's."""
    if client_id != app.client_id:
        raise SlackError("client_id_token_mismatch")
    if not hmac.compare_digest(client_secret.encode(), app.client_secret.encode()):
        raise SlackError("bad_client_secret")


def _granted(call: AppCall, consent: Consent) -> Answer:
    """The app in the person's workspace, and their own token if it asked for one."""
    request, user = consent.request, consent.user
    body = _head(call, user.team_id) | {"authed_user": {"id": user.id}}
    install = installed(call.workspace, call.app, user.team_id, request.scopes)
    if request.scopes:
        token = tokens.for_bot(call.workspace, call.app, install, call.now)
        body |= _shown(token, "bot", install.scopes) | {"bot_user_id": install.user_id}
    if request.user_scopes:
        own = tokens.for_person(
            call.workspace, call.app, user.team_id, user.id, [*request.user_scopes], call.now
        )
        body["authed_user"] |= _shown(own, "user", own.scopes)
    return done(Change(redraw=(redrawn_install(call.workspace, install),)), **body)


def _renewed(call: AppCall, token: Token) -> Json:
    """The answer that gives a token which takes another's place."""
    install = call.workspace.install_of(token.team_id, token.app_id)
    head = _head(call, token.team_id)
    if token.user_id != install.user_id:
        return head | {"user_id": token.user_id} | _shown(token, "user", token.scopes)
    return head | {"bot_user_id": install.user_id} | _shown(token, "bot", install.scopes)


def _head(call: AppCall, team_id: str) -> Json:
    team = call.workspace.teams[team_id]
    return {
        "app_id": call.app.id,
        "team": {"id": team.id, "name": team.name},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _shown(token: Token, kind: str, scopes: list[str]) -> Json:
    body: Json = {"access_token": token.value, "token_type": kind, "scope": ",".join(scopes)}
    if token.expires_at is None:
        return body
    return body | {"expires_in": tokens.LIFETIME, "refresh_token": token.refresh_token}
