"""One method of the Web API as data: its arguments, scopes, errors and pace."""

from dataclasses import dataclass
from typing import Literal

# Requests a minute, per method and workspace. Slack publishes no number for the special ones.
PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
SPECIAL_PER_MINUTE = 600

COMMON_ERRORS = (
    "not_authed invalid_auth missing_scope not_allowed_token_type ratelimited unknown_method "
    "invalid_arguments fatal_error internal_error token_expired token_revoked account_inactive "
)


@dataclass(frozen=True, slots=True)
class Method:
    """One method. `arguments` and `errors` are words; a `*` marks a required argument.

    Any one of `scopes` is enough; `*:read` stands for the scope of the channel's kind.
    `confidence` says how the facts were learnt: D a documentation page, S source, K long known,
    M measured by others, U unverified. `token`: that of a bot user, of a bot user or a person, an
    app-level one, or the client's id and secret instead of any.
    """

    name: str
    tier: Literal[1, 2, 3, 4, "special"]
    scopes: str
    arguments: str
    errors: str
    confidence: str = "S"
    token: Literal["bot", "any", "app", "client"] = "bot"

    @property
    def per_minute(self) -> int:
        return SPECIAL_PER_MINUTE if self.tier == "special" else PER_MINUTE[self.tier]

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(word[:-1] for word in self.arguments.split() if word.endswith("*"))

    @property
    def accepted_scopes(self) -> tuple[str, ...]:
        kinds = ("channels", "groups", "im", "mpim")
        return tuple(
            one
            for scope in self.scopes.split()
            for one in ([kind + scope[1:] for kind in kinds] if scope[0] == "*" else [scope])
        )

    @property
    def known_errors(self) -> frozenset[str]:
        return frozenset((COMMON_ERRORS + self.errors).split())
