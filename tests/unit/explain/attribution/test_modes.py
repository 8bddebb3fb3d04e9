"""How a network is put aside and given back, and what of it is explained."""

import pytest
import torch
from torch import nn

from neuroloop.explain.attribution.modes import class_scores, evaluating, mean_logits


def network():
    made = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Dropout(), nn.Flatten(), nn.Linear(8, 3)).train()
    made[1].eval()
    made[0].weight.requires_grad_(False)
    return made


def state(made):
    return (
        [module.training for module in made.modules()],
        [parameter.requires_grad for parameter in made.parameters()],
    )


def test_modes_and_flags_come_back_one_by_one():
    made = network()
    before = state(made)
    assert before == ([True, True, False, True, True], [False, True, True, True])
    with evaluating(made):
        assert state(made) == ([False] * 5, [False] * 4)
    assert state(made) == before
    with pytest.raises(KeyError), evaluating(made):
        raise KeyError
    assert state(made) == before


class Fixed(nn.Module):
    """Gives what it was made of, and spoils what it is given."""

    def __init__(self, outputs):
        super().__init__()
        self.outputs = torch.tensor(outputs)

    def forward(self, x):
        x.fill_(7)
        return self.outputs


def test_scores_of_plain_networks_and_of_ensembles():
    images, classes = torch.zeros(2, 1, 1, 1), torch.tensor([2, 0])
    plain = Fixed([[1.0, 2, 3], [4, 5, 6]])
    assert class_scores(plain, images, classes).tolist() == [3, 4]
    one = Fixed([[[1.0, 2, 3]], [[4, 5, 6]]])
    assert class_scores(one, images, classes).tolist() == [3, 4]
    two = Fixed([[[1.0, 2, 3], [3, 2, 9]], [[4, 5, 6], [0, 0, 0]]])
    assert class_scores(two, images, classes).tolist() == [6, 2]
    assert not images.any()


@pytest.mark.parametrize("outputs", [[1.0, 2], [[1.0]], [[[[1.0]]], [[[1.0]]]]])
def test_outputs_that_are_no_logits(outputs):
    with pytest.raises(ValueError, match="no logits"):
        mean_logits(Fixed(outputs), torch.zeros(2, 1, 1, 1))
