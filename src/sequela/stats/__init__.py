"""Statistics: risk tables and numbers go in, result rows come out, and nothing else."""
