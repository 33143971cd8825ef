"""What is to be seen in a thread, beyond what the people API tells."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from bot.playground import Thread
from bot.playground.blocks import visible_text
from bot.playground.model import Message

TRIES = 5


async def soon(attempt: Callable[[], Awaitable[float]], most: float) -> None:
    """Of a few attempts at least one takes no more than so many seconds: any of them may be held up
    by what else the machine does, and not all."""
    took = [await attempt()]
    while took[-1] > most:
        assert len(took) < TRIES, took
        took.append(await attempt())


def ours(thread: Thread) -> list[Message]:
    """The bot's messages, oldest first."""
    users = thread.slack.workspace.users
    return [message for message in thread.messages() if users[message.user].is_bot]


def said(thread: Thread) -> str:
    """What the bot said."""
    return "\n".join(visible_text(message) for message in ours(thread))


def at_rest(thread: Thread) -> bool:
    """Nothing is under way: nothing to press, no sign, and the bot has answered."""
    signs = [name for message in thread.messages() for name in message.reactions]
    return bool(ours(thread)) and thread.status() == "active" and not (thread.buttons() or signs)


def control_sequences(thread: Thread) -> list[str]:
    """Every `<!…>` or `<@…>` that Slack would act on in what the bot posted, but dates."""
    found: list[str] = []
    for message in ours(thread):
        for text in [message.text, *_texts(message.blocks or [])]:
            found += [piece for piece in ("<!channel", "<!here", "<!everyone") if piece in text]
    return found


def _texts(part: Any) -> Iterator[str]:
    """Every string Slack reads as markup, and the name of every broadcast element."""
    match part:
        case {"type": "broadcast", "range": name}:
            yield f"<!{name}"
        case {"type": "text" | "plain_text"}:
            return
        case dict():
            for inner in part.values():
                yield from _texts(inner)
        case list():
            for inner in part:
                yield from _texts(inner)
        case str():
            yield part
        case _:
            return


def blocks_of(thread: Thread) -> str:
    """All that stands in the bot's blocks, mentions and dates as Slack gets them."""
    return str([message.blocks for message in ours(thread)])
