"""Who people are: asked once, shared, forgotten after a while, never guessed."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.errors import SurfaceError
from bot.core.inbound import Person
from bot.playground import MethodFault, Playground
from bot.slack import directory as directories
from bot.slack.app import connect
from bot.slack.directory import (
    CACHE_SIZE,
    NAME_PATIENCE,
    NAMES_PATIENCE,
    Cached,
    Directory,
    standing,
)
from bot.slack.inbound_text import Named
from bot.slack.parse import Identity
from bot.slack.wire import EnterpriseUser, UserInfo
from tests.slack.joined import config_of

ME = Identity(team="T1", user="UBOT", name="bot", enterprise="E1")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, "member"),
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_stranger": True}, "external"),
        ({"is_stranger": True, "is_restricted": True}, "external"),
        ({"team_id": "T2"}, "external"),
        ({"team_id": ""}, "external"),
        ({"team_id": "T2", "enterprise_user": EnterpriseUser(enterprise_id="E1")}, "member"),
        ({"team_id": "T2", "enterprise_user": EnterpriseUser(enterprise_id="E2")}, "external"),
        ({"is_bot": True, "team_id": "T2"}, "bot"),
    ],
)
def test_an_account_has_one_standing(facts: dict[str, object], expected: str) -> None:
    """E86"""
    user = UserInfo.model_validate({"id": "U1", "team_id": "T1", **facts})
    assert standing(user, ME) == expected


def test_in_a_workspace_without_organisation_nobody_shares_one() -> None:
    alone = Identity(team="T1", user="UBOT", name="bot")
    assert standing(UserInfo(id="U1", team_id="T2"), alone) == "external"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_lookups_at_once_are_one_call_and_are_remembered_for_a_while(
    local: Playground,
) -> None:
    clock = Clock()
    async with connect(config_of(local)) as slack:
        directory = Directory(slack.web, slack.me, ttl=10.0, clock=clock)
        cho = local.person("cho").id
        people = await asyncio.gather(*(directory.person(cho) for _ in range(5)))
        assert {person.standing for person in people} == {"guest"}
        clock.now = 9.9
        await directory.person(cho)
        assert len(local.journal.called("users.info")) == 1
        local.workspace.users[cho].is_restricted = False
        clock.now = 10.0
        assert (await directory.person(cho)).standing == "member"
        assert len(local.journal.called("users.info")) == 2


@pytest.mark.parametrize("status", [429, 500])
async def test_a_person_slack_does_not_tell_of_is_not_guessed_nor_remembered(
    local: Playground, status: int
) -> None:
    local.faults.methods["users.info"] = MethodFault(status=status, times=1)  # pyright: ignore[reportArgumentType] - a literal, above
    async with connect(config_of(local)) as slack:
        directory = Directory(slack.web, slack.me)
        ana = local.person("ana").id
        with pytest.raises(SurfaceError) as failed:
            await directory.person(ana)
        assert failed.value.retryable
        assert (await directory.person(ana)).standing == "member"


async def test_a_lost_connection_is_retryable_too(local: Playground) -> None:
    """Twice: aiohttp itself repeats a GET whose connection was closed."""
    local.faults.methods["users.info"] = MethodFault(drop="before", times=2)
    async with connect(config_of(local)) as slack:
        with pytest.raises(SurfaceError) as failed:
            await Directory(slack.web, slack.me).person(local.person("ana").id)
    assert failed.value.retryable


async def test_an_account_slack_hides_is_external(local: Playground) -> None:
    async with connect(config_of(local)) as slack:
        who = await Directory(slack.web, slack.me).person("U0NOBODY00")
    assert who == Person("U0NOBODY00", "U0NOBODY00", "external")


async def test_one_who_gives_up_waiting_does_not_take_the_others_along(local: Playground) -> None:
    local.faults.methods["users.info"] = MethodFault(latency=0.1, times=1)
    async with connect(config_of(local)) as slack:
        directory = Directory(slack.web, slack.me)
        ana = local.person("ana").id
        first = asyncio.create_task(directory.person(ana))
        second = asyncio.create_task(directory.person(ana))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).standing == "member"
        assert (await asyncio.gather(first, return_exceptions=True))[0].__class__ is (
            asyncio.CancelledError
        )


async def test_names_that_cannot_be_had_are_left_out(local: Playground) -> None:
    async with connect(config_of(local)) as slack:
        directory = Directory(slack.web, slack.me)
        ben = local.person("ben").id
        channel = next(c.id for c in local.workspace.channels.values() if c.name == "dev")
        wanted = Named((ben, "U0NOBODY00", slack.me.user), (channel, "C0NOWHERE0"))
        names = await directory.names(wanted)
        known = (await directory.person(ben)).name
    assert names == {ben: known, "U0NOBODY00": "U0NOBODY00", channel: "dev"}


async def test_a_post_does_not_wait_long_for_the_names_in_it_E1(
    local: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directories, "NAME_PATIENCE", NAME_PATIENCE)
    local.faults.methods["conversations.info"] = MethodFault(latency=30.0)
    async with connect(config_of(local)) as slack:
        directory = Directory(slack.web, slack.me)
        ana = local.person("ana").id
        await directory.person(ana)
        async with asyncio.timeout(20):
            assert await directory.names(Named((ana,), ("C0GENERAL1",))) == {ana: "ana"}


async def test_a_text_full_of_mentions_does_not_use_up_slacks_patience(local: Playground) -> None:
    async with connect(config_of(local)) as slack:
        many = tuple(f"U{number:09}" for number in range(500))
        await Directory(slack.web, slack.me).names(Named(many, ()))
    assert len(local.journal.called("users.info")) == 20


async def test_what_is_remembered_is_bounded() -> None:
    asked: list[str] = []

    async def fetch(key: str) -> str:
        asked.append(key)
        return key

    cached = Cached(fetch, 10.0, Clock())
    for number in range(CACHE_SIZE + 1):
        await cached.get(str(number))
    await cached.get(str(CACHE_SIZE))
    await cached.get("0")
    assert asked[CACHE_SIZE + 1 :] == ["0"]


@pytest.mark.parametrize("said", [{}, {"user": None}, {"user": {"name": "no id"}}])
async def test_an_answer_without_sense_names_nobody(said: dict[str, object]) -> None:
    class Confused:
        data = said

        async def api_call(self, api_method: str, **_: object) -> Confused:
            return self

        async def files_upload_v2(self, **_: object) -> Confused:
            return self

    with pytest.raises(SurfaceError) as failed:
        await Directory(Confused(), ME).person("U1")
    assert failed.value.retryable


# ---- user groups


async def test_the_user_groups_that_rules_name_are_known_of_a_person_E37(local: Playground) -> None:
    operators = local.team.add_group("operators", "ana")
    others = local.team.add_group("others", "ben")
    ana, ben = local.person("ana"), local.person("ben")
    async with connect(config_of(local), groups=(operators,)) as slack:
        assert (await slack.directory.person(ana.id)).groups == (operators,)
        assert (await slack.directory.person(ben.id)).groups == ()
        assert slack.directory.groups == {operators: (ana.id,)}
    asked = [call.arguments["usergroup"] for call in local.journal.called("usergroups.users.list")]
    assert asked == [operators] and others not in asked


async def test_without_named_groups_none_is_asked_for(local: Playground) -> None:
    async with connect(config_of(local)) as slack:
        await slack.directory.keep_groups()
        assert (await slack.directory.person(local.person("ana").id)).groups == ()
    assert local.journal.called("usergroups.users.list") == []


async def test_who_is_in_a_group_that_slack_does_not_tell_is_not_guessed(local: Playground) -> None:
    group = local.team.add_group("operators", "ana")
    clock = Clock()
    async with connect(config_of(local)) as slack:
        directory = Directory(slack.web, slack.me, named=(group,), clock=clock)
        local.faults.methods["usergroups.users.list"] = MethodFault(500, times=1)
        with pytest.raises(SurfaceError):
            await directory.person(local.person("ana").id)
        local.faults.methods["usergroups.users.list"] = MethodFault(error="missing_scope", times=1)
        assert (await directory.person(local.person("ana").id)).groups == ()
        assert directory.groups == {group: ()}
        clock.now += 301
        assert (await directory.person(local.person("ana").id)).groups == (group,)


async def test_who_left_a_group_is_out_of_it_soon(local: Playground) -> None:
    group = local.team.add_group("operators", "ana", "ben")
    clock = Clock()
    async with connect(config_of(local)) as slack:
        directory = Directory(slack.web, slack.me, named=(group,), clock=clock)
        ben = local.person("ben").id
        assert (await directory.person(ben)).groups == (group,)
        local.workspace.usergroups[group].users.remove(ben)
        clock.now += 301
        assert (await directory.person(ben)).groups == ()


async def test_groups_are_known_before_anybody_in_them_does_something(local: Playground) -> None:
    group = local.team.add_group("operators", "ana")
    local.faults.methods["usergroups.users.list"] = MethodFault(500, times=1)
    async with connect(config_of(local), groups=(group,)) as slack:
        directory = Directory(slack.web, slack.me, named=(group,))
        keeping = asyncio.create_task(directory.keep_groups())
        await local.until(lambda: local.journal.called("usergroups.users.list"))
        keeping.cancel()
        await asyncio.wait([keeping])
        again = asyncio.create_task(directory.keep_groups())
        await local.until(lambda: len(local.journal.called("usergroups.users.list")) == 2)
        again.cancel()
        await asyncio.wait([again])
        assert (await directory.person(local.person("ana").id)).groups == (group,)
        assert directory.groups == {group: (local.person("ana").id,)}


async def test_groups_have_names_where_rules_name_any(local: Playground) -> None:
    group = local.team.add_group("operators", "ana")
    clock = Clock()
    async with connect(config_of(local)) as slack:
        assert await Directory(slack.web, slack.me).group_names() == {}
        directory = Directory(slack.web, slack.me, named=(group,), clock=clock)
        local.faults.methods["usergroups.list"] = MethodFault(500, times=1)
        assert await directory.group_names() == {}
        for _ in range(2):
            assert await directory.group_names() == {group: "Operators"}
        clock.now += 3601
        local.faults.methods["usergroups.list"] = MethodFault(error="missing_scope", times=1)
        for _ in range(2):
            assert await directory.group_names() == {}
    assert len(local.journal.called("usergroups.list")) == 3


async def test_a_card_does_not_wait_long_for_the_names_of_groups_E35(
    local: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directories, "NAMES_PATIENCE", NAMES_PATIENCE)
    group = local.team.add_group("operators", "ana")
    local.faults.methods["usergroups.list"] = MethodFault(latency=30.0)
    async with connect(config_of(local)) as slack:
        directory = Directory(slack.web, slack.me, named=(group,))
        async with asyncio.timeout(20):
            assert await directory.group_names() == {}
