"""Access tokens: whom one stands for, and how they are given, renewed and taken away.

A token of an app that rotates lives for twelve hours. What renews it is good once; the token it
renews stays good for its time, but of three the oldest is revoked.
"""

import secrets
from dataclasses import replace

from bot.playground import events
from bot.playground.model import App, Change, Event, Install, SlackError, Token
from bot.playground.workspace import Workspace, redrawn_channel, redrawn_install

LIFETIME = 43_200
MOST_LIVE = 2


def holder(workspace: Workspace, value: str, now: float) -> Install:
    """Who calls with a token: an install, in the name of a person if it is theirs.

    Raises `invalid_auth`, `token_expired`, or why the token is refused.
    """
    token = workspace.tokens.get(value)
    if token is None:
        return _plain(workspace, value)
    if token.refused:
        raise SlackError(token.refused)
    if token.expires_at is not None and token.expires_at <= now:
        raise SlackError("token_expired")
    install = workspace.install_of(token.team_id, token.app_id)
    if token.user_id == install.user_id:
        return install
    return replace(install, user_id=token.user_id, bot_id="", scopes=token.scopes)


def _plain(workspace: Workspace, value: str) -> Install:
    """The install with a token that never expires and was never revoked."""
    for install in workspace.installs:
        if install.bot_token == value and install.is_active:
            return install
    raise SlackError("invalid_auth")


def for_bot(workspace: Workspace, app: App, install: Install, now: float) -> Token:
    """A token for the bot user: the one it has if it never expires, else one more."""
    current = workspace.tokens.get(install.bot_token)
    if not app.rotates_tokens and (current is None or _is_live(current, now)):
        return current or _bare(install)
    token = _made(workspace, app, "xoxb", replace(_bare(install), value=""), now)
    install.bot_token = token.value
    return token


def for_person(
    workspace: Workspace, app: App, team_id: str, user_id: str, scopes: list[str], now: float
) -> Token:
    """A token of a person's own: the one they gave before if it never expires, else one more."""
    for token in workspace.tokens.values():
        mine = (token.app_id, token.team_id, token.user_id) == (app.id, team_id, user_id)
        if mine and token.expires_at is None and not token.refused and not app.rotates_tokens:
            token.scopes = list(dict.fromkeys((*token.scopes, *scopes)))
            return token
    blank = Token("", app.id, team_id, user_id, scopes)
    return _made(workspace, app, "xoxp", blank, now)


def renew(workspace: Workspace, app: App, refresh_token: str, now: float) -> Token:
    """A new token for a refresh token, which is good once. `invalid_refresh_token`."""
    for token in workspace.tokens.values():
        if refresh_token and (token.app_id, token.refresh_token) == (app.id, refresh_token):
            break
    else:
        raise SlackError("invalid_refresh_token")
    if token.refused:
        raise SlackError("invalid_refresh_token")
    token.refresh_token = ""
    return _next(workspace, app, token, now)


def exchange(workspace: Workspace, app: App, value: str, now: float) -> Token:
    """A token that expires for one that does not, which is good no more.

    Raises `token_rotation_not_enabled`, `token_already_exchanged`, `invalid_token`.
    """
    if not app.rotates_tokens:
        raise SlackError("token_rotation_not_enabled")
    token = workspace.tokens.get(value)
    if token is not None and token.refused:
        raise SlackError("token_already_exchanged")
    if token is None:
        token = next((_bare(i) for i in workspace.installs if i.bot_token == value), None)
    if token is None or token.app_id != app.id or token.expires_at is not None:
        raise SlackError("invalid_token")
    token.refused = "token_revoked"
    workspace.tokens[value] = token
    return _next(workspace, app, token, now)


def revoke(workspace: Workspace, value: str, now: float) -> Change:
    """Take one token away. With its last one an app is uninstalled."""
    install = holder(workspace, value, now)
    token = workspace.tokens.setdefault(value, _bare(install))
    token.refused, token.refresh_token = "token_revoked", ""
    home = workspace.install_of(install.team_id, install.app_id)
    gone = _revoked(home, [token], now) + Change(redraw=(redrawn_install(workspace, home),))
    if any(_is_live(other, now) for other in _tokens_of(workspace, home)):
        return gone
    return gone + _removed(workspace, home, now)


def uninstall(workspace: Workspace, install: Install, now: float) -> Change:
    """Take an app out of its team, with all its tokens."""
    live = [token for token in _tokens_of(workspace, install) if _is_live(token, now)]
    return _revoked(install, live, now) + _removed(workspace, install, now)


def _removed(workspace: Workspace, install: Install, now: float) -> Change:
    for token in _tokens_of(workspace, install):
        workspace.tokens[token.value] = token
        token.refused, token.refresh_token = token.refused or "account_inactive", ""
    install.is_active = False
    workspace.users[install.user_id].deleted = True
    left = [
        channel
        for channel in workspace.channels.values()
        if channel.kind in ("channel", "group") and install.user_id in channel.members
    ]
    for channel in left:
        channel.members.remove(install.user_id)
    told = Event(install.app_id, install.team_id, events.app_uninstalled(f"{now:.6f}"))
    drawn = (redrawn_install(workspace, install), *(redrawn_channel(c) for c in left))
    return Change((told,), drawn)


def _revoked(install: Install, tokens: list[Token], now: float) -> Change:
    people = [token.user_id for token in tokens if token.user_id != install.user_id]
    bots = [token.user_id for token in tokens if token.user_id == install.user_id][:1]
    event = events.tokens_revoked(people, bots, f"{now:.6f}")
    return Change((Event(install.app_id, install.team_id, event),))


def _tokens_of(workspace: Workspace, install: Install) -> list[Token]:
    """All tokens of an app in its team, also those that are good no more."""
    place = (install.app_id, install.team_id)
    known = [t for t in workspace.tokens.values() if (t.app_id, t.team_id) == place]
    if install.bot_token in workspace.tokens:
        return known
    return [*known, _bare(install)]


def _is_live(token: Token, now: float) -> bool:
    return not token.refused and (token.expires_at is None or token.expires_at > now)


def _bare(install: Install) -> Token:
    """The token of a bot user as one that never expires."""
    return Token(
        install.bot_token, install.app_id, install.team_id, install.user_id, install.scopes
    )


def _next(workspace: Workspace, app: App, old: Token, now: float) -> Token:
    """One more token for the same user."""
    install = workspace.install_of(old.team_id, old.app_id)
    is_bot = old.user_id == install.user_id
    token = _made(workspace, app, "xoxb" if is_bot else "xoxp", old, now)
    if is_bot:
        install.bot_token = token.value
    return token


def _made(workspace: Workspace, app: App, kind: str, like: Token, now: float) -> Token:
    """A token for whom `like` is."""
    # Every change of the workspace hands out an id, or is drawn: so the state file follows.
    serial = workspace.new_id("")
    value = f"{kind}-playground-{serial}-{secrets.token_hex(12)}"
    token = replace(like, value=value, refused="", refresh_token="", expires_at=None)
    if app.rotates_tokens:
        token.value = f"xoxe.{kind}-1-{serial}-{secrets.token_hex(24)}"
        token.refresh_token = f"xoxe-1-{serial}-{secrets.token_hex(24)}"
        token.expires_at = now + LIFETIME
    workspace.tokens[token.value] = token
    whose = (token.app_id, token.team_id, token.user_id)
    live = [
        other
        for other in workspace.tokens.values()
        if (other.app_id, other.team_id, other.user_id) == whose and _is_live(other, now)
    ]
    for other in live[:-MOST_LIVE]:
        other.refused, other.refresh_token = "token_revoked", ""
    return token
