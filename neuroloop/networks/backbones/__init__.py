"""Backbones of transfer networks, one file each, by the name that a classifier gives.

A backbone states its ``LEGEND``, its ``Settings``, and two functions ::

    build(*, its settings) -> Backbone    with random weights (see `backbone.Backbone`)
    initialise(network, seed)             draws the weights anew, the same on every device

It may state its ``SECTIONS``, the names of what it is built of, so that a config that names another
is refused before anything runs. It may have ``load_imagenet(network)``, which gives it the weights
that ``weights: imagenet`` means.
Checkpoints have the names of the network's own parameters.
"""
