"""EMR Serverless list prices: what a core and a GiB cost where nobody gave a price of their own.

Source: AWS price list as published in PerfKitBenchmarker (Apache-2.0), 2024; x86, USD per vCPU-hour and GiB-hour.
"""

from setpoint.core.pricebook import CoreRates, Price, PriceBook
from setpoint.errors import InputError

__all__ = ["EmrServerlessPrices"]

_AS_OF = "2024"
_DOLLARS: dict[str, tuple[float, float]] = {
    "ap-northeast-1": (0.065728, 0.007189),
    "ap-northeast-2": (0.060528, 0.006643),
    "ap-south-1": (0.055328, 0.0060515),
    "ap-southeast-1": (0.065728, 0.007189),
    "ap-southeast-2": (0.063128, 0.006916),
    "ca-central-1": (0.057928, 0.0063245),
    "eu-central-1": (0.060528, 0.006643),
    "eu-north-1": (0.05785, 0.00637),
    "eu-west-1": (0.052624, 0.0057785),
    "eu-west-2": (0.060528, 0.006643),
    "eu-west-3": (0.06318, 0.00689),
    "sa-east-1": (0.09048, 0.00988),
    "us-east-1": (0.052624, 0.0057785),
    "us-east-2": (0.052624, 0.0057785),
    "us-west-1": (0.060528, 0.006643),
    "us-west-2": (0.052624, 0.0057785),
}


class EmrServerlessPrices:
    """Per core and GiB, by region."""

    def price_book(self, region: str) -> PriceBook:
        """The list prices of a region."""
        if region not in _DOLLARS:
            raise InputError(f"No EMR Serverless price is known for region “{region}”; known: {', '.join(_DOLLARS)}.")
        vcpu, gib = _DOLLARS[region]
        source = f"EMR Serverless list price, {region}"
        rates = CoreRates(Price(vcpu, source, _AS_OF), Price(gib, source, _AS_OF))
        return PriceBook(source=f"{source}, {_AS_OF}", region=region, cores=rates)
