"""The service's API, function by function, without blocking."""
