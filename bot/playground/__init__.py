"""A local Slack: the Web API, Socket Mode, people and a page, on 127.0.0.1.

It knows Slack and nothing of the bot; any Slack app in Python may use it.

In a test::

    async with Playground() as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        ...                                        # start a bot; Socket Mode by slack.app_token
        ana = slack.person("ana")
        thread = await ana.mention("#dev", "deploy it")
        await thread.until(lambda t: "Allow" in t.buttons())
        await ana.click(thread, "Allow", until_acked=True)
        await thread.until(lambda t: "Done" in t.text(), timeout=10)
        assert slack.whispers(ana) == []
        assert slack.journal.called("chat.update")

`Playground` has `base_url`, `page_url`, `bot_token`, `app_token`, `people`, `person(name)`,
`whispers(person)`, `until(condition, timeout)`, `workspace`, `journal`, `faults`, `environment()`,
`register(features)`, `clock.advance(seconds)`, `invariants()`, `befall(word, …)` (see `mishaps`),
`disconnect(reason)`, `drop_sockets()`, `start_bot(argv, env)`, `bot`. Leaving it raises `Misused`
if the app did what Slack does not define; if `strict`, also for what `invariants()` finds. People
and threads: see `people`. The command line calls `serve`.
"""

from bot.playground.faults import Faults, MethodFault
from bot.playground.invariants import Breach
from bot.playground.limits import LimitMode
from bot.playground.people import Outline, Person, Post, Refused, Thread
from bot.playground.server import Misused, Playground, PlaygroundConfig, serve
from bot.playground.sole import sole_use
from bot.playground.state_file import BadState
from bot.playground.stream_content import StreamRules
from bot.playground.view_seen import View

__all__ = [
    "BadState",
    "Breach",
    "Faults",
    "LimitMode",
    "MethodFault",
    "Misused",
    "Outline",
    "Person",
    "Playground",
    "PlaygroundConfig",
    "Post",
    "Refused",
    "StreamRules",
    "Thread",
    "View",
    "serve",
    "sole_use",
]
