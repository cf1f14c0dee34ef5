"""Specs ↔ the platforms' own JSON: what a report says was asked for, and what to ask for instead.

One file per platform; the registry names them by the product codes of existing clients.
"""

from setpoint.core.configurations.asked import Asked, Reported
from setpoint.core.configurations.products import (
    PRODUCTS,
    ask_for,
    basis_of,
    product_of,
    reported_cluster,
    reported_run,
)

__all__ = [
    "PRODUCTS",
    "Asked",
    "Reported",
    "ask_for",
    "basis_of",
    "product_of",
    "reported_cluster",
    "reported_run",
]
