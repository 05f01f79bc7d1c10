"""质保期满通知: what the notice to the owner says, once for the screen and for the paper."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from tickets.project.rules.cover import Contracted, Cover
from tickets.project.rules.decision import included
from tickets.project.rules.kinds import FAMILIES, KINDS
from tickets.words import N_

HOW: Final[dict[str, str]] = {
    "in_person": N_("in person"),
    "post": N_("by post or courier"),
    "email": N_("by e-mail"),
    "chat": N_("by WeChat"),
}


@dataclass(frozen=True)
class OpenTicket:
    """A ticket the owner still waits for; `what` and `status` are sentences of the catalogue."""

    ref: str
    reported_on: date
    what: str
    place: str | None
    status: str


@dataclass(frozen=True)
class Retained:
    batch: str
    falls_on: date
    amount: Decimal | None


@dataclass(frozen=True)
class Expiry:
    """All the notice is about, as of `day`. `covers` are the warranties, `contracts` those that
    have not ended."""

    day: date
    owner: str
    project: str
    code: str
    company: str
    hotline: str
    covers: Sequence[Cover]
    contracts: Sequence[Contracted]
    retained: Sequence[Retained]
    tickets: Sequence[OpenTicket]


ALL_OVER: Final = N_(
    "The warranty of the project named above has ended with the last days below. We thank you for"
    " your trust and tell you how the service goes on."
)
ENDS_SOON: Final = N_(
    "The warranty of the project named above ends with the last days below. We tell you in time"
    " how the service goes on."
)
AFTER: Final = N_(
    "Faults are still taken at any hour and handled within the same times as under the"
    " warranty; repairs are charged, and a quote comes first. Advice by telephone stays free."
)
PARTS: Final = N_("Special parts are bought on your behalf.")
BESIDES: Final = N_(
    "Faults are still taken at any hour. Whatever the contract does not include is charged, and a"
    " quote comes first. Advice by telephone stays free."
)
ADVICE: Final = N_(
    "We advise a maintenance contract, so that inspection, upkeep and repair go on without a gap."
    " We gladly make you an offer."
)
UNDER_CONTRACT: Final = N_(
    "Maintenance contract {number} holds from {starts_on} to {ends_on}, the last day included."
)
OPEN_STAYS: Final = N_(
    "These reports came to us by the day of this notice and are not closed. Each is brought to its"
    " end under the cover that was decided when it was reported."
)


def composed(
    about: Expiry, say: Callable[..., str], spoken: Callable[[date], str]
) -> dict[str, Any]:
    """The whole sheet in one language: JSON, every word said, every day spoken."""
    is_over = all(cover.ends_on < about.day for cover in about.covers)
    going_on = [
        say(
            UNDER_CONTRACT,
            number=each.number,
            starts_on=spoken(each.starts_on),
            ends_on=spoken(each.ends_on),
        )
        + " "
        + say(included(each))
        for each in about.contracts
    ]
    return {
        "title": say(N_("Notice of the end of the warranty")),
        "to": say(N_("To: {owner}"), owner=about.owner),
        "project": say(N_("Project: {name} ({code})"), name=about.project, code=about.code),
        "opening": say(ALL_OVER if is_over else ENDS_SOON),
        "covers": {
            "title": say(N_("What was accepted, and its last day")),
            "head": [
                say(N_("Batch")),
                say(N_("For")),
                say(N_("Accepted on")),
                say(N_("Months")),
                say(N_("Last day of the warranty")),
            ],
            "rows": [_cover_row(cover, about.covers, say, spoken) for cover in about.covers],
        },
        "open": {
            "title": say(N_("Reports that are still open")),
            "sentence": say(OPEN_STAYS if about.tickets else N_("None is open.")),
            "head": [
                say(N_("Ticket")),
                say(N_("Reported on")),
                say(N_("What")),
                say(N_("State")),
            ],
            "rows": [
                [
                    each.ref,
                    spoken(each.reported_on),
                    say(each.what) + (f" · {each.place}" if each.place else ""),
                    say(each.status),
                ]
                for each in about.tickets
            ],
        },
        "retained": [_retained(each, say, spoken) for each in about.retained],
        "after": {
            "title": say(N_("How the service goes on")),
            "sentences": [
                *going_on,
                say(BESIDES if going_on else AFTER),
                say(PARTS),
                *([] if going_on else [say(ADVICE)]),
            ],
        },
        "hotline": say(N_("Hotline at any hour: {number}"), number=about.hotline)
        if about.hotline
        else "",
        "company": about.company,
        "day": spoken(about.day),
        "signatures": [
            {
                "who": say(N_("Contractor (seal)")),
                "name": about.company,
                "lines": [say(N_("Signed by")), say(N_("Date"))],
            },
            {
                "who": say(N_("Received by the owner (seal)")),
                "name": about.owner,
                "lines": [say(N_("Signed by")), say(N_("Date"))],
            },
        ],
    }


def _cover_row(
    cover: Cover, all_of: Sequence[Cover], say: Callable[..., str], spoken: Callable[[date], str]
) -> list[str]:
    kind = cover.asset_kind
    is_alone = sum(other.batch == cover.batch for other in all_of) == 1
    rest = N_("everything") if is_alone else N_("everything else")
    part = (KINDS.get(kind) or FAMILIES.get(kind) or kind) if kind else rest
    return [
        cover.batch or "",
        say(part),
        spoken(cover.starts_on),
        str(cover.months),
        spoken(cover.ends_on),
    ]


def _retained(each: Retained, say: Callable[..., str], spoken: Callable[[date], str]) -> str:
    if each.amount is None:
        return say(
            N_("The retained money of batch {batch} falls due on {day}."),
            batch=each.batch,
            day=spoken(each.falls_on),
        )
    return say(
        N_("The retained money of batch {batch}, {amount} yuan, falls due on {day}."),
        batch=each.batch,
        amount=f"{each.amount:,.2f}",
        day=spoken(each.falls_on),
    )
