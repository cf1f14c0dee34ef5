"""What platforms and clients call plans, kinds of compute and markets."""

from collections.abc import Mapping

from setpoint.core.pricebook import Cloud, Compute, Market, Plan

__all__ = ["CLOUDS", "COMPUTES", "MARKETS", "PLANS"]

CLOUDS: Mapping[str, Cloud] = {"aws": "aws", "azure": "azure", "gcp": "gcp"}
PLANS: Mapping[str, Plan] = {"standard": "standard", "premium": "premium", "enterprise": "enterprise"}
COMPUTES: Mapping[str, Compute] = {
    "jobs compute": "jobs",
    "all purpose compute": "all_purpose",
    "jobs compute light": "jobs_light",
    "jobs light compute": "jobs_light",
    "jobs": "jobs",
    "all purpose": "all_purpose",
    "all_purpose": "all_purpose",
    "jobs light": "jobs_light",
    "jobs_light": "jobs_light",
    "jobs_serverless": "jobs_serverless",
    "jobs serverless": "jobs_serverless",
    "all_purpose_serverless": "all_purpose_serverless",
    "all purpose serverless": "all_purpose_serverless",
}
"""A hyphen in the document is a blank here."""
MARKETS: Mapping[str, Market] = {
    "on_demand": "on_demand",
    "on demand": "on_demand",
    "regular": "on_demand",
    "spot": "spot",
    "low": "spot",
}
