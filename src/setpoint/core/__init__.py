"""The controller as arithmetic: data in, data out."""
