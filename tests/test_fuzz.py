"""Whatever comes in, an answer or one message comes out.

A few hundred texts here; `make nightly` tries a hundred thousand (STANCE_FUZZ).
"""

import contextlib
import hashlib
import json
import os

import fuzzed
import pytest

import stance
from stance.core.errors import DataError, ModelError
from stance.core.formatting import json_line
from stance.extraction.text.articles import html_to_text, with_short_tags
from stance.labels.annotation_imports import read_import
from stance.prediction.row_files import numbered, open_rows
from stance.prediction.rows import Columns, Options, row_in_article

N_TEXTS = int(os.environ.get("STANCE_FUZZ", "300"))
BATCH = 50
TEN = range(-(-N_TEXTS // 10))
LABELS = ("stance", "on_target", "attributed", "note")


@pytest.fixture(scope="module")
def model(ngrams):
    return stance.load(ngrams)


@contextlib.contextmanager
def told(error, where):
    """Let a block end well, or with one message that names the place."""
    try:
        yield
    except error as fault:
        if where not in str(fault):
            raise AssertionError(f"the message names no place: {fault}") from fault


def check_answers(answers, n_rows):
    assert len(answers) == n_rows
    for answer in answers:
        assert (answer["stance"] is None) == answer["abstained"] == ("reason" in answer)
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
        line = json_line(answer)
        line.encode("utf-8")
        json.loads(line, parse_constant=pytest.fail)


@pytest.mark.parametrize("start", range(0, N_TEXTS, BATCH))
def test_any_text_is_read_and_judged(model, start):
    texts = [fuzzed.text(fuzzed.seeded(start + k)) for k in range(min(BATCH, N_TEXTS - start))]
    articles = [stance.Article(f"a{k}", text) for k, text in enumerate(texts)]
    rows = []
    for article, quotes in zip(articles, stance.extract(articles), strict=True):
        assert len(article.text) == len(texts[int(article.id[1:])])
        for quote in quotes:
            assert quote.text == article.cut(quote.spans)
            json_line(quote.to_dict()).encode("utf-8")
        rows += [row_in_article(article, quote) for quote in quotes]
        json_line(model.read_quotes(article, quotes).to_dict()).encode("utf-8")
    rows += [{"text": text, "cue": text[:50], "context": text} for text in texts]
    check_answers(model.answer_rows(rows, Options(attributed=True)), len(rows))


@pytest.mark.parametrize("seed", TEN)
def test_any_row_is_answered_in_its_place(model, seed):
    draw = fuzzed.seeded(seed)
    rows = [fuzzed.row(draw) for _ in range(10)]
    answers = [answer.to_dict() for answer in model.predict_many(rows, attributed=True)]
    check_answers(answers, len(rows))


@pytest.mark.parametrize("seed", TEN)
def test_any_file_is_answered_or_told(model, tmp_path, seed):
    kind, data = fuzzed.rows_file(fuzzed.seeded(seed))
    path = tmp_path / f"rows.{kind}"
    path.write_bytes(data)
    with told(DataError, str(path)), open_rows(str(path), Columns()) as (opened, _):
        rows = list(numbered(opened))
        check_answers(model.answer_rows(rows, Options()), len(rows))


@pytest.mark.parametrize("seed", TEN)
def test_any_page_has_a_text_or_is_told(seed):
    draw = fuzzed.seeded(seed)
    page = "<html><body><article>" + "".join(f"<p>{fuzzed.text(draw)}</p>" for _ in range(4))
    with told(DataError, "page.html"):
        assert html_to_text(with_short_tags(page), "page.html")


@pytest.mark.parametrize("seed", TEN)
def test_any_export_of_labels_is_read_or_told(tmp_path, seed):
    draw = fuzzed.seeded(seed)
    result = [{"from_name": name, "value": {"choices": [fuzzed.value(draw)]}} for name in LABELS]
    if draw.random() < 0.5:
        result[draw.randrange(4)] = fuzzed.value(draw)
    annotation = {"completed_by": fuzzed.value(draw), "result": result}
    task = {"data": {"quote": "a#1"}, "annotations": [annotation]}
    target = draw.choice([task, task["data"], annotation])
    target[draw.choice(list(target))] = fuzzed.value(draw)
    path = tmp_path / "export.json"
    path.write_bytes(fuzzed.damaged(draw, json.dumps([task]).encode(), most=2))
    with told(DataError, str(path)):
        read_import(path, None)


@pytest.mark.parametrize("seed", TEN)
def test_any_model_folder_answers_or_is_refused(ngrams, tmp_path, seed):
    draw = fuzzed.seeded(seed)
    folder = tmp_path / "model"
    folder.mkdir()
    for path in ngrams.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    card = json.loads((folder / "card.json").read_text())
    name = draw.choice([*card["files"], "card.json"])
    data = (folder / name).read_bytes()
    if name.endswith(".json") and draw.random() < 0.5:
        changed = json.loads(data)
        changed[draw.choice(list(changed))] = fuzzed.value(draw)
        data = json.dumps(changed).encode()
    else:
        data = fuzzed.damaged(draw, data, most=3)
    (folder / name).write_bytes(data)
    if name != "card.json":
        card["files"][name] = hashlib.sha256(data).hexdigest()
        (folder / "card.json").write_text(json.dumps(card))
    with told(ModelError, "model"):
        loaded = stance.load(folder)
        rows = [{"text": "We will never talk to them."}, {"text": "Yes.", "cue": "said"}]
        check_answers(loaded.answer_rows(rows, Options(attributed=True)), 2)
