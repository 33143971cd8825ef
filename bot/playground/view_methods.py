"""views.*."""

from bot.playground.call import Answer, Call, done
from bot.playground.homes import publish_home
from bot.playground.model import Json, SlackError
from bot.playground.screens import completed, successor
from bot.playground.validate import require_view


def publish(call: Call) -> Answer:
    user = call.user(call.arguments.need("user_id"))
    view = _view(call, "home")
    published = call.workspace.homes.get((call.install.app_id, user.id))
    given = call.arguments.text("hash")
    if given and (published is None or published["hash"] != given):
        raise SlackError("hash_conflict")
    _require_unique(call, view, published)
    if published is not None:
        view = successor(published, view)
    return done(publish_home(call.workspace, user.id, view), view=view)


def open_(call: Call) -> Answer:
    view = _view(call, "modal")
    _require_unique(call, view, None)
    user_id = call.use_trigger()
    return done(call.screens.open(user_id, view), view=view)


def push(call: Call) -> Answer:
    """A modal on top of the one the trigger came from."""
    view = _view(call, "modal")
    _require_unique(call, view, None)
    user_id = call.use_trigger()
    change = call.screens.push(user_id, view)
    return done(change, view=call.screens.top(user_id))


def update(call: Call) -> Answer:
    """Replace an open modal, or a Home view. Without `hash` the last writer wins."""
    old = _existing(call)
    given = call.arguments.text("hash")
    view = _view(call, old["type"])
    if given and old["hash"] != given:
        raise SlackError("hash_conflict")
    _require_unique(call, view, old)
    view = successor(old, view)
    if view["type"] == "modal":
        return done(call.screens.replace(view), view=view)
    user_id = next(user for (_, user), home in call.workspace.homes.items() if home is old)
    return done(publish_home(call.workspace, user_id, view), view=view)


def _existing(call: Call) -> Json:
    arguments = call.arguments
    name, value = "id", arguments.text("view_id")
    if value is None:
        name, value = "external_id", arguments.text("external_id")
    if not value:
        messages = ("[ERROR] missing required field: view_id or external_id",)
        raise SlackError("invalid_arguments", messages)
    homes = call.workspace.homes.values()
    found = call.screens.find(name, value) or next((h for h in homes if h.get(name) == value), None)
    if found is None or found["app_id"] != call.install.app_id:
        raise SlackError("not_found")
    return found


def _require_unique(call: Call, view: Json, instead_of: Json | None) -> None:
    """`external_id` is unique in the team, but for the view that is replaced."""
    external_id = view["external_id"]
    if not external_id:
        return
    homes = (h for h in call.workspace.homes.values() if h.get("external_id") == external_id)
    other = call.screens.find("external_id", external_id) or next(homes, None)
    if other is not None and (instead_of is None or other["id"] != instead_of["id"]):
        raise SlackError("duplicate_external_id")


def _view(call: Call, kind: str) -> Json:
    """The given view, checked and completed as Slack does."""
    given = call.arguments.mapping("view", "invalid_arguments") or {}
    require_view(given, kind)
    return completed(call.workspace, call.install, given, call.now)
