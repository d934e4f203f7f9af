import json

import pytest

from stance.core.errors import DataError
from stance.labels.contrasts import CONTRASTS, check_contrasts, contrast_rows, read_contrasts
from stance.labels.dataset import (
    COLUMNS,
    folds_to_measure,
    is_measured,
    load_sets,
    load_table,
    measured_sets,
)

ROW = {
    "id": "X-001a",
    "family": "X-001",
    "origin": "synthetic",
    "conflict": "harbour dispute",
    "context": "",
    "speaker_role": "a port official",
    "cue": "said",
    "text": "the envoys will come once the ferry is released",
    "form": "indirect",
    "stance": "conditional",
    "on_target": True,
    "second": {"stance": "conditional", "on_target": True},
}
OTHER = ROW | {
    "id": "X-001b",
    "text": "the ferry had eleven cars on board",
    "stance": "neutral",
    "on_target": False,
    "second": {"stance": "neutral", "on_target": True},
}
DISPUTED = OTHER | {"id": "X-001c", "second": {"stance": "support", "on_target": True}}


def write(folder, *rows, name="some"):
    path = folder / CONTRASTS / f"{name}.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_statements_on_which_both_readers_agree_become_rows_of_the_table(project):
    labels = project / "labels"
    before = load_table(labels)
    write(labels, ROW, OTHER, DISPUTED)
    table = load_table(labels)
    added = table[table["split"] == CONTRASTS]
    assert table[table["split"] != CONTRASTS].equals(before)
    assert list(table.columns) == [*COLUMNS, "split"]
    assert list(added["quote"]) == ["X-001a", "X-001b"]
    first = added.iloc[0]
    assert (first["article"], first["batch"], first["origin"]) == ("X-001", CONTRASTS, "synthetic")
    assert (first["stance"], first["coarse"], first["first_stance"]) == (
        "conditional",
        "favor",
        "conditional",
    )
    assert not added.iloc[1]["on_target"]


def test_they_are_a_set_of_their_own_that_nothing_is_measured_on(project):
    assert CONTRASTS not in load_sets()
    write(project / "labels", ROW, OTHER)
    sets = load_sets()
    assert len(sets[CONTRASTS]) == 2
    assert CONTRASTS not in measured_sets(sets, ["train"])
    assert set(measured_sets(sets, ["train"])) == set(sets) - {"train", CONTRASTS}
    table = load_table(project / "labels")
    table = table[table["split"].isin(["train", CONTRASTS])].reset_index(drop=True)
    contrasts = set(table.index[~is_measured(table)])
    assert len(contrasts) == 2
    left_out = []
    for learned, measured in folds_to_measure(table, 3, 0):
        assert contrasts <= set(learned)
        assert not set(learned) & set(measured)
        left_out += list(measured)
    assert sorted(left_out) == [k for k in table.index if k not in contrasts]


def test_the_check_counts_statements_families_and_agreement(project):
    labels = project / "labels"
    assert check_contrasts(labels) == "contrasts: none"
    write(labels, ROW, OTHER, DISPUTED)
    assert check_contrasts(labels) == (
        "contrasts: 3 statements in 1 families, 2 to learn from; two readers: same stance 0.667 "
        "(kappa 0.500), same on_target 0.333"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": "  "}, r"text is '  ', expected text"),
        ({"id": ""}, r"id is '', expected text"),
        ({"cue": None}, r"cue is None, expected text"),
        ({"stance": "iffy"}, r"the stance is 'iffy', expected one of support"),
        ({"form": "loud"}, r"form is 'loud', expected one of direct"),
        ({"on_target": "yes"}, r"on_target is 'yes', expected true or false"),
        ({"on_target": False}, r"on_target is false but the stance is 'conditional'"),
        ({"origin": "news"}, r"origin is 'news', expected 'synthetic'"),
        ({"second": None}, r"second is None, expected the second reader's"),
        ({"second": {"stance": "no"}}, r"second: the stance is 'no', expected one of support"),
    ],
)
def test_a_faulty_row_is_told_with_its_place(tmp_path, change, message):
    write(tmp_path, OTHER, ROW | change)
    with pytest.raises(DataError, match=rf"some\.jsonl:2: {message}"):
        read_contrasts(tmp_path)


def test_all_faulty_rows_are_told_at_once(tmp_path):
    write(tmp_path, ROW | {"text": ""}, OTHER | {"stance": "iffy"})
    with pytest.raises(DataError, match=r"(?s)some\.jsonl:1: text.*some\.jsonl:2: the stance"):
        read_contrasts(tmp_path)


def test_an_id_that_stands_twice_is_told_with_both_places(tmp_path):
    write(tmp_path, ROW, name="first")
    write(tmp_path, OTHER, ROW, name="second")
    with pytest.raises(
        DataError, match=r"second\.jsonl:2: id 'X-001a' stands in .*first\.jsonl:1 already"
    ):
        read_contrasts(tmp_path)


def test_the_projects_own_contrasts_are_sound(root):
    assert check_contrasts(root / "labels").startswith("contrasts: 830 statements in 156 families")
    assert len(contrast_rows(root / "labels")) == 829
