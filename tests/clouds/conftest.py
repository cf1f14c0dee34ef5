from collections.abc import Iterator

import pytest
from tests.clouds.world import Databricks

from setpoint.testing.databricks import DatabricksEmulator


@pytest.fixture
def databricks() -> Iterator[Databricks]:
    with DatabricksEmulator() as emulator:
        yield Databricks(emulator)
