"""The payloads of Slack that we read. Only the fields in use; Slack may add others."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,30}$")]
Ts = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}\.[0-9]{1,9}$")]


class BotProfile(BaseModel):
    name: str = ""


class EditedBy(BaseModel):
    user: Id
    ts: Ts


class PostEvent(BaseModel):
    type: Literal["message", "app_mention"]
    channel: Id
    user: Id | None = None
    ts: Ts
    thread_ts: Ts | None = None
    subtype: str | None = None
    bot_id: Id | None = None
    bot_profile: BotProfile | None = None
    username: str | None = None
    hidden: bool = False
    text: str | None = None
    files: list[object] = []
    attachments: list[object] = []
    edited: EditedBy | None = None


class PostBody(BaseModel):
    """`is_ext_shared_channel`: the channel belongs to other organisations too; history does not
    tell."""

    team_id: str | None = None
    is_ext_shared_channel: bool | None = None
    event: PostEvent


class ChangedMessage(BaseModel):
    """A message as it is after, or was before, a change."""

    user: Id | None = None
    ts: Ts
    thread_ts: Ts | None = None
    subtype: str | None = None
    bot_id: str | None = None
    text: str | None = None
    files: list[object] = []
    attachments: list[object] = []
    edited: EditedBy | None = None


class ChangeEvent(BaseModel):
    type: Literal["message"]
    subtype: Literal["message_changed", "message_deleted"]
    channel: Id
    deleted_ts: Ts | None = None
    message: ChangedMessage | None = None
    previous_message: ChangedMessage | None = None


class ChangeBody(BaseModel):
    team_id: str | None = None
    event: ChangeEvent


class ReactedItem(BaseModel):
    type: Literal["message"]
    channel: Id
    ts: Ts


class ReactionEvent(BaseModel):
    user: Id
    reaction: str
    item: ReactedItem
    event_ts: Ts


class ReactionBody(BaseModel):
    team_id: str | None = None
    event: ReactionEvent


class NoticeEvent(BaseModel):
    type: Literal["message", "app_mention"]
    subtype: str | None = None
    hidden: bool = False


class NoticeBody(BaseModel):
    event: NoticeEvent


class FileItem(BaseModel):
    id: str = "unnamed"
    name: str | None = None
    title: str | None = None
    mimetype: str | None = None
    size: int | None = None
    url_private_download: str | None = None
    url_private: str | None = None


class Attachment(BaseModel):
    is_share: bool = False
    author_name: str | None = None
    author_subname: str | None = None
    title: str | None = None
    text: str | None = None
    fallback: str | None = None


class NamedById(BaseModel):
    id: Id


class Option(BaseModel):
    value: str


class Action(BaseModel):
    action_id: str
    action_ts: str
    value: str | None = None
    selected_option: Option | None = None


class Container(BaseModel):
    channel_id: Id
    message_ts: Ts
    thread_ts: Ts | None = None


class ClickedMessage(BaseModel):
    thread_ts: Ts | None = None


class ClickBody(BaseModel):
    type: Literal["block_actions"]
    user: NamedById
    team: NamedById | None = None
    container: Container
    message: ClickedMessage | None = None
    trigger_id: str = ""
    actions: list[Action]


class HomeClickBody(BaseModel):
    type: Literal["block_actions"]
    user: NamedById
    team: NamedById | None = None
    actions: list[Action]


class Typed(BaseModel):
    """What a field of a modal holds, of whichever kind it is."""

    value: str | None = None
    selected_option: Option | None = None
    selected_options: list[Option] = []


class ViewState(BaseModel):
    values: dict[str, dict[str, Typed]] = {}


class View(BaseModel):
    id: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,40}$")]
    hash: Annotated[str, StringConstraints(max_length=100)] = ""
    callback_id: str = ""
    private_metadata: str = ""
    state: ViewState = ViewState()


class SubmitBody(BaseModel):
    type: Literal["view_submission"]
    user: NamedById
    team: NamedById | None = None
    view: View


class PageBody(BaseModel):
    type: Literal["block_actions"]
    user: NamedById
    team: NamedById | None = None
    view: View
    actions: list[Action]


class SuggestBody(BaseModel):
    type: Literal["block_suggestion"]
    user: NamedById
    team: NamedById | None = None
    action_id: str
    block_id: str = ""
    value: str = ""
    view: View | None = None


class StopEvent(BaseModel):
    channel: Id
    user: Id
    thread_ts: Ts


class StopBody(BaseModel):
    event_id: str
    event: StopEvent


class HomeEvent(BaseModel):
    user: Id
    tab: str


class HomeBody(BaseModel):
    event: HomeEvent


class Profile(BaseModel):
    display_name: str = ""
    real_name: str = ""


class EnterpriseUser(BaseModel):
    enterprise_id: str | None = None


class UserInfo(BaseModel):
    """`user` of users.info. A missing `team_id` is nobody's team."""

    id: Id
    name: str = ""
    real_name: str | None = None
    team_id: str = ""
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    profile: Profile = Profile()
    enterprise_user: EnterpriseUser = EnterpriseUser()

    @property
    def called(self) -> str:
        names = (self.profile.display_name, self.profile.real_name, self.real_name, self.name)
        return next((name for name in names if name), self.id)

    @property
    def enterprise(self) -> str | None:
        return self.enterprise_user.enterprise_id


class ChannelInfo(BaseModel):
    """`channel` of conversations.info and users.conversations. Direct messages have no name."""

    id: Id
    name: str = ""
    is_im: bool = False
    is_archived: bool = False
    is_shared: bool = False
    is_ext_shared: bool = False
    is_org_shared: bool = False

    @property
    def is_external(self) -> bool:
        """Whether other organisations take part."""
        return self.is_ext_shared or (self.is_shared and not self.is_org_shared)


class GroupMembers(BaseModel):
    """The answer of usergroups.users.list."""

    users: list[Id]


class NamedGroup(BaseModel):
    id: Id
    name: str = ""
    handle: str = ""


class Groups(BaseModel):
    """The answer of usergroups.list."""

    usergroups: list[NamedGroup]


class Authenticated(BaseModel):
    """The answer of auth.test."""

    team_id: Id
    user_id: Id
    user: str = ""
    bot_id: str = ""
    enterprise_id: str | None = None
    url: Annotated[str, StringConstraints(pattern=r"^(https://[\w.-]+/)?$")] = ""


class PageMetadata(BaseModel):
    next_cursor: str = ""


class Page(BaseModel):
    """One answer of conversations.history, conversations.replies or users.conversations."""

    messages: list[dict[str, object]] = []
    channels: list[ChannelInfo] = []
    response_metadata: PageMetadata | None = None


class Found(BaseModel):
    """What tells a found message's place in time. `latest_reply` stands on roots with replies."""

    ts: Ts
    latest_reply: Ts | None = None


class Link(BaseModel):
    """The answer of apps.connections.open."""

    url: str
