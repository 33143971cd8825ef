"""usergroups.* and people by their address."""

from bot.playground.call import Answer, Call, fact
from bot.playground.conversation_methods import email_of, user_object
from bot.playground.model import Json, SlackError, Usergroup


def lookup_by_email(call: Call) -> Answer:
    wanted = call.arguments.need("email").lower()
    for user in call.workspace.users.values():
        mine = user.team_id == call.install.team_id
        if mine and not user.is_bot and email_of(user) == wanted:
            return fact(user=user_object(call, user))
    raise SlackError("users_not_found")


def list_usergroups(call: Call) -> Answer:
    arguments = call.arguments
    return fact(
        usergroups=[
            _object(group, with_users=arguments.flag("include_users"))
            for group in call.workspace.usergroups.values()
            if group.team_id == call.install.team_id
        ]
    )


def list_usergroup_users(call: Call) -> Answer:
    group = call.workspace.usergroups.get(call.arguments.need("usergroup"))
    if group is None or group.team_id != call.install.team_id:
        raise SlackError("no_such_subteam")
    return fact(users=group.users)


def _object(group: Usergroup, *, with_users: bool) -> Json:
    body: Json = {
        "id": group.id,
        "team_id": group.team_id,
        "is_usergroup": True,
        "handle": group.handle,
        "name": group.name,
        "user_count": len(group.users),
    }
    return body | {"users": group.users} if with_users else body
