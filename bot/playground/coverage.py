"""The Web API this local Slack has, as data: the one source of arguments, scopes and tiers."""

from bot.playground.method import Method

_TEXT_ARGUMENTS = (
    "text blocks markdown_text metadata parse link_names mrkdwn unfurl_links unfurl_media "
)
_LOOK = "icon_emoji icon_url username "
_POST_ARGUMENTS = _TEXT_ARGUMENTS + _LOOK
_POST_ERRORS = (
    "channel_not_found not_in_channel is_archived no_text invalid_blocks invalid_blocks_format "
    "invalid_attachments msg_blocks_too_long msg_too_long markdown_text_conflict "
    "cannot_reply_to_message invalid_metadata_format "
)
_PAGE = "cursor limit "
_PAGE_ERRORS = "invalid_cursor invalid_limit "
_RANGE = "oldest latest inclusive include_all_metadata "
_STREAM_ERRORS = (
    "channel_not_found not_in_channel is_archived channel_type_not_supported invalid_chunks "
    "invalid_blocks invalid_blocks_format invalid_attachments msg_blocks_too_many "
    "msg_blocks_too_long msg_too_long no_text "
)
_OPEN_STREAM_ERRORS = (
    "message_not_found message_not_owned_by_app message_not_in_streaming_state "
    "streaming_mode_mismatch "
)
_SESSION_ERRORS = (
    "feature_disabled channel_not_found user_not_found not_authorized thread_ts_required "
)
_VIEW_ERRORS = "view_too_large "
_NEW_VIEW_ERRORS = (
    "invalid_trigger_id expired_trigger_id exchanged_trigger_id duplicate_external_id "
)

