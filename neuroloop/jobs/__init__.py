"""What every job needs besides its actual work: log, device, seeds, record of the run."""
