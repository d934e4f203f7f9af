import hashlib
import io
import json
import os
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

import stance
from stance.core.errors import ModelError
from stance.core.types import STANCES
from stance.features.analyzers import ANALYZERS
from stance.features.row_text import VIEWS, stretches_of, view_of
from stance.models.folder import read_model
from stance.training.classifiers import build_pipeline, probabilities
from stance.training.saving import save_model

TEXTS = st.text(max_size=60) | st.text(alphabet="abAB ß-'\n\u00a0é1“", max_size=60)


@given(
    TEXTS, st.sampled_from([("word", 1, 2), ("word", 2, 3), ("char_wb", 3, 5), ("char_wb", 1, 4)])
)
def test_terms_are_those_of_scikit_learn(text, setting):
    analyzer, low, high = setting
    theirs = TfidfVectorizer(analyzer=analyzer, ngram_range=(low, high)).build_analyzer()(text)
    assert sorted(ANALYZERS[analyzer](text.lower(), low, high)) == sorted(theirs)


def test_the_folder_gives_the_pipelines_probabilities_on_labelled_quotes(model, fitted, sets):
    rows = sets["test"].to_dict("records")
    assert (
        np.abs(model._portable.probabilities(rows) - probabilities(fitted, sets["test"])).max()
        < 1e-6
    )


WORDS = TEXTS | st.lists(
    st.sampled_from("talk talks Talks, talk-talks no nono ΑΣ ΑΣ: ῼ İ ǅ aaaaaaa".split()),
    max_size=12,
).map(" ".join)


@given(
    st.fixed_dictionaries({"text": WORDS, "cue": WORDS | st.none(), "context": WORDS | st.none()}),
    st.sampled_from(VIEWS),
)
def test_stretches_are_the_view_cut_at_its_blanks(row, view):
    assert stretches_of(row, view) == view_of(row, view).lower().split()


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6))
def test_an_answer_is_the_same_to_the_last_bit_alone_and_in_company_and_anew(ngrams, texts):
    _, portable = ngrams
    rows = [{"text": text, "cue": "said"} for text in texts]
    together = portable.probabilities(rows)
    assert (np.concatenate([portable.probabilities([row]) for row in rows]) == together).all()
    for known in portable.members[0][2]._known:
        known.clear()
    assert (portable.probabilities(rows) == together).all()


def test_answers_do_not_hang_on_what_is_remembered(ngrams, sets, monkeypatch):
    fitted, portable = ngrams
    rows = [
        {**row, "text": f"{row['text']} {'peace' * 12} {row['text']}"}
        for row in sets["test"].to_dict("records")
    ]
    remembered = portable.probabilities(rows)
    for known in portable.members[0][2]._known:
        known.clear()
    monkeypatch.setattr("stance.models.ngram_linear.MOST_KEPT", 20)
    assert (
        np.concatenate([portable.probabilities(rows[k : k + 3]) for k in range(0, len(rows), 3)])
        == remembered
    ).all()
    assert all(len("".join(known)) < 40 * 100 for known in portable.members[0][2]._known)
    assert np.abs(remembered - probabilities(fitted, rows)).max() < 1e-9


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_n_grams_give_the_pipelines_probabilities_on_any_text(ngrams, texts):
    fitted, portable = ngrams
    rows = [{"text": text, "cue": None} for text in texts]
    ours = portable.probabilities(rows)
    assert np.abs(ours - probabilities(fitted, rows)).max() < 1e-6
    assert np.allclose(ours.sum(axis=1), 1)


