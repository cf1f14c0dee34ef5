"""Intervals, Student-t and normal probabilities. SciPy, which takes 0.3 s to load, is loaded at the first call."""

from dataclasses import dataclass

__all__ = ["Interval", "normal_cdf", "student_cdf", "student_quantile"]


@dataclass(frozen=True, slots=True)
class Interval:
    """From low to high."""

    low: float
    high: float


def student_cdf(degrees_of_freedom: float, deviation: float) -> float:
    """Probability that a Student-t value lies below the deviation.

    >>> student_cdf(5.0, 0.0)
    0.5
    """
    from scipy.special import stdtr

    return float(stdtr(degrees_of_freedom, deviation))


def student_quantile(degrees_of_freedom: float, probability: float) -> float:
    """Deviation below which a Student-t value lies with the probability.

    >>> round(student_quantile(4.0, 0.95), 2)
    2.13
    """
    from scipy.special import stdtrit

    return float(stdtrit(degrees_of_freedom, probability))


def normal_cdf(deviation: float) -> float:
    """Probability that a standard normal value lies below the deviation.

    >>> round(normal_cdf(1.645), 3)
    0.95
    """
    from scipy.special import ndtr

    return float(ndtr(deviation))
