"""Credentials in what agents write (E83): masked, also while the text grows, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import ConfigError
from bot.core.split import find_cut
from bot.slack.render.escape import clean
from bot.slack.render.growth import grow
from bot.slack.render.secrets import BUILT_IN, mask, shapes
from bot.slack.render.text import markdown

# Put together here, so that no tool takes this file for a leak.
A, N, H = "aB3dE5gH1j" * 4, "1234567890" * 2, "0123456789abcdef" * 3
SECRETS = {
    "Anthropic-key": "sk-" + "ant-api03-" + A,
    "OpenAI-key": "sk-" + "proj-" + A,
    "GitHub-token": "ghp" + "_" + A[:36],
    "GitLab-token": "gl" + "pat-" + A[:20],
    "Slack-token": "xo" + "xb-" + f"{N[:12]}-{N[:12]}-{A[:24]}",
    "AWS-key-id": "AKIA" + "IOSFODNN7EXAMPLE",
    "Google-key": "AI" + "za" + A[:35],
    "Stripe-key": "sk" + "_live_" + A[:24],
    "npm-token": "npm" + "_" + A[:36],
    "PyPI-token": "pypi-" + "AgEIcHlwaS5vcmc" + A * 2,
    "SendGrid-key": "SG." + A[:22] + "." + (A * 2)[:43],
    "Twilio-key": "SK" + H[:32],
    "HuggingFace-token": "hf" + "_" + A[:34],
    "DigitalOcean-token": "dop" + "_v1_" + H,
    "Vault-token": "hvs." + A,
    "Telegram-token": "1234567890:" + "AA" + A[:33],
    "Azure-key": "QUJD" * 21 + "QQ==",
    "JWT": "eyJ" + "hbGciOiJIUzI1NiJ9" + "." + A + "." + A,
}
BEFORE = {"Azure-key": "AccountKey="}


def written(kind: str) -> str:
    return BEFORE.get(kind, "") + SECRETS[kind]


KEY = "\n".join(["MIIEowIBAAKCAQEA" + A[:40]] * 6 + ["3Q=="])
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{KEY}\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("around", ["{}", "it is `{}`.", "**{}**", "T={}\n", "['{}', 1]", "钥匙{}"])
def test_a_token_is_masked_and_its_kind_is_said(kind: str, around: str) -> None:
    shown = mask(around.format(written(kind)))
    assert shown == around.format(BEFORE.get(kind, "") + f"•••{kind}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://bob:hunter22@db/x", "postgres://bob:•••password@db/x"),
        (f"Authorization: Bearer {A}", "Authorization: Bearer •••authorization"),
        (f'"SecretAccessKey": "{A}"', '"SecretAccessKey": "•••AWS-secret"'),
        (f"aws_secret_access_key = {A}", "aws_secret_access_key = •••AWS-secret"),
        (
            f"https://hooks.slack.com/services/T0/B0/{A}",
            "https://hooks.slack.com/services/•••Slack-webhook",
        ),
    ],
)
def test_only_the_secret_half_is_masked(text: str, shown: str) -> None:
    assert mask(text) == shown


@pytest.mark.parametrize("mark", ["**", "*", "`", "\u200b", "\\", "~~"])
def test_marks_that_vanish_when_drawn_hide_nothing(mark: str) -> None:
    token = SECRETS["GitHub-token"]
    split = token[:3] + ("\\_" if mark == "\\" else f"_{mark}") + token[4:12] + token[12:]
    assert "•••GitHub-token" in mask(split)
    assert token[12:] not in mask(split)


@pytest.mark.parametrize("mark", ["\x1b[0m", "\x1b[01;31m\x1b[K", "\x00", "\x1b"])
def test_what_is_cleaned_away_hides_nothing(mark: str) -> None:
    token = SECRETS["GitHub-token"]
    split = f"\x1b[01;31m{token[:4]}{mark}{token[4:]}\x1b[0m"
    for shown in (clean(mask(split)), grow(mask(split), final=True), markdown(mask(split))):
        assert "•••GitHub-token" in shown
        assert token[4:12] not in shown and token[-8:] not in shown


@pytest.mark.parametrize("quoted", ["", "> ", "    ", "+", "  12→", "| "])
def test_a_private_key_is_masked_however_it_is_quoted(quoted: str) -> None:
    text = "\n".join(quoted + line for line in PEM.splitlines())
    shown = mask(f"Key:\n\n{text}\n\nand so on, with words\n")
    assert "•••private-key" in shown
    assert "MIIE" not in shown and "3Q==" not in shown
    assert shown.endswith("\n\nand so on, with words\n")


def test_a_private_key_in_json_is_masked() -> None:
    shown = mask('{"private_key": "' + PEM.replace("\n", "\\n") + '\\n", "type": "x"}')
    assert "MIIE" not in shown and "3Q==" not in shown
    assert shown.endswith('", "type": "x"}')


@pytest.mark.parametrize("around", ["{}", "```\n{}\n```", "So: {}\n\nRevoke it."])
@pytest.mark.parametrize("limit", [300, 317, 350, 400])
def test_a_private_key_cut_into_parts_is_masked_in_each(around: str, limit: int) -> None:
    rest = around.format(PEM.replace("MIIE", "MIIE" * 4))
    parts: list[str] = []
    carried = ""
    while cut := find_cut(carried + rest, limit, len(carried)):
        text = carried + rest
        parts.append(text[: cut.at] + cut.close)
        carried, rest = cut.carry, text[cut.at :]
    parts.append(carried + rest)
    assert len(parts) > 1
    for part in parts:
        assert "MIIE" not in mask(part) and A[:10] not in mask(part)


def test_text_about_private_keys_stays() -> None:
    text = "A file that begins with `-----BEGIN PRIVATE KEY-----` and then goes on is a key."
    assert mask(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "commit 0c1c2f5e9b7a4d3f8e6a5b4c3d2e1f0a9b8c7d6e",
        "id 6f9619ff-8b86-d011-b42d-00cf4fc964ff",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8",
        "integrity sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NEzuxtUnw==",
        "set ghp_… or GITHUB_TOKEN, then `sk-...` as the key",
        "postgres://user:password@localhost and https://x.org/a:b@c",
        "https://user@example.com:8080/path task-1234567890123456789012345678901234567890",
        "Authorization: Bearer $TOKEN or <token>",
        "xoxb- is the prefix of a bot's token",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert mask(text) == text


# ---- while it grows

PIECES = st.sampled_from(
    [*map(written, SECRETS), PEM, "word", " ", "\n", "\n\n", "`", "**", "- ", "```\n", "key=", "中"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=6).map("".join), st.sampled_from([1, 7, 13]))
def test_no_prefix_shows_what_the_whole_masks(text: str, step: int) -> None:
    whole = grow(mask(text), final=True)
    for at in range(0, len(text), step):
        assert whole.startswith(grow(mask(text[:at])))


def test_a_secret_at_the_end_of_a_run_without_spaces_is_held_back() -> None:
    text = "x" * 389 + "/" + SECRETS["GitHub-token"] + "/" + "y" * 600
    whole = grow(mask(text), final=True)
    for at in range(len(text)):
        shown = grow(mask(text[:at]))
        assert "ghp" not in shown and whole.startswith(shown)


# ---- an operator's own patterns


def test_an_operators_pattern_is_masked_too() -> None:
    known = shapes([r"acme-\d{6,}", r"pin=(\d{4})"])
    assert mask("acme-123456 pin=1234 acme-12", known) == "•••secret pin=•••secret acme-12"
    assert mask(written("npm-token"), known) == "•••npm-token"
    assert shapes([]) == BUILT_IN


@pytest.mark.parametrize(
    "pattern",
    ["(", "", "a*", "x" * 201, "(a+)+b", "(?:a|aa)*b", "((ab)*)*", "(x{2,}y)+", "((a+)b)+", "(?=)"],
)
def test_a_pattern_that_cannot_be_used_is_refused_with_its_number(pattern: str) -> None:
    with pytest.raises(ConfigError, match=r"security\.secret_patterns.*2"):
        shapes(["fine-[0-9]+", pattern])


def test_too_many_patterns_are_refused() -> None:
    with pytest.raises(ConfigError, match="101"):
        shapes(["x"] * 101)
