"""Methods of looking inside networks, one file each, named as in the config.

Its ``LEGEND`` states what a method shows: a title, and after a colon the rest of the sentence.

An attribution method maps a network's prediction back to the pixels of its images. It states the
``UNITS`` of its maps and whether they are ``SIGNED``, and has one function ::

    attribute(network, images, classes, *, its settings) -> maps

    network  module in any mode, on its own device; of several members their mean is explained
    images   (n, channels, height, width) float32
    classes  (n,)                 output to explain of each image
    maps     (n, height', width') float32, at the images' resolution or a layer's

It may have ``require(opened)``, which raises `NotApplicable` for networks that it does not suit,
and ``passes(height, width, *, its settings)``, how long a map takes in forward passes: three, as a
gradient does, if left out.

A look finds something else, and draws it ::

    look(opened, seed, *, its settings) -> Look
    draw(opened, look, seed) -> Figure

With ``NEEDS_IMAGES = True`` it does not apply to networks over rows of values, as voxels, where
neighbours have nothing in common.
"""
