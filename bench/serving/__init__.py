"""A service with many projects, those who read it, and how fast it answers."""
