"""What `bench/record_grid.py` runs and writes: jobs, specs, runs, the table of results."""
