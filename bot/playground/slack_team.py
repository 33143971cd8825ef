"""One workspace as a handle for tests: its people and channels, and the app in it."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.playground import apps
from bot.playground.local_slack import LocalSlack
from bot.playground.model import Channel, Team, User, Usergroup
from bot.playground.people import Person
from bot.playground.seed import DEFAULT_SCOPES
from bot.playground.slack_app import SlackApp
from bot.playground.workspace import redrawn_channel

_COLOR = "8f4a2b"


@dataclass(frozen=True, slots=True)
class SlackTeam:
    """A workspace: nobody in another knows its people and channels."""

    slack: LocalSlack
    team: Team

    @property
    def id(self) -> str:
        return self.team.id

    @property
    def name(self) -> str:
        return self.team.name

    @property
    def people(self) -> dict[str, Person]:
        """Everybody but the apps, by name."""
        users = self.slack.workspace.users.values()
        mine = [user for user in users if user.team_id == self.id and not user.is_bot]
        return {user.name: Person(self.slack, user.id, user.name) for user in mine}

    def person(self, name: str) -> Person:
        return self.people[name]

    def add_person(self, name: str, *, guest: bool = False) -> Person:
        """Somebody new, who is in #general."""
        workspace = self.slack.workspace
        user = User(workspace.new_id("U"), self.id, name, name.title(), _COLOR, is_restricted=guest)
        workspace.users[user.id] = user
        for channel in workspace.channels.values():
            if (channel.team_id, channel.name) == (self.id, "general"):
                channel.members.append(user.id)
                self.slack.feed.publish(redrawn_channel(channel))
        return Person(self.slack, user.id, user.name)

    def add_group(self, handle: str, *names: str) -> str:
        """A user group with these people in it, to be mentioned as @handle; its id."""
        workspace = self.slack.workspace
        members = [self.person(name).id for name in names]
        group = Usergroup(workspace.new_id("S"), self.id, handle, handle.title(), members)
        workspace.usergroups[group.id] = group
        return group.id

    def add_channel(self, name: str, *, private: bool = False) -> str:
        """A channel with all that are here by now, and the apps unless it is private; its id."""
        workspace = self.slack.workspace
        users = [u for u in workspace.users.values() if u.team_id == self.id]
        members = [user.id for user in users if not (private and user.is_bot)]
        kind, letter = ("group", "G") if private else ("channel", "C")
        channel = Channel(workspace.new_id(letter), self.id, name, kind, members)
        channel.created = int(self.slack.now())
        workspace.channels[channel.id] = channel
        self.slack.feed.publish(redrawn_channel(channel))
        return channel.id

    @property
    def app(self) -> SlackApp:
        """The app that was installed here first; `app_not_installed` if there is none."""
        install = self.slack.workspace.install_of(self.id)
        return SlackApp(self.slack, self.slack.workspace.apps[install.app_id], install)

    @property
    def bot_token(self) -> str:
        return self.app.bot_token

    def install(self, app: SlackApp, scopes: Iterable[str] = DEFAULT_SCOPES) -> SlackApp:
        """Install an app here without asking anybody: a member of all public channels."""
        workspace = self.slack.workspace
        made = apps.install(workspace, app.config, self.id, scopes)
        for channel in workspace.channels.values():
            if (channel.team_id, channel.kind) == (self.id, "channel"):
                channel.members.append(made.user_id)
        return SlackApp(self.slack, app.config, made)
