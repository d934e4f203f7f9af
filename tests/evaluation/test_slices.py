import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.core.types import STANCES
from stance.evaluation.scores import macro_f1
from stance.evaluation.slices import COLUMNS, conflict_family, families, kinds, sliced, speaker_kind


def predictions(n_articles=12, n_quotes=5, name="test"):
    """Quotes whose oppose is always missed and whose other stances are right."""
    rng = np.random.default_rng(1)
    rows = []
    for article in range(n_articles):
        for number in range(n_quotes):
            stance = STANCES[number % 5]
            row = {
                "quote": f"a{article}#{number}",
                "set": name,
                "article": f"a{article}",
                "stance": stance,
                "origin": "synthetic",
                "text": "…",
            }
            row |= {
                "predicted": "neutral" if stance == "oppose" else stance,
                "form": "direct" if number else "indirect",
                "on_target": stance != "neutral",
            }
            row |= {
                "conflict": "Gaza war" if article % 2 else None,
                "speaker": "Mara Lindqvist",
                "speaker_role": "lawmaker" if number else None,
            }
            rows.append({**row, "confidence": round(float(rng.uniform(0.3, 1)), 3)})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("conflict", "origin", "family"),
    [
        ("RU-UA", "news", "Russia-Ukraine"),
        ("Ukraine (real; role-only speakers, unspecific events)", "synthetic", "Russia-Ukraine"),
        ("Israel-Hamas", "news", "Gaza"),
        ("Israel-Lebanon", "synthetic", "other Middle East"),
        ("Iran's nuclear file", "synthetic", "Iran"),
        ("invented (Asia, Tarkhan nuclear talks)", "synthetic", "invented"),
        (
            "Khorvan nuclear file",
            "synthetic",
            "invented",
        ),  # no mark says so; the report's origin does
        ("Khorvan nuclear file", "own", "other"),
        (
            "Upper Tagra dam water dispute (invented, northeast Africa; outside war)",
            "synthetic",
            "outside war",
        ),
        (
            "Kessal – Upper Nubar war over the Mereb dam (invented, Nile region)",
            "synthetic",
            "invented",
        ),
        (
            "Skarland-Vesterø fishing conflict (invented, North Atlantic)",
            "synthetic",
            "outside war",
        ),
        (None, "synthetic", "not given"),
    ],
)
def test_a_conflict_belongs_to_one_family(conflict, origin, family):
    assert conflict_family(conflict, origin) == family


@pytest.mark.parametrize(
    ("role", "speaker", "kind"),
    [
        ("unnamed official", None, "unnamed official or source"),
        ("mediator’s diplomat", None, "mediator or international organisation"),
        ("rebel commander", None, "armed group"),
        ("military spokesman", None, "military or police"),
        ("mother of a missing Ukrainian soldier", None, "civil society or people concerned"),
        ("head of the Shirwan delegation", None, "negotiator or delegate"),
        ("Russian senator", None, "lawmaker or party"),
        ("President of Velmora", None, "leader of state or government"),
        ("president of the pilots' association", None, "business or union"),
        ("foreign minister of Halvar", None, "minister or government"),
        ("senior fellow, Harwell Institute", None, "analyst or academic"),
        (None, "a senior official briefed on the talks", "unnamed official or source"),
        (None, "Mara King", "not given"),  # a name is no role, whatever it sounds like
        (None, None, "not given"),
    ],
)
def test_a_speaker_is_of_one_kind_by_role_and_never_by_name(role, speaker, kind):
    assert speaker_kind(role, speaker) == kind


@given(st.text(max_size=60), st.sampled_from(["synthetic", "news", "own", None]))
def test_whatever_stands_there_has_a_known_family_and_kind(words, origin):
    assert conflict_family(words, origin) in families()
    assert speaker_kind(words, words) in kinds()


