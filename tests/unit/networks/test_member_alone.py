"""A member taken out of a batched network says what it said there."""

import pytest
import torch

from neuroloop.networks.batched_network import member_alone
from neuroloop.networks.calcium_network import calcium_network
from neuroloop.networks.resnet import initialise as initialise_resnet
from neuroloop.networks.resnet import member_state, resnet

MASK = torch.arange(12)[:, None] + torch.arange(16) > 5


def readers(head, coordinates):
    network = calcium_network(
        classes=3,
        shape=(12, 16),
        head=head,
        widths=(2, 3),
        hidden=4,
        mask=MASK,
        coordinates=coordinates,
        members=3,
    )
    network.input.mean.copy_(torch.tensor([0.1, 0.2, 0.3]))
    network.input.std.copy_(torch.tensor([1.0, 2.0, 3.0]))
    return network


def students():
    network = resnet(50, in_channels=2, classes=3, width=2, stem="small", members=3)
    initialise_resnet(network, [1, 2, 3])
    network(torch.randn(4, 6, 12, 16, generator=torch.Generator().manual_seed(1)))  # statistics
    return network.eval()


@pytest.mark.parametrize(
    "network",
    [readers("flatten", False), readers("gap", True), students()],
    ids=["flatten", "gap", "ResNet"],
)
def test_a_member_says_alone_what_it_said_among_others(network):
    channels = network.in_channels
    x = torch.randn(5, 3 * channels, 12, 16, generator=torch.Generator().manual_seed(2))
    before = {name: values.clone() for name, values in network.state_dict().items()}
    with torch.no_grad():
        together = network(x)
        for member in range(3):
            alone = member_alone(network, member)
            own = x[:, member * channels : (member + 1) * channels]
            said = alone(own)
            assert said.shape == (5, 1, 3)
            torch.testing.assert_close(said[:, 0], together[:, member], rtol=1e-4, atol=1e-5)
            assert (alone.members, alone.in_channels) == (1, channels)
            assert alone.training == network.training
            state = member_state(network, member)
            assert alone.state_dict().keys() == state.keys()
            for name, values in alone.state_dict().items():
                assert torch.equal(values, state[name])
                values.zero_()
    for name, values in network.state_dict().items():
        assert torch.equal(values, before[name]), "a copy"


def test_a_network_that_is_alone_is_itself():
    network = resnet(18, in_channels=1, classes=3, width=2)
    assert member_alone(network, 0) is network
