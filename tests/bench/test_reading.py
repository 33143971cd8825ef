"""The measure itself: what counts as readable, late, lost and doubled."""

from tests.bench.answers import asking, markdown, paused, spoken, talk, tokens
from tests.bench.plot import plot
from tests.bench.reading import Look, bare, differences, joined, lags, p95, reach


def test_a_piece_is_late_until_it_can_be_read_whole():
    said = [(1.0, "Hello, "), (2.0, "wor"), (3.0, "ld"), (4.0, "."), (5.0, "Bye")]
    looks = [Look(1.5, 5), Look(3.25, 10)]
    assert [*lags(said, looks)] == [0.5, 1.25, 0.25, float("inf")]


def test_markup_is_not_compared():
    assert bare("## 1. **Bold** `x_y`\n") == "1Boldxy"


def test_what_stands_after_an_unfinished_stretch_is_found():
    said = bare("See [the notes](https://example.com/a) on it. " + markdown(1, 200))
    shown = said.replace("httpsexamplecoma", "")
    assert reach(said, said[:20]) == 20
    assert reach(said, shown) == len(said)


def test_what_a_message_repeats_to_be_well_formed_is_not_doubled():
    first, second = "A\n```python\none\n```", "```python\ntwo\n```"
    said = bare("A\n```python\none\ntwo\n```")
    assert joined(said, [first, second]) == said
    head = "| Name | Time |\n|---|---:|\n"
    rows = bare(head + "| a | 1 |\n| b | 2 |")
    assert joined(rows, [head + "| a | 1 |", head + "| b | 2 |"]) == rows


def test_a_code_block_that_begins_a_message_is_read_with_its_language():
    said = bare("A\n```python\none\n```")
    assert joined(said, ["A", "```python\none\n```"]) == said


def test_lost_and_doubled_letters_are_told_apart():
    said = bare(markdown(2, 100))
    assert differences(said, said) == (0, 0)
    assert differences(said, said[:50] + said[60:]) == (10, 0)
    assert differences(said, said[:50] + said[40:]) == (0, 10)


def test_every_script_says_its_whole_text_in_order():
    script = talk(3, 15.0)
    assert "".join(tokens(spoken(script))) == spoken(script) == markdown(3, 675)
    assert 600 < len(script) < 800
    assert [beat.at for beat in script] == sorted(beat.at for beat in script)
    assert spoken(paused(script, 7.0, 60.0)) == spoken(asking(script, 7.0)) == spoken(script)
    assert [beat.at for beat in asking(script, 7.0) if beat.asks] == [7.0]


def test_the_95th_percentile():
    assert p95([float(n) for n in range(1, 101)]) == 95.0


def test_what_could_never_be_read_does_not_break_the_plot():
    drawn = plot("t", {"a": [(0.0, 0.5), (1.0, float("inf"))], "b": []})
    assert drawn.count("<polyline") == 2 and "inf" not in drawn
