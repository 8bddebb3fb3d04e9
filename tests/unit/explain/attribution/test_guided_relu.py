"""Guided ReLUs: by hand, by captum where it is right, and alike however a ReLU is called."""

import pytest
import torch
from captum.attr import GuidedBackprop, Saliency
from torch import nn
from torch.nn import functional

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.attribution.saliency import attribute_channels
from neuroloop.networks import calcium_network
from neuroloop.networks import resnet as networks


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


SHARED, SHARED_INPLACE = nn.ReLU(), nn.ReLU(inplace=True)


def called_for_its_effect(x):
    x.relu_()
    return x


def on_a_view(x):
    functional.relu(x.flatten(1), inplace=True)
    return x


def on_a_part_and_on_all(x):
    x[:, :2].relu_()
    return functional.relu(x)


FORMS = {
    "functional": functional.relu,
    "functional in place": lambda x: functional.relu(x, inplace=True),
    "by name": lambda x: functional.relu(inplace=True, input=x),
    "by position": lambda x: functional.relu(x, True),
    "torch": torch.relu,
    "torch in place": torch.relu_,
    "method": lambda x: x.relu(),
    "method in place": lambda x: x.relu_(),
    "shared": SHARED,
    "shared in place": SHARED_INPLACE,
    "effect alone": called_for_its_effect,
    "view": on_a_view,
    "part and all": on_a_part_and_on_all,
    "clipped far away": lambda x: functional.hardtanh(x, 0.0, 1e9),
}


class Network(nn.Module):
    """Convolutions, a residual sum, pooling and two linear layers about one kind of ReLU."""

    def __init__(self, relu):
        super().__init__()
        torch.manual_seed(3)
        self.first, self.second = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.norm.running_mean.uniform_()
        self.hidden, self.last = nn.Linear(4 * 3 * 2, 6), nn.Linear(6, 5)
        # Each call its own module, as captum needs them, or one and the same.
        made = [relu() if isinstance(relu, type) else relu for _ in range(3)]
        self.own = nn.ModuleList(one for one in made if isinstance(one, nn.Module))
        self.relus = made

    def forward(self, x):
        x = self.relus[0](self.norm(self.first(x)))
        y = self.second(x)
        y += x
        y = functional.max_pool2d(self.relus[1](y), 2)
        return self.last(self.relus[2](self.hidden(y.flatten(1))[:, :, None]).flatten(1))


IMAGES, CLASSES = drawn(4, 2, 6, 4, seed=1), torch.tensor([0, 3, 4, 1])


def guided(network, images=IMAGES, classes=CLASSES):
    return attribute_channels("guided_backprop", network, images, classes)


def by_captum(network, images=IMAGES, classes=CLASSES, kind=GuidedBackprop, **options):
    return kind(network.eval()).attribute(images.clone(), target=classes, **options).detach()


def assert_equal(made, expected):
    assert (made - expected).abs().max() <= 1e-5 * expected.abs().max()
    assert expected.abs().max() > 0


def test_by_hand():
    """From S = 3 relu(a - 2 b) - relu(b - a), the second ReLU gets a negative gradient."""
    first = nn.Conv2d(2, 2, 1, bias=False)
    first.weight.data = torch.tensor([[1.0, -2], [-1, 1]])[:, :, None, None]
    last = nn.Linear(8, 1, bias=False)
    last.weight.data = torch.tensor([[3.0, 3, 3, 3, -1, -1, -1, -1]])
    network = nn.Sequential(first, nn.ReLU(), nn.Flatten(), last)
    image = torch.tensor([[[[4.0, 1], [0, 2]], [[1, 1], [2, 0]]]])
    expected = [[[3.0, 0], [0, 3]], [[-6, 0], [0, -6]]]
    assert guided(network, image, torch.tensor([0]))[0].tolist() == expected
    assert by_captum(network, image, 0)[0].tolist() == expected
    # The first ReLU's values are 2, -1, -4 and 2: clipped at 2 it lets nothing through, at 6 all.
    for network[1], through in ((nn.ReLU6(), 1), (nn.Hardtanh(0, 2), 0)):
        made = guided(network, image, torch.tensor([0]))[0]
        assert (made == through * torch.tensor(expected)).all()


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_same_network_equals_captum_with_modules(form):
    modules = Network(nn.ReLU)
    expected = by_captum(modules)
    assert_equal(guided(modules), expected)
    plain = by_captum(modules, kind=Saliency, abs=False)
    assert (expected - plain).abs().max() > 0.1 * plain.abs().max()
    network = Network(FORMS[form])
    torch.testing.assert_close(network.eval()(IMAGES.clone()), modules(IMAGES))
    assert_equal(guided(network), expected)
    # Nothing stays behind: the plain gradient is still the plain gradient.
    assert_equal(attribute_channels("saliency", network, IMAGES, CLASSES), plain)


