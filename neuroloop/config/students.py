"""Students: image classifiers that a brain or a control teaches."""

from typing import Literal

from neuroloop.config.settings import Settings, setting


class Student(Settings):
    """A network, how it is taught, and how it sees images."""

    depth: Literal[18, 34, 50] = setting("Layers of the residual network.", 18, unit="layers")
    width: int = setting(
        "Channels of the network's first stage; 64 in He et al. 2016.", 8, ge=1, unit="channels"
    )
    stem: Literal["small", "imagenet"] = setting(
        "First layers: small (3 x 3, for images up to 32 pixels) or imagenet (7 x 7 and pooling).",
        "small",
    )
    weights: str | None = setting(
        "Checkpoint with torchvision's names, below data_folder, to start from; null: random "
        "weights.",
        None,
    )
    how: Literal["soft_labels", "weights", "rdm"] = setting(
        "What is learned of the teacher (docs/distillation.md#ways-to-teach): its soft labels, how "
        "much each image weighs, or its representational dissimilarity matrix.",
        "soft_labels",
    )
    temperature: float = setting("T of the distillation loss; read by soft_labels.", 4.0, gt=0)
    alpha: float = setting("Weight of the labels; 1 - alpha is the teacher's.", 0.5, ge=0, le=1)
    epochs: int = setting("Passes over the training images.", 30, ge=1)
    batch_size: int = setting("Training images of a step.", 25, ge=2)
    learning_rate: float = setting("Step size of the first epoch.", 0.1, gt=0)
    momentum: float = setting("Momentum of stochastic gradient descent.", 0.9, ge=0, lt=1)
    nesterov: bool = setting("Whether momentum is Nesterov's.", True)
    weight_decay: float = setting("Added to the gradient, times the weight.", 0.0005, ge=0)
    schedule: Literal["constant", "cosine"] = setting(
        "Learning rate over the epochs: constant, or falling to 0 along half a cosine.", "cosine"
    )
    crop: int = setting("Side of what the network sees of an image.", ge=1, unit="pixels")
    pad: int = setting("Added on each side before a random crop.", 1, ge=0, unit="pixels")
    flip: bool = setting("Whether half of the training images are mirrored.", False)
    batched_networks: int = setting(
        "Seeds that a CPU trains as one network; a GPU takes as many as its memory holds.",
        10,
        ge=1,
    )
