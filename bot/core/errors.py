"""Errors by what a caller can do about them. Library exceptions become these once, at the edge.

    BotError(retryable, user_message)
    ├─ AgentError                              AgentUnavailable, AgentRefused, AgentAuthError,
    │                                          SessionGone, AskAlreadyAnswered,
    │                                          AgentProtocolError, PromptInDoubt, Unsupported
    ├─ UnknownAgent                            said privately to who named it
    ├─ SurfaceError                            RateLimited, SlotGone, ContentRejected, ChannelClosed
    ├─ StoreUnavailable                        the database cannot be reached right now
    ├─ SessionUnreadable                       stored by a newer version, or damaged
    ├─ LeaseLost                               another replica owns this: stop quietly
    └─ ConfigError(key, hint)                  refused at start, with a remedy

The first line of a class's docstring is what a person reads when no better sentence is given.
"""

from __future__ import annotations

from typing import ClassVar


class BotError(Exception):
    """Something went wrong on my side."""

    retryable: ClassVar[bool] = False

    def __init__(self, user_message: str | None = None) -> None:
        doc = type(self).__doc__ or BotError.__doc__ or ""
        self.user_message: str = user_message or doc.splitlines()[0]
        super().__init__(self.user_message)


class AgentError(BotError):
    """The agent could not do this."""


class AgentUnavailable(AgentError):
    """The agent cannot be reached right now."""

    retryable: ClassVar[bool] = True


class AgentRefused(AgentError):
    """The agent refused the request."""


class AgentAuthError(AgentError):
    """The agent does not accept my credentials."""


class SessionGone(AgentError):
    """The agent no longer knows this session."""


class AskAlreadyAnswered(AgentError):
    """This request was already answered."""


class AgentProtocolError(AgentError):
    """The agent answered in a way I do not understand."""


class PromptInDoubt(AgentError):
    """The connection broke before the agent confirmed your message: it may or may not have it."""


class Unsupported(AgentError):
    """The agent cannot do this."""


class UnknownAgent(BotError):
    """I know no agent of that name."""


class SurfaceError(BotError):
    """Slack did not take this."""


class RateLimited(SurfaceError):
    """Slack asks me to slow down."""

    retryable: ClassVar[bool] = True

    def __init__(self, retry_after: float) -> None:
        super().__init__()
        self.retry_after = retry_after


class SurfaceUnavailable(SurfaceError):
    """Slack cannot be reached right now."""

    retryable: ClassVar[bool] = True


class SlotGone(SurfaceError):
    """The message was deleted."""

    shown_length: int | None = None
    """The characters of the view's text that had been shown, where known."""


class ContentRejected(SurfaceError):
    """Slack refused the content of this message."""


class ChannelClosed(SurfaceError):
    """I can no longer write in this conversation."""


class StoreUnavailable(BotError):
    """My database cannot be reached right now."""

    retryable: ClassVar[bool] = True


class SessionUnreadable(BotError):
    """I cannot read what I stored about this thread. Nothing is lost; please tell my operator."""


class LeaseLost(BotError):
    """Another copy of me has taken over this thread."""


class ConfigError(BotError):
    """The configuration cannot be used."""

    def __init__(self, key: str, problem: str, hint: str) -> None:
        super().__init__(f"{key}: {problem}. {hint}")
        self.key, self.problem, self.hint = key, problem, hint
