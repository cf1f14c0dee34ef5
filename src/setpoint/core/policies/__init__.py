"""Policies: what files in Git say about projects by tag, name, owner and platform, and what becomes of that."""
