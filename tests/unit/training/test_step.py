"""Steps: recorded ones do what eager ones do, and none waits for its device within an epoch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from neuroloop.calcium import reader as calcium
from neuroloop.calcium.views import FrameSource
from neuroloop.calcium.views import Views as FrameViews
from neuroloop.distill.loss import Distillation
from neuroloop.distill.student_views import Views
from neuroloop.fmri.resnet1d import CrossEntropy
from neuroloop.jobs.execution import Execution
from neuroloop.networks.resnet import initialise, resnet
from neuroloop.training import loop
from neuroloop.training.batches import batch_order
from neuroloop.training.loop import train
from neuroloop.training.objective import LossOfRows
from neuroloop.training.recipe import Recipe
from neuroloop.training.step import BEFORE, RecordedStep, Step, cuda_graph, step_of

CPU, EMPTY, GPU = torch.device("cpu"), torch.device("meta"), torch.device("cuda")
RECIPE = Recipe(epochs=3, batch_size=8, learning_rate=0.02, momentum=0.9)
ROWS, SEEDS = 16, [1, 2]


def students(device):
    """Two students, taught by soft labels."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (ROWS, 1, 8, 8)).astype(np.uint8)
    taught = rng.normal(size=(2, ROWS, 3)).astype(np.float32)
    views = Views(images, 8, 1, True, SEEDS, device)
    network = resnet(18, in_channels=1, classes=3, width=2, stem="small", blocks=(1, 1), members=2)
    initialise(network, SEEDS)
    return network.to(device), Distillation(views, np.arange(ROWS) % 3, taught, 4.0, 0.5)


def decoders(device):
    """Two decoders, each of rows of its own."""
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(ROWS, 24)).astype(np.float32) for _ in SEEDS]
    network = resnet(18, in_channels=1, classes=3, width=2, dims=1, blocks=(1, 1), members=2)
    initialise(network, SEEDS)
    return network.to(device), CrossEntropy(rows, [np.arange(ROWS) % 3] * 2, device)


def readers(device):
    """Two readers of frames."""
    rng = np.random.default_rng(0)
    frames = rng.normal(size=(ROWS, 8, 8)).astype(np.float32)
    levels = np.tile([0.0, 1.0], (2, 1))
    reader = calcium.Reader(widths=(2,), hidden_units=3)
    network = calcium.build(reader, 4, (8, 8), SEEDS, levels=levels)
    source = FrameSource(frames.__getitem__, np.arange(ROWS), device)
    views = FrameViews(source, [np.arange(ROWS)] * 2, SEEDS, reader.augmentation, levels)
    return network.to(device), calcium.Reading(views, rng.random((ROWS, 4)) < 0.3)


TASKS = pytest.mark.parametrize(
    "task", [students, decoders, readers], ids=lambda task: task.__name__
)


# ------------------------------------------------------------------- nothing waits


class Moves(TorchDispatchMode):
    """Counts copies from one device to another, both ways."""

    def __init__(self):
        super().__init__()
        self.there, self.back = 0, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor):
            given = [one.device for one in args if isinstance(one, torch.Tensor)]
            self.there += made.device == EMPTY and CPU in given
            self.back += made.device == CPU and EMPTY in given
        return made


@TASKS
@pytest.mark.parametrize("placed", [True, False])
def test_an_epoch_is_begun_without_looking_at_the_device(monkeypatch, task, placed):
    """On a device without content, whatever asks for a value fails."""
    monkeypatch.setattr("neuroloop.calcium.views.data_fit", lambda *_: placed)
    network, objective = task(EMPTY)
    if task is students:
        objective.views.resident = placed
        if not placed:
            objective.views.images = torch.zeros(ROWS, 1, 8, 8, dtype=torch.uint8)
    step = Step(network.train(), objective, RECIPE.build(network), Execution())
    counts = []
    for rows in (ROWS, 4 * ROWS):  # an epoch of two steps, and one of eight
        order = batch_order([rows] * 2, 8, SEEDS, 0) % ROWS
        with Moves() as moved:
            for batch in objective.batches(0, order):
                terms = step.differentiate(batch)
        assert terms["loss"].shape == (2,)
        assert all(values.grad is not None for values in network.parameters())
        assert moved.back == 0
        counts.append(moved.there)
    few, many = counts
    if placed:
        assert few == many <= 4, "a transfer of each kind in an epoch, whatever its steps"
    elif task is not decoders:
        assert many - few == 6, "a batch of each step"


def test_the_stand_in_would_notice():
    values = torch.ones(3, device=EMPTY)
    with pytest.raises(RuntimeError, match="meta"):
        values.sum().item()
    with pytest.raises(NotImplementedError):
        values.cpu()


def test_an_epoch_waits_once_for_its_means_and_once_for_its_check(monkeypatch):
    network, objective = students(CPU)
    asked = []
    for name in ("tolist", "item", "cpu", "numpy", "__bool__", "__float__"):
        real = getattr(torch.Tensor, name)

        def noting(self, *args, name=name, real=real):
            asked.append(name)
            return real(self, *args)

        monkeypatch.setattr(torch.Tensor, name, noting)
    train(network, objective, [ROWS] * 2, SEEDS, RECIPE)
    assert asked == ["tolist", "__bool__"] * RECIPE.epochs


# ----------------------------------------------------------------------- recorded


class Recorder:
    """In place of a CUDA graph: computes nothing when it records, and all when it repeats."""

    def __init__(self, fails=False):
        self.fails, self.recorded, self.repeated = fails, 0, 0

    def __call__(self, passes):
        if self.fails:
            raise RuntimeError("operation not permitted when stream is capturing\nmore")
        self.recorded += 1

        def repeat():
            self.repeated += 1
            passes()

        return repeat