@pytest.mark.parametrize(
    "relu6",
    [
        nn.ReLU6,
        nn.ReLU6(inplace=True),
        functional.relu6,
        lambda x: functional.relu6(x, inplace=True),
        lambda x: functional.hardtanh_(x, 0, 6),
    ],
)
def test_clipped_relus(relu6):
    images, network, inputs = 20 * IMAGES, Network(relu6), []

    class Written(torch.autograd.Function):
        """The rule with torch's own backward pass of the clipped ReLU."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            inputs.append(x)
            return x.clamp(0, 6)

        @staticmethod
        def backward(ctx, gradient):
            with torch.enable_grad():
                x = ctx.saved_tensors[0].detach().requires_grad_()
                usual = torch.autograd.grad(functional.relu6(x), x, gradient)[0]
            return usual.relu()

    written = Network(Written.apply).eval()
    pixels = images.clone().requires_grad_()
    score = written(pixels).gather(1, CLASSES[:, None]).sum()
    assert_equal(guided(network, images), torch.autograd.grad(score, pixels)[0])
    assert min(float((x > 6).float().mean()) for x in inputs[:2]) > 0.02


def test_captum_misses_what_is_no_module_of_relu():
    """Why there is an implementation of our own."""
    for form in (functional.relu, nn.ReLU6):
        network = Network(form)
        missed = by_captum(network)
        torch.testing.assert_close(missed, by_captum(network, kind=Saliency, abs=False))
        assert (guided(network) - missed).abs().max() > 0.1 * missed.abs().max()


class ResNetOfModules(nn.Module):
    """`core`'s residual network with a module for every ReLU."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.relus = nn.ModuleList(nn.ReLU() for _ in range(17))

    def forward(self, x):
        network, relus = self.network, iter(self.relus)
        x = next(relus)(network.bn1(network.conv1(x)))
        for name in network.stages:
            for block in network.get_submodule(name):
                y = next(relus)(block.bn1(block.conv1(x)))
                y = block.bn2(block.conv2(y))
                x = next(relus)(y + (x if block.downsample is None else block.downsample(x)))
        return network.fc(x.mean((2, 3)))[:, 0]


class ReaderOfModules(nn.Module):
    """`core`'s reader of frames with a module for every ReLU."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.relus = nn.ModuleList(nn.ReLU() for _ in range(4))

    def forward(self, x):
        layers, relus = self.network.features, iter(self.relus)
        x = self.network.input(x)
        for at in range(0, len(layers), 3):
            x = next(relus)(layers[at + 1](layers[at](x)))
        head = self.network.head
        return head.fc(next(relus)(head.hidden(x.flatten(1))).flatten(1))[:, 0]


def core_networks():
    residual = networks.resnet(18, in_channels=2, classes=5, width=4, stem="small")
    networks.initialise(residual, [1])
    for module in residual.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(0.1 * drawn(len(module.running_mean)))
    reader = calcium_network.calcium_network(
        classes=5, shape=(16, 8), widths=(4, 5, 6), hidden=9, in_channels=2
    )
    calcium_network.initialise(reader, [1])
    return (residual, ResNetOfModules(residual)), (reader, ReaderOfModules(reader))


@pytest.mark.parametrize("number", [0, 1])
def test_networks_of_core_equal_captum_on_a_copy_of_modules(number):
    network, modules = core_networks()[number]
    images = drawn(4, 2, 16, 8, seed=2)
    torch.testing.assert_close(network.eval()(images)[:, 0], modules.eval()(images))
    expected = by_captum(modules, images)
    plain = by_captum(modules, images, kind=Saliency, abs=False)
    assert (expected - plain).abs().max() > 0.1 * plain.abs().max()
    assert_equal(guided(network, images), expected)


class Own(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * x.sigmoid()

    @staticmethod
    def backward(ctx, gradient):
        return gradient


@pytest.mark.parametrize(
    ("form", "name"),
    [
        (nn.GELU, "gelu"),
        (nn.SiLU(inplace=True), "silu"),
        (nn.LeakyReLU(0.1), "leaky_relu"),
        (lambda x: functional.leaky_relu_(x), "leaky_relu"),
        (nn.RReLU, "leaky_relu|rrelu"),
        (nn.ELU, "elu"),
        (nn.SELU, "elu"),
        (nn.CELU, "elu"),
        (nn.PReLU, "prelu"),
        (nn.Sigmoid, "sigmoid"),
        (lambda x: x * x.sigmoid(), "sigmoid"),
        (torch.tanh, "tanh"),
        (nn.Tanhshrink, "tanh"),
        (nn.Softplus, "softplus"),
        (nn.Softsign, "abs"),
        (nn.LogSigmoid, "log_sigmoid"),
        (nn.Hardswish, "hardswish"),
        (nn.Hardsigmoid, "hardsigmoid"),
        (nn.Hardshrink, "hardshrink"),
        (nn.Softshrink, "softshrink"),
        (nn.Mish, "mish"),
        (lambda x: x.softmax(1), "softmax"),
        (nn.Hardtanh, "hardtanh"),  # from -1
        (lambda x: functional.threshold(x, 0, 0), "threshold"),
        (lambda x: x.clamp(min=0), "clamp"),
        (lambda x: torch.clamp_min(x, 0), "clamp_min"),
        (lambda x: torch.maximum(x, torch.zeros(())), "maximum"),
        (lambda x: torch.where(x > 0, x, 0.0), "where"),
        (torch.ops.aten.relu, "relu"),
        (Own.apply, "custom function Own"),
        (lambda x: functional.scaled_dot_product_attention(x, x, x), "dot_product"),
        (torch.jit.script(nn.Sequential(nn.ReLU(), nn.ReLU())), "relu|scripted"),
    ],
)
def test_other_nonlinearities_are_refused_by_name(form, name):
    network = Network(form)
    for _ in range(3):  # a scripted part changes its ways after it ran
        with pytest.raises(NotApplicable, match=f"with .*({name}).*: its rule") as raised:
            guided(network)
    assert isinstance(raised.value, NeuroLoopError)
    assert "\n" not in str(raised.value)
    assert attribute_channels("saliency", network, IMAGES, CLASSES).shape == IMAGES.shape


def test_one_nonlinearity_among_relus_is_found():
    network = Network(nn.ReLU)
    guided(network)
    network.relus[2] = nn.GELU()
    with pytest.raises(NotApplicable, match="with gelu: "):
        guided(network)
