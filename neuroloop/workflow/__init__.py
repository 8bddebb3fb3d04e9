"""What the rules need beside the library: configs, hashes of code, locks, SLURM."""
