"""Where a long text is cut into messages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.core.split import Cut, cut_at_end, find_cut, weight

MARKDOWN = MarkdownIt("commonmark").enable("table")

CLUSTERS = [
    "e\u0301",  # letter and accent
    "👩\u200d👩\u200d👧\u200d👦",  # a family
    "👍🏽",  # a thumb with its skin tone
    "🇩🇪🇫🇷",  # two flags
    "❤\ufe0f",
    "🏴\U000e0067\U000e0062\U000e007f",  # a flag written in tags
    "\u1100\u1161\u11a8",  # the same in jamo
    "क\u094dष",  # a conjunct
    "ก\u0e33",
    "\ud83d\ude00",  # an emoji that came in two halves
    "\r\n",
]

BITS = [
    "word ", "A sentence. ", "no-break", "\n", "\n\n", "\r\n", "\r", "```py\n", "```\n", "~~~\n",
    "    ", "- item\n", "  - nested\n", "1. first\n", "> quote\n", "> ```\n",
    "| a | b |\n|---|---|\n",
    "| 1 | 2 |\n", "# Head\n", "[link](https://example.com/a)", "**bold text**", "`code`", "<&>",
    "&" * 50, "x" * 90, "\t", "\0", "\ud800", "[a]: \ud800 \n", "---\n", "<div>\n", *CLUSTERS,
]  # fmt: skip

markdown = st.lists(st.sampled_from(BITS), max_size=60).map("".join)
anything = st.one_of(markdown, st.text(st.characters(), max_size=400))


def parts_of(text: str, limit: int) -> list[str]:
    """The text in parts, as a reader sees them."""
    parts: list[str] = []
    carry = ""
    while True:
        cut = find_cut(carry + text, limit, len(carry))
        if cut is None:
            return [*parts, carry + text]
        whole = carry + text
        newline = "\n" if cut.close and not whole[: cut.at].endswith("\n") else ""
        parts.append(whole[: cut.at] + newline + cut.close)
        text, carry = whole[cut.at :], cut.carry


@given(anything, st.integers(1, 300))
def test_a_text_that_fits_is_not_cut_and_one_that_does_not_is(text: str, limit: int) -> None:
    cut = find_cut(text, limit)
    if weight(text) <= limit or len(text) == 1:
        assert cut is None
    else:
        assert cut is not None
        assert 1 <= cut.at < len(text)
        assert weight(text[: cut.at]) <= limit or cut.at == 1


@given(anything, anything, st.integers(20, 200))
def test_a_cut_depends_on_nothing_but_the_text_before_it(text: str, other: str, limit: int) -> None:
    cut = find_cut(text, limit)
    if cut is not None:
        assert find_cut(text + other, limit) == cut
        head = next(n for n in range(len(text) + 1) if weight(text[: n + 1]) > limit)
        assert find_cut(text[: head + 1] + other, limit) == cut


@given(anything, st.integers(20, 200), st.integers(0, 15))
def test_a_cut_lies_behind_what_was_carried_over(text: str, limit: int, after: int) -> None:
    cut = find_cut("x" * after + text, limit, after)
    assert cut is None or cut.at > after
    assert cut is None or weight(cut.carry) <= limit // 4


@settings(max_examples=50)
@given(st.lists(st.sampled_from(CLUSTERS), min_size=20, max_size=60), st.integers(60, 120))
def test_what_is_drawn_as_one_character_is_never_torn(clusters: list[str], limit: int) -> None:
    text = "".join(clusters)
    ends = {0}
    for cluster in clusters:
        ends.add(max(ends) + len(cluster))
    for number, cluster in enumerate(clusters):
        if cluster == "🇩🇪🇫🇷":
            start = sum(len(before) for before in clusters[:number])
            ends.add(start + 2)
    at = 0
    while (cut := find_cut(text[at:], limit)) is not None:
        at += cut.at
        assert at in ends


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_no_cluster_is_torn_wherever_the_part_is_full(cluster: str) -> None:
    size = 2 if cluster == "🇩🇪🇫🇷" else len(cluster)
    for limit in range(80, 110):
        cut = find_cut(cluster * 60, limit)
        assert cut is not None
        assert cut.at % size == 0


def test_a_character_larger_than_a_part_is_torn_rather_than_kept_for_ever() -> None:
    assert find_cut("e" + "\u0301" * 100, 40) == Cut(20)
    assert find_cut("\U0001f600x", 3) == Cut(1)
    assert find_cut("&", 3) is None


def test_cuts_between_blocks_first() -> None:
    text = "a" * 30 + "\n\n" + "b" * 30 + "\n\n" + "c" * 60
    assert find_cut(text, 100) == Cut(64)


def test_cuts_before_a_list_item() -> None:
    text = "".join(f"- item {n} {'x' * 20}\n" for n in range(9))
    cut = find_cut(text, 100)
    assert cut == Cut(text.index("- item 3"))


def test_an_item_cut_in_its_nested_items_goes_on_in_the_same_list() -> None:
    text = "1. Steps\n" + "".join(f"    - nested {n} {'x' * 20}\n" for n in range(9))
    parts = parts_of(text, 160)
    assert len(parts) > 1
    for part in parts[1:]:
        assert part.startswith("1. …\n\n    - nested")
    assert all("<pre>" not in MARKDOWN.render(part) for part in parts)


def test_a_nested_list_that_carries_a_quote_is_cut_plainly() -> None:
    text = "> 1. Steps\n" + "".join(f">     - nested {n} {'x' * 20}\n" for n in range(9))
    cut = find_cut(text, 160)
    assert cut is not None
    assert (cut.close, cut.carry) == ("", "")


@pytest.mark.parametrize(
    ("before", "indent", "after"),
    [
        ("", "", ""),
        ("", "", "\n\nAfterwards."),
        ("", "", "\nAfterwards."),
        ("1. Do this:\n", "   ", ""),
        ("> Said:\n", "> ", ""),
        ("- a\n  - b\n", "    ", ""),
    ],
)
@pytest.mark.parametrize("limit", range(120, 200, 7))
def test_code_is_closed_and_opened_again_with_its_language(
    before: str, indent: str, after: str, limit: int
) -> None:
    lines = [f"{indent}line {n} = {'x' * 10}\n" for n in range(20)]
    text = f"{before}{indent}```python\n{''.join(lines)}{indent}```{after}"
    parts = parts_of(text, limit)
    assert len(parts) > 2
    code: list[str] = []
    for part in parts:
        fences = [token for token in MARKDOWN.parse(part) if token.type == "fence"]
        assert [fence.info for fence in fences if fence.content.strip()] == ["python"] * len(fences)
        code += [line for fence in fences for line in fence.content.splitlines() if line.strip()]
        assert "line" not in MARKDOWN.render(part).split("<pre>")[0]
    assert code == [line.removeprefix(indent).strip() for line in lines]
    if after:
        assert parts[-1].endswith(after.strip())


def test_a_fence_on_an_item_s_own_line_goes_on_indented() -> None:
    text = "- ```sh\n" + "".join(f"  echo {n}\n" for n in range(40))
    second = parts_of(text, 120)[1]
    assert second.startswith("- …\n\n  ```sh\n  echo")


def test_a_single_long_line_of_code_stays_code() -> None:
    parts = parts_of("```json\n" + "[1, 2] " * 60 + "\n```\nDone.", 150)
    assert len(parts) > 2
    assert all(part.startswith("```json\n") for part in parts)
    assert all(part.rstrip().endswith("```") for part in parts[:-1])


@pytest.mark.parametrize("limit", range(70, 140))
def test_a_finished_block_of_code_is_not_opened_again(limit: int) -> None:
    code = "```py\n" + "x = 1\n" * 12 + "```\n"
    for padding in range(1, 30):
        parts = parts_of(code + "\n" * padding + "Text. " * 20, limit)
        assert all(fence.content.strip() for fence in _fences(parts))
        assert sum(fence.content.count("x = 1") for fence in _fences(parts)) == 12
        assert not any("Text" in fence.content for fence in _fences(parts))


@pytest.mark.parametrize("indent", ["", "   "])
@pytest.mark.parametrize("limit", range(80, 140))
def test_code_with_blank_lines_stays_code(indent: str, limit: int) -> None:
    before = "1. Do this:\n" if indent else ""
    body = "".join(f"{indent}y = {n}\n" + "\n" * (n % 7) for n in range(30))
    parts = parts_of(f"{before}{indent}```py\n{body}{indent}```\n", limit)
    code = "".join(fence.content for fence in _fences(parts))
    assert code.split() == body.split()


def _fences(parts: list[str]) -> list[Token]:
    return [token for part in parts for token in MARKDOWN.parse(part) if token.type == "fence"]


def test_a_fence_whose_opening_is_too_long_is_reopened_without_it() -> None:
    parts = parts_of(f"```{'x' * 60}\n" + "y = 1\n" * 40, 120)
    assert all(part.startswith("```\n") for part in parts[1:])


def test_a_fence_too_long_to_repeat_is_cut_plainly() -> None:
    text = "`" * 60 + "\n" + "y = 1\n" * 40
    cut = find_cut(text, 120)
    assert cut is not None
    assert (cut.close, cut.carry) == ("", "")


@pytest.mark.parametrize("before", ["", "- Numbers:\n\n  "])
def test_a_table_goes_on_under_its_header(before: str) -> None:
    indent = "  " if before else ""
    rows = [f"| {n} | {'x' * 10} |" for n in range(30)]
    text = before + f"\n{indent}".join(["| n | what |", "|---|---|", *rows]) + "\n\nAfter."
    parts = parts_of(text, 250)
    assert len(parts) > 2
    seen: list[str] = []
    for part in parts:
        tables = MARKDOWN.render(part).count("<table>")
        assert tables == 1
        assert f"{indent}| n | what |\n" in part
        seen += [line.strip() for line in part.splitlines() if "xx" in line]
    assert seen == rows


def test_a_finished_table_is_not_begun_again() -> None:
    table = "| n | what |\n|---|---|\n" + "| 1 | xxxxxx |\n" * 6
    parts = parts_of(table + "\n" * 30 + "Text. " * 20, 150)
    assert sum(part.count("| n |") for part in parts) == 1


def test_a_row_larger_than_a_part_is_cut_between_words() -> None:
    text = "| n | what |\n|---|---|\n| " + "word " * 100
    assert "".join(parts_of(text, 150)) == text


def test_cuts_between_sentences_else_between_words() -> None:
    assert find_cut("One two. Three four. Five six seven", 30) == Cut(21)
    assert find_cut("One two three four five six", 20) == Cut(19)


@pytest.mark.parametrize(
    "whole", ["[a link of words](https://x.org/y)", "**four bold words here**", "`a b c d e`"]
)
def test_links_code_and_emphasis_are_kept_whole(whole: str) -> None:
    for padding in range(31, 45):
        first, second, *_ = parts_of("w" * padding + " " + whole + " and so on" * 9, 60)
        assert whole in first or whole in second


def test_a_stray_mark_does_not_keep_a_paragraph_from_being_cut() -> None:
    assert find_cut("a ` stray. And more words follow here", 30) == Cut(26)


def test_a_text_without_any_block_is_cut() -> None:
    assert find_cut("\n" * 50, 20) is not None
    assert find_cut("[a]: /b\n" * 20, 40) is not None


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("plain", Cut(5)),
        ("```\ncode\n```", Cut(12)),
        ("```py\ncode", Cut(10, "```", "```py\n")),
        ("```py\ncode\n", Cut(11, "```", "```py\n")),
        ("- ```\n  code\n\nText", Cut(18)),
        ("", Cut(0)),
    ],
)
def test_an_end_closes_what_is_open(text: str, cut: Cut) -> None:
    assert cut_at_end(text, 1000) == cut


@given(anything, st.integers(1, 300))
def test_an_end_never_fails(text: str, limit: int) -> None:
    assert cut_at_end(text, limit).at == len(text)


def test_weighs_as_slack_counts() -> None:
    assert weight("aé€😀") == 1 + 2 + 3 + 4
    assert weight("&<>") == 5 + 4 + 4


def test_a_heading_goes_with_what_it_announces_E6() -> None:
    text = f"{'Words. ' * 40}\n\n# Part\n\n## Section\n\n{'More words. ' * 40}"
    cut = find_cut(text, 360)
    assert cut == Cut(text.index("# Part"))
