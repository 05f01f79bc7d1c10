"""Every operation of the JSON door, asked with what fits and with what does not (schemathesis).

What it answers is what its description says: never a 5xx, no status, media type, header or
shape that is not documented. The cases are the same in every run.
"""

import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import schemathesis
from schemathesis import GenerationMode
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
from schemathesis.specs.openapi.schemas import OpenApiSchema

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
    "asset": ("L01", "L02", "L03", "L04", "L05", "L06"),
    "project": ("PJ-1", "PJ-2"),
    "technician": ("wei",),
    "fault": ("OUT_ONE", "LEAK", "NEW"),
    "kind": ("LUM_FLOOD", "CIRC"),
    "parent": ("DB01",),
    "cause": ("C_PRODUCT", "C_THIRD"),
    "channel": ("phone", "wechat"),
    "timezone": ("Asia/Shanghai",),
    "version": (1, 2, 3),
    "assets": (["L08"], ["DB01", "L09"], []),
    "photos": ([],),
    "signature": (None,),
    "group": (None,),
    "number": (1, 2, 3),
    "promise_id": (1, 2, 3),
    "inspection_id": (1, 2, 3, 4),
    "finding_id": (1, 2, 3),
    "item": ("BOX-01", "LUM-01", "BOX-03", "STA-01"),
    "upload_id": ("6f6f0b3e-0a55-4b0e-9d2a-0f6f4c1d9a11",),
}


def described(made_up: int, modes: list[GenerationMode], phases: PhasesConfig) -> OpenApiSchema:
    """The description, with a share of one in `made_up` names that nobody has ever heard of."""
    schema = schemathesis.openapi.from_dict(
        create_app().openapi(),
        config=schemathesis.Config(
            seed=20261123,
            cache=CacheConfig(enabled=False),
            projects=ProjectsConfig(
                default=ProjectConfig(
                    generation=GenerationConfig(
                        modes=modes,
                        max_examples=20,
                        deterministic=True,
                        no_shrink=True,
                        database="none",
                    ),
                    phases=phases,
                )
            ),
        ),
    )

    def chosen(name: str, made: Any) -> Any:
        """Which one depends on what was made up alone, so that every run is the same."""
        number = zlib.crc32(f"{name} {made!r}".encode("utf-8", "surrogatepass"))
        known = KNOWN[name]
        return made if number % made_up == 0 else known[number // made_up % len(known)]

    @schema.hook
    def map_path_parameters(context: Any, path_parameters: Any) -> Any:
        return path_parameters and {n: chosen(n, made) for n, made in path_parameters.items()}

    @schema.hook
    def map_body(context: Any, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        operation = context.operation
        fresh = {"code"} if operation.method == "post" else set()  # a new thing's own
        fresh |= {"kind", "asset"} if operation.path.endswith("/tickets") else set()
        return {
            name: chosen(name, made)
            if name in KNOWN.keys() - fresh and isinstance(made, str | int | list)
            else made
            for name, made in body.items()
        }

    return schema


# Other methods are the framework's to refuse; they would be half of all cases.
everything = described(
    3, list(GenerationMode), PhasesConfig(coverage=CoveragePhaseConfig(unexpected_methods=set()))
)
fitting = described(
    12, [GenerationMode.POSITIVE], PhasesConfig(coverage=CoveragePhaseConfig(enabled=False))
)


@pytest.fixture(scope="module", autouse=True)
def refs(door: Door) -> None:
    listed = requests.get(
        f"{door.address}/api/v1/tickets?limit=200", headers=door.headers, timeout=60
    )
    KNOWN["ref"] = tuple(sorted(ticket["ref"] for ticket in listed.json()["items"]))
    assert len(KNOWN["ref"]) == 60
    paused = [
        requests.post(
            f"{door.address}/api/v1/tickets/{ref}/pauses",
            json={"reason": "no_access", "evidence": "locked"},
            headers=door.headers,
            timeout=60,
        ).json()["id"]
        for ref in KNOWN["ref"][::4]
    ]
    KNOWN["id"] = tuple(sorted(paused))
    accepted, agreed = [], []
    for code in KNOWN["code"]:
        project = f"{door.address}/api/v1/projects/{code}"
        for year in (2040, 2041):
            made = requests.post(
                f"{project}/contracts",
                json={"starts_on": f"{year}-01-01", "ends_on": f"{year}-12-31"},
                headers=door.headers,
                timeout=60,
            )
            agreed.append(made.json()["id"])
        told = requests.get(project, headers=door.headers, timeout=60).json()
        accepted += [each["id"] for each in told["acceptances"]]
    KNOWN["contract_id"], KNOWN["acceptance_id"] = tuple(agreed), tuple(accepted)
    now = datetime.now(UTC).isoformat()
    KNOWN.update({"at": (now, None), "phone_time": (now, None), "reported_at": (now, None)})


@everything.parametrize()
def test_it_answers_as_it_is_described(case: schemathesis.Case[Any], door: Door) -> None:
    case.call_and_validate(base_url=door.address, headers=door.headers, checks=CHECKS)


@fitting.parametrize()
def test_what_fits_is_taken_as_it_is_described(case: schemathesis.Case[Any], door: Door) -> None:
    case.call_and_validate(base_url=door.address, headers=door.headers, checks=CHECKS)


def test_nothing_went_wrong_behind_the_answers(door: Door) -> None:
    said = door.log.read_text(errors="replace")
    assert "a request failed" not in said
    assert "Traceback" not in said
