"""A report's facts put into words for the paper and the page: both show the same."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol


class Report(Protocol):
    """As much of a report as its paper needs."""

    @property
    def number(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def signed_by(self) -> str: ...
    @property
    def signed_at(self) -> datetime: ...
    @property
    def checksum(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


def on_paper(report: Report, locale: str, company: str) -> dict[str, Any]:
    """What the template reads. `pictures`: the digests of the photos it shows."""
    facts = dict(report.facts)
    photos = [photo for finding in facts["findings"] for photo in finding["photos"]]
    return {
        **facts,
        "company": company,
        "number": report.number,
        "version": report.version,
        "reason": report.reason,
        "signed_by": report.signed_by,
        "signed_at": report.signed_at.isoformat(),
        "checksum": report.checksum,
        "pictures": photos,
    }