@pytest.fixture(scope="module", params=["wording", "frames", "masked", "blocks"])
def six(request, sets, tmp_path_factory):
    """A pipeline of the project's own terms that learned neutral in two.

    It comes with its folder, read back.
    """
    folder = tmp_path_factory.mktemp(request.param)
    families = {"blocks": ["chars", "speaker", "parse"]} if request.param == "blocks" else {}
    member = {
        "features": {"kind": request.param, **families},
        "classifier": {"kind": "logreg", "C": 2.0},
        "weight": 0.6,
    }
    other = {
        "features": {"kind": "tfidf", "chars": None},
        "classifier": {"kind": "logreg"},
        "weight": 0.4,
    }
    fitted = build_pipeline([member, other], neutral_in_two=True).fit(
        sets["train"], sets["train"]["stance"]
    )
    save_model(fitted, folder, {"name": request.param, "version": "1"})
    return fitted, read_model(folder)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"text": TEXTS, "cue": TEXTS | st.none(), "context": TEXTS | st.none()},
            optional={"speaker_role": TEXTS, "speaker": TEXTS},
        ),
        min_size=1,
        max_size=3,
    )
)
def test_own_terms_give_the_pipelines_probabilities_on_any_row(six, rows):
    fitted, portable = six
    ours = portable.probabilities(rows)
    assert np.abs(ours - probabilities(fitted, rows)).max() < 1e-6
    assert np.allclose(ours.sum(axis=1), 1)


def test_neutral_learned_in_two_is_answered_as_one(six, sets):
    fitted, portable = six
    assert list(fitted.classes_) == sorted(STANCES)
    assert len(fitted.inner_.classes_) == 6
    assert (
        np.abs(
            portable.probabilities(sets["test"].to_dict("records"))
            - probabilities(fitted, sets["test"])
        ).max()
        < 1e-6
    )
    assert (
        fitted.predict(sets["test"])
        == fitted.classes_[fitted.predict_proba(sets["test"]).argmax(axis=1)]
    ).all()


def test_the_speakers_name_changes_no_prediction(six, sets):
    rows = sets["test"].to_dict("records")
    # Names are exchanged; a description in lower case ("a lawmaker") says a kind and stays.
    other = [
        {
            **row,
            "speaker": " ".join(
                word if word[0].islower() else "King" for word in (row["speaker"] or "").split()
            ),
        }
        for row in rows
    ]
    assert (six[1].probabilities(rows) == six[1].probabilities(other)).all()
    assert (probabilities(six[0], rows) == probabilities(six[0], other)).all()


@pytest.fixture(scope="module")
def ngrams(sets, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ngrams")
    fitted = build_pipeline(
        [{"features": {"kind": "tfidf"}, "classifier": {"kind": "logreg", "C": 2.0}}]
    ).fit(sets["train"], sets["train"]["stance"])
    save_model(fitted, folder, {"name": "ngrams", "version": "1"})
    return fitted, read_model(folder)


@pytest.mark.parametrize("stances", [("support", "oppose"), ("neutral", "skeptical", "oppose")])
def test_a_model_that_saw_few_stances_gives_the_others_probability_zero(sets, tmp_path, stances):
    table = sets["train"][sets["train"]["stance"].isin(stances)]
    fitted = build_pipeline(
        [{"features": {"kind": "tfidf"}, "classifier": {"kind": "logreg"}}]
    ).fit(table, table["stance"])
    save_model(fitted, tmp_path / "m", {"name": "few", "version": "1"})
    found = read_model(tmp_path / "m").probabilities(table.to_dict("records"))
    assert np.abs(found - probabilities(fitted, table)).max() < 1e-9
    assert (found.sum(axis=0) > 0).sum() == len(stances)


def copy(folder, place):
    place.mkdir()
    for path in folder.iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    return place


def edit_card(folder, **change):
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, **change}))


def replace(folder, name, data):
    """Another content with its right checksum: foreign rather than damaged."""
    (folder / name).write_bytes(data)
    files = json.loads((folder / "card.json").read_text())["files"]
    edit_card(folder, files={**files, name: hashlib.sha256(data).hexdigest()})


def edit_member(folder, **change):
    member = json.loads((folder / "member-0.json").read_text())
    replace(folder, "member-0.json", json.dumps({**member, **change}).encode())


def pickled():
    buffer = io.BytesIO()
    np.savez(buffer, coef=np.array([{"a": 1}], dtype=object))
    return buffer.getvalue()


