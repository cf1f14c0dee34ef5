"""From an account to projects: what Setpoint may do there, where to start, and which jobs it takes."""
