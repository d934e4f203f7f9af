import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from stance.core.errors import DataError
from stance.prediction.dataframes import ADDED
from stance.prediction.rows import Columns

TEXTS = ["We are ready to talk.", None, "They would never sit down with them.", ""]
CUES = ["said", None, "insisted", None]
DATA = {"text": TEXTS, "cue": CUES, "id": ["a", "b", "c", "d"]}
FRAMES = {
    "pandas": lambda data: pd.DataFrame(data),
    "pandas arrow": lambda data: pd.DataFrame(data).convert_dtypes(dtype_backend="pyarrow"),
    "pandas nullable": lambda data: pd.DataFrame(data).convert_dtypes(),
    "polars": lambda data: pl.DataFrame(data),
    "arrow": lambda data: pa.table(data),
    "arrow batch": lambda data: pa.RecordBatch.from_pydict(data),
    "arrow reader": lambda data: pa.table(data).to_reader(),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_a_table_of_any_library_gives_the_answers_of_its_rows(model, kind):
    rows = [dict(zip(DATA, values, strict=True)) for values in zip(*DATA.values(), strict=True)]
    assert list(model.predict_many(FRAMES[kind](DATA))) == list(model.predict_many(rows))


@pytest.mark.parametrize("kind", ["pandas", "pandas arrow", "pandas nullable", "polars", "arrow"])
def test_predictions_are_added_as_columns_of_the_same_table(model, kind):
    frame = FRAMES[kind](DATA)
    answer = model.predict_frame(frame)
    assert type(answer) is type(frame)
    columns = list(getattr(answer, "column_names", None) or answer.columns)
    assert columns == [*DATA, *ADDED]
    found = list(model.predict_many(frame))
    as_list = (
        (lambda name: answer[name].to_pylist())
        if kind == "arrow"
        else (lambda name: list(answer[name]))
    )
    assert as_list("score") == [one.score for one in found]
    assert as_list("p_oppose") == [one.probabilities["oppose"] for one in found]
    assert [bool(one) for one in as_list("abstained")] == [False, True, False, True]
    assert as_list("stance")[0] == found[0].stance
    assert as_list("reason")[1::2] == ["no text", "empty text"]


def test_an_index_stays_and_is_the_id_where_there_is_none(model):
    frame = pd.DataFrame({"text": TEXTS}, index=pd.Index([7, 7, "x", -1], name="key"))
    assert [one.id for one in model.predict_many(frame)] == ["7", "7", "x", "-1"]
    answer = model.predict_frame(frame)
    assert answer.index.equals(frame.index)
    assert list(frame.columns) == ["text"]


def test_the_columns_of_others_are_neither_overwritten_nor_guessed(model):
    with pytest.raises(DataError, match="has a column stance already; give prefix='predicted_'"):
        model.predict_frame(pl.DataFrame({**DATA, "stance": ["x"] * 4}))
    assert (
        "predicted_stance"
        in model.predict_frame(
            pl.DataFrame({**DATA, "stance": ["x"] * 4}), prefix="predicted_"
        ).columns
    )
    quotations = pl.DataFrame({"quotation": TEXTS})
    with pytest.raises(
        DataError,
        match=r"polars table: columns are quotation; expected a column text "
        r".*columns=stance\.Columns\(text=…\)$",
    ):
        model.predict_many(quotations)
    assert next(model.predict_many(quotations, columns=Columns("quotation"))) == next(
        model.predict_many(pl.DataFrame({"text": TEXTS}))
    )
    with pytest.raises(
        DataError, match=r"columns are Text, said; expected a column text, did you mean Text\?"
    ):
        model.predict_frame(pl.DataFrame({"Text": TEXTS, "said": CUES}))
    with pytest.raises(
        DataError, match=r"expected a column verb; check columns=stance\.Columns\(cue=…\)$"
    ):
        model.predict_frame(pl.DataFrame(DATA), columns=Columns(cue="verb"))
    assert model.predict_frame(quotations, columns=Columns("quotation"))["stance"][0]


def test_a_lazy_table_must_be_collected_first(model):
    with pytest.raises(DataError, match=r"LazyFrame is no table in memory; collect\(\)"):
        list(model.predict_many(pl.DataFrame(DATA).lazy()))


@pytest.mark.parametrize(
    "texts", [pd.Series(TEXTS[::2]), pl.Series(TEXTS[::2]), iter(TEXTS[::2]), tuple(TEXTS[::2])]
)
def test_a_series_and_a_generator_are_texts(model, texts):
    assert [one.stance for one in model.predict_many(texts)] == [
        one.stance for one in model.predict_many(TEXTS[::2])
    ]


def test_an_empty_table_has_no_answers(model):
    assert list(model.predict_many(pl.DataFrame({"text": []}))) == []
    assert model.predict_frame(pd.DataFrame({"text": []})).shape == (0, 11)


def test_columns_that_are_numbers_or_tuples_are_named_as_such(model):
    texts = ["We are ready to talk.", "No."]
    stances = [answer.stance for answer in model.predict_many(texts)]
    for names, text in (([0, 1], 1), ([("a", "id"), ("a", "said")], ("a", "said"))):
        frame = pd.DataFrame([[7, texts[0]], [8, texts[1]]], columns=pd.Index(names))
        answered = model.predict_frame(frame, columns=Columns(text=text))
        assert list(answered["stance"]) == stances
        assert list(answered.columns)[:3] == [*names, "stance"]
        with pytest.raises(DataError, match="expected a column text"):
            model.predict_frame(frame)
    alone = pd.DataFrame({0: texts})
    answers = list(model.predict_many(alone, columns=Columns(text=0)))
    assert [answer.stance for answer in answers] == stances


def test_a_column_that_is_there_twice_is_told(model):
    frame = pd.DataFrame([["a", "b"]], columns=["text", "text"])
    with pytest.raises(DataError, match="two columns 'text'; rename one"):
        model.predict_frame(frame)
