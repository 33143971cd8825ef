"""views.*."""

from bot.playground.blocks import named
from bot.playground.call import Answer, Call, done, fact
from bot.playground.model import Json, SlackError
from bot.playground.validate import require_view


def publish(call: Call) -> Answer:
    user = call.workspace.user(call.arguments.need("user_id"))
    view = _view(call, "home")
    published = call.workspace.homes.get(user.id)
    given = call.arguments.text("hash")
    if given and (published is None or published["hash"] != given):
        raise SlackError("hash_conflict")
    if published is not None:
        view["id"] = published["id"]
    return done(call.workspace.publish_home(user.id, view), view=view)


def open_(call: Call) -> Answer:
    """The view is checked and its trigger used up; the page cannot draw a modal yet."""
    view = _view(call, "modal")
    call.triggers.use(call.arguments.need("trigger_id"), call.now)
    return fact(view=view)


def _view(call: Call, kind: str) -> Json:
    """The given view, checked and completed as Slack does."""
    given = call.arguments.mapping("view", "invalid_arguments") or {}
    require_view(given, kind)
    return {
        **given,
        "blocks": named(given["blocks"], call.workspace.new_id),
        "id": call.workspace.new_id("V"),
        "hash": f"{call.now:.6f}.{call.workspace.new_id('h')}",
        "team_id": call.install.team_id,
        "app_id": call.install.app_id,
        "bot_id": call.install.bot_id,
        "app_installed_team_id": call.install.team_id,
        "state": {"values": {}},
    }
