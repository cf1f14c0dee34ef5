"""A Gaussian process with a Matérn 5/2 kernel, its hyper-parameters by maximum likelihood on a small grid."""

from dataclasses import dataclass

import numpy as np

from setpoint.core.replay.grid import Floats

LENGTHS = (0.2, 0.35, 0.6, 1.0, 1.7, 3.0)
NOISES = (1e-3, 1e-2, 1e-1)
"""Variance of the noise against that of the signal."""


@dataclass(frozen=True)
class Posterior:
    mean: Floats
    deviation: Floats
    """Of what a run would show, noise included."""


def distances(rows: Floats) -> Floats:
    return np.sqrt(np.maximum(((rows[:, None, :] - rows[None, :, :]) ** 2).sum(axis=2), 0.0))


def matern(distance: Floats, length: float) -> Floats:
    scaled = np.sqrt(5.0) * distance / length
    return (1 + scaled + scaled**2 / 3) * np.exp(-scaled)


def fitted(apart: Floats, tried: list[int], values: Floats, least_deviation: float = 0.3) -> Posterior:
    """The posterior everywhere, given values at what was tried; the mean is constant and unknown."""
    best: tuple[float, Posterior] | None = None
    count = len(tried)
    for length in LENGTHS:
        kernel = matern(apart, length)
        for noise in NOISES:
            inverse = np.linalg.inv(kernel[np.ix_(tried, tried)] + noise * np.eye(count))
            ones = inverse.sum(axis=1)
            level = float(ones @ values / ones.sum())
            rest = inverse @ (values - level)
            # Worth two observations of a deviation that is usual for log costs: few runs may agree by chance.
            variance = (float((values - level) @ rest) + 2 * least_deviation**2) / (count + 2)
            fit = -0.5 * (count * np.log(variance) - np.linalg.slogdet(inverse)[1])
            if best is None or fit > best[0]:
                across = kernel[:, tried]
                left = 1 + noise - np.einsum("ij,jk,ik->i", across, inverse, across)
                best = fit, Posterior(level + across @ rest, np.sqrt(variance * np.maximum(left, 1e-9)))
    if best is None:
        raise ValueError("no hyper-parameters to choose from")
    return best[1]
