"""Credentials in a text replaced by `•••` and the kind of thing they are.

By the shapes providers gave their tokens, not by how random a word looks: hashes, ids and encoded
pictures stay readable. A match never depends on what follows the word it stands in, so that a text
shown while it grows never takes back what it masked, and never shows what it will mask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.core.errors import ConfigError
from bot.core.split import KEY_BEGINS
from bot.slack.render.escape import TERMINAL

MOST_PATTERNS: Final = 100
LONGEST_PATTERN: Final = 200
_LONGEST_RUN: Final = 400
"""An operator's pattern is tried on runs without spaces of at most this length."""

_KINDS: Final = {
    "Anthropic-key": r"sk-ant-[\w-]{20,}",
    "OpenAI-key": r"sk-(?:proj|svcacct|admin|None)-[\w-]{20,}|sk-[A-Za-z0-9]{32,}",
    "OpenRouter-key": r"sk-or-v1-[0-9a-f]{32,}",
    "GitHub-token": r"gh[opusr]_[A-Za-z0-9_]{30,}|github_pat_\w{30,}",
    "GitLab-token": r"gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas|ffct)-[\w.-]{20,}"
    r"|GR1348941[\w-]{20,}",
    "Slack-token": r"xox[a-z](?:\.xox[a-z])?-[\w-]{10,}|xapp-\d-[\w-]{10,}",
    "Slack-webhook": r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/-]{20,})",
    "Discord-webhook": r"discord(?:app)?\.com/api/webhooks/\d{5,25}/([\w-]{30,})",
    "Discord-token": r"[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,}",
    "Telegram-token": r"\d{8,10}:AA[\w-]{33,}",
    "AWS-key-id": r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[A-Z0-9]{16,}",
    "AWS-secret": r"(?i:aws_?|\b)(?i:secret_?(?:access_?)?key)[\"']{0,2}[ \t]{0,4}[:=][ \t]{0,4}"
    r"[\"']?([A-Za-z0-9/+]{40,})",
    "Google-key": r"AIza[\w-]{35,}|GOCSPX-[\w-]{20,}",
    "Google-token": r"ya29\.[\w.-]{20,}|1//0[\w-]{40,}",
    "Azure-key": r"(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,}={0,2})",
    "Azure-signature": r"[?&]sig=([A-Za-z0-9%+/]{40,}(?:=|%3D){0,2})",
    "Stripe-key": r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/]{24,}",
    "npm-token": r"npm_[A-Za-z0-9]{36,}",
    "PyPI-token": r"pypi-Ag[A-Za-z0-9_-]{50,}",
    "RubyGems-key": r"rubygems_[0-9a-f]{48,}",
    "Docker-token": r"dckr_(?:pat|oat)_[\w-]{20,}",
    "HuggingFace-token": r"hf_[A-Za-z0-9]{30,}",
    "Groq-key": r"gsk_[A-Za-z0-9]{40,}",
    "xAI-key": r"xai-[A-Za-z0-9]{60,}",
    "Replicate-token": r"r8_[A-Za-z0-9]{37,}",
    "Perplexity-key": r"pplx-[A-Za-z0-9]{40,}",
    "SendGrid-key": r"SG\.[\w-]{16,}\.[\w-]{30,}",
    "Twilio-key": r"SK[0-9a-f]{32,}",
    "Mailchimp-key": r"[0-9a-f]{32}-us\d{1,2}",
    "DigitalOcean-token": r"do[opr]_v1_[0-9a-f]{40,}",
    "Databricks-token": r"dapi[0-9a-f]{32,}",
    "Shopify-token": r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32,}",
    "Square-token": r"sq0(?:atp|csp|idp)-[\w-]{22,}|EAAA[\w-]{60,}",
    "Vault-token": r"hv[sbr]\.[\w-]{24,}",
    "Doppler-token": r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}",
    "Terraform-token": r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}",
    "Atlassian-token": r"AT(?:ATT3|CTT3|BB)[\w=.-]{24,}",
    "Linear-key": r"lin_(?:api|oauth)_[A-Za-z0-9]{30,}",
    "Notion-token": r"ntn_[A-Za-z0-9]{40,}",
    "Grafana-token": r"gl(?:c|sa)_[A-Za-z0-9+/=_]{32,}",
    "Sentry-token": r"sntry[su]_[\w=+/-]{40,}",
    "New-Relic-key": r"NR(?:AK|II|JS)-[A-Za-z0-9-]{20,}",
    "Postman-key": r"PMAK-[0-9a-f]{24}-[0-9a-f]{30,}",
    "Supabase-key": r"sb(?:p|_secret)_[A-Za-z0-9_-]{30,}",
    "age-key": r"AGE-SECRET-KEY-1[0-9A-Z]{50,}",
    # What the header of a token begins with: {"alg", {"typ", {"kid", {"enc", {"x5t", {"jku".
    "JWT": r"eyJ(?:hbGciO|0eXAiO|raWQiO|lbmMiO|4NXQi|qa3UiO)[\w-]{8,}(?:\.[\w-]*){0,4}",
    "authorization": r"(?i:authorization)[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?"
    r"(?i:bearer|basic|token)[ \t]{1,4}((?=\S*\d)[\w.~+/-]{16,}={0,2})",
    "password": r"://[^\s/:@]{0,100}:(?![<${*]|(?i:pass(?:word|wd)?|pwd|secret|x+|•+)@)"
    r"([^\s/@:]{3,100})@",
}
_PRIVATE_KEY = "private-key"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of credential looks like; where the pattern has a group, only that is masked."""

    kind: str
    pattern: re.Pattern[str]
    is_operators: bool = False


BUILT_IN: Final = tuple(Shape(kind, re.compile(pattern)) for kind, pattern in _KINDS.items())


def shapes(extra: Sequence[str]) -> tuple[Shape, ...]:
    """The built-in shapes and an operator's own, or ConfigError saying what is wrong with one.

    A pattern is searched in each word; a group in it masks only what the group matches. It must
    not match nothing, nor repeat a group that repeats or chooses: that can take for ever.
    """
    if len(extra) > MOST_PATTERNS:
        raise _refused(f"{len(extra)} patterns", f"Keep at most {MOST_PATTERNS}")
    return (*BUILT_IN, *(_own(number, source) for number, source in enumerate(extra, 1)))


def mask(text: str, known: Sequence[Shape] = BUILT_IN, *, shortened: bool = False) -> str:
    """`text` with `•••` and the kind in place of each credential, also of one interrupted by
    formatting marks or characters of no width. `shortened`: an ellipsis in it may stand for the
    rest of one."""
    bare = _IGNORED.sub("", text)
    shapes = (*known, *_BEGINNINGS) if shortened and "…" in text else known
    found = sorted(_spans(bare, shapes), key=lambda span: (span[0], -span[1]))
    if not found:
        return text
    places = range(len(text)) if bare == text else _places(text)
    out: list[str] = []
    done = 0
    for start, stop, kind in found:
        first, after = places[start], places[stop - 1] + 1
        if first >= done:
            out += [text[done:first], f"•••{kind}"]
        done = max(done, after)
    return "".join([*out, text[done:]])


def _beginning(pattern: str) -> re.Pattern[str]:
    """Of what is left of a credential whose end was cut off: enough to tell what it is."""
    fewer = _AT_LEAST.sub(lambda found: f"{{{min(_TELLING, int(found[1]))},{found[2]}}}", pattern)
    return re.compile(f"(?:{fewer})(?=…)")


_TELLING: Final = 8
_AT_LEAST: Final = re.compile(r"\{(\d+),(\d*)\}")
_CUT_PASSWORD: Final = r"://[^\s/:@]{0,100}:(?!\d{1,5}…)([^\s/@:…]{3,100})"
_BEGINNINGS: Final = tuple(
    Shape(kind, _beginning(pattern))
    for kind, pattern in {**_KINDS, "password": _CUT_PASSWORD}.items()
)

# Marks of emphasis and code, escapes, what has no width, and what `clean` takes out: gone when the
# text is drawn.
_IGNORED = re.compile(
    r"[*~`\u00ad\u200b-\u200f\u2060-\u2064\ufeff]|\\(?=[!-/:-@\[-`{-~])"
    rf"|{TERMINAL.pattern}|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)


def _places(text: str) -> list[int]:
    """Where each character of the bare text stands in `text`."""
    ignored = {at for found in _IGNORED.finditer(text) for at in range(*found.span())}
    return [at for at in range(len(text)) if at not in ignored]


def _spans(text: str, known: Sequence[Shape]) -> Iterator[tuple[int, int, str]]:
    yield from _private_keys(text)
    for shape in known:
        if shape.is_operators:
            yield from _in_words(text, shape)
            continue
        for found in shape.pattern.finditer(text):
            start, stop = found.span(found.lastindex or 0)
            if start == 0 or not _is_inside_word(text[start - 1], text[start]):
                ended = len(text[start:stop].rstrip("."))  # a sentence may end here
                yield start, start + ended, shape.kind


def _is_inside_word(before: str, here: str) -> bool:
    return before.isascii() and before.isalnum() and here.isalnum()


def _in_words(text: str, shape: Shape) -> Iterator[tuple[int, int, str]]:
    for word in re.finditer(r"\S+", text):
        for start in range(word.start(), word.end(), _LONGEST_RUN):
            end = min(start + _LONGEST_RUN, word.end())
            for found in shape.pattern.finditer(text, start, end):
                first, after = found.span(found.lastindex or 0)
                if first < after:
                    yield first, after, shape.kind


# ---- private keys: everything behind the line that begins one, however it is quoted

_GLUE = re.compile(
    r"(?:[\s>|\"'+,;→]|(?<!-)-(?!-)|\\+[rnt]|\d{1,5}(?=[ \t:|→])"
    r"|[A-Z][A-Za-z-]{2,20}: [^\n]{0,80}(?=\n))*+"
)
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]+")
_LEAST_KEY = 16


def _private_keys(text: str) -> Iterator[tuple[int, int, str]]:
    for begins in KEY_BEGINS.finditer(text):
        start = stop = 0
        at = begins.end()
        while line := _KEY_LINE.match(text, _glued(text, at)):
            is_alone = re.match(r"\s*?(?:\n|\\+[nr]|\Z)", text[line.end() : line.end() + 9])
            if len(line[0]) < _LEAST_KEY and not (stop and is_alone):
                break
            start, stop = start or line.start(), line.end()
            at = stop
        if stop:  # at the end of the text the key may go on behind a line's end
            stop = len(text) if _glued(text, stop) == len(text) else stop
            yield start, stop, _PRIVATE_KEY


def _glued(text: str, at: int) -> int:
    glue = _GLUE.match(text, at)
    return glue.end() if glue else at


# ---- an operator's patterns


def _own(number: int, source: str) -> Shape:
    if not source or len(source) > LONGEST_PATTERN:
        hint = f"Give each 1 to {LONGEST_PATTERN} characters"
        raise _refused(f"number {number} has {len(source)} characters", hint)
    try:
        pattern = re.compile(source)
    except re.error as error:
        hint = f"Write it in Python's syntax: {error}"
        raise _refused(f"number {number} is no regular expression", hint) from error
    if pattern.search(""):
        raise _refused(f"number {number} matches the empty text", "Let it match something")
    if _may_explode(source):
        hint = "Repeat no group in which something repeats or which has alternatives"
        raise _refused(f"number {number} could search for ever", hint)
    return Shape("secret", pattern, is_operators=True)


def _refused(problem: str, hint: str) -> ConfigError:
    return ConfigError("security.secret_patterns", problem, hint)


_GROUP = re.compile(r"\((?:\?(?:P<\w+>|[:=!>]|<[=!]|[aiLmsux-]+:))?([^()]*)\)([*+]|\{\d*,\d*\})?")


def _may_explode(source: str) -> bool:
    """Whether a group is repeated in which something repeats, or which chooses."""
    flat = re.sub(r"\[\^?\]?[^\]]*\]", "x", re.sub(r"\\.", "x", source))
    while group := _GROUP.search(flat):
        inside = re.search(r"[*+|{]", group[1])
        if inside and group[2]:
            return True
        flat = f"{flat[: group.start()]}{'x+' if inside or group[2] else 'x'}{flat[group.end() :]}"
    return False