def edit_arrays(folder, **change):
    with np.load(folder / "member-0.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    buffer = io.BytesIO()
    np.savez(buffer, **{**arrays, **{name: do(arrays[name]) for name, do in change.items()}})
    replace(folder, "member-0.npz", buffer.getvalue())


def edit_blocks(folder, **change):
    blocks = json.loads((folder / "member-0.json").read_text())["blocks"]
    edit_member(folder, blocks=[{**blocks[0], **change}, *blocks[1:]])


def bomb():
    """A small file that says it unpacks to 2 GB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("coef.npy", b"")
        archive.infolist()[0].file_size = 2_000_000_000
    return buffer.getvalue()


def claims_much():
    """An array whose head says that it has a million million numbers."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)}
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("coef.npy", header.getvalue() + b"\0" * 80)
    return buffer.getvalue()


def linked(path):
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def piped(path):
    path.unlink()
    os.mkfifo(path)


def emptied(path):
    path.unlink()
    path.mkdir()


SPEAKERS = {"alpha": [1.0] * 5, "base": [0.2] * 5, "trust": 1.0}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "card.json").unlink(), "no card.json, so no model folder"),
        (lambda f: (f / "card.json").write_text("{"), r"card\.json: damaged"),
        (
            lambda f: (f / "member-0.npz").write_bytes(b"PK"),
            r"member-0\.npz: checksum .* damaged or foreign",
        ),
        (lambda f: (f / "member-1.json").unlink(), r"member-1\.json: cannot be read"),
        (
            lambda f: edit_card(f, format=99),
            r"format 99, this version reads format 5; upgrade stance",
        ),
        (
            lambda f: edit_card(f, format=4),
            r"format 4, this version reads format 5; train the model again",
        ),
        (lambda f: edit_card(f, stances=["yes", "no"]), "made for another codebook"),
        (lambda f: edit_card(f, files={}), "names no member files"),
        (
            lambda f: edit_card(f, files=["member-0.json"]),
            "files must name files of its own folder",
        ),
        (
            lambda f: edit_card(f, files={"../member-0.json": "0"}),
            "files must name files of its own folder",
        ),
        (lambda f: edit_card(f, format=True), r"format True, this version reads format \d"),
        (lambda f: (f / "card.json").write_text("[" * 100_000), r"card\.json: damaged"),
        (lambda f: (f / "card.json").write_text("[]"), "format None"),
        (lambda f: (f / "card.json").write_bytes(b"\xff\xfe{"), r"card\.json: damaged"),
        (
            lambda f: (f / "member-0.npz").write_bytes((f / "member-0.npz").read_bytes()[:-100]),
            r"member-0\.npz: checksum",
        ),
        (
            lambda f: replace(f, "member-0.npz", b"no zip"),
            "member-0: .*expected a member of a stance model",
        ),
        (
            lambda f: replace(f, "member-0.npz", b"PK\x03\x04" + b"\0" * 60),
            "member-0: .*expected a member of a stance model",
        ),
        (
            lambda f: replace(f, "member-0.json", b"[]"),
            "member-0: .*expected a member of a stance model",
        ),
        (
            lambda f: replace(f, "member-0.json", b"[" * 100_000),
            "member-0: .*expected a member of a stance model",
        ),
        (lambda f: edit_member(f, kind="transformer"), "kind 'transformer' is unknown"),
        (
            lambda f: edit_blocks(f, view="speaker+text"),
            r"view 'speaker\+text' is unknown",
        ),
        (lambda f: edit_member(f, classes=["yes"]), r"classes \['yes'\] are no stances"),
        (lambda f: edit_member(f, blocks=[]), "0 terms for"),
        (
            lambda f: edit_blocks(f, analyzer="eval"),
            "member-0: 'eval'",
        ),
        (lambda f: edit_member(f, weight="heavy"), "weight is heavy, expected a number from"),
        (lambda f: edit_member(f, weight=-1.0), "weight is -1.0, expected"),
        (lambda f: edit_member(f, weight=True), "weight is True, expected"),
        (lambda f: edit_member(f, weight=float("nan")), "NaN is no number"),
        (lambda f: replace(f, "member-0.npz", pickled()), "holds object, expected floating"),
        (lambda f: edit_arrays(f, coef=lambda a: a[:2]), r"coef has the shape .*expected \(5, any"),
        (lambda f: edit_arrays(f, coef=np.ravel), "coef has the shape"),
        (lambda f: edit_arrays(f, intercept=lambda a: a[None]), "intercept has the shape"),
        (lambda f: edit_arrays(f, idf0=lambda a: a[1:]), "idf0 has the shape"),
        (lambda f: edit_arrays(f, idf0=lambda a: -a), "idf: holds numbers below 0"),
        (lambda f: edit_arrays(f, coef=lambda a: a * np.nan), "coef: holds numbers that are not"),
        (lambda f: edit_arrays(f, coef=lambda a: a + np.inf), "coef: holds numbers that are not"),
        (lambda f: edit_arrays(f, coef=lambda a: a + 1e300), "coef: holds numbers that are not"),
        (lambda f: edit_arrays(f, coef=lambda a: a.astype("U8")), "holds <U8, expected floating"),
        (lambda f: edit_blocks(f, low=0), "terms of 0 to 2 parts, expected 1 to 20"),
        (lambda f: edit_blocks(f, high=10**9), "parts, expected 1 to 20"),
        (lambda f: edit_blocks(f, terms=[1, 2]), "idf0 has the shape|no list of texts"),
        (lambda f: edit_member(f, classes=["support"] * 99), "99 classes, expected 1 to 20"),
        (lambda f: replace(f, "member-0.npz", bomb()), "expected at most 100 of 1000000000"),
        (lambda f: replace(f, "member-0.npz", claims_much()), "does not fit its"),
        (lambda f: edit_card(f, temperature=0), "temperature is 0, expected a number from"),
        (lambda f: edit_card(f, temperature=float("nan")), r"card\.json: damaged \(NaN is no"),
        (lambda f: edit_card(f, temperature="hot"), "temperature is hot"),
        (lambda f: edit_card(f, name="a\x1b[2J"), "name is 'a.x1b"),
        (lambda f: edit_card(f, version="x" * 201), "version is 'xxx"),
        (lambda f: edit_card(f, abstention=[{"risk": 2}]), "risk is 2, expected"),
        (lambda f: edit_card(f, abstention=[{}]), "KeyError"),
        (lambda f: edit_card(f, risk_curve=[3]), "TypeError"),
        (lambda f: edit_card(f, speakers=SPEAKERS | {"trust": 1e300}), "speakers: expected"),
        (lambda f: edit_card(f, speakers=SPEAKERS | {"trust": "nan"}), "speakers: expected"),
        (lambda f: edit_card(f, files={"..": "0"}), "files must name files of its own folder"),
        (lambda f: edit_card(f, files={"": "0"}), "files must name files of its own folder"),
        (lambda f: edit_card(f, files={"card.json": "0"}), "files must name files of its own"),
        (lambda f: (f / "card.json").write_bytes(b" " * 16_000_001), "expected at most 16000000"),
        (lambda f: linked(f / "member-0.npz"), r"member-0\.npz: cannot be read \(is a link"),
        (lambda f: linked(f / "card.json"), r"card\.json: damaged .*is a link"),
        (lambda f: piped(f / "member-0.npz"), r"member-0\.npz: cannot be read \(is no plain file"),
        (lambda f: piped(f / "card.json"), r"card\.json: damaged .*is no plain file"),
        (lambda f: emptied(f / "member-0.json"), r"member-0\.json: cannot be read"),
    ],
)
def test_a_folder_that_is_not_whole_is_refused_by_name(model_folder, tmp_path, damage, message):
    folder = copy(model_folder, tmp_path / "copy")
    damage(folder)
    with pytest.raises(ModelError, match=message):
        stance.load(folder)


def test_a_folder_holds_nothing_that_runs_when_it_is_read(model_folder):
    assert {path.suffix for path in model_folder.iterdir()} == {".json", ".npz"}
    for path in model_folder.glob("*.npz"):
        with np.load(path, allow_pickle=False) as stored:  # raises on a pickled array
            assert all(stored[name].dtype.kind == "f" for name in stored.files)
