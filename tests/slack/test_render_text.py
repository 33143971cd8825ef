"""Agents' Markdown in Slack: complete, harmless, within limits, never raw while it grows."""

from __future__ import annotations

import html
import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from syrupy.assertion import SnapshotAssertion

from bot.core.split import weight
from bot.slack import limits
from bot.slack.render.escape import JOINER, escape, escape_keeping_mentions, mention
from bot.slack.render.growth import grow
from bot.slack.render.links import is_honest
from bot.slack.render.settle import settle
from bot.slack.render.text import MOST_BYTES, fit, markdown, summary
from tests.slack.liveness import live_sequences

CORPUS = {
    "answer": """# What I found

The **deploy** failed because `config.yml` names a region that _does not exist_.

1. Read the [runbook](https://wiki.example.com/run_book "the runbook")
2. Change `region`:
   - from `eu-west-9`
   - to `eu-west-1`, see https://docs.example.com/_regions_/list?a=1&b=2
10. Deploy ~~by hand~~ again

| Region | State | Cost |
|:-------|:-----:|-----:|
| `eu-west-1` | **up** | 3 |
| eu-west-2 | a \\| b | |

```python title="fix.py"
print("``` not the end")
if a < b and c > d: ...
``````

> Quoted **text**
> on two lines
>
> - and a list

- [x] done
- [ ] still to do

---
That is *all*!
""",
    "odd": """Setext title
===
Items:
- one

  two

* other list
+ third

    indented code <!here>

line one\\
line two
snake_case and __init__.py, 2 * 3 * 4, [1] and [link]: none, a_b_ *open and **strong
<details><summary>More</summary>text</details>
AT&T &copy; &amp;lt; &lt;!channel&gt; 5 < 6 <- arrow
![a cat](https://pics.example.com/cat.png) <https://auto.example.com/x|y> <me@example.com>
""",
    "hostile": """<!channel> <!here|here> <!everyone> <!subteam^S1|@team> <@U123> <#C123|general>
`<!channel>` ``<@U1>`` <**!here**> <*@U1*> &lt;!channel&gt; &#60;!here&#62; \\<!channel> <\\!here>
[<!channel>](https://x.example.com) [a](https://x.example.com/<!here>) ![<!here>](https://x.y/z)
```
<!channel> <@U123> <http://evil.example.com|https://bank.example.com> <!-- fine --> <!DOCTYPE html>
```
[https://bank.example.com](https://evil.example.com) [run](javascript:alert(1)) [f](file:///etc)
<https://evil.example.com|https://bank.example.com> | <!here> | @channel @here
""",
}


@pytest.mark.parametrize("name", CORPUS)
def test_text_as_slack_gets_it(name: str, snapshot: SnapshotAssertion) -> None:
    assert markdown(CORPUS[name]) == snapshot


@pytest.mark.parametrize("name", CORPUS)
def test_summary_is_plain_words(name: str, snapshot: SnapshotAssertion) -> None:
    assert summary(CORPUS[name]) == snapshot


# ---- safety (E82)

PIECES = st.sampled_from(
    [
        "<", ">", "!", "@", "#", "&lt;", "&#60;", "&amp;", "channel", "here", "U123ABC", "C1", "|",
        "subteam^S1", "https://a.bc", "`", "```", "\n", "*", "**", "_", "~~", "\\", "[", "](", ")",
        " ", "- ", "> ", "1. ", "| a | b |\n|---|---|\n", "    ", "\u200b", JOINER, "![", "word",
    ]
)  # fmt: skip
HOSTILE = st.lists(PIECES, max_size=40).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.text() | HOSTILE)
@example("<!channel>")
@example("<" + "**" + "!channel**>")
@example("`<!here>`")
@example("&lt;!channel&gt;")
@example("```\n<!here>")
@example("<tel:1|")
def test_nothing_an_agent_writes_is_live(text: str) -> None:
    for shown in (markdown(text), markdown(settle(text)), summary(text), escape(text)):
        assert live_sequences(shown) == []


