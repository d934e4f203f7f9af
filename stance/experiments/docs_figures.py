"""The figures of ``docs/how-good.md`` and ``docs/limits.md``, written from a run by a command.

So nobody has to type a number. What a run logged is collected in ``docs/figures.json``, which holds
counts and scores but no text. The pages are written from that file alone.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stance.core import formatting
from stance.core.errors import DataError
from stance.core.files import read_text, write_whole
from stance.core.paths import home
from stance.core.types import STANCES
from stance.evaluation import scores
from stance.labels import splits
from stance.tracking import runs, store
from stance.tracking.runs import load_predictions

SOURCE = "figures.json"
PAGES = ("how-good.md", "limits.md")
MARK = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end of figures -->)", flags=re.DOTALL)
# A slice of fewer quotes says nothing.
FEWEST = 20
Figures = dict[str, Any]


def collect(name: str) -> Figures:
    """Return all figures of a run, and of the newest runs that measured the extraction of quotes.

    Raises
    ------
    DataError
        If the run is no experiment's.
    """
    mlflow = store.open_store()
    run = runs.find_run(mlflow, name)
    metrics = run.data.metrics
    predictions = load_predictions(mlflow, run)
    names = [one for one in splits.SETS if f"{one}_f1" in metrics]
    keys = ("f1", "f1_low", "f1_high", "coarse", "base", "ece", "n", "articles", "half")
    sets = {one: {key: metrics.get(f"{one}_{key}") for key in keys} for one in names}
    try:
        card = mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/model_folder/card.json")
        slices = runs.logged_rows(mlflow, run, "slices.json")
    except mlflow.exceptions.MlflowException as fault:
        raise DataError(
            f"run {run.info.run_name}: logged no card or no slices; name a run of stance train"
        ) from fault
    return {
        "run": run.info.run_name,
        "question": card["question"],
        "trained_on": {
            "quotes": card["data"]["n_quotes"],
            "articles": card["data"]["n_reports"],
            "fingerprint": card["data"]["fingerprint"][:12],
        },
        "sets": sets,
        "classes": {one: _classes(predictions[predictions["set"] == one]) for one in names},
        "slices": [
            row
            for row in slices
            if row["slice"] in ("form", "on_target", "conflict", "speaker") and row["n"] >= FEWEST
        ],
        "calibration": {one: _bins(predictions[predictions["set"] == one]) for one in names},
        "abstention": card["abstention"],
        "extraction": _extraction(mlflow),
    }


def _classes(part: Any) -> dict[str, dict[str, float]]:
    """Return the figures of each stance.

    They are its number of quotes, precision, recall and F1, and the label it is most often mistaken
    for.
    """
    whole = scores.confusion_by_article(
        list(part["stance"]), list(part["predicted"]), ["all"] * len(part)
    )[0]
    out: dict[str, dict[str, Any]] = {}
    for k, stance in enumerate(STANCES):
        n, found, right = int(whole[k].sum()), int(whole[:, k].sum()), int(whole[k, k])
        if n:
            wrong = [0 if j == k else int(whole[k, j]) for j in range(len(STANCES))]
            worst = max(range(len(STANCES)), key=wrong.__getitem__)
            figures = {
                "precision": right / max(found, 1),
                "recall": right / n,
                "f1": 2 * right / (n + found),
            }
            out[stance] = {
                "n": n,
                **{key: round(value, 4) for key, value in figures.items()},
                "taken_for": STANCES[worst],
                "taken_n": wrong[worst],
            }
    return out


def _bins(part: Any) -> list[dict[str, float]]:
    """Return how many quotes there are, and how many are right, by the highest probability."""
    out = []
    right = part["stance"] == part["predicted"]
    for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        at = (part["confidence"] >= low) & (part["confidence"] < high)
        if at.any():
            bin_ = {
                "n": int(at.sum()),
                "said": round(float(part["confidence"][at].mean()), 4),
                "right": round(float(right[at].mean()), 4),
            }
            out.append({"low": low, "high": min(high, 1.0), **bin_})
    return out


def _extraction(mlflow: Any) -> list[dict[str, Any]]:
    """Return the newest measure of the extraction for each labelled file.

    Only runs with the usual settings count.
    """
    found: dict[str, dict[str, Any]] = {}
    for run in runs.all_runs(mlflow):
        params = run.data.params
        usual = (
            params.get("iou") == "0.8"
            and params.get("speaker") == "name"
            and params.get("kinds") == "direct,indirect,mixed"
        )
        if run.data.tags.get("kind") == "quotes" and run.info.status == "FINISHED" and usual:
            found.setdefault(
                Path(params["gold"]).parent.name + "/" + Path(params["gold"]).name,
                dict(run.data.metrics),
            )
    keys = (
        "quotes_p",
        "quotes_r",
        "quotes_f1",
        "quotes_low",
        "quotes_high",
        "speaker_f1",
        "gold_n",
        "articles_n",
    )
    return [
        {"data": name, **{key: metrics.get(key) for key in keys}}
        for name, metrics in sorted(found.items())
    ]


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f}%"


def _set_name(name: str) -> str:
    return splits.SETS[name][0]


def _run_block(found: Figures) -> str:
    data = found["trained_on"]
    asked = found["question"]
    return (
        f"Run `{found['run']}` ({asked}), trained on {data['quotes']} quotes in "
        f"{data['articles']} reports; checksum of its data `{data['fingerprint']}`."
    )


def _sets_block(found: Figures) -> str:
    rows = []
    for name, one in found["sets"].items():
        five = f"{_two(one['f1'])} ({_two(one['f1_low'])}-{_two(one['f1_high'])})"
        counts = (str(round(one["n"])), str(round(one["articles"])) if one["articles"] else "")
        rows.append(
            (
                f"{_set_name(name)}, {splits.SETS[name][1]}",
                five,
                _two(one["coarse"]),
                _two(one["base"]),
                *counts,
            )
        )
    return formatting.table(
        ("measured on", "five labels", "coarse", "majority", "quotes", "articles"), rows
    )


def _class_block(found: Figures) -> str:
    rows = [
        (
            _set_name(name),
            stance,
            str(one["n"]),
            _two(one["precision"]),
            _two(one["recall"]),
            _two(one["f1"]),
            f"{one['taken_for']} ({one['taken_n']})" if one["taken_n"] else "–",
        )
        for name, stances in found["classes"].items()
        for stance, one in stances.items()
    ]
    return formatting.table(
        ("measured on", "stance", "quotes", "precision", "recall", "F1", "most often mistaken for"),
        rows,
    )


def _slice_block(column: str) -> Callable[[Figures], str]:
    def block(found: Figures) -> str:
        rows = [
            (
                _set_name(name),
                str(one["value"]),
                str(one["n"]),
                _percent(1 - one["accuracy"]),
                _interval(one),
            )
            for name in found["sets"]
            for one in found["slices"]
            if one["slice"] == column and one["set"] == name
        ]
        if not rows:
            return (
                f"This run logged no slice by {column.replace('_', ' ')} with {FEWEST} quotes or "
                "more."
            )
        return formatting.table(
            ("measured on", column.replace("_", " "), "quotes", "wrong", "macro-F1"), rows
        )

    return block


def _interval(row: Mapping[str, Any]) -> str:
    bounds = f" ({_two(row['low'])}-{_two(row['high'])})" if row.get("low") is not None else ""
    # Where all labels are alike (off the target all is neutral) there is no macro-F1, and the
    # share of wrong answers says all.
    return "–" if row.get("f1") is None else _two(row["f1"]) + bounds


def _calibration_block(found: Figures) -> str:
    rows = [
        (
            _set_name(name),
            f"{_percent(one['low'])} to {_percent(one['high'])}",
            str(one["n"]),
            _percent(one["said"]),
            _percent(one["right"]),
        )
        for name, bins in found["calibration"].items()
        for one in bins
    ]
    gaps = ", ".join(f"{_set_name(name)} {_two(one['ece'])}" for name, one in found["sets"].items())
    head = (
        "measured on",
        "probability of the likeliest stance",
        "quotes",
        "said on average",
        "right",
    )
    return f"{formatting.table(head, rows)}\n\nExpected calibration error (0: perfect): {gaps}."


def _abstention_block(found: Figures) -> str:
    rows = [
        (_percent(one["risk"]), _two(one["abstain_at"]), _percent(one["coverage"]))
        for one in found["abstention"]
    ]
    return formatting.table(
        ("wrong answers, at most", "`--abstain-at`", "quotes still answered"), rows
    )


def _extraction_block(found: Figures) -> str:
    rows = []
    for one in found["extraction"]:
        found_percent = " / ".join(
            f"{100 * one[key]:.0f}" for key in ("quotes_p", "quotes_r", "quotes_f1")
        )
        bounds = (
            f"{100 * one['quotes_low']:.0f}-{100 * one['quotes_high']:.0f}"
            if one["quotes_low"] is not None
            else ""
        )
        rows.append(
            (
                f"`{one['data']}`",
                found_percent,
                bounds,
                f"{100 * one['speaker_f1']:.0f}",
                f"{one['gold_n']:.0f}",
                f"{one['articles_n']:.0f}",
            )
        )
    head = (
        "labelled articles",
        "quotes found: precision / recall / F1",
        "95% interval of F1",
        "and with the right speaker: F1",
        "quotes",
        "articles",
    )
    return (
        formatting.table(head, rows)
        if rows
        else "Not measured yet: `stance evaluate quotes labels/seeds.jsonl`."
    )


BLOCKS: dict[str, Callable[[Figures], str]] = {
    "run": _run_block,
    "sets": _sets_block,
    "classes": _class_block,
    "form": _slice_block("form"),
    "on_target": _slice_block("on_target"),
    "conflict": _slice_block("conflict"),
    "speaker": _slice_block("speaker"),
    "calibration": _calibration_block,
    "abstention": _abstention_block,
    "extraction": _extraction_block,
}


def filled(text: str, found: Figures, where: str) -> str:
    """Return a page with the figures between its marks rewritten.

    Raises
    ------
    DataError
        If it has no mark, or one that is unknown.
    """
    names = [match[2] for match in MARK.finditer(text)]
    unknown = [name for name in names if name not in BLOCKS]
    if unknown or not names:
        known = ", ".join(BLOCKS)
        raise DataError(
            f"{where}: figures {unknown or 'without a mark'}; expected <!-- figures: NAME --> … "
            f"<!-- end of figures -->, NAME one of {known}"
        )
    return MARK.sub(lambda match: f"{match[1]}\n{BLOCKS[match[2]](found)}\n\n{match[3]}", text)


def write_figures(run: str, out: Path | None = None) -> list[Path]:
    """Collect a run's figures, write them into the pages of ``docs/``, and return the files.

    With the folder ``out``, copies of the pages are written there instead. Where this store has no
    run of the extraction, its old figures stay.
    """
    docs = home() / "docs"
    out = out or docs
    found = collect(run)
    if not found["extraction"] and (docs / SOURCE).exists():
        found["extraction"] = json.loads(read_text(docs / SOURCE)).get("extraction", [])
    pages = {out / name: filled(read_text(docs / name), found, name) for name in PAGES}
    out.mkdir(parents=True, exist_ok=True)
    for path, text in {
        out / SOURCE: json.dumps(found, indent=1, ensure_ascii=False) + "\n",
        **pages,
    }.items():
        write_whole(path, text)
    return [out / SOURCE, *pages]
