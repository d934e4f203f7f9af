import numpy as np
import pandas as pd
import pytest

from stance.experiments.cross_validation import temperature_of


def answered(right_share):
    """A hundred quotes, each answered with support at .8, and how many of them are right."""
    n_right = round(100 * right_share)
    table = pd.DataFrame({"stance": ["support"] * n_right + ["neutral"] * (100 - n_right)})
    return table, np.tile([0.8, 0.05, 0.05, 0.05, 0.05], (100, 1))


def test_real_quotes_make_a_model_less_sure_and_never_surer():
    too_sure = {"validation": answered(0.95), "seeds": answered(0.5)}
    too_modest = {"validation": answered(0.5), "seeds": answered(0.95)}
    assert temperature_of("seeds", too_sure, "validation") > 1
    assert temperature_of("seeds", too_modest, "validation") == 1


def test_the_set_that_was_held_out_may_do_both():
    sets = {"validation": answered(0.95)}
    assert temperature_of(None, sets, "validation") < 1
    assert temperature_of("validation", {"validation": answered(0.5)}, "validation") > 1


@pytest.mark.parametrize(("calibrate", "on"), [("none", "validation"), ("seeds", None)])
def test_without_a_set_nothing_is_tempered(calibrate, on):
    assert temperature_of(calibrate, {"validation": answered(0.5)}, on) == 1
