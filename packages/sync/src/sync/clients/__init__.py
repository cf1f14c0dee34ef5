"""Clients of services."""
