"""Who may do what: roles, verbs, and the one table that joins them (rules.md §11)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from tickets.refusals import Invalid
from tickets.words import N_


class Role(StrEnum):
    HOTLINE = "hotline"
    HOTLINE_LEAD = "hotline_lead"
    TECHNICIAN = "technician"
    MANAGER = "manager"
    ADMIN = "admin"
    OWNER = "owner"
    INTEGRATION = "integration"


ROLE_LABELS: Final[dict[Role, str]] = {
    Role.HOTLINE: N_("Hotline operator"),
    Role.HOTLINE_LEAD: N_("Hotline lead"),
    Role.TECHNICIAN: N_("Technician"),
    Role.MANAGER: N_("Project manager"),
    Role.ADMIN: N_("Administrator"),
    Role.OWNER: N_("Owner's person"),
    Role.INTEGRATION: N_("Program"),
}


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
    TICKET_ACKNOWLEDGE = "ticket.acknowledge"  # 收到: it was heard
    TICKET_ASSIGN = "ticket.assign"
    TICKET_ANSWER = "ticket.answer"
    TICKET_MAKE_SAFE = "ticket.make_safe"
    TICKET_ARRIVE = "ticket.arrive"
    TICKET_REPAIR = "ticket.repair"
    TICKET_HAND_BACK = "ticket.hand_back"  # 退单: one's own, to the desk
    TICKET_CALL_BACK = "ticket.call_back"
    TICKET_CLOSE = "ticket.close"
    TICKET_CANCEL = "ticket.cancel"
    TICKET_PAUSE = "ticket.pause"
    TICKET_GRADE = "ticket.grade"  # another severity
    TICKET_MERGE = "ticket.merge"
    TICKET_REOPEN = "ticket.reopen"
    TICKET_REMIND = "ticket.remind"  # the owner urges us
    CALL_PROMISE = "call.promise"  # when we call him
    SHIFT_HAND_OVER = "shift.hand_over"
    PAUSE_REVIEW = "pause.review"
    SUBSTITUTION_SETTLE = "substitution.settle"
    PHOTO_ADD = "photo.add"
    PROJECT_READ = "project.read"
    PROJECT_WRITE = "project.write"
    ASSET_READ = "asset.read"
    ASSET_WRITE = "asset.write"
    CALLER_READ = "caller.read"  # whole phone numbers, and finding people by them
    INSPECTION_READ = "inspection.read"
    INSPECTION_PLAN = "inspection.plan"  # visits, corrections, upkeep
    INSPECTION_CHECK = "inspection.check"  # on site, and what follows: signing, handing over
    CHECKLIST_WRITE = "checklist.write"  # templates and instruments
    REPORT_READ = "report.read"
    ROTA_READ = "rota.read"
    ROTA_WRITE = "rota.write"
    ABSENCE_WRITE = "absence.write"  # one's own; another's needs rota.write
    PEOPLE_MANAGE = "people.manage"
    CHANNEL_MANAGE = "channel.manage"


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
    Verb.TICKET_ACKNOWLEDGE: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_ASSIGN: _DESK | {Role.INTEGRATION},
    Verb.TICKET_ANSWER: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_MAKE_SAFE: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_ARRIVE: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_REPAIR: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_HAND_BACK: _FIELD,
    Verb.TICKET_CALL_BACK: _DESK | {Role.INTEGRATION},
    Verb.TICKET_CLOSE: _DESK | {Role.INTEGRATION},
    Verb.TICKET_CANCEL: _LEADS | {Role.INTEGRATION},
    Verb.TICKET_PAUSE: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_GRADE: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_MERGE: _DESK | {Role.INTEGRATION},
    Verb.TICKET_REOPEN: _FIELD | {Role.INTEGRATION},
    Verb.TICKET_REMIND: _FIELD | {Role.INTEGRATION},
    Verb.CALL_PROMISE: _FIELD | {Role.INTEGRATION},
    Verb.SHIFT_HAND_OVER: _DESK,
    Verb.PAUSE_REVIEW: _MANAGERS | {Role.INTEGRATION},
    Verb.SUBSTITUTION_SETTLE: _FIELD | {Role.INTEGRATION},
    Verb.PHOTO_ADD: _FIELD | {Role.INTEGRATION},
    Verb.PROJECT_READ: _ALL,
    Verb.PROJECT_WRITE: _MANAGERS | {Role.INTEGRATION},
    Verb.ASSET_READ: _ALL,
    Verb.ASSET_WRITE: _MANAGERS | {Role.INTEGRATION},
    Verb.CALLER_READ: _FIELD,
    Verb.INSPECTION_READ: _ALL,
    Verb.INSPECTION_PLAN: _LEADS | {Role.INTEGRATION},
    Verb.INSPECTION_CHECK: _LEADS | {Role.TECHNICIAN, Role.INTEGRATION},
    Verb.CHECKLIST_WRITE: _MANAGERS,
    Verb.REPORT_READ: _LEADS | {Role.OWNER, Role.INTEGRATION},
    Verb.ROTA_READ: _STAFF | {Role.INTEGRATION},
    Verb.ROTA_WRITE: _LEADS,
    Verb.ABSENCE_WRITE: _STAFF,
    Verb.PEOPLE_MANAGE: frozenset({Role.ADMIN}),
    Verb.CHANNEL_MANAGE: frozenset({Role.ADMIN}),
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


# --- signing in -----------------------------------------------------------------------------

ABSOLUTE: Final = timedelta(days=30)  # a browser signs in again after this, whatever it did
IDLE: Final = timedelta(days=7)  # and after this without a request
SEEN_EVERY: Final = timedelta(minutes=5)  # how finely "last seen" is kept
WINDOW: Final = timedelta(minutes=15)
WRONG_PER_LOGIN: Final = 5
WRONG_PER_ADDRESS: Final = 20
UNKNOWN_LABELS: Final = 60  # per address and window
FORGOTTEN_AFTER: Final = timedelta(days=1)

_GUESSED_FIRST = frozenset(
    {"12345678", "123456789", "1234567890", "0123456789", "87654321", "11223344", "12341234"}
    | {"password", "password1", "passw0rd", "qwertyui", "qwerty123", "abc12345", "abcd1234"}
    | {"a1234567", "a12345678", "aa123456", "iloveyou", "admin123", "woaini1314", "afterglow"}
)


def check_login(login: str) -> None:
    if not re.fullmatch(r"[^\s/@]{2,64}(@[^\s/@]{1,64})?", login):
        raise Invalid("login", N_("A sign-in name has 2 to 64 characters and no spaces."))


def check_password(password: str, login: str, name: str) -> None:
    """Length is what counts; only what everybody tries first is refused besides."""
    if len(password) < 8:
        raise Invalid("password", N_("A password needs at least 8 characters."))
    if len(password) > 200:
        raise Invalid("password", N_("A password has at most 200 characters."))
    if any(0xD800 <= ord(ch) < 0xE000 or ch == "\0" for ch in password):
        raise Invalid("password", N_("This contains characters that cannot be kept."))
    folded = password.casefold()
    if folded in _GUESSED_FIRST or len(set(password)) < 3:
        raise Invalid("password", N_("This password is guessed too easily."))
    if folded in (login.casefold(), name.casefold()):
        raise Invalid("password", N_("The password must not be the name."))


def check_grants(grants: Sequence[Grant]) -> None:
    """What a person may be given (rules.md §11)."""
    if not grants:
        raise Invalid("roles", N_("Choose at least one role."))
    for grant in grants:
        if grant.role is Role.INTEGRATION:
            raise Invalid("roles", N_("Integration is a role of programs; make a token for it."))
        _check_place(grant)


def check_program_grant(grant: Grant) -> None:
    _check_place(grant)


def _check_place(grant: Grant) -> None:
    if grant.project_id is not None and grant.group_id is not None:
        raise Invalid("roles", N_("A role is for a project or for a group, not both."))
    if grant.role is Role.OWNER and grant.project_id is None:
        raise Invalid("roles", N_("An owner's person sees named projects only: choose one."))


# What a token of an integration may be given: nothing that is not in the table.
PERMISSIONS: Final = tuple(verb for verb in Verb if Role.INTEGRATION in MAY[verb])


def check_permissions(role: Role, permissions: Sequence[Verb]) -> None:
    if role is not Role.INTEGRATION:
        if permissions:
            raise Invalid("permissions", N_("Only an integration has permissions of its own."))
        return
    if not permissions:
        raise Invalid("permissions", N_("Name what this integration may do."))
    if not set(permissions) <= set(PERMISSIONS):
        raise Invalid("permissions", N_("An integration may not do all of this."))


def safe_next(address: str | None) -> str:
    """Where to go after signing in: a path of ours, or the start page; never another site."""
    if (
        not address
        or len(address) > 2000
        or not address.startswith("/")
        or address.startswith("//")
        or any(ch == "\\" or ord(ch) <= 0x20 or ord(ch) == 0x7F for ch in address)
        or address.partition("?")[0] in ("/login", "/logout", "/locale")
    ):
        return "/"
    return address


def start_page(roles: frozenset[Role]) -> str:
    """What each role opens the system for."""
    if roles & {Role.HOTLINE, Role.HOTLINE_LEAD, Role.MANAGER, Role.ADMIN}:
        return "/desk"
    if Role.TECHNICIAN in roles:
        return "/round"
    return "/projects"
