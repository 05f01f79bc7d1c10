"""The refusals every JSON route may give, as its description promises them (RFC 9457)."""

from typing import Any

from pydantic import (
    BaseModel,
)


class FieldProblem(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details; `errors` names the fields of a 422."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


# What every JSON route may answer besides its own success; documented so that it can be relied on.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "model": Problem,
        "description": text,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for status, text in (
        (400, "Bad request"),
        (401, "Not signed in"),
        (403, "Not allowed"),
        (404, "Not found"),
        (409, "Not possible now"),
        (413, "Too large"),
        (415, "Wrong kind of content"),
        (422, "Please check what was entered"),
        (429, "Too many attempts"),
        (503, "The database is away for a moment; nothing was saved"),
    )
}
