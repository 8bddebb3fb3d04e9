"""Memory of jobs, measured: laws that rules ask by (`neuroloop/workflow/memory.py`) hold."""
