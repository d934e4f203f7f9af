import json

from hypothesis import given
from hypothesis import strategies as st

from stance.core.formatting import json_line, shown_figures, table

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1, 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(VALUES)
def test_rounding_figures_changes_nothing_else_and_nothing_the_second_time(data):
    rounded = shown_figures(data)
    assert shown_figures(rounded) == rounded
    if not isinstance(data, float | list | dict):
        assert rounded == data


@given(st.dictionaries(st.text(max_size=3), st.text(st.characters(), max_size=8)))
def test_a_line_of_json_is_one_line_that_utf8_can_hold_and_reads_back(row):
    line = json_line(row)
    assert line.encode("utf-8").endswith(b"\n")
    assert line.count("\n") == 1
    assert json.loads(line) == row


def test_a_lone_surrogate_leaves_as_an_escape():
    assert json_line({"text": "a\ud800"}) == '{"text": "a\\ud800"}\n'


def test_a_table_without_rows_has_its_head():
    assert table(["a", "b"], []) == "| a | b |\n|---|---|"


def test_what_a_terminal_would_obey_leaves_as_an_escape():
    assert json_line({"text": "\x9b2J\x7f\x1b"}) == '{"text": "\\u009b2J\\u007f\\u001b"}\n'
    assert json_line({"text": "“é”"}, escaped=True).isascii()
