"""Settings under a policy that a test gives as a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import PrivateAttr

from bot.core.approvals import Approvals
from bot.settings import Settings


class Governed(Settings):
    _policy: Approvals = PrivateAttr(default_factory=Approvals)

    @classmethod
    def under(cls, policy: Approvals, given: Mapping[str, object]) -> Self:
        settings = cls.model_validate(given)
        settings._policy = policy
        return settings

    @property
    def approval_policy(self) -> Approvals:
        return self._policy
