import datetime

import pytest

from stance.extraction.text.dates import day_of

DAY = datetime.date(2025, 5, 13)


@pytest.mark.parametrize(
    "written",
    [
        "2025-05-13",
        "2025-05-13T18:30:00+02:00",
        "20250513T101010Z",
        "2025/05/13",
        "Tue, 13 May 2025 10:00:00 GMT",
        "13 May 2025",
        "May 13, 2025",
        "Tuesday, May 13, 2025, 6:30 p.m. EDT",
        "Published on May 13th, 2025",
        datetime.datetime(2025, 5, 13, 23, 59),
        DAY,
    ],
)
def test_a_day_in_figures_or_words_is_understood(written):
    assert day_of(written) == DAY


@pytest.mark.parametrize(
    "written", [None, "", "05/06/2025", "May 2025", "2025", "yesterday", "2025-13-40", "x" * 500]
)
def test_a_day_that_is_not_clear_is_none(written):
    assert day_of(written) is None
