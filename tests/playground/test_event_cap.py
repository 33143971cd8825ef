"""How many events an app hears in an hour, on a clock that only the test moves."""

import json

from bot.playground import EventRules, Playground, PlaygroundConfig
from tests.playground.delivering import bare, empty, settled

NOW = 1_800_000_030.0
MINUTE = 1_800_000_000


def capped(*, by_socket: bool = True) -> Playground:
    rules = EventRules(per_hour=2, by_socket=by_socket)
    # Without retries: nobody takes these events.
    config = PlaygroundConfig(retry_schedule=())
    return Playground(config, now=lambda: NOW, post_burst=100, event_rules=rules)


def heard(slack: Playground) -> list[str]:
    """What the app was told, by type; messages by their text."""
    bodies = (delivery.body for delivery in slack.journal.deliveries)
    return [body["event"]["text"] if "event" in body else body["type"] for body in bodies]


async def test_what_is_above_the_cap_is_lost_and_the_app_is_told_once_a_minute() -> None:
    async with capped() as slack:
        ana = slack.person("ana")
        for text in ("one", "two", "lost", "lost, too"):
            await ana.post("#dev", text)
        assert heard(slack) == ["one", "two", "app_rate_limited"]
        [told] = slack.journal.delivered("app_rate_limited")
        assert told.body == {
            "type": "app_rate_limited",
            "token": slack.app.config.verification_token,
            "team_id": slack.app.install.team_id,
            "minute_rate_limited": MINUTE,
            "api_app_id": slack.app.config.id,
        }
        slack.clock.advance(60)
        await ana.post("#dev", "still lost")
        assert [
            d.body["minute_rate_limited"] for d in slack.journal.delivered("app_rate_limited")
        ] == [
            MINUTE,
            MINUTE + 60,
        ]
        slack.clock.advance(3540)
        await ana.post("#dev", "three")
        assert heard(slack)[-1] == "three"


async def test_each_app_in_each_workspace_has_a_cap_of_its_own() -> None:
    async with capped() as slack:
        other = slack.add_app("helper", channels=["#dev"])
        second = slack.add_workspace("Second")
        ana = slack.person("ana")
        for text in ("one", "two", "lost"):
            await ana.post("#dev", text)
        dana = second.person("dana")
        [general] = [
            c
            for c in slack.workspace.channels.values()
            if c.team_id == second.id and c.name == "general"
        ]
        await dana.post(general.id, "elsewhere")
        by_app = [d.app_id for d in slack.journal.delivered("message")]
        assert by_app.count(other.config.id) == 2
        assert heard(slack).count("app_rate_limited") == 2
        assert heard(slack)[-1] == "elsewhere"


async def test_it_is_told_at_the_request_url_and_by_sockets_if_the_rules_say_so() -> None:
    async with capped(by_socket=False) as slack:
        ana = slack.person("ana")
        for text in ("one", "two", "lost"):
            await ana.post("#dev", text)
        assert heard(slack) == ["one", "two"]
        async with bare(slack, empty) as server:
            await ana.post("#dev", "lost")
            await slack.until(lambda: settled(slack, "app_rate_limited"))
            [(_, body)] = server.requests
            assert json.loads(body)["type"] == "app_rate_limited"


async def test_without_limits_there_is_no_cap() -> None:
    async with capped() as slack:
        await slack.befall("limits", mode="off")
        for text in ("one", "two", "three"):
            await slack.person("ana").post("#dev", text)
        assert heard(slack) == ["one", "two", "three"]
