"""The contract of platforms, over each kind of project on EMR."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.platforms.emr.world import BOOK, contract_subject

from setpoint.testing.emr import EmrEmulator
from setpoint.testing.platform_contract import PlatformContract, PlatformUnderTest


class TestEmr(PlatformContract):
    """The contract."""

    @pytest.fixture(params=["groups", "fleets", "serverless"])
    def subject(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PlatformUnderTest]:
        """A project of that kind."""
        with EmrEmulator(BOOK) as cloud:
            yield contract_subject(request.param, cloud, tmp_path)
