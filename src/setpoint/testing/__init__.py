"""Shipped for tests: fakes, builders, and contract suites for every port."""
