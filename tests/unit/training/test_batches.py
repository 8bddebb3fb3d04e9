"""Networks that can be trained together."""

from neuroloop.training.batches import batch_order, equal_batches


def test_group_holds_networks_of_equal_batches():
    # Batches of 8: 16 and 9 rows make two, 8 makes one, 5 makes one of 5.
    assert equal_batches([16, 8, 9, 5, 16, 5], 8, 2) == [[0, 2], [4], [1], [3, 5]]
    assert equal_batches([16, 8, 9, 5, 16, 5], 8, 1) == [[0], [2], [4], [1], [3], [5]]


def test_no_network_has_other_batches_than_alone():
    sizes = [3, 17, 24, 20, 8, 3, 7, 18]
    groups = equal_batches(sizes, 8, 3)
    assert sorted(member for group in groups for member in group) == list(range(8))
    for group in groups:
        order = batch_order([sizes[member] for member in group], 8, group, epoch=0)
        for place, member in enumerate(group):
            alone = batch_order([sizes[member]], 8, [member], epoch=0)
            assert order[:, [place]].tolist() == alone.tolist()