@settings(max_examples=300, deadline=None)
@given(st.text() | HOSTILE)
@example("*" * 9000)
@example("<" * 9000)
@example("`" * 9000)
@example("<!x " * 3000)
@example("`x" * 6000)
@example("|" * 5000 + "\n" + "|-" * 5000)
@example("> " * 3000 + "a")
@example("- " * 3000 + "a")
@example("[" * 5000)
@example("*a " * 3000 + "`" * 4000)
@example("\ud800 \x00 \x0b \u2028 \ufdd0")
def test_any_text_fits(text: str) -> None:
    assert len(markdown(text)) <= limits.MARKDOWN_SUM
    assert len(summary(text)) <= limits.SUMMARY_TEXT
    markdown(text).encode()


def test_readers_still_see_every_character() -> None:
    said = "<!channel> `<!here>` <@U123> a < b & c &amp; List<int> <b"
    seen = html.unescape(words(markdown(said))).replace(JOINER, "")
    assert seen == "<!channel> <!here> <@U123> a < b & c & List<int> <b"


@pytest.mark.parametrize("depth", [9, 27, 28, 29, 30, 31, 60])
def test_deeply_nested_text_is_whole(depth: int) -> None:
    listed = "\n".join(f"{'  ' * level}- item{level}." for level in range(depth))
    quoted = "> " * depth + "said"
    assert all(f"item{level}." in markdown(listed) for level in range(depth))
    assert "said" in markdown(quoted)


def test_code_that_pings_nobody_is_left_as_it_is() -> None:
    code = "<!DOCTYPE html>\n<a href='x'>\nif a<b: ...\n&lt;"
    assert markdown(f"```\n{code}\n```").replace(JOINER, "") == f"```\n{code}\n```"
    assert markdown("`a<b>`") == "`a<b>`"


@given(st.text())
def test_a_sentence_of_ours_keeps_only_mentions_of_people(text: str) -> None:
    shown = escape_keeping_mentions(f"Only <@U12AB> may. {text} <!here> <#C1>")
    assert shown.startswith("Only <@U12AB> may.")
    others = re.sub(r"<@[UW][A-Z0-9]+>", "", shown)
    assert live_sequences(others) == []


def test_only_user_ids_become_mentions() -> None:
    assert mention("U12AB") == "<@U12AB>"
    assert live_sequences(mention("!channel")) == []
    assert live_sequences(mention("U1> <!here")) == []


@given(st.text(), st.integers(1, 60))
@example("&", 3)
def test_fitted_text_never_ends_in_half_an_entity(text: str, limit: int) -> None:
    shown = fit(text, limit)
    assert len(shown) <= limit
    assert "&" not in re.sub(r"&(?:amp|lt|gt);", "", shown)


# ---- links

LINKS = [
    ("runbook", "https://wiki.example.com/x", True),
    ("example.com", "https://example.com/a", True),
    ("www.Example.com", "https://example.com", True),
    ("https://example.com/a", "https://example.com/a?b=1", True),
    ("https://example.com/a…", "https://example.com/a/long/path", True),
    ("README.md", "https://github.com/o/r/blob/main/README.md", True),
    ("src/app.py", "https://github.com/o/r/blob/main/src/app.py#L3", True),
    ("me@example.com", "mailto:me@example.com", True),
    ("v1.2.3", "https://example.com", True),
    ("https://bank.example.com", "https://evil.example.com", False),
    ("bank.com", "https://evil.com/bank.com", False),
    ("bank.com", "https://bank.com@evil.com/", False),
    ("see bank.com", "https://evil.com", False),
    ("ｂａｎｋ.com", "https://evil.com", False),
    ("ba\u200bnk.com", "https://evil.com", False),
    ("github.com/good/repo", "https://github.com/bad/repo", False),
    ("README.md", "https://evil.com/other", False),
    ("https://README.md", "https://evil.com/README.md", False),
    ("me@bank.com", "mailto:me@evil.com", False),
    ("bank.com", "https://[bad", False),
]


