"""Profiles as one HTML file that needs nothing else: where the time went, with pictures. It computes no finding."""
