"""A real loop on one machine: a PySpark job, its changing world, and what the terminal shows."""