@pytest.mark.parametrize(("label", "target", "honest"), LINKS)
def test_a_label_that_names_another_address_is_found(label: str, target: str, honest: bool) -> None:
    assert is_honest(label, target) is honest
    shown = markdown(f"[{label}]({target})")
    assert shown.startswith("[" if honest else words(shown).split(" (")[0])
    assert target.replace("[", "%5B") in words(shown) or honest


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("[run](javascript:alert)", "run (javascript:alert)"),
        ("[src/a.py](src/a.py)", "src/a.py"),
        ("[x]()", "x"),
        ("[](https://a.bc)", "[https://a.bc](https://a.bc)"),
        ("![cat](https://a.bc/cat.png)", "[cat](https://a.bc/cat.png)"),
        ("![](https://a.bc/cat.png)", "[https://a.bc/cat.png](https://a.bc/cat.png)"),
        ("![cat](data:image/png;base64,AAAA)", "cat (data:image/png;base64,AAAA)"),
        ("<https://a.bc>", "[https://a.bc](https://a.bc)"),
        ("[a [b](https://a.bc)", "\\[a [b](https://a.bc)"),
        ("[r][1]\n\n[1]: https://a.bc", "[r](https://a.bc)"),
    ],
)
def test_links_and_images(source: str, shown: str) -> None:
    assert markdown(source) == shown


# ---- growing text (E5, E9)

PLAIN_READER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def words(text: str, *, code: bool = True) -> str:
    """What a reader of Markdown sees as text, line by line."""
    return "\n".join(_words(token, code) for token in PLAIN_READER.parse(text)).strip()


def _words(token: Token, code: bool) -> str:
    if token.type in ("fence", "code_block"):
        return token.content if code else ""
    kinds = ("text", "text_special", "code_inline") if code else ("text", "text_special")
    return "".join(
        "\n" if c.type == "softbreak" else c.content if c.type in kinds else ""
        for c in token.children or ()
    )


RAW = re.compile(r"\*\*|~~|`|\]\(|\(http|^#+ |^\s*[-+] |^\||\|-", re.MULTILINE)


@pytest.mark.parametrize("name", ["answer"])
def test_no_raw_mark_flashes_while_text_grows(name: str) -> None:
    text = CORPUS[name]
    assert RAW.findall(words(markdown(text), code=False)) == []
    for at in range(len(text)):
        shown = words(markdown(settle(text[:at])), code=False)
        assert RAW.findall(shown) == [], text[max(0, at - 30) : at]


@pytest.mark.parametrize("name", CORPUS)
def test_growing_text_only_holds_back_the_end(name: str) -> None:
    text = CORPUS[name]
    whole = re.sub(r"\W+", "", words(markdown(text)))
    for at in range(0, len(text), 5):
        shown = re.sub(r"\W+", "", words(markdown(settle(text[:at]))))
        given_so_far = re.sub(r"\W+", "", words(markdown(text[:at])))
        assert len(given_so_far) - len(shown) <= 2 * 120, text[max(0, at - 30) : at]
    assert re.sub(r"\W+", "", words(markdown(settle(text)))) in whole


@given(st.text() | HOSTILE)
@example("a `")
@example("> [x\n> y](http")
@example("| `a | b")
@example("**a\n\n")
@example("\r?")
@example("0\r*")
def test_settling_is_total_and_adds_only_marks(text: str) -> None:
    settled = settle(text)
    assert len(settled) <= len(text) + 40 or set(settled[-40:]) <= set("*_~")
    shown = iter(text.replace("\r\n", "\n").replace("\r", "\n"))
    assert all(char in shown for char in settled.rstrip("*_~ \n"))


@pytest.mark.parametrize(
    ("growing", "shown"),
    [
        ("some **bo", "some **bo**"),
        ("some **", "some"),
        ("a `npm ins", "a"),
        ("see [the docs](https://exa", "see"),
        ("see [the docs]", "see"),
        ("see [1] and", "see [1] and"),
        ("text\n-", "text"),
        ("text\n==", "text"),
        ("text\n```py", "text"),
        ("```py\nx = 1\n``", "```py\nx = 1\n```"),
        ("| a | b |\n|--", ""),
        ("| a | b |\n|---|---|\n", "| a | b |\n| --- | --- |"),
        ("1", ""),
        ("**bold and _it", "**bold and _it_**"),
        ("~~go", "~~go~~"),
        ("> quote **q", "> quote **q**"),
        ("- a [x](http://y", "- a"),
        ("# Head **li", "# Head **li**"),
        ("![cat](http", ""),
        ("done.\n\n", "done."),
    ],
)
def test_half_of_a_construct(growing: str, shown: str) -> None:
    assert markdown(settle(growing)) == shown


