import datetime

import pytest

from stance.interfaces.trend_figure import draw_trends

ROWS = [
    {
        "speaker_id": speaker,
        "speaker": speaker.title(),
        "period": datetime.date(2025, 5, 5) + datetime.timedelta(days=7 * week),
        "n_quotes": 3,
        "stance": stance,
        "unclear": unclear,
        "score": score,
        "low": score - 0.2,
        "high": score + 0.1,
    }
    for speaker, week, stance, unclear, score in (
        ("ana $ima", 0, "support", False, 0.7),
        ("ana $ima", 2, "oppose", False, -0.7),
        ("ben $oto", 1, "neutral", True, 0.1),
    )
]


@pytest.mark.parametrize(
    ("kind", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")]
)
def test_the_figure_is_a_file_of_its_kind_and_the_same_each_time(kind, start):
    data = draw_trends(ROWS, kind)
    assert data.startswith(start)
    assert draw_trends(ROWS, kind) == data


def test_every_speaker_has_a_panel_and_all_share_one_axis_of_time():
    text = draw_trends(ROWS, "svg").decode("utf-8")
    assert "Ana $Ima (n = 6)" in text
    assert "Ben $Oto (n = 3)" in text
    assert text.count(">oppose<") == 3  # one axis a panel, and the legend
    assert text.count(">Jun<") <= 1
    one = draw_trends(ROWS, "svg", n_speakers=1).decode("utf-8")
    assert "Ben $Oto" not in one
