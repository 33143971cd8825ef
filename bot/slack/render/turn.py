"""One part of a turn as a message: the agent's text, and how the work stands."""

from __future__ import annotations

import re

from bot.core.views import TurnView
from bot.slack import limits
from bot.slack.action_ids import stop_button
from bot.slack.render import blocks, progress
from bot.slack.render.blocks import Content, Json
from bot.slack.render.settle import settle
from bot.slack.render.text import fit, markdown, summary


def turn(view: TurnView, every: float = 0.0) -> Content:
    """While the turn runs, its last part alone shows progress and Stop; the text of that part is
    what can be read already. Afterwards one line remains, or none.

    `every`: seconds between two updates at present.
    """
    growing = view.running and view.last
    text = _readable(view) if growing else view.text
    shown = markdown(text)
    made = [blocks.markdown_block(shown)] if shown else []
    if growing:
        made += [*progress.live(view, every), *_stop(view)]
    else:
        made += footer(view)
    if not made:
        made = [blocks.context([blocks.mrkdwn(_wordless(view))])]
    return Content(_spoken(view, text), tuple(made))


_LAST_RUN = re.compile(r"[!-~]{1,400}\Z")


def without_last_run(view: TurnView) -> str:
    """The text without the run of characters at its end that may become a credential."""
    writes = view.last and view.status == "working" and not view.settled
    return _LAST_RUN.sub("", view.text) if writes else view.text


def _readable(view: TurnView) -> str:
    """What can be read already of a text that grows."""
    return settle(without_last_run(view))


def footer(view: TurnView) -> list[Json]:
    """What stands below a part that has ended."""
    elements = progress.outcome(view) if view.last else []
    return [blocks.context(elements)] if elements else []


def _stop(view: TurnView) -> list[Json]:
    if view.status == "stopping":
        return []
    stop = blocks.button("Stop", stop_button(view.session), about="end the agent's work")
    return [blocks.actions([stop])]


def _spoken(view: TurnView, text: str) -> str:
    """For notifications: the words, and where they may mislead, how the turn stands."""
    words = summary(text)
    if view.status == "failed" and view.last:
        return fit(f"Failed: {view.error}" if view.error else "Failed", limits.SUMMARY_TEXT)
    return words or _wordless(view)


def _wordless(view: TurnView) -> str:
    """Of a part without text. Only the last one tells how the turn stands: what ended above a card
    is not done."""
    return progress.status_words(view) if view.last else "It goes on below."
