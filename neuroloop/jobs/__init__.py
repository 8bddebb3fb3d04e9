"""What every job needs around its work: log, device, seeds, record of the run."""
