"""What Slack's refusals of our posts mean for us: one table, one place."""

from __future__ import annotations

from bot.core.errors import (
    ChannelClosed,
    ContentRejected,
    RateLimited,
    SlotGone,
    SurfaceError,
    SurfaceUnavailable,
)
from bot.slack.calls import Refused

_PATIENCE = 1.0
"""Seconds, where Slack says "too fast" without saying for how long (HTTP 200, `rate_limited`)."""

_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_CLOSED = frozenset(
    {
        "account_inactive",
        "app_access_restricted",
        "cannot_reply_to_message",
        "channel_not_found",
        "channel_type_not_supported",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "is_archived",
        "is_inactive",
        "messages_tab_disabled",
        "missing_scope",
        "no_permission",
        "not_authed",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
        "team_not_found",
        "token_expired",
        "token_revoked",
    }
)
_CONTENT = frozenset(
    {
        "block_mismatch",
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_chunks",
        "markdown_text_conflict",
        "msg_blocks_too_long",
        "msg_blocks_too_many",
        "msg_too_long",
        "no_text",
        "streaming_mode_mismatch",
    }
)
_STREAM_CLOSED = frozenset({"message_not_in_streaming_state", "stopped_by_user"})
_STREAM_OPEN = frozenset({"cant_delete_message", "streaming_state_conflict"})
_PASSING = frozenset({"messaging_processing_failed", "update_failed"})


class StreamClosed(SurfaceError):
    """This message does not grow any more."""


class StreamOpen(SurfaceError):
    """This message still grows; it cannot be changed otherwise."""


def meaning(refused: Refused) -> SurfaceError:
    """The error a caller can act on; the refusal itself when there is nothing to be done."""
    code = refused.code
    if code in ("rate_limited", "message_limit_exceeded"):
        return RateLimited(_PATIENCE)
    if code in _PASSING:
        return SurfaceUnavailable()
    if code in _STREAM_CLOSED:
        return StreamClosed()
    if code in _STREAM_OPEN:
        return StreamOpen()
    if code in _GONE:
        return SlotGone()
    if code in _CLOSED:
        return ChannelClosed()
    return ContentRejected() if code in _CONTENT else refused
