"""Databricks in other programs."""