# Early access only: every call is refused, whatever its arguments.
_CODE_CHANNEL_WORDS = (
    "create archive setProperties setView listViews removeView setCommands getCanvas "
    "setCanvasContent"
)
CODE_CHANNEL_METHODS = tuple(
    f"agents.conversations.{word}" for word in _CODE_CHANNEL_WORDS.split(" ")
)
_CHANNEL_ERRORS = "channel_not_found not_in_channel is_archived "
_CLIENT_ERRORS = "invalid_client_id bad_client_secret "
_NAME_ERRORS = (
    "name_taken invalid_name_required invalid_name_maxlength invalid_name_punctuation "
    "invalid_name_specials "
)
_MANAGE = "channels:manage groups:write "

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("auth.test", "special", "", "", "", token="any"),
        Method("auth.revoke", 3, "", "test", "", token="any"),
        Method(
            "apps.uninstall",
            4,
            "",
            "client_id* client_secret*",
            "client_id_token_mismatch bad_client_secret",
            "K",
        ),
        Method(
            "oauth.v2.access",
            "special",
            "",
            "code redirect_uri grant_type refresh_token client_id client_secret code_verifier",
            _CLIENT_ERRORS + "invalid_code bad_redirect_uri invalid_grant_type "
            "invalid_refresh_token pkce_not_allowed app_not_installed",
            token="client",
        ),
        Method(
            "oauth.v2.exchange",
            "special",
            "",
            "token* client_id client_secret",
            _CLIENT_ERRORS + "invalid_token token_already_exchanged token_rotation_not_enabled",
            "D",
            token="client",
        ),
        Method("apps.connections.open", 3, "connections:write", "", "forbidden_team", token="app"),
        Method(
            "chat.postMessage",
            "special",
            "chat:write",
            "channel* thread_ts reply_broadcast " + _POST_ARGUMENTS,
            _POST_ERRORS,
        ),
        Method(
            "chat.update",
            3,
            "chat:write",
            "channel* ts* reply_broadcast " + _TEXT_ARGUMENTS,
            _POST_ERRORS + "cant_update_message message_not_found is_inactive "
            "streaming_state_conflict cant_broadcast_message",
        ),
        Method(
            "chat.delete",
            3,
            "chat:write",
            "channel* ts*",
            "cant_delete_message message_not_found channel_not_found",
        ),
        Method(
            "chat.startStream",
            2,
            "chat:write",
            "channel* thread_ts* recipient_user_id recipient_team_id task_display_mode "
            "markdown_text chunks " + _LOOK,
            _STREAM_ERRORS + "missing_recipient_user_id missing_recipient_team_id user_not_found "
            "cannot_reply_to_message",
        ),
        Method(
            "chat.appendStream",
            4,
            "chat:write",
            "channel* ts* markdown_text chunks",
            _STREAM_ERRORS + _OPEN_STREAM_ERRORS + "stopped_by_user",
            "M",
        ),
        Method(
            "chat.stopStream",
            2,
            "chat:write",
            "channel* ts* markdown_text chunks blocks metadata session_status",
            _STREAM_ERRORS + _OPEN_STREAM_ERRORS + "invalid_metadata_format",
            "M",
        ),
        Method(
            "chat.postEphemeral",
            4,
            "chat:write",
            "channel* user* thread_ts " + _POST_ARGUMENTS,
            _POST_ERRORS + "user_not_in_channel user_not_found",
        ),
        Method(
            "chat.getPermalink",
            "special",
            "",
            "channel* message_ts*",
            "message_not_found channel_not_found",
        ),
        Method(
            "conversations.info", 3, "*:read", "channel* include_num_members", "channel_not_found"
        ),
        Method(
            "conversations.members",
            4,
            "*:read",
            "channel* " + _PAGE,
            "channel_not_found " + _PAGE_ERRORS,
        ),
        Method(
            "conversations.history",
            3,
            "*:history",
            "channel* " + _RANGE + _PAGE,
            "channel_not_found not_in_channel invalid_ts_oldest invalid_ts_latest " + _PAGE_ERRORS,
        ),
        Method(
            "conversations.replies",
            3,
            "*:history",
            "channel* ts* " + _RANGE + _PAGE,
            "channel_not_found not_in_channel thread_not_found invalid_ts_oldest "
            "invalid_ts_latest " + _PAGE_ERRORS,
        ),
        Method(
            "conversations.open",
            3,
            "im:write mpim:write",
            "users channel return_im prevent_creation",
            "user_not_found users_list_not_supplied too_many_users channel_not_found",
        ),
        Method(
            "conversations.list",
            2,
            "*:read",
            "types exclude_archived team_id " + _PAGE,
            "invalid_types " + _PAGE_ERRORS,
        ),
        Method(
            "users.conversations",
            3,
            "*:read",
            "user types exclude_archived team_id " + _PAGE,
            "invalid_types user_not_found " + _PAGE_ERRORS,
        ),
        Method("users.info", 4, "users:read", "user* include_locale", "user_not_found"),
        Method("users.list", 2, "users:read", "include_locale team_id " + _PAGE, _PAGE_ERRORS),
        Method(
            "reactions.add",
            3,
            "reactions:write",
            "channel* name* timestamp*",
            "already_reacted invalid_name message_not_found channel_not_found not_in_channel "
            "is_archived bad_timestamp too_many_emoji too_many_reactions",
        ),
        Method(
            "reactions.remove",
            2,
            "reactions:write",
            "channel* name* timestamp*",
            "no_reaction message_not_found channel_not_found not_in_channel is_archived "
            "bad_timestamp",
        ),
        Method(
            "reactions.get",
            3,
            "reactions:read",
            "channel* timestamp* full",
            "message_not_found channel_not_found",
        ),
        Method(
            "views.publish",
            4,
            "",
            "user_id* view* hash",
            "user_not_found hash_conflict duplicate_external_id " + _VIEW_ERRORS,
        ),
        Method(
            "views.open",
            4,
            "",
            "view* trigger_id* interactivity_pointer",
            _NEW_VIEW_ERRORS + _VIEW_ERRORS,
        ),
        Method(
            "views.push",
            4,
            "",
            "view* trigger_id* interactivity_pointer",
            _NEW_VIEW_ERRORS + "push_limit_reached not_found " + _VIEW_ERRORS,
        ),
        Method(
            "views.update",
            4,
            "",
            "view* view_id external_id hash",
            "not_found hash_conflict duplicate_external_id " + _VIEW_ERRORS,
        ),
        Method(
            "agents.sessions.setStatus",
            3,
            "chat:write",
            "channel_id* status* thread_ts title initiator_user_id icon_emoji icon_url username",
            _SESSION_ERRORS + "invalid_status cannot_reply_to_message",
        ),
        Method(
            "agents.sessions.rename",
            3,
            "chat:write",
            "channel_id* title* thread_ts",
            _SESSION_ERRORS + "invalid_name name_taken is_archived",
        ),
        Method(
            "assistant.threads.setStatus",
            "special",
            "chat:write",
            "channel_id* thread_ts* status* loading_messages icon_emoji icon_url username",
            "channel_not_found invalid_thread_ts",
        ),
        Method(
            "assistant.threads.setTitle",
            4,
            "assistant:write",
            "channel_id* thread_ts* title*",
            "channel_not_found invalid_thread_ts",
        ),
        Method(
            "assistant.threads.setSuggestedPrompts",
            4,
            "assistant:write",
            "channel_id* prompts* title thread_ts",
            "channel_not_found invalid_thread_ts",
        ),
        Method(
            "files.getUploadURLExternal",
            4,
            "files:write",
            "filename* length* snippet_type alt_txt",
            "file_upload_size_restricted",
        ),
        Method(
            "files.completeUploadExternal",
            4,
            "files:write",
            "files* channel_id channels thread_ts initial_comment blocks",
            "channel_not_found not_in_channel file_not_found channels_limit_exceeded "
            "posting_to_channel_denied cannot_reply_to_message invalid_blocks "
            "invalid_blocks_format invalid_attachments msg_blocks_too_long",
        ),
        Method("files.info", 4, "files:read", "file*", "file_not_found"),
        Method(
            "conversations.join",
            3,
            "channels:join",
            "channel*",
            "channel_not_found is_archived method_not_supported_for_channel_type",
        ),
        Method(
            "conversations.create",
            2,
            _MANAGE,
            "name* is_private team_id",
            _NAME_ERRORS,
        ),
        Method(
            "conversations.invite",
            3,
            _MANAGE + "channels:write.invites groups:write.invites",
            "channel* users* force",
            _CHANNEL_ERRORS
            + "already_in_channel cant_invite_self user_not_found no_user too_many_users "
            "method_not_supported_for_channel_type",
        ),
        Method(
            "conversations.archive",
            2,
            _MANAGE,
            "channel*",
            "channel_not_found not_in_channel already_archived cant_archive_general "
            "method_not_supported_for_channel_type",
        ),
        Method(
            "conversations.unarchive",
            2,
            _MANAGE,
            "channel*",
            "channel_not_found not_in_channel not_archived method_not_supported_for_channel_type",
        ),
        Method(
            "conversations.rename",
            2,
            _MANAGE,
            "channel* name*",
            _CHANNEL_ERRORS + _NAME_ERRORS + "method_not_supported_for_channel_type",
        ),
        Method(
            "conversations.leave",
            3,
            _MANAGE,
            "channel*",
            "channel_not_found is_archived cant_leave_general "
            "method_not_supported_for_channel_type",
        ),
        Method(
            "conversations.setTopic",
            2,
            _MANAGE + "channels:write.topic groups:write.topic im:write mpim:write",
            "channel* topic*",
            _CHANNEL_ERRORS + "too_long",
        ),
        Method(
            "bookmarks.add",
            2,
            "bookmarks:write",
            "channel_id* title* type* link emoji entity_id access_level parent_id",
            "channel_not_found not_in_channel invalid_bookmark_type invalid_link "
            "too_many_bookmarks",
        ),
        Method(
            "pins.add",
            2,
            "pins:write",
            "channel* timestamp",
            _CHANNEL_ERRORS + "no_item_specified message_not_found already_pinned too_many_pins",
        ),
        Method(
            "pins.remove",
            2,
            "pins:write",
            "channel* timestamp",
            _CHANNEL_ERRORS + "no_item_specified message_not_found no_pin",
        ),
        Method("pins.list", 2, "pins:read", "channel*", "channel_not_found not_in_channel"),
        Method(
            "usergroups.list",
            2,
            "usergroups:read",
            "include_users include_count include_disabled team_id",
            "",
            "K",
        ),
        Method(
            "usergroups.users.list",
            2,
            "usergroups:read",
            "usergroup* include_disabled team_id",
            "no_such_subteam",
            "K",
        ),
        Method("users.lookupByEmail", 3, "users:read.email", "email*", "users_not_found"),
        *(
            Method(name, 3, "code_channels:manage", "", "feature_disabled")
            for name in CODE_CHANNEL_METHODS
        ),
        Method("bots.info", 3, "users:read", "bot team_id", "bot_not_found", "K"),
        Method("team.info", 3, "team:read", "team domain", "team_not_found", "K"),
    )
}