def trained(task, monkeypatch, record=None):
    """States and history of a training, with steps that are recorded so if asked for."""
    network, objective = task(CPU)
    if record:

        def recording(*parts):
            return RecordedStep(*parts, record=record)

        monkeypatch.setattr(loop, "step_of", recording)
    history = train(network, objective, [ROWS] * 2, SEEDS, RECIPE)
    return network.state_dict(), history


@TASKS
def test_recorded_steps_end_in_the_bytes_of_eager_ones(monkeypatch, task):
    state, history = trained(task, monkeypatch)
    record = Recorder()
    again, told = trained(task, monkeypatch, record)
    assert told == history
    assert all(torch.equal(again[name], values) for name, values in state.items())
    steps = RECIPE.epochs * ROWS // RECIPE.batch_size
    assert (record.recorded, record.repeated) == (1, steps - BEFORE)


def test_what_is_recorded_reads_its_own_copy_of_the_batch():
    network, objective = decoders(CPU)
    step = RecordedStep(
        network.train(), objective, RECIPE.build(network), Execution(), record=Recorder()
    )
    [rows] = [batch for (batch,) in objective.batches(0, batch_order([8] * 2, 8, SEEDS, 0))]
    for _ in range(BEFORE + 1):
        step((rows,))
    (kept,) = step.batch
    assert kept is not rows
    step((rows.flip(1),))
    assert step.batch[0] is kept
    assert torch.equal(kept, rows.flip(1))


def test_what_cannot_be_recorded_goes_on_as_it_is(monkeypatch, caplog):
    state, history = trained(decoders, monkeypatch)
    again, told = trained(decoders, monkeypatch, Recorder(fails=True))
    assert told == history
    assert all(torch.equal(again[name], values) for name, values in state.items())
    [said] = [record.message for record in caplog.records if "cuda_graphs" in record.message]
    assert said.endswith("not recorded: operation not permitted when stream is capturing")


def test_steps_are_recorded_where_it_is_asked_for_and_possible(caplog):
    network, objective = decoders(CPU)
    parts = network, objective, RECIPE.build(network)
    asked = Execution(cuda_graphs=True)
    assert type(step_of(*parts, Execution())) is Step
    assert not caplog.records
    assert type(step_of(*parts, asked)) is Step
    assert "the device is no GPU" in caplog.text
    caplog.clear()
    plain = LossOfRows(lambda *given: given, GPU)
    assert type(step_of(network, plain, parts[2], asked)) is Step
    assert "the loss does something else at each step" in caplog.text
    objective.device = GPU
    recorded = step_of(*parts, asked)
    assert isinstance(recorded, RecordedStep)
    assert recorded.record is cuda_graph
    assert type(step_of(*parts, replace(asked, cuda_graphs=False))) is Step


def test_a_cuda_graph_is_recorded_after_what_was_begun_and_replayed(monkeypatch):
    done = []

    class Graph:
        def replay(self):
            done.append("replayed")

    class Recording:
        def __init__(self, graph, capture_error_mode):
            assert isinstance(graph, Graph)
            assert capture_error_mode == "thread_local", "other threads pin memory meanwhile"

        def __enter__(self):
            done.append("begins")

        def __exit__(self, *error):
            done.append("ends")

    monkeypatch.setattr(torch.cuda, "synchronize", lambda: done.append("waited"))
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", Recording)
    replay = cuda_graph(lambda: done.append("passes"))
    replay()
    assert done == ["waited", "begins", "passes", "ends", "replayed"]


# ------------------------------------------------------------------------- bfloat16


@TASKS
def test_bfloat16_is_as_near_to_float32_as_eight_bits_are(task):
    """Gradients of a step, weights and moments of which stay float32."""
    found = {}
    for precision in ("float32", "bfloat16"):
        network, objective = task(CPU)
        how = Execution(precision)
        step = Step(network.train(), objective, RECIPE.build(network), how)
        with how.used():
            terms = step(next(iter(objective.batches(0, batch_order([ROWS] * 2, 8, SEEDS, 0)))))
        assert terms["loss"].dtype == torch.float32
        assert {values.dtype for values in network.parameters()} == {torch.float32}
        assert {values.grad.dtype for values in network.parameters()} == {torch.float32}
        gradients = torch.cat([values.grad.flatten() for values in network.parameters()])
        found[precision] = gradients.double(), terms["loss"].double()
    gradients, losses = zip(found["float32"], found["bfloat16"], strict=True)
    apart = float((gradients[1] - gradients[0]).norm() / gradients[0].norm())
    assert 2**-12 < apart < 0.2  # batches of eight, through batch normalisation
    torch.testing.assert_close(losses[1], losses[0], rtol=0.02, atol=0)


def test_training_in_bfloat16_learns_what_it_learns_in_float32():
    """Means of classes three deviations apart, in each of 24 voxels."""
    rng = np.random.default_rng(1)
    truth = np.arange(48) % 3
    x = (3 * rng.normal(size=(3, 24))[truth] + rng.normal(size=(48, 24))).astype(np.float32)
    losses = {}
    for precision in ("float32", "bfloat16"):
        network, _ = decoders(CPU)
        with Execution(precision).used():
            history = train(
                network, CrossEntropy([x] * 2, [truth] * 2, CPU), [48] * 2, SEEDS, RECIPE
            )
        losses[precision] = [row["loss"] for row in history]
    assert losses["bfloat16"] != losses["float32"]
    np.testing.assert_allclose(losses["bfloat16"], losses["float32"], rtol=0.1, atol=0.02)
    assert losses["float32"][-1] < 0.7 * losses["float32"][0]
