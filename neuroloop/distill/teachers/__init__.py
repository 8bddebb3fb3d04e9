"""Teachers of students, one file each, named as in the config key ``teachers``.

A teacher states what it ``NEEDS`` (``"brain"``: a decoder's logits, ``"cnn"`` or ``"gabor"``: those
of a network or of Gabor filters on the same images, or None) and whether it ``MISLEADS`` on
purpose. It may state

- ``BESIDE``: ``"cnn"`` or ``"gabor"``, whose logits it gets as well;
- ``TO_BEAT``: whether a brain's gain counts as the brain's only where it is larger than that of
  this teacher, which holds nothing of what a brain may add; otherwise it stands beside them for
  comparison. By default all are to be beaten that do not mislead;
- ``OF_IMAGES``: that it differs from the brain only in what is said of single images, and is the
  brain itself where all images of a class share a soft label;
- ``CONTROLS_FOR``: what a gain would be due to that is no larger than this teacher's.

Figures and pages show its ``LEGEND``, ``COLOUR`` and ``MARKER``, and, in place of its name, a
``TITLE`` of two or three plain words. ``TAUGHT_BY`` ends "Student taught by", with ``{}`` where the
brain is named that it is made of. It has one function ::

    teach(labels, n_classes, temperature, generator, logits) -> logits

    labels       (images,)          true class of each image
    n_classes    int
    temperature  float              of the loss
    generator    numpy Generator    of its own: every seed of a student has another
    logits       (images, classes) of what it needs, or None
    beside       (images, classes) of what stands ``BESIDE`` it; without that there is none
    -> (images, classes), finite; None to train on the labels only

and, if it chooses anything, a second one, ``told``, which takes the same and returns what was
chosen, numbers by name: they stand in teacher.json.
"""
