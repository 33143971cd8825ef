"""The Web API: the table of methods, and who may call what. The server speaks HTTP around it."""

from base64 import b64decode
from collections.abc import Callable

from bot.playground import channel_methods as channels
from bot.playground import chat_methods as chat
from bot.playground import conversation_methods as conversations
from bot.playground import directory_methods as directory
from bot.playground import file_methods as files
from bot.playground import oauth_methods as oauth
from bot.playground import session_methods as sessions
from bot.playground import stream_methods as streams
from bot.playground import view_methods as views
from bot.playground.call import Answer, AppCall, Call, fact, missing_scope
from bot.playground.coverage import CODE_CHANNEL_METHODS, METHODS
from bot.playground.method import Method
from bot.playground.model import App, Install, Json, SlackError
from bot.playground.oauth_methods import require_secret
from bot.playground.tokens import holder
from bot.playground.workspace import Workspace


def connections_open(call: AppCall) -> Answer:
    """Refused for an app that is told over HTTP. (Which code Slack gives then is unverified.)"""
    if call.app.request_urls is not None:
        raise SlackError("forbidden_team")
    return fact(url=call.new_link())


# With an app-level token, or with client id and secret.
APP_FUNCTIONS: dict[str, Callable[[AppCall], Answer]] = {
    "apps.connections.open": connections_open,
    "oauth.v2.access": oauth.access,
    "oauth.v2.exchange": oauth.exchange,
}
# With the token of an install.
FUNCTIONS: dict[str, Callable[[Call], Answer]] = {
    "auth.test": conversations.auth_test,
    "auth.revoke": oauth.revoke,
    "apps.uninstall": oauth.uninstall,
    "chat.postMessage": chat.post_message,
    "chat.update": chat.update,
    "chat.delete": chat.delete,
    "chat.startStream": streams.start,
    "chat.appendStream": streams.append,
    "chat.stopStream": streams.stop,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.getPermalink": chat.get_permalink,
    "conversations.info": conversations.info,
    "conversations.members": conversations.members,
    "conversations.history": conversations.history,
    "conversations.replies": conversations.replies,
    "conversations.open": conversations.open_,
    "conversations.list": conversations.list_channels,
    "conversations.join": channels.join,
    "conversations.create": channels.create,
    "conversations.invite": channels.invite,
    "conversations.archive": channels.archive,
    "conversations.unarchive": channels.unarchive,
    "conversations.rename": channels.rename,
    "conversations.leave": channels.leave,
    "conversations.setTopic": channels.set_topic,
    "bookmarks.add": channels.add_bookmark,
    "pins.add": channels.add_pin,
    "pins.remove": channels.remove_pin,
    "pins.list": channels.list_pins,
    "usergroups.list": directory.list_usergroups,
    "usergroups.users.list": directory.list_usergroup_users,
    "users.lookupByEmail": directory.lookup_by_email,
    **dict.fromkeys(CODE_CHANNEL_METHODS, channels.code_channels),
    "users.conversations": conversations.users_conversations,
    "users.info": conversations.user_info,
    "users.list": conversations.list_users,
    "reactions.add": chat.add_reaction,
    "reactions.remove": chat.remove_reaction,
    "reactions.get": chat.get_reactions,
    "views.publish": views.publish,
    "views.open": views.open_,
    "views.push": views.push,
    "views.update": views.update,
    "agents.sessions.setStatus": sessions.set_status,
    "agents.sessions.rename": sessions.rename,
    "assistant.threads.setStatus": sessions.set_assistant_status,
    "assistant.threads.setTitle": sessions.set_assistant_title,
    "assistant.threads.setSuggestedPrompts": sessions.set_suggested_prompts,
    "files.getUploadURLExternal": files.get_upload_url,
    "files.completeUploadExternal": files.complete_upload,
    "files.info": files.info,
    "bots.info": conversations.bot_info,
    "team.info": conversations.team_info,
}


# What tokens that are not app-level begin with.
_INSTALLED = ("xoxb-", "xoxp-", "xoxe.")


def method_named(name: str) -> Method:
    if name not in METHODS:
        raise SlackError("unknown_method")
    return METHODS[name]


def app_calling(
    workspace: Workspace, method: Method, authorization: str | None, values: Json
) -> App:
    """The app that calls as such: with an app-level token, which serves every team, or with its
    client id and secret, as HTTP Basic auth or among the arguments."""
    if method.token == "client":
        return _client(workspace, authorization, values)
    token = _bearer(authorization)
    for app in workspace.apps.values():
        if token in app.app_tokens:
            return app
    raise SlackError("not_allowed_token_type" if token.startswith(_INSTALLED) else "invalid_auth")


def with_token(values: Json, authorization: str | None) -> Json:
    """The arguments of a method for clients: slack_sdk sends `token` as the bearer's."""
    kind, _, token = (authorization or "").partition(" ")
    return {"token": token, **values} if kind.lower() == "bearer" else values


def caller(
    workspace: Workspace, method: Method, authorization: str | None, now: float
) -> tuple[Install, str]:
    """Who calls, and with which token, if it has the scope; a person is an install in their name.

    People's tokens are good for what needs no bot.
    """
    token = _bearer(authorization)
    if any(token in app.app_tokens for app in workspace.apps.values()):
        raise SlackError("not_allowed_token_type")
    install, accepted = holder(workspace, token, now), method.accepted_scopes
    if method.token == "bot" and not install.bot_id:
        raise SlackError("not_allowed_token_type")
    if accepted and not set(accepted) & set(install.scopes):
        raise missing_scope(accepted[0], install)
    return install, token


def _bearer(authorization: str | None) -> str:
    if not authorization:
        raise SlackError("not_authed")
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer":
        raise SlackError("invalid_auth")
    return token


def _client(workspace: Workspace, authorization: str | None, values: Json) -> App:
    client_id, secret = _client_and_secret(authorization, values)
    for app in workspace.apps.values():
        if app.client_id == client_id:
            require_secret(app, client_id, secret)
            return app
    raise SlackError("invalid_client_id")


def _client_and_secret(authorization: str | None, values: Json) -> tuple[str, str]:
    """As HTTP Basic auth or among the arguments; what is no Basic auth is nobody's."""
    if authorization and authorization.lower().startswith("basic "):
        try:
            given = b64decode(authorization[len("basic ") :], validate=True).decode("utf-8")
        except ValueError:
            return "", ""
        client_id, _, secret = given.partition(":")
        return client_id, secret
    return str(values.get("client_id", "")), str(values.get("client_secret", ""))


def app_named(workspace: Workspace, authorization: str | None, values: Json) -> str:
    """The id of the app a call names by token or client id, whether it may call or not; empty if
    it names none."""
    kind, _, token = (authorization or "").partition(" ")
    client_id, _ = _client_and_secret(authorization, values)
    if kind.lower() == "bearer":
        if token in workspace.tokens:
            return workspace.tokens[token].app_id
        for install in workspace.installs:
            if install.bot_token == token:
                return install.app_id
    for app in workspace.apps.values():
        if token in app.app_tokens or client_id == app.client_id:
            return app.id
    return ""


def perform(call: Call | AppCall) -> Answer:
    """Do what the call asks. Raises SlackError with a code the method is known to give."""
    try:
        call.arguments.require(call.method.required)
        if isinstance(call, AppCall):
            return APP_FUNCTIONS[call.method.name](call)
        return FUNCTIONS[call.method.name](call)
    except SlackError as error:
        if error.code not in call.method.known_errors:
            raise AssertionError(f"{call.method.name} never answers {error.code}") from error
        raise
