"""Who may do what: roles, verbs, and the one table that joins them (rules.md §11)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    HOTLINE = "hotline"
    HOTLINE_LEAD = "hotline_lead"
    TECHNICIAN = "technician"
    MANAGER = "manager"
    ADMIN = "admin"
    OWNER = "owner"
    INTEGRATION = "integration"


class Verb(StrEnum):
    """`noun.verb`: what a route needs. Each route names exactly one."""

    ACCOUNT_USE = "account.use"
    INBOX_READ = "inbox.read"
    DESK_SEE = "desk.see"
    ROUND_SEE = "round.see"
    BROKEN_SEE = "broken.see"
    TICKET_READ = "ticket.read"
    TICKET_OPEN = "ticket.open"
    TICKET_NOTE = "ticket.note"
    TICKET_ASSIGN = "ticket.assign"
    TICKET_ANSWER = "ticket.answer"
    TICKET_MAKE_SAFE = "ticket.make_safe"
    TICKET_ARRIVE = "ticket.arrive"
    TICKET_REPAIR = "ticket.repair"
    TICKET_CALL_BACK = "ticket.call_back"
    TICKET_CLOSE = "ticket.close"
    TICKET_CANCEL = "ticket.cancel"
    SUBSTITUTION_SETTLE = "substitution.settle"
    PHOTO_ADD = "photo.add"
    PROJECT_READ = "project.read"
    PROJECT_WRITE = "project.write"
    ASSET_READ = "asset.read"
    ASSET_WRITE = "asset.write"
    CALLER_READ = "caller.read"  # whole phone numbers, and finding people by them
    REPORT_READ = "report.read"
    PEOPLE_MANAGE = "people.manage"


_DESK = frozenset({Role.HOTLINE, Role.HOTLINE_LEAD, Role.MANAGER, Role.ADMIN})
_FIELD = _DESK | {Role.TECHNICIAN}
_LEADS = frozenset({Role.HOTLINE_LEAD, Role.MANAGER, Role.ADMIN})
_MANAGERS = frozenset({Role.MANAGER, Role.ADMIN})
_STAFF = _FIELD
_ALL = frozenset(Role)

# The one literal. `integration` holds only what its token names; it appears where it may.
MAY: dict[Verb, frozenset[Role]] = {
    Verb.ACCOUNT_USE: _ALL,
    Verb.INBOX_READ: _STAFF,
    Verb.DESK_SEE: _DESK,
    Verb.ROUND_SEE: frozenset({Role.TECHNICIAN, Role.MANAGER, Role.ADMIN}),
    Verb.BROKEN_SEE: _MANAGERS,
    Verb.TICKET_READ: _ALL,
    Verb.TICKET_OPEN: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_NOTE: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_ASSIGN: _DESK | {Role.INTEGRATION},
    Verb.TICKET_ANSWER: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_MAKE_SAFE: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_ARRIVE: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_REPAIR: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_CALL_BACK: _DESK | {Role.INTEGRATION},
    Verb.TICKET_CLOSE: _DESK | {Role.INTEGRATION},
    Verb.TICKET_CANCEL: _LEADS | {Role.INTEGRATION},
    Verb.SUBSTITUTION_SETTLE: _FIELD | {Role.INTEGRATION},
    Verb.PHOTO_ADD: _FIELD | {Role.INTEGRATION},
    Verb.PROJECT_READ: _ALL,
    Verb.PROJECT_WRITE: _MANAGERS | {Role.INTEGRATION},
    Verb.ASSET_READ: _ALL,
    Verb.ASSET_WRITE: _MANAGERS | {Role.INTEGRATION},
    Verb.CALLER_READ: _FIELD,
    Verb.REPORT_READ: _LEADS | {Role.OWNER, Role.INTEGRATION},
    Verb.PEOPLE_MANAGE: frozenset({Role.ADMIN}),
}


@dataclass(frozen=True)
class Grant:
    """A role, everywhere or for one project or one service group."""

    role: Role
    project_id: int | None = None
    group_id: int | None = None

    @property
    def is_everywhere(self) -> bool:
        return self.project_id is None and self.group_id is None


@dataclass(frozen=True)
class Scope:
    """Where a verb is allowed: queries turn it into a filter, so what is outside is not found."""

    everywhere: bool
    projects: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.projects or self.groups)

    def covers(self, project_id: int | None, group_id: int | None) -> bool:
        return self.everywhere or project_id in self.projects or group_id in self.groups


@dataclass(frozen=True)
class Who:
    """Who is at the door, and what he may do there."""

    id: int
    name: str
    locale: str
    grants: tuple[Grant, ...]
    permissions: frozenset[Verb] = frozenset()  # of an integration's token
    session_id: int | None = None  # the signed-in session; None for a token
    is_staff: bool = True

    def scope(self, verb: Verb) -> Scope:
        held = [grant for grant in self.grants if self._holds(grant, verb)]
        return Scope(
            everywhere=any(grant.is_everywhere for grant in held),
            projects=frozenset(g.project_id for g in held if g.project_id is not None),
            groups=frozenset(g.group_id for g in held if g.group_id is not None),
        )

    def may(self, verb: Verb) -> bool:
        """Anywhere at all: enough to show a link, never enough to touch a thing."""
        return bool(self.scope(verb))

    def may_for(self, verb: Verb, project_id: int | None, group_id: int | None) -> bool:
        return self.scope(verb).covers(project_id, group_id)

    def _holds(self, grant: Grant, verb: Verb) -> bool:
        if grant.role not in MAY[verb]:
            return False
        return grant.role is not Role.INTEGRATION or verb in self.permissions

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)


def roles_of(grants: Iterable[Grant]) -> frozenset[Role]:
    return frozenset(grant.role for grant in grants)
