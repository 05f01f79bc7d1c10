"""Every operation of the JSON door, asked with what fits and with what does not (schemathesis).

What it answers is what its description says: never a 5xx, no status, media type, header or
shape that is not documented. The cases are the same in every run.
"""

import zlib
from typing import Any

import pytest
import requests
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.config import (
    CacheConfig,
    CoveragePhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
)
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import Door
from tickets.app import create_app

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
# What there really is, so that not every question ends in "there is no such thing".
KNOWN = {
    "code": ("PJ-1", "PJ-2"),
    "asset": ("L01", "DB01"),
    "project": ("PJ-1", "PJ-2"),
    "technician": ("wei",),
    "fault": ("OUT_ONE", "LEAK", "NEW"),
    "kind": ("LUM_FLOOD", "DB", "fault"),
    "parent": ("DB01",),
    "cause": ("C_PRODUCT", "C_THIRD"),
    "channel": ("phone", "wechat"),
    "timezone": ("Asia/Shanghai",),
    "version": (1, 2, 3),
}

schema = schemathesis.openapi.from_dict(
    create_app().openapi(),
    config=schemathesis.Config(
        seed=20261123,
        cache=CacheConfig(enabled=False),
        projects=ProjectsConfig(
            default=ProjectConfig(
                generation=GenerationConfig(
                    max_examples=20, deterministic=True, no_shrink=True, database="none"
                ),
                # Other methods are the framework's to refuse; they would be half of all cases.
                phases=PhasesConfig(coverage=CoveragePhaseConfig(unexpected_methods=set())),
            )
        ),
    ),
)


def _chosen(name: str, made: Any, known: tuple[Any, ...]) -> Any:
    """Two in three become something that exists; which, depends on what was made up alone."""
    number = zlib.crc32(f"{name} {made!r}".encode("utf-8", "surrogatepass"))
    return made if number % 3 == 0 else known[number // 3 % len(known)]


@schema.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    if not path_parameters:
        return path_parameters
    return {name: _chosen(name, made, KNOWN[name]) for name, made in path_parameters.items()}


@schema.hook
def map_body(context: Any, body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    opens = context.operation.path.endswith("/projects")
    return {
        name: _chosen(name, made, KNOWN[name])
        if name in KNOWN and not (opens and name == "code") and isinstance(made, str | int)
        else made
        for name, made in body.items()
    }


@pytest.fixture(scope="module", autouse=True)
def refs(door: Door) -> None:
    listed = requests.get(f"{door.address}/api/v1/tickets", headers=door.headers, timeout=30)
    KNOWN["ref"] = tuple(sorted(ticket["ref"] for ticket in listed.json()["items"]))
    assert len(KNOWN["ref"]) == 12


@schema.parametrize()
def test_it_answers_as_it_is_described(case: schemathesis.Case[Any], door: Door) -> None:
    case.call_and_validate(base_url=door.address, headers=door.headers, checks=CHECKS)


def test_nothing_went_wrong_behind_the_answers(door: Door) -> None:
    said = door.log.read_text(errors="replace")
    assert "a request failed" not in said
    assert "Traceback" not in said
