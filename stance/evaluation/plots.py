"""The figures that runs log.

Each function takes what was measured and returns a figure: confusion, calibration, risk and
coverage, slices, learning curves, trials.
"""

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stance.core.types import STANCES
from stance.evaluation.scores import SetScores, confidence_bins
from stance.evaluation.slices import shown
from stance.labels.splits import set_words
from stance.models.calibration import risk_coverage

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _figure(width: float, height: float) -> "Figure":
    # A figure of its own, not pyplot's: it needs no screen and is freed with its last name.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def confusion(report: SetScores) -> "Figure":
    """Return how the labels of one set were answered.

    The figure shows counts, coloured by their share of the label.
    """
    table = report.tables.sum(axis=0)
    figure = _figure(5.2, 4.6)
    axes = figure.subplots()
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for i, j in np.ndindex(*table.shape):
        axes.text(
            j,
            i,
            str(table[i, j]),
            ha="center",
            va="center",
            color="white" if share[i, j] > 0.6 else "black",
        )
    axes.set(
        xticks=range(5), yticks=range(5), yticklabels=STANCES, xlabel="predicted", ylabel="label"
    )
    axes.set_xticks(range(5), STANCES, rotation=30, ha="right")
    axes.set_title(f"{report.name}: macro-F1 {report.five}", fontsize=8)
    return figure


def risk_and_coverage(predictions: pd.DataFrame) -> "Figure":
    """Return the share of wrong answers against the share answered, a line a set."""
    figure = _figure(6.4, 4.2)
    axes = figure.subplots()
    for name, part in predictions.groupby("set", sort=False):
        coverage, risk = risk_coverage(
            part["confidence"].to_numpy(), (part["stance"] == part["predicted"]).to_numpy()
        )
        axes.plot(coverage, risk, label=f"{name} (n = {len(part)})")
    axes.set(
        xlabel="share of quotes answered, the surest first",
        ylabel="share of the answers that is wrong",
        ylim=(0, None),
        title="risk and coverage",
    )
    axes.legend(fontsize=8)
    return figure


def reliability(predictions: pd.DataFrame) -> "Figure":
    """Return the share of right answers against the confidence they were given with.

    Each set has a panel; the area of a point is its number of quotes.
    """
    parts = list(predictions.groupby("set", sort=False))
    n_columns = min(3, len(parts))
    n_rows = math.ceil(len(parts) / n_columns)
    figure = _figure(3.3 * n_columns, 3.3 * n_rows)
    axes = figure.subplots(n_rows, n_columns, squeeze=False)
    for place, (name, part) in zip(axes.flat, parts, strict=False):
        found = confidence_bins(
            part["confidence"].to_numpy(), (part["stance"] == part["predicted"]).to_numpy()
        )
        error = sum(abs(sure - right) * n for sure, right, n in found) / len(part)
        place.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--")
        place.plot(
            [sure for sure, _, _ in found],
            [right for _, right, _ in found],
            color="C0",
            linewidth=1,
        )
        place.scatter(
            [sure for sure, _, _ in found],
            [right for _, right, _ in found],
            s=[8 + 400 * n / len(part) for _, _, n in found],
            alpha=0.6,
        )
        place.set(
            xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share right", aspect="equal"
        )
        place.set_title(f"{name}: expected error {error:.3f}, n = {len(part)}", fontsize=8)
    for place in axes.flat[len(parts) :]:
        place.set_visible(False)
    return figure


