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

`Playground` has `base_url`, `page_url`, `authorization_url`, `bot_token`, `app_token`, `app`,
`add_app(name, …)`, `team`, `add_workspace(name, …)`, `people`, `person(name)`, `whispers(person)`,
`until(condition, timeout)`, `workspace`, `journal`, `faults`, `environment()`,
`register(features)`, `clock.advance(seconds)`, `invariants()`, `befall(word, …)` (see `mishaps`),
`disconnect(reason)`, `drop_sockets()`, `start_bot(argv, env)`, `bot`. Leaving it raises `Misused`
if the app did what Slack does not define; if `strict`, also for what `invariants()` finds. People
and threads: see `people`. The command line calls `serve`.
"""

from bot.playground.event_cap import EventRules
from bot.playground.faults import Faults, MethodFault
from bot.playground.http_delivery import BadUrl, require_deliverable
from bot.playground.invariants import Breach
from bot.playground.limits import LimitMode
from bot.playground.manifest import BadManifest, Manifest, read_manifest
from bot.playground.model import RequestUrls
from bot.playground.people import Person, Refused
from bot.playground.server import Misused, Playground, PlaygroundConfig, serve
from bot.playground.slack_app import SlackApp, Unverified
from bot.playground.slack_team import SlackTeam
from bot.playground.sole import sole_use
from bot.playground.state_file import BadState
from bot.playground.stream_content import StreamRules
from bot.playground.thread_seen import Outline, Post, Thread
from bot.playground.view_seen import View

__all__ = [
    "BadManifest",
    "BadState",
    "BadUrl",
    "Breach",
    "EventRules",
    "Faults",
    "LimitMode",
    "Manifest",
    "MethodFault",
    "Misused",
    "Outline",
    "Person",
    "Playground",
    "PlaygroundConfig",
    "Post",
    "Refused",
    "RequestUrls",
    "SlackApp",
    "SlackTeam",
    "StreamRules",
    "Thread",
    "Unverified",
    "View",
    "read_manifest",
    "require_deliverable",
    "serve",
    "sole_use",
]