def test_most_reports_and_quotes_of_the_project_are_sorted_somewhere(root):
    rows = [
        json.loads(line)
        for path in (root / "labels" / "reports").glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    found = [
        conflict_family(row.get("conflict"), row.get("origin"))
        for row in rows
        if row.get("conflict")
    ]
    assert found.count("other") == 0
    assert len(set(found)) == len(families()) - 2  # every family is in use
    said = [
        speaker_kind(quote.get("speaker_role"), quote.get("speaker"))
        for row in rows
        for quote in row["quotes"]
        if quote.get("speaker_role")
    ]
    assert said.count("other") / len(said) < 0.15


def test_every_slice_of_a_set_adds_up_to_its_quotes_and_has_its_interval():
    table = sliced(pd.concat([predictions(), predictions(n_articles=3, name="seeds")]))
    assert set(table["slice"]) == set(COLUMNS)
    for (name, _), part in table.groupby(["set", "slice"]):
        assert part["n"].sum() == (60 if name == "test" else 15)
        scored = part.dropna(subset=["f1"])
        assert ((scored["low"] <= scored["f1"]) & (scored["f1"] <= scored["high"])).all()
    # Below ten articles quotes are drawn, and the table says so.
    classes = table[table["slice"] == "class"]
    assert dict(classes.groupby("set")["unit"].unique().map(list)) == {
        "seeds": ["quote"],
        "test": ["article"],
    }


def test_scores_of_a_slice_are_those_counted_by_hand():
    table = sliced(predictions()).set_index(["slice", "value"])
    # 12 of each stance; the 12 of oppose are answered neutral: F1 of neutral 2*12 / (12 + 24).
    assert table.loc[("class", "neutral"), "f1"] == 0.667
    assert table.loc[("class", "neutral"), "accuracy"] == 1.0
    assert table.loc[("class", "oppose"), "f1"] == 0.0
    assert table.loc[("class", "support"), "n"] == 12
    assert table.loc[("form", "indirect"), "accuracy"] == 1.0
    whole = np.zeros((5, 5), dtype=int)
    for k, stance in enumerate(STANCES[1:], 1):
        whole[k, STANCES.index("neutral") if stance == "oppose" else k] = 12
    assert table.loc[("form", "direct"), "f1"] == round(float(macro_f1(whole)), 3)
    # Off the target all is neutral: accuracy says all there is to say.
    assert pd.isna(table.loc[("on_target", "off target"), "f1"])
    assert table.loc[("on_target", "off target"), "accuracy"] == 1.0
    assert set(table.loc["conflict"].index) == {"Gaza", "not given"}
    assert set(table.loc["speaker"].index) == {"lawmaker or party", "not given"}


def test_figures_of_calibration_risk_and_slices_show_what_was_measured(tmp_path):
    from stance.evaluation import plots

    table = pd.concat([predictions(), predictions(n_articles=3, name="seeds")])
    slices = sliced(table)
    drawn = {
        "slices": plots.by_slice(slices[slices["set"] == "test"], "test"),
        "calibration": plots.reliability(table),
    }
    drawn["risk"] = plots.risk_and_coverage(table)
    for name, figure in drawn.items():
        figure.savefig(tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").stat().st_size > 5000
    titles = [axes.get_title() for axes in drawn["calibration"].axes]
    assert titles[0].endswith("n = 60")
    assert titles[1].endswith("n = 15")
    labels = [text.get_text() for text in drawn["slices"].axes[0].get_yticklabels()]
    assert labels[0] == "support  (n = 12)"


def test_the_error_in_the_reliability_figure_is_the_expected_calibration_error():
    from stance.evaluation import plots
    from stance.evaluation.scores import calibration_error

    table = predictions()
    right = (table["stance"] == table["predicted"]).to_numpy()
    sure = table["confidence"].to_numpy()
    shares = np.stack([sure, *[(1 - sure) / 4] * 4], axis=1)
    expected = calibration_error(shares, right)
    assert (
        plots.reliability(table).axes[0].get_title()
        == f"test: expected error {expected:.3f}, n = 60"
    )
