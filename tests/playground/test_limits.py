"""Rate limits, with a clock that is driven."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground
from bot.playground.coverage import METHODS
from bot.playground.limits import LimitMode, Limits

TEAM = "T1"


def calls_granted(limits: Limits, method: str, channel: str, now: float) -> int:
    """How many calls in a row are granted at one moment."""
    granted = 0
    while limits.refuse_for(METHODS[method], TEAM, channel, now) == 0:
        granted += 1
    return granted


def test_a_bucket_starts_full_and_refills_evenly() -> None:
    limits = Limits("standard", post_burst=4)
    assert calls_granted(limits, "chat.update", "C1", 0.0) == 50
    assert calls_granted(limits, "chat.update", "C1", 6.0) == 5
    assert calls_granted(limits, "chat.update", "C1", 3600.0) == 50


def test_methods_and_workspaces_have_buckets_of_their_own() -> None:
    limits = Limits("standard", post_burst=4)
    assert calls_granted(limits, "reactions.remove", "C1", 0.0) == 20
    assert limits.refuse_for(METHODS["reactions.add"], TEAM, "C1", 0.0) == 0
    assert limits.refuse_for(METHODS["reactions.remove"], "T2", "C1", 0.0) == 0


def test_retry_after_is_the_truth() -> None:
    limits = Limits("standard", post_burst=4)
    calls_granted(limits, "reactions.remove", "C1", 0.0)
    wait = limits.refuse_for(METHODS["reactions.remove"], TEAM, "C1", 0.0)
    assert wait == 3
    assert limits.refuse_for(METHODS["reactions.remove"], TEAM, "C1", wait - 0.1) > 0
    assert limits.refuse_for(METHODS["reactions.remove"], TEAM, "C1", float(wait)) == 0


def test_posts_pace_by_the_second_in_each_channel_after_a_burst() -> None:
    limits = Limits("standard", post_burst=4)
    assert calls_granted(limits, "chat.postMessage", "C1", 0.0) == 4
    assert calls_granted(limits, "chat.postMessage", "C2", 0.0) == 4
    assert calls_granted(limits, "chat.postMessage", "C1", 1.0) == 1


def test_posts_have_a_sum_in_each_workspace() -> None:
    limits = Limits("standard", post_burst=1)
    granted = sum(
        limits.refuse_for(METHODS["chat.postMessage"], TEAM, f"C{i}", 0.0) == 0 for i in range(400)
    )
    assert granted == 300


def test_a_window_grants_its_number_in_any_minute() -> None:
    limits = Limits("window", post_burst=4)
    assert calls_granted(limits, "reactions.remove", "C1", 0.0) == 20
    assert calls_granted(limits, "reactions.remove", "C1", 59.0) == 0
    assert calls_granted(limits, "reactions.remove", "C1", 60.0) == 20


def test_strict_grants_no_burst() -> None:
    limits = Limits("strict", post_burst=4)
    assert calls_granted(limits, "reactions.remove", "C1", 0.0) == 1
    assert calls_granted(limits, "reactions.remove", "C1", 2.9) == 0
    assert calls_granted(limits, "reactions.remove", "C1", 3.0) == 1
    assert calls_granted(limits, "chat.postMessage", "C1", 3.0) == 1


MODES: tuple[LimitMode, ...] = ("standard", "window", "strict")
methods = st.sampled_from(("chat.update", "chat.startStream", "chat.postMessage", "auth.test"))
# A microsecond too early counts as in time, so a finer grain would find that and no fault.
milliseconds = st.integers(0, 40_000)


@given(st.sampled_from(MODES), methods, st.lists(milliseconds, max_size=40), milliseconds)
def test_waiting_as_long_as_told_is_accepted_and_no_shorter_wait_is(
    mode: LimitMode, name: str, pauses: list[int], start: int
) -> None:
    limits, method, now = Limits(mode, post_burst=2), METHODS[name], 1_800_000_000 + start / 1000
    for pause in pauses:
        now += pause / 1000
        while (wait := limits.refuse_for(method, TEAM, "C1", now)) == 0:
            pass
        # A second less is refused, and so is at once: the answer is the shortest whole wait.
        assert limits.refuse_for(method, TEAM, "C1", now + wait - 1) > 0
        now += wait
        assert limits.refuse_for(method, TEAM, "C1", now) == 0


def test_off_grants_everything() -> None:
    limits = Limits("off", post_burst=1)
    method = METHODS["chat.postMessage"]
    assert not any(limits.refuse_for(method, TEAM, "C1", 0.0) for _ in range(1000))


async def test_a_refused_call_says_how_long_to_wait_and_does_nothing() -> None:
    async with Playground(now=lambda: 1_800_000_000.0, post_burst=1) as slack:
        client: Any = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        thread = await slack.person("ana").post("#dev", "hello")
        place = {"channel": thread.channel, "thread_ts": thread.ts}
        await client.chat_postMessage(**place, text="one")
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(**place, text="two")
        assert caught.value.response.status_code == 429
        assert caught.value.response.headers["Retry-After"] == "1"
        assert caught.value.response["error"] == "ratelimited"
        slack.clock.advance(1)
        await client.chat_postMessage(**place, text="three")
        assert thread.text() == "hello\none\nthree"
