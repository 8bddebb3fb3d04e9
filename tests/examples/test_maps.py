"""Where a network looked: maps of its classes."""


def test_maps_of_a_network() -> None:
    import torch
    from torch import nn

    from neuroloop.explain.attribution.cam import class_maps

    torch.manual_seed(0)
    layer = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU())
    network = nn.Sequential(layer, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    images = torch.zeros(5, 1, 16, 16)
    images[:, :, 4:8, 4:8] = 1
    classes = torch.tensor([[0, 1]] * 5)  # both, of each image
    maps = class_maps(network, layer, images, classes, method="grad_cam")

    assert maps.shape[:3] == (5, 1, 2)  # images, members (one network), classes
    assert maps.shape[-2:] == (16, 16)
    assert (maps >= 0).all()
    assert maps[..., 3:9, 3:9].mean() > maps.mean()