def by_slice(table: pd.DataFrame, name: str) -> "Figure":
    """Return F1 with its interval and accuracy per slice of one set.

    ``table`` has rows of `stance.evaluation.slices.sliced`; slices below ten quotes are left out.
    """
    parts = shown(table)
    sizes = [len(part) for _, part in parts]
    figure = _figure(7.5, 1.2 + 0.27 * sum(sizes) + 0.45 * len(sizes))
    axes = figure.subplots(
        max(len(parts), 1),
        1,
        sharex=True,
        squeeze=False,
        height_ratios=[size + 0.8 for size in sizes] or [1],
    )[:, 0]
    for place, (column, part) in zip(axes, parts, strict=False):
        at = np.arange(len(part))[::-1]
        f1, low, high = (part[key].to_numpy(dtype=float) for key in ("f1", "low", "high"))
        # A percentile interval of few quotes may miss the value itself; a bar has no negative
        # length.
        place.errorbar(
            f1,
            at,
            xerr=[np.maximum(f1 - low, 0), np.maximum(high - f1, 0)],
            fmt="o",
            markersize=4,
            capsize=2,
            linewidth=1,
            label="F1",
        )
        place.scatter(
            part["accuracy"],
            at,
            marker="|",
            s=60,
            color="black",
            label="recall" if column == "class" else "accuracy",
        )
        place.set_yticks(
            at,
            [f"{value}  (n = {n})" for value, n in zip(part["value"], part["n"], strict=True)],
            fontsize=8,
        )
        place.set(xlim=(0, 1), ylim=(-0.7, len(part) - 0.3))
        place.set_title(
            {
                "on_target": "target",
                "conflict": "family of conflict",
                "speaker": "kind of speaker",
            }.get(column, column),
            fontsize=8,
            loc="left",
        )
        place.grid(axis="x", linewidth=0.4)
    for place in axes[:1]:
        place.legend(fontsize=7, loc="lower left")
    figure.suptitle(f"{set_words(name)[0]}: F1 (95% interval) and accuracy by slice", fontsize=9)
    return figure


def learning_curve(table: pd.DataFrame, name: str) -> "Figure":
    """Return a figure of the curves of one set, with their intervals."""
    figure = _figure(7, 4.5)
    axes = figure.subplots()
    for (model, labels), part in table.groupby(["model", "labels"]):
        part = part.sort_values("n_reports")
        (line,) = axes.plot(
            part["n_reports"],
            part["f1"],
            marker="o",
            linestyle="-" if labels == "agreed" else "--",
            label=f"{model}, {labels} labels",
        )
        axes.fill_between(
            part["n_reports"], part["low"], part["high"], color=line.get_color(), alpha=0.08
        )
    axes.axhline(float(table["base"].iloc[0]), color="grey", linewidth=1, label="majority")
    axes.set(
        xscale="log",
        xlabel="training reports",
        ylabel="macro-F1",
        title=f"{name}: what more reports bring",
    )
    ticks = sorted(table["n_reports"].unique())
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.legend(fontsize=8)
    return figure


def trials(table: pd.DataFrame, choices: Sequence[str]) -> "Figure":
    """Return the scores of the trials: in their order, and against the values of each choice."""
    done = table[table["f1"].notna()]
    n_columns = min(3, 1 + len(choices))
    n_rows = math.ceil((1 + len(choices)) / n_columns)
    figure = _figure(3.4 * n_columns, 3.2 * n_rows)
    places = list(figure.subplots(n_rows, n_columns, sharey=True, squeeze=False).flat)
    for place in places[1 + len(choices) :]:
        place.set_visible(False)
    places[0].scatter(done["trial"], done["f1"], s=16)
    places[0].plot(
        done["trial"],
        list(itertools.accumulate(done["f1"], max)),
        color="C1",
        linewidth=1,
        label="best so far",
    )
    places[0].set(xlabel="trial", ylabel="cross-validated macro-F1")
    places[0].legend(fontsize=8)
    for place, choice in zip(places[1:], choices, strict=False):
        numbers = pd.to_numeric(done[choice], errors="coerce")
        is_number = (
            bool(len(done))
            and numbers.notna().all()
            and not done[choice].map(lambda one: isinstance(one, bool)).any()
        )
        place.scatter(numbers if is_number else done[choice].astype(str), done["f1"], s=16)
        if is_number and numbers.min() > 0 and numbers.max() / numbers.min() >= 10:
            place.set_xscale("log")
        place.set_xlabel(choice, fontsize=8)
        place.tick_params(axis="x", labelsize=7, rotation=0 if is_number else 20)
    return figure
