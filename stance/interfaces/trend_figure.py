"""The figure of speakers over time, for a paper: SVG, PDF or PNG."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stance.core.errors import DataError
from stance.interfaces.report.timeline import COLORS

KINDS = (".svg", ".pdf", ".png")
UNCLEAR = "#565b63"
# A stance has a shape as well as a colour, for print in grey and for eyes that cannot tell colours.
MARKERS = {
    "support": "^",
    "conditional": "P",
    "neutral": "o",
    "skeptical": "X",
    "oppose": "v",
    "unclear": "D",
}
WIDTH, ROW_HEIGHT, MARGIN = 7.0, 0.85, 0.9  # inches: the width of a page of a paper


def kind_of_figure(path: Path) -> str:
    """Return the format that a file's name says.

    Raises
    ------
    DataError
        If no figure is written to such a name.
    """
    if path.suffix.lower() not in KINDS:
        raise DataError(f"{path}: unknown kind of figure; expected {', '.join(KINDS)}")
    return path.suffix.lower()[1:]


def draw_trends(rows: Sequence[Mapping[str, Any]], kind: str, n_speakers: int = 8) -> bytes:
    """Return the figure as a file's bytes; the same rows give the same bytes.

    Each of the first ``n_speakers`` has a panel; all panels share the axes of time and score. A
    mark is the expected mean score of a period, with 90% probability it lies on its line. Where
    two stances are nearly as likely, the mark is hollow.

    Parameters
    ----------
    rows
        As `stance.prediction.trends.Trends.table` gives them.
    kind
        svg, pdf or png.

    Raises
    ------
    DataError
        If there is no row.
    """
    if not rows:
        raise DataError("trends: no quote with a named speaker and a date, so nothing to draw")
    import matplotlib as mpl
    from matplotlib.figure import Figure

    speakers = list(dict.fromkeys(row["speaker_id"] for row in rows))[:n_speakers]
    height = MARGIN + ROW_HEIGHT * len(speakers)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    panels = figure.subplots(len(speakers), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for speaker, axes in zip(speakers, panels, strict=True):
        _panel(axes, [row for row in rows if row["speaker_id"] == speaker])
    _time_axis(panels[-1])
    figure.legend(
        handles=_legend(), loc="outside lower center", ncols=len(MARKERS), fontsize=7, frameon=False
    )
    out = io.BytesIO()
    fixed = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": None}[kind]
    # Text stays text (searchable, editable), and ids do not change from run to run.
    with mpl.rc_context({"svg.hashsalt": "stance", "svg.fonttype": "none", "pdf.fonttype": 42}):
        figure.savefig(out, format=kind, dpi=300, metadata=fixed)
    return out.getvalue()


def _panel(axes: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    axes.axhline(0, color="0.8", linewidth=0.6, zorder=0)
    axes.plot([row["period"] for row in rows], [row["score"] for row in rows], "0.75", lw=0.8)
    for row in rows:
        shown = "unclear" if row["unclear"] else row["stance"]
        color = UNCLEAR if row["unclear"] else COLORS[shown][0]
        axes.vlines(row["period"], row["low"], row["high"], color=color, linewidth=1.2)
        axes.plot(
            [row["period"]],
            [row["score"]],
            MARKERS[shown],
            color=color,
            markerfacecolor="white" if row["unclear"] else color,
            markersize=4.5,
        )
    axes.set_ylim(-1.1, 1.1)
    axes.set_yticks([-1, 0, 1], ["oppose", "0", "support"], fontsize=7)
    n_quotes = sum(row["n_quotes"] for row in rows)
    # A name may hold signs that matplotlib would set as a formula.
    name = rows[0]["speaker"].replace("$", r"\$")
    axes.set_title(f"{name} (n = {n_quotes})", fontsize=8, loc="left", pad=2)
    axes.spines[["top", "right"]].set_visible(False)


def _time_axis(axes: Any) -> None:
    import matplotlib.dates

    dates: Any = matplotlib.dates  # untyped
    locator = dates.AutoDateLocator(maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    axes.tick_params(axis="x", labelsize=7)
    axes.xaxis.get_offset_text().set_fontsize(7)
    first, last = axes.get_xlim()
    if last - first < 2:  # a single day has no width of its own
        axes.set_xlim(first - 1, last + 1)


def _legend() -> list[Any]:
    from matplotlib.lines import Line2D

    handles = []
    for name, marker in MARKERS.items():
        color = UNCLEAR if name == "unclear" else COLORS[name][0]
        face = "white" if name == "unclear" else color
        handles.append(
            Line2D([], [], marker=marker, color=color, markerfacecolor=face, ls="", label=name)
        )
    return handles
