"""Folds, metrics, confidence intervals and permutation tests."""
