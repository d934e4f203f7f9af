import pytest

from stance.core.errors import DataError
from stance.core.files import named_delimiter, read_rows, read_text, read_toml


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_is_read_by_its_mark(tmp_path, encoding):
    (tmp_path / "a.txt").write_text("“Größe”\r\n", encoding=encoding, newline="")
    assert read_text(tmp_path / "a.txt") == "“Größe”\r\n"


def test_bytes_that_are_no_text_are_told_with_their_place_and_the_way_out(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"caf\xe9")
    with pytest.raises(
        DataError, match=r"a\.txt: byte 3 is not utf-8-sig; save the file as UTF-8 \(iconv"
    ):
        read_text(tmp_path / "a.txt")
    with pytest.raises(
        DataError, match=r"b\.txt: cannot be read \(No such file or directory\); check the path"
    ):
        read_text(tmp_path / "b.txt")


def test_what_is_not_toml_is_told_with_its_line(tmp_path):
    (tmp_path / "a.toml").write_text("seed = 13\nname = vote\n")
    with pytest.raises(DataError, match=r"a\.toml: not TOML \(.*line 2"):
        read_toml(tmp_path / "a.toml")


def test_a_line_separator_inside_a_text_is_no_end_of_a_row(tmp_path):
    (tmp_path / "a.jsonl").write_text(
        '{"text": "one\u2028two"}\n\n{"text": "three\x85four"}\n', encoding="utf-8"
    )
    found = list(read_rows(tmp_path / "a.jsonl"))
    assert [row["text"] for _, row in found] == ["one\u2028two", "three\x85four"]
    assert [place.rpartition(":")[2] for place, _ in found] == ["1", "3"]


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [("sep=;\r\n", ";"), ('"sep=\t"\n', "\t"), ("SEP=,", ","), ("sep;id", None), ("sep=", None)],
)
def test_excels_own_first_line_names_the_delimiter(line, delimiter):
    assert named_delimiter(line) == delimiter
