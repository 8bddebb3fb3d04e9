"""Test images cropped and mirrored at random."""

import numpy as np
import torch

from neuroloop.distill.student_views import Views

ORDER = 8
TITLE = "augmented validation"
DONE = "test images cropped and mirrored at random, anew in each epoch"


def seen(views: Views, tests: np.ndarray, epoch: int) -> torch.Tensor:
    """Show test images as training images are shown."""
    of_tests = Views(tests, views.crop, views.pad, views.flip, views.seeds, views.device)
    of_tests.values = views.values  # normalised by the training images
    order = np.tile(np.arange(len(tests)), (1, len(views.seeds), 1))
    return of_tests.show(*next(iter(of_tests.batches(epoch, order))))
