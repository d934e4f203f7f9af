import math

import pytest
from shell import cli

from stance.core.types import Judgment
from stance.labels.agreement import alpha, kappa, report_agreement
from stance.labels.own_articles import import_judgments


@pytest.mark.parametrize("coefficient", [kappa, alpha])
def test_agreement_beyond_chance_is_not_defined_where_everything_is_judged_the_same(coefficient):
    assert math.isnan(coefficient(["neutral"] * 3, ["neutral"] * 3))
    assert coefficient(["neutral", "oppose", "oppose"], ["neutral", "oppose", "oppose"]) == 1


# The worked examples A, B and C of Krippendorff 2011, "Computing Krippendorff's
# alpha-reliability", with the values that are printed there for nominal data.
@pytest.mark.parametrize(
    ("annotators", "value"),
    [
        (("0100000010", "1110010000"), 0.095),
        (("aabbdcccedda", "babbbccceddd"), 0.692),
        (("123321412...", "1233224125.3", ".3332342251.", "12332441251."), 0.743),
    ],
)
def test_alpha_is_the_one_of_the_published_examples(annotators, value):
    given = [[None if label == "." else label for label in labels] for labels in annotators]
    assert round(alpha(*given), 3) == value


def test_two_readers_who_judged_three_quotes_alike_are_told_what_is_not_defined(project):
    three = ["w1_01#1", "w1_01#2", "w1_01#3"]
    import_judgments(
        project / "labels",
        [Judgment(quote, name, "oppose", True) for quote in three for name in ("Anna", "Ben")],
    )
    done = cli("labels", "agree")
    assert done.returncode == 0, done.stderr
    told = done.stdout[
        done.stdout.index("Anna (person) and Ben (person): 3 quotes") :
    ].splitlines()[1:6]
    assert told == [
        "  five labels   same 1.000   kappa and alpha not defined (all judged the same)",
        "  coarse three  kappa and alpha not defined (all judged the same)",
        "  on target     kappa and alpha not defined (all judged the same)",
        "  oppose        kappa and alpha not defined (all judged the same)   n = 3",
        "  attributed stances (holder and stance): none named",
    ]


def test_what_a_person_decides_is_no_dispute(project):
    import_judgments(project / "labels", [Judgment("w1_01#1", "Anna", "neutral", True)])
    assert report_agreement(project / "labels")[-1].endswith(", 0 disputed")