# ---- what an address may hide (E82)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("[good](https://аpple.com/login)", "good ([https://xn--pple-43d.com/login]("),
        ("![chart](https://e.example.com/p.png?d=" + "x" * 120, "chart"),
        ("[chart](https://e.example.com/p?d=" + "x" * 120 + ")", ") (e.example.com)"),
        ("[e.example.com/p](https://e.example.com/p?d=" + "x" * 120 + ")", "[e.example.com/p]("),
        ("[a](https://e.example.com/p?page=2)", "[a](https://e.example.com/p?page=2)"),
        ("[x](JavaScript:alert)", "x (JavaScript:alert)"),
        ("[x](vbscript:a)", "x (vbscript:a)"),
        ("[x](data:text/html;base64,AA)", "x (data:text/html;base64,AA)"),
    ],
)
def test_a_reader_sees_where_a_link_goes(source: str, shown: str) -> None:
    assert shown in markdown(source)
    assert shown in grow(source, final=True)


# ---- HTML


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<details>\n<summary>Logs</summary>\n\nx\n\n</details>", "Logs\n\nx"),
        ("a<br>b<br/>\nc", "a · b\nc"),
        ("the <b> tag", "the &lt;b> tag"),
        ("<b>bold</b> H<sub>2</sub>O", "bold H2O"),
        ("`<b>x</b>` List<int>", "`<b>x</b>` List&lt;int>"),
        ("<!-- note -->", "&lt;!-- note -->"),
        ("| a |\n|---|\n| x<br>y |", "| a |\n| --- |\n| x · y |"),
    ],
)
def test_html_is_reduced_to_its_words_or_shown(source: str, shown: str) -> None:
    assert markdown(source) == shown
    assert grow(source, final=True) == shown


def test_what_colours_a_terminal_is_left_out() -> None:
    assert markdown("\x1b[1;32mok\x1b[0m \x1b]8;;https://x.y\x07link\x1b]8;;\x1b\\") == "ok link"


# ---- text that grows and can only be added to


@pytest.mark.parametrize(
    ("growing", "shown"),
    [
        ("some **bo", "some"),
        ("some **bold** an", "some **bold**"),
        ("a `npm ins", "a"),
        ("see [the docs](https://exa", "see"),
        ("text\n-", "text"),
        ("| a | b |\n|---|--", ""),
        ("| a | b |\n|---|---|\n| 1 ", "| a | b |\n| --- | --- |"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("1. a\n2", "1. a"),
        ("1. a\n2. b c", "1. a\n2. b"),
        ("```py\nx = 1\n``", "```py\nx = 1"),
        ("```py\nx = 1\n```\n", "```py\nx = 1\n```"),
        ("Title\n===\n", "Title\n\n---"),
        ("**" + "word " * 30 + "w", ("\\*\\*" + "word " * 30).strip()),
        ("中文字**粗", "中文"),
    ],
)
def test_what_is_not_decided_is_held_back(growing: str, shown: str) -> None:
    assert grow(growing) == shown


def test_a_part_of_text_is_written_in_time() -> None:
    """A growing part is written at each permit: only its last words may cost anything."""
    sentence = "The **deploy** of `api` failed, see [run 7](https://ci.example.com/7) and a_b_c. "
    text = (sentence * 3 + "\n\n- item\n- two\n\n") * 34
    grow(text)
    started = time.process_time()
    for extra in range(20):
        grow(text + "x y " * extra)
    assert (time.process_time() - started) / 20 <= 0.05


@pytest.mark.parametrize("mark", ["*", "<", "&", "`", "[", "_", "|", ">", "<!", "\\", "<!x "])
def test_a_part_made_of_marks_stays_below_what_slack_takes(mark: str) -> None:
    shown = markdown(mark * (9000 // weight(mark)))
    assert weight(shown) <= MOST_BYTES
    assert live_sequences(shown) == []


@pytest.mark.parametrize("limit", [-50, 0, 1, 2, 5, 6, 100])
def test_any_text_fits_whatever_room_is_left(limit: int) -> None:
    assert 0 < len(fit("<words> & more words", limit)) <= max(1, limit)
