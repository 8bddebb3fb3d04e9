"""Runs on a SLURM cluster: what is asked of it, what it refuses, and what is told of it."""
