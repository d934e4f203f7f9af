"""A speaker's scores over time as inline SVG.

Drawn by matplotlib, then made to follow the page's colours and to carry links with names.
"""

import dataclasses
import datetime
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

SVG = "http://www.w3.org/2000/svg"
LINK = "{http://www.w3.org/1999/xlink}href"
# Stands for the page's own ink until the drawing is done.
INK = "#010203"
MARKERS = {
    "support": "^",
    "conditional": "P",
    "skeptical": "X",
    "oppose": "v",
    "neutral": "o",
    None: "_",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """One article's mean score with its bounds, where it leads and what it says."""

    day: datetime.date
    score: float
    low: float
    high: float
    stance: str | None
    link: str
    label: str


def draw(
    points: Sequence[Point],
    between: tuple[datetime.date, datetime.date],
    salt: str,
    colors: Mapping[str, str],
) -> Markup:
    """Return one row of a timeline as SVG; all rows of a page share the days ``between``.

    Parameters
    ----------
    salt
        Makes the ids inside the drawing differ from those of the other drawings on the page, and
        the same each time.
    colors
        Stance to colour; each becomes the page's variable of that name.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "font.size": 10}):
        figure = Figure(figsize=(10, 1.5))
        axes = figure.add_axes((0.075, 0.2, 0.91, 0.76))
        _axes(axes, between)
        for stance, marker in MARKERS.items():
            ones = [point for point in points if point.stance == stance]
            if ones:
                days: Any = [point.day for point in ones]
                color = colors.get(stance or "", INK)
                axes.vlines(
                    days,
                    [point.low for point in ones],
                    [point.high for point in ones],
                    color=color,
                    linewidth=1.2,
                    alpha=0.55,
                )
                drawn = axes.scatter(
                    days,
                    [point.score for point in ones],
                    marker=marker,
                    s=52,
                    color=color,
                    zorder=3,
                )
                drawn.set_urls([point.link for point in ones])
        out = io.StringIO()
        figure.savefig(
            out,
            format="svg",
            transparent=True,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    return _inline(out.getvalue(), {point.link: point.label for point in points}, colors)


def _axes(axes: Any, between: tuple[datetime.date, datetime.date]) -> None:
    from matplotlib import dates

    untyped: Any = dates

    margin = max((between[1] - between[0]) * 0.03, datetime.timedelta(days=1))
    axes.set_xlim(between[0] - margin, between[1] + margin)
    axes.set_ylim(-1.15, 1.15)
    axes.set_yticks([-1, 0, 1], ["oppose", "0", "support"])
    locator = untyped.AutoDateLocator(minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(
        untyped.ConciseDateFormatter(
            locator, show_offset=False, formats=["%Y", "%b %Y", "%d %b", "%d %b", "%d %b", "%d %b"]
        )
    )
    axes.axhline(0, color=INK, linewidth=0.8, alpha=0.4)
    axes.tick_params(colors=INK, length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(INK)


def _inline(text: str, labels: Mapping[str, str], colors: Mapping[str, str]) -> Markup:
    """Make matplotlib's file a part of a page.

    No header, no ids that nothing points to, colours of the page, a name on every link.
    """
    for name, color in colors.items():
        text = text.replace(color, f"var(--{name})")
    text = text.replace(INK, "currentColor")
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", LINK[1:].partition("}")[0])
    root = ElementTree.fromstring(text)  # noqa: S314 - matplotlib wrote it a line ago
    pointed = set(re.findall(r"#([\w-]+)", text))
    for part in list(root):
        if part.tag == f"{{{SVG}}}metadata":
            root.remove(part)
    for part in root.iter():
        if part.get("id") not in pointed:
            part.attrib.pop("id", None)
        if LINK in part.attrib:
            part.set("href", part.attrib.pop(LINK))
        if part.tag == f"{{{SVG}}}a":
            part.attrib.pop("target", None)
            title = ElementTree.Element(f"{{{SVG}}}title")
            title.text = labels[part.get("href", "")]
            part.insert(0, title)
    root.attrib.pop("width", None)
    root.attrib.pop("height", None)
    # serialised XML, its texts escaped
    # serialised XML, its texts escaped
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704
