import numpy as np
import pytest
from conftest import needs_torch

from stance.training.objectives import NOT_COUNTED, LabelLoss, TagLoss

pytestmark = needs_torch


class Fixed:
    """A network that answers what it was given."""

    def __init__(self, logits):
        import torch

        self.logits = torch.tensor(np.array(logits), dtype=torch.float32)

    def __call__(self, *_):
        return self.logits

    def of_tokens(self, *_):
        return self.logits


def test_the_loss_of_labels_is_the_mean_of_their_surprise():
    logits = np.log([[0.5, 0.5], [0.2, 0.8]])
    loss = LabelLoss(np.array([1, 1, 0]), smoothing=0.0)(Fixed(logits), (None, None), [1, 2])
    assert float(loss) == pytest.approx(-(np.log(0.5) + np.log(0.2)) / 2)


def test_a_teacher_with_the_whole_share_makes_the_labels_count_for_nothing():
    logits, targets = np.log([[0.3, 0.7]]), np.log([[0.3, 0.7]])
    for label in (0, 1):
        loss = LabelLoss(np.array([label]), 0.0, (targets, 1.0, 1.0))
        entropy = -(0.3 * np.log(0.3) + 0.7 * np.log(0.7))
        assert float(loss(Fixed(logits), (None, None), [0])) == pytest.approx(entropy)


def test_tags_count_by_group_and_framing_tokens_do_not():
    logits = np.log([[[0.5, 0.5, 0.2, 0.8], [0.1, 0.9, 0.6, 0.4], [0.5, 0.5, 0.5, 0.5]]])
    tags = [np.array([[NOT_COUNTED, 1, NOT_COUNTED], [NOT_COUNTED, 0, NOT_COUNTED]])]
    loss = TagLoss(tags, ((slice(0, 2), 1.0), (slice(2, 4), 0.5)), smoothing=0.0)
    expected = -np.log(0.9) - 0.5 * np.log(0.6)
    assert float(loss(Fixed(logits), (None, None), [0])) == pytest.approx(expected, abs=1e-6)


def test_a_batch_in_which_no_token_of_a_group_counts_has_no_loss_of_it():
    logits = np.log([[[0.5, 0.5, 0.2, 0.8]]])
    tags = [np.array([[NOT_COUNTED], [1]])]
    loss = TagLoss(tags, ((slice(0, 2), 1.0), (slice(2, 4), 1.0)), smoothing=0.0)
    assert float(loss(Fixed(logits), (None, None), [0])) == pytest.approx(-np.log(0.8), abs=1e-6)
