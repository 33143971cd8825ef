"""What a post says to us: something for the agent, or one of our own words. Pure and total, as
`parse`."""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Mapping
from typing import get_args

from bot.core.inbound import (
    PERMISSION_MODES,
    Configure,
    Person,
    PostedFile,
    Prompt,
    Setting,
    Stop,
    Tune,
    Wish,
)
from bot.slack.inbound_text import NO_TEXT, heard
from bot.slack.parse import Identity, Ignored, Post

STOP_WORDS = frozenset({"stop", "stop please", "please stop"})
"""A post in a thread that says only this stops the running turn; case and punctuation aside."""
STOP_ALL_WORDS = frozenset({"stop all", "stop everything", "stop and clear"})
"""The same, and nothing that waits comes after it."""

SETTINGS: Mapping[str, Setting] = {str(word): word for word in get_args(Setting)}
"""A post in a thread that says only one of these is about how the thread is shown."""

_NOT_SAID = str.maketrans("", "", string.punctuation + "…¡。！、，")


def inbound(
    written: Post, by: Person, names: Mapping[str, str], me: Identity
) -> Prompt | Stop | Configure | Tune | Ignored:
    """What the bridge is told of a post. `names` spells out the ids its text names.

    A bare mention is a prompt too: who calls the bot wants an answer. Words of ours count only
    inside a thread, and of people: what begins one is for the agent.
    """
    text = _heard(written, names, me)
    if not text.strip() and not written.mentions_bot:
        return Ignored("a post without anything to read")
    said = prompt(written, by, names, me)
    if not written.in_thread or written.bot:
        return said
    key, thread = written.key, written.thread
    if is_stop(text) or is_stop(text, STOP_ALL_WORDS):
        return Stop(key=key, thread=thread, by=by, via="word", clear=not is_stop(text))
    if setting := setting_in(text):
        return Configure(key=key, thread=thread, by=by, setting=setting, said=said)
    if wish := wish_in(text):
        what, value = wish
        return Tune(key=key, thread=thread, by=by, what=what, value=value, said=said)
    return said


def prompt(written: Post, by: Person, names: Mapping[str, str], me: Identity) -> Prompt:
    """The post as something meant for the agent, whatever it says."""
    text = _heard(written, names, me)
    return Prompt(
        key=written.key,
        thread=written.thread,
        by=by,
        ts=written.ts,
        text=text if text.strip() else NO_TEXT,
        mentions_bot=written.mentions_bot,
        mentions_others=written.mentions_others,
        direct=written.direct,
        in_thread=written.in_thread,
        files=tuple(PostedFile(f.name, f.mimetype, f.size, f.url) for f in written.files),
        shared=bool(written.external),
    )


def _heard(written: Post, names: Mapping[str, str], me: Identity) -> str:
    return heard(
        written.text,
        bot=me.user,
        names={**names, me.user: me.name},
        files=written.files,
        shared=written.shared,
    )


def setting_in(text: str) -> Setting | None:
    """The word of ours that somebody says and nothing else; a question is none."""
    return SETTINGS.get(" ".join(text.casefold().rstrip(" .!").split()))


def wish_in(text: str) -> tuple[Wish, str] | None:
    """What somebody wants to know of the agent, or to change; in these very forms and no others:
    `model`, `model <name>`, `mode`, `mode <name>`, `usage`, `stop task <id>`."""
    words = text.rstrip(" .!").split()
    match [words[0].casefold(), *words[1:]] if words else []:
        case ["usage"]:
            return "usage", ""
        case ["model" | "mode" as what]:
            return what, ""
        case ["model", name] if name.casefold() in _MODELS or _MODEL.fullmatch(name):
            return "model", name.casefold() if name.casefold() in _MODELS else name
        case ["mode", name] if name.casefold() in _MODES:
            return "mode", _MODES[name.casefold()]
        case ["stop", task, *named] if task.casefold() == "task" and len(named) <= 1:
            return "stop task", "".join(named)
        case _:
            return None


_MODELS = frozenset({"default", "haiku", "opus", "sonnet"})
_MODEL = re.compile(r"(?=.*[0-9./:-])[A-Za-z0-9][A-Za-z0-9._:/@\[\]-]{1,100}", re.ASCII)
"""Names of models have a digit or a mark in them; words people say mostly have none."""
_MODES = {mode.casefold(): mode for mode in PERMISSION_MODES}


def is_stop(text: str, words: Collection[str] = STOP_WORDS) -> bool:
    """Whether somebody says stop and nothing else."""
    if len(text) > 60:
        return False
    return " ".join(text.translate(_NOT_SAID).casefold().split()) in words
