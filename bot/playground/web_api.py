"""The Web API: the table of methods, and who may call what. The server speaks HTTP around it."""

from collections.abc import Callable

from bot.playground import channel_methods as channels
from bot.playground import chat_methods as chat
from bot.playground import conversation_methods as conversations
from bot.playground import directory_methods as directory
from bot.playground import file_methods as files
from bot.playground import session_methods as sessions
from bot.playground import stream_methods as streams
from bot.playground import view_methods as views
from bot.playground.call import Answer, Call, fact, missing_scope
from bot.playground.coverage import CODE_CHANNEL_METHODS, METHODS, Method
from bot.playground.model import Install, SlackError
from bot.playground.workspace import Workspace


def connections_open(call: Call) -> Answer:
    return fact(url=call.new_link())


FUNCTIONS: dict[str, Callable[[Call], Answer]] = {
    "auth.test": conversations.auth_test,
    "apps.connections.open": connections_open,
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
    "conversations.setTopic": channels.set_topic,
    "bookmarks.add": channels.add_bookmark,
    "pins.add": channels.add_pin,
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


def method_named(name: str) -> Method:
    if name not in METHODS:
        raise SlackError("unknown_method")
    return METHODS[name]


def authorize(workspace: Workspace, method: Method, authorization: str | None) -> Install:
    """The install a bearer token belongs to, if it is of the right kind and has the scope.

    The one app-level token serves every team; it stands for the first install.
    """
    if not authorization:
        raise SlackError("not_authed")
    kind, _, token = authorization.partition(" ")
    bots = {install.bot_token: install for install in workspace.installs}
    is_app_token = token == workspace.app_token
    if kind.lower() != "bearer" or not (is_app_token or token in bots):
        raise SlackError("invalid_auth")
    if is_app_token != (method.token == "app"):
        raise SlackError("not_allowed_token_type")
    if is_app_token:
        return workspace.installs[0]
    install, accepted = bots[token], method.accepted_scopes
    if accepted and not set(accepted) & set(install.scopes):
        raise missing_scope(accepted[0], install)
    return install


def perform(call: Call) -> Answer:
    """Do what the call asks. Raises SlackError with a code the method is known to give."""
    try:
        call.arguments.require(call.method.required)
        return FUNCTIONS[call.method.name](call)
    except SlackError as error:
        if error.code not in call.method.known_errors:
            raise AssertionError(f"{call.method.name} never answers {error.code}") from error
        raise
