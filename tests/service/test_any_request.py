"""Requests made up from the OpenAPI document: none ends in a defect, and no answer is outside of what it says."""

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.service.world import Belongings, World, belongings, new_world

CASES_OF_EACH = int(os.environ.get("SETPOINT_TEST_CASES", "2"))
"""Of each operation; 50 are about 2,000 requests."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def try_requests(world: World, ours: Belongings, cases_of_each: int) -> int:
    """How many requests were made; the first that is answered otherwise than promised fails."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", world.app)
    headers = {"Authorization": f"Bearer {world.token('ours')}"}
    tried = 0

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        def one(case: "Case[Any]") -> None:
            nonlocal tried
            tried += 1
            # Every other request names something that is there.
            if tried % 2:
                for name in case.path_parameters or {}:
                    case.path_parameters[name] = ours.ids[name]
            case.call_and_validate(headers=headers, checks=CHECKS, base_url="http://127.0.0.1:8765")

        usual = settings(
            max_examples=cases_of_each,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        usual(given(case=operation.as_strategy())(one))()
    return tried


@pytest.mark.filterwarnings("ignore")
def test_requests_made_up_from_the_description_are_answered_as_it_says(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    assert try_requests(world, belongings(world, "ours"), CASES_OF_EACH) > 100
