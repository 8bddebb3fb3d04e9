"""Sanity tests of attribution methods: randomisation, perturbation, pointing."""
