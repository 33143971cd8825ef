"""A person's Home: what waits for them, what runs, what was, and what is allowed unasked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from bot.core.approvals import Grant
from bot.core.asks import masked_text
from bot.core.ids import ThreadKey
from bot.core.views import HomeEntry, HomeGrant, HomeView
from bot.slack.home_ids import revoke_button, stop_button
from bot.slack.render import blocks
from bot.slack.render.blocks import Json
from bot.slack.render.escape import escape_keeping_mentions, shorten
from bot.slack.render.secrets import BUILT_IN, Shape, mask

WHAT = (
    "Mention me in a channel or write to me here, and an agent gets to work in the thread. "
    "It shows what it does, asks before it acts, and stops when you say *stop*."
)
WORDS = (
    "*Words in a thread.* Mention me with one to choose what the thread shows: *quiet* (the answer "
    "alone), *normal* or *detailed* (every step); *thinking* for what the agent thought, "
    "*thinking on* and *thinking off* to see it while it works. *model* and *mode* tell or change "
    "what the agent works with, *usage* tells what it cost, *stop* ends what it does."
)
RULES = "Standing rules: allowed without asking"
NO_RULES = (
    "No standing rule of yours: agents ask before they act, unless whoever runs me allows it."
)
_GROUPS = {"needs_you": "Needs you", "running": "Running", "recent": "Recent"}
_SINCE = {"needs_you": " · waits since ", "running": " · runs since ", "recent": " · "}
_TITLE = 150
_ASKED = 200
_PATTERN = 150
_PATTERNS = 5


def home(view: HomeView, known: Sequence[Shape] = BUILT_IN, url: str = "") -> Json:
    """The `view` of views.publish. `known` credentials are masked; `url` is the workspace's, to
    link threads by."""
    return {"type": "home", "blocks": [*_blocks(view, known, url)]}


def _blocks(view: HomeView, known: Sequence[Shape], url: str) -> Iterator[Json]:
    yield blocks.header("Your sessions")
    if view.notice:
        yield blocks.section(blocks.mrkdwn(escape_keeping_mentions(view.notice)))
    yield blocks.section(blocks.mrkdwn(WHAT))
    for state, title in _GROUPS.items():
        entries = [entry for entry in view.entries if entry.state == state]
        if entries:
            yield blocks.section(blocks.mrkdwn(f"*{title}*"))
        for entry in entries:
            yield from _entry(entry, known, url)
    if not view.entries:
        yield blocks.context([blocks.mrkdwn("You have no sessions yet.")])
    yield blocks.header(RULES)
    for rule in view.grants:
        yield from _rule(rule, known, url)
    if view.more_grants:
        yield blocks.context([blocks.mrkdwn(f"… and {view.more_grants} more, which end later.")])
    if not view.grants:
        yield blocks.context([blocks.mrkdwn(NO_RULES)])
    yield blocks.context([blocks.mrkdwn(WORDS)])


def _entry(entry: HomeEntry, known: Sequence[Shape], url: str) -> Iterator[Json]:
    thread = ThreadKey.parse(entry.session)
    title = _line(entry.title, known, _TITLE) or "Untitled"
    line = blocks.rich_section(
        _linked(title, thread, url),
        blocks.leaf(" in "),
        _channel(thread.channel),
        blocks.leaf(_SINCE[entry.state]),
        blocks.rich_date(entry.at),
    )
    asked = [_line(title, known, _ASKED) or "A request" for title in entry.asked]
    listed = blocks.rich_list(blocks.rich_section(blocks.leaf(one)) for one in asked)
    yield blocks.rich_text(line, *([listed] if asked else []))
    if entry.may_stop:
        yield blocks.actions(
            [blocks.button("Stop", stop_button(entry.session), about=title, style="danger")]
        )


def _rule(rule: HomeGrant, known: Sequence[Shape], url: str) -> Iterator[Json]:
    grant = rule.grant
    tool = _line(grant.tool, known, _TITLE)
    patterns = [
        blocks.rich_section(
            blocks.leaf(f"{_line(name, known, _PATTERN)}: "),
            blocks.leaf(_like(name, pattern, known), "code"),
        )
        for name, pattern in grant.input[:_PATTERNS]
    ]
    if left := len(grant.input) - _PATTERNS:
        patterns += [blocks.rich_section(blocks.leaf(f"and {left} more"))] if left > 0 else []
    made = blocks.rich_section(
        blocks.leaf(tool, "code"),
        blocks.leaf(f" of {_line(grant.agent, known, _TITLE)}, "),
        *_scope(grant, url),
        blocks.leaf(" · until "),
        blocks.rich_date(grant.until),
        blocks.leaf(" · made by "),
        blocks.rich_user(grant.by.user),
        blocks.leaf(" · for calls with" if patterns else " · for every call"),
    )
    yield blocks.rich_text(made, *([blocks.rich_list(patterns)] if patterns else []))
    if rule.may_revoke:
        button = blocks.button("Revoke", revoke_button(grant.id), about=tool, style="danger")
        yield blocks.actions([button])


def _scope(grant: Grant, url: str) -> list[Json]:
    match grant.scope:
        case "thread":
            thread = ThreadKey.parse(grant.place)
            return [_linked("in one thread", thread, url), blocks.leaf(" of "),
                    _channel(thread.channel)]  # fmt: skip
        case "channel":
            return [blocks.leaf("in "), _channel(grant.place)]
        case "workspace":
            return [blocks.leaf("in the whole workspace")]


def _linked(text: str, thread: ThreadKey, url: str) -> Json:
    if not url:
        return blocks.leaf(text, "bold")
    post = f"{url}archives/{thread.channel}/p{thread.thread_ts.replace('.', '')}"
    return blocks.rich_link(
        f"{post}?thread_ts={thread.thread_ts}&cid={thread.channel}", text, "bold"
    )


def _channel(channel: str) -> Json:
    if channel.startswith("D"):
        return blocks.leaf("a direct message")
    return blocks.rich_channel(channel)


def _like(name: str, pattern: str, known: Sequence[Shape]) -> str:
    shown = masked_text(name, pattern, partial(mask, known=known))
    return shorten(" ".join(shown.split()), _PATTERN)


def _line(text: str, known: Sequence[Shape], limit: int) -> str:
    return shorten(" ".join(mask(text, known, shortened=True).split()), limit)
