"""The app's own places: its Home tab, and its direct message with each person."""

from bot.playground import events
from bot.playground.channels import open_im
from bot.playground.model import Change, Event, Json
from bot.playground.workspace import Workspace, redrawn_channel


def suggest(workspace: Workspace, channel_id: str, prompts: list[Json]) -> Change:
    """The prompts a person is offered in their direct message with the app."""
    channel = workspace.channels[channel_id]
    channel.prompts = prompts
    return Change(redraw=(redrawn_channel(channel),))


def publish_home(workspace: Workspace, user_id: str, view: Json) -> Change:
    """Show a completed view on the Home tab of its app."""
    workspace.homes[(view["app_id"], workspace.user(user_id).id)] = view
    return Change(redraw=(home_item(user_id, view),))


def home_item(user_id: str, view: Json) -> Json:
    """A Home tab as the page knows it."""
    return {"type": "home", "user": user_id, "app": view["app_id"], "view": view}


def open_home(
    workspace: Workspace, user_id: str, now: float, tab: str = "home", app_id: str | None = None
) -> Change:
    """A person opens an app's Home or Messages tab: an event at every opening."""
    install = workspace.install_of(workspace.user(user_id).team_id, app_id)
    channel, opened = open_im(workspace, user_id, install.user_id)
    view = workspace.homes.get((install.app_id, user_id)) if tab == "home" else None
    event = events.home_opened(channel, user_id, tab, view, workspace.tick(channel, now))
    return Change((Event(install.app_id, install.team_id, event),)) + opened
