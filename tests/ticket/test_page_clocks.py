"""What bears on the clocks, through the ticket's page: done, refused with what was typed kept."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.ticket.conftest import Matter, Reported
from tickets.sla.models import Pause, SeverityChange
from tickets.ticket.models import CallBack, Ticket
from tickets.ticket.rules import Kind

AsRole = Callable[[str], Awaitable[AsyncClient]]
# S2 is served twice as fast here.
TERMS = {"severities": {"S2": {"arrival_hours": 24, "repair_hours": 24}}}
WORK = {"cause": "C_PRODUCT", "work": "new driver", "on_site": True}


def local(instant: datetime) -> str:
    """As a datetime-local field of the project's zone brings it."""
    return (instant.astimezone(UTC) + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")


def forms_in(page: str, ref: str) -> set[str]:
    return {piece.split('"')[0] for piece in page.split(f'action="/tickets/{ref}/')[1:]}


async def page_of(client: AsyncClient, ref: str) -> str:
    shown = await client.get(f"/tickets/{ref}")
    assert shown.status_code == 200
    return shown.text


async def post(client: AsyncClient, ref: str, act: str, **typed: Any) -> str:
    """Done, and where it goes on."""
    answer = await client.post(f"/tickets/{ref}/{act}", data=typed)
    assert answer.status_code == 303, answer.text[-3000:]
    return answer.headers["location"]


# --- pauses -------------------------------------------------------------------------------


async def test_a_pause_is_entered_shown_ended_and_told_in_the_diary(
    as_role: AsRole, reported: Reported
) -> None:
    matter = await reported(5)
    client = await as_role("technician")
    begun = local(matter.start + timedelta(hours=1))
    await post(
        client,
        matter.ref,
        "pauses",
        reason="no_access",
        evidence="the gate is locked",
        from_at=begun,
    )
    shown = await page_of(client, matter.ref)
    for words in ("no access to the site", "the gate is locked", "counts", "Paused since"):
        assert words in shown
    assert "pause_end" in forms_in(shown, matter.ref)
    assert (await matter.states(client))["repair"] == "paused"
    pause = (await matter.session.scalars(select(Pause))).one()
    await post(
        client,
        matter.ref,
        "pause_end",
        pause=pause.id,
        at=local(matter.start + timedelta(hours=3)),
    )
    shown = await page_of(client, matter.ref)
    assert "pause_end" not in forms_in(shown, matter.ref)
    assert "Pause ended" in shown
    repair = (await matter.clocks(client))["repair"]
    assert matter.due(repair) == pytest.approx(50, abs=0.1)


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        ({"reason": "no_access"}, 422, "A pause needs its evidence"),
        ({"evidence": "kept text"}, 422, "This is needed."),
        ({"reason": "our_parts", "evidence": "kept text"}, 422, "not one of the known values"),
        (
            {"reason": "no_access", "evidence": "kept text", "from_at": "2001-01-01T00:00"},
            422,
            "cannot begin before the report",
        ),
        (
            {"reason": "no_access", "evidence": "kept text", "to_at": "2099-01-01T00:00"},
            422,
            "cannot end in the future",
        ),
        (
            {"reason": "no_access", "evidence": "kept text", "from_at": "soon"},
            422,
            "This is not a date and time.",
        ),
    ],
)
async def test_a_pause_that_cannot_be_keeps_what_was_typed(
    as_role: AsRole, reported: Reported, typed: dict[str, str], status: int, sentence: str
) -> None:
    matter = await reported(5)
    client = await as_role("hotline")
    refused = await client.post(f"/tickets/{matter.ref}/pauses", data=typed)
    assert refused.status_code == status
    assert sentence in refused.text
    assert '<details class="act" open' in refused.text
    for value in typed.values():
        if value != "our_parts":
            assert value in refused.text
    assert (await matter.session.scalars(select(Pause))).all() == []


async def test_of_two_who_pause_the_second_is_told_and_keeps_his_note(
    as_role: AsRole, reported: Reported
) -> None:
    matter = await reported(5)
    one, two = await as_role("technician"), await as_role("hotline")
    typed = {"reason": "weather_unsafe", "evidence": "wind of force nine"}
    await post(one, matter.ref, "pauses", **typed)
    refused = await two.post(f"/tickets/{matter.ref}/pauses", data=typed)
    assert refused.status_code == 409
    assert "pauses may touch, not overlap" in refused.text
    assert "wind of force nine" in refused.text


async def test_a_manager_accepts_what_lifts_a_breach_or_rejects_it_with_a_reason(
    as_role: AsRole, reported: Reported
) -> None:
    matter = await reported(60)
    hotline, manager = await as_role("hotline"), await as_role("manager")
    lifting = {
        "reason": "authority",
        "evidence": "road closed by the police",
        "from_at": local(matter.start + timedelta(hours=10)),
        "to_at": local(matter.start + timedelta(hours=30)),
    }
    await post(hotline, matter.ref, "pauses", **lifting)
    shown = await page_of(hotline, matter.ref)
    assert "waits for a manager" in shown
    assert "pause_rejection" not in forms_in(shown, matter.ref)
    assert (await matter.states(hotline))["repair"] == "late"
    assert "pause_rejection" in forms_in(await page_of(manager, matter.ref), matter.ref)
    pause = (await matter.session.scalars(select(Pause))).one()
    await post(manager, matter.ref, "pause_acceptance", pause=pause.id, reason="seen the order")
    assert (await matter.states(hotline))["repair"] == "running"
    refused = await manager.post(f"/tickets/{matter.ref}/pause_rejection", data={"pause": pause.id})
    assert refused.status_code == 422
    assert "This is needed." in refused.text
    assert '<details class="act" open' in refused.text
    await post(manager, matter.ref, "pause_rejection", pause=pause.id, reason="it was another road")
    shown = await page_of(hotline, matter.ref)
    assert "rejected, does not count" in shown
    assert "it was another road" in shown
    assert (await matter.states(hotline))["repair"] == "late"
    again = await manager.post(
        f"/tickets/{matter.ref}/pause_acceptance", data={"pause": pause.id, "reason": "kept text"}
    )
    assert again.status_code == 409
    assert "kept text" in again.text


# --- severity -----------------------------------------------------------------------------


async def test_the_effect_of_another_severity_is_shown_before_anything_is_changed(
    as_role: AsRole, reported: Reported
) -> None:
    matter = await reported(30, terms=TERMS)
    client = await as_role("hotline")
    assert f'href="/tickets/{matter.ref}/severity"' in await page_of(client, matter.ref)
    shown = (await client.get(f"/tickets/{matter.ref}/severity")).text
    assert "Nothing is changed yet" in shown
    assert "new promise" in shown  # making safe, were it S1
    assert "a new clock takes over" in shown
    assert "would be broken" in shown  # S2's 24 h are over
    assert (await matter.session.scalars(select(SeverityChange))).all() == []
    assert "ticket.severity_changed" not in await matter.diary()


async def test_the_severity_is_changed_with_a_reason_and_a_refusal_keeps_it(
    as_role: AsRole, reported: Reported
) -> None:
    matter = await reported(5)
    client = await as_role("hotline")
    refused = await client.post(f"/tickets/{matter.ref}/severity", data={"severity": "S2"})
    assert refused.status_code == 422
    assert 'value="S2" checked' in refused.text
    same = {"severity": "S3", "reason": "kept text"}
    refused = await client.post(f"/tickets/{matter.ref}/severity", data=same)
    assert refused.status_code == 409
    assert "The ticket has this severity already." in refused.text
    assert "kept text" in refused.text
    going = await post(client, matter.ref, "severity", severity="S1", reason="bare wire seen")
    assert going == f"/tickets/{matter.ref}"
    shown = await page_of(client, matter.ref)
    assert "Severity S3 → S1" in shown
    assert "bare wire seen" in shown
    assert "Clock gives way" in shown
    stale = {"severity": "S2", "reason": "the second one", "version": 1}
    refused = await client.post(f"/tickets/{matter.ref}/severity", data=stale)
    assert refused.status_code == 409
    assert "Somebody has changed this ticket meanwhile" in refused.text
    assert "the second one" in refused.text


async def test_what_has_been_repaired_is_not_graded_any_more(
    as_role: AsRole, reported: Reported
) -> None:
    matter = await reported(5)
    client = await as_role("hotline")
    await matter.post(client, "repair", **WORK)
    assert f'href="/tickets/{matter.ref}/severity"' not in await page_of(client, matter.ref)
    shown = await client.get(f"/tickets/{matter.ref}/severity")
    assert "it has been repaired, or has ended" in shown.text


# --- duplicates ---------------------------------------------------------------------------


async def test_a_duplicate_is_found_previewed_merged_and_split_off_again(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    project = await make_project(session, code="DUP-1")
    box = await make_asset(session, project=project, code="DB03", kind="BOX")
    for code in ("L-1", "L-2"):
        await make_asset(session, project=project, code=code, parent=box)
    elsewhere = await reported(1, project=project)
    first = await reported(6, project=project, assets=("L-1",), reporter_phone="13900000001")
    second = await reported(2, project=project, assets=("L-2",), reporter_name="Mr Second")
    client = await as_role("hotline")
    shown = (await client.get(f"/tickets/{second.ref}/duplicate_of")).text
    assert shown.index(first.ref) < shown.index(elsewhere.ref)
    assert shown.count("same asset, circuit or cabinet") == 1
    preview = (
        await client.get(f"/tickets/{second.ref}/duplicate_of", params={"into": first.ref})
    ).text
    assert "It would be merged into" in preview
    assert "stays as it is" in preview
    assert "ticket.merged" not in await first.diary()
    going = await post(client, second.ref, "duplicate_of", into=first.ref)
    assert going == f"/tickets/{first.ref}"
    survivor = await page_of(client, first.ref)
    assert f'href="/tickets/{second.ref}"' in survivor
    assert "Mr Second" in survivor
    duplicate = await page_of(client, second.ref)
    assert f'href="/tickets/{first.ref}"' in duplicate
    assert forms_in(duplicate, second.ref) == {"split", "notes"}
    assert "/severity" not in duplicate
    refused = await client.post(f"/tickets/{second.ref}/split")
    assert refused.status_code == 422
    await post(client, second.ref, "split", reason="another lamp")
    assert "Split off from" in await page_of(client, second.ref)
    assert "Split off again" in await page_of(client, first.ref)


async def test_danger_is_not_merged_without_a_reason_and_what_was_typed_stays(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    project = await make_project(session, code="DUP-2")
    danger = await reported(2, project=project, fault="LEAK")
    calm = await reported(6, project=project)
    client = await as_role("hotline")
    where = f"/tickets/{calm.ref}/duplicate_of"
    refused = await client.post(where, data={"into": danger.ref})
    assert refused.status_code == 422
    assert "Danger is never merged without a reason." in refused.text
    for into, sentence in (
        ("T-0", "There is no ticket T-0."),
        (calm.ref, "cannot be merged into itself"),
    ):
        refused = await client.post(where, data={"into": into, "reason": "kept text"})
        assert refused.status_code == 422
        assert sentence in refused.text
        assert "kept text" in refused.text
    other = await reported(2)
    refused = await client.post(where, data={"into": other.ref, "reason": "kept text"})
    assert "Only tickets of one project" in refused.text
    shown = await client.get(where, params={"into": "\0nothing"})
    assert "There is no ticket" in shown.text
    await post(client, danger.ref, "duplicate_of", into=calm.ref, reason="the same wire")
    assert "the same wire" in await page_of(client, calm.ref)
    late = await client.post(where, data={"into": danger.ref, "reason": "kept text"})
    assert late.status_code == 409
    assert "kept text" in late.text


async def test_both_callers_are_called_back_and_who_has_not_heard_is_named(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    project = await make_project(session, code="DUP-3")
    first = await reported(6, project=project, reporter_name="Ms First", reporter_phone="139001")
    second = await reported(2, project=project, reporter_name="Mr Second", reporter_phone="139002")
    client = await as_role("hotline")
    await post(client, second.ref, "duplicate_of", into=first.ref)
    await matter_repaired(client, first)
    shown = await page_of(client, first.ref)
    assert 'name="contact"' in shown
    assert "Not told of the outcome yet: Ms First, Mr Second." in shown
    ticket = await session.get_one(Ticket, first.ticket.id)
    theirs = (await session.get_one(Ticket, second.ticket.id)).reporter_id
    wrong = await client.post(
        f"/tickets/{first.ref}/callbacks", data={"outcome": "works", "contact": 2**30}
    )
    assert wrong.status_code == 422
    await post(client, first.ref, "callbacks", outcome="works", contact=ticket.reporter_id)
    shown = await page_of(client, first.ref)
    assert "Not told of the outcome yet: Mr Second." in shown
    await post(client, first.ref, "callbacks", outcome="not_reached", contact=theirs)
    assert "Not told of the outcome yet: Mr Second." in await page_of(client, first.ref)
    answer = await matter_post(client, first, "callbacks", outcome="works", contact=theirs)
    assert answer == 200
    shown = await page_of(client, first.ref)
    assert "Not told of the outcome yet" not in shown
    assert "Asked: Mr Second" in shown
    asked = (await session.scalars(select(CallBack.contact_id).order_by(CallBack.id))).all()
    assert asked == [ticket.reporter_id, theirs, theirs]


async def matter_repaired(client: AsyncClient, matter: Matter) -> None:
    assert await matter_post(client, matter, "repair", **WORK) == 200


async def matter_post(client: AsyncClient, matter: Matter, path: str, **body: Any) -> int:
    return (await matter.post(client, path, **body)).status_code


# --- recurrence, the look after dark ------------------------------------------------------


async def test_it_comes_again_within_a_week_as_a_new_cycle_of_the_same_ticket(
    as_role: AsRole, reported: Reported
) -> None:
    matter = await reported(30)
    client = await as_role("hotline")
    assert "recurrence" not in forms_in(await page_of(client, matter.ref), matter.ref)
    early = await client.post(f"/tickets/{matter.ref}/recurrence", data={"reason": "kept text"})
    assert early.status_code == 409
    assert "kept text" in early.text
    await matter.post(client, "repair", at=matter.at(4), **WORK)
    assert "recurrence" in forms_in(await page_of(client, matter.ref), matter.ref)
    before = {"reason": "kept text", "reported_at": local(matter.start + timedelta(hours=1))}
    refused = await client.post(f"/tickets/{matter.ref}/recurrence", data=before)
    assert refused.status_code == 422
    assert "A recurrence is reported after the repair." in refused.text
    assert "kept text" in refused.text
    going = await post(client, matter.ref, "recurrence", reason="dark again since supper")
    assert going == f"/tickets/{matter.ref}"
    shown = await page_of(client, matter.ref)
    for words in ("Earlier cycles", "Cycle 1", "Come again: cycle 2", "dark again since supper"):
        assert words in shown


async def test_later_it_is_a_new_ticket_and_both_name_each_other(
    as_role: AsRole, reported: Reported
) -> None:
    matter = await reported(24 * 9)
    client = await as_role("hotline")
    await matter.post(client, "repair", at=matter.at(4), **WORK)
    going = await post(client, matter.ref, "recurrence", reason="dark again")
    new = going.removeprefix("/tickets/")
    assert new != matter.ref
    assert f'href="/tickets/{new}"' in await page_of(client, matter.ref)
    assert f'href="/tickets/{matter.ref}"' in await page_of(client, new)


async def test_what_was_repaired_by_day_is_looked_at_after_dark(
    as_role: AsRole, reported: Reported
) -> None:
    matter = await reported(30)
    client = await as_role("technician")
    partly = {"work": "kept text", "result": "partial", "check_after_dark": "true"}
    refused = await client.post(f"/tickets/{matter.ref}/repair", data=partly)
    assert "Only what is repaired waits for a look after dark." in refused.text
    by_day = {"cause": "C_PRODUCT", "work": "driver", "check_after_dark": "true"}
    await post(client, matter.ref, "repair", **by_day)
    shown = await page_of(client, matter.ref)
    assert "waits for a look after dark" in shown
    assert "check" in forms_in(shown, matter.ref)
    refused = await client.post(f"/tickets/{matter.ref}/check", data={"passed": "no"})
    assert refused.status_code == 422
    assert "Say what was still dark." in refused.text
    assert 'value="no" checked' in refused.text
    await post(client, matter.ref, "check", passed="no", note="pole 7 is dark")
    shown = await page_of(client, matter.ref)
    for words in ("still dark, no repair", "pole 7 is dark"):
        assert words in shown
    assert "check" not in forms_in(shown, matter.ref)
    again = await client.post(f"/tickets/{matter.ref}/check", data={"passed": "yes"})
    assert again.status_code == 409


async def test_a_wish_is_neither_paused_nor_looked_at(as_role: AsRole, reported: Reported) -> None:
    matter = await reported(0.5, kind=Kind.REQUEST, fault="NEW")
    client = await as_role("hotline")
    assert not forms_in(await page_of(client, matter.ref), matter.ref) & {"pauses", "check"}


# --- the cost -----------------------------------------------------------------------------


async def test_pauses_duplicates_and_cycles_cost_no_further_statement(
    session: AsyncSession, connection: AsyncConnection, as_role: AsRole, reported: Reported
) -> None:
    project = await make_project(session, code="COST-1")
    bare = await reported(30, project=project)
    full = await reported(30, project=project)
    others = [await reported(20, project=project) for _ in range(3)]
    client = await as_role("manager")
    for n in range(1, 4):
        await post(
            client,
            full.ref,
            "pauses",
            reason="no_access",
            evidence="locked",
            from_at=local(full.start + timedelta(hours=n)),
            to_at=local(full.start + timedelta(hours=n, minutes=30)),
        )
    for other in others:
        await post(client, other.ref, "duplicate_of", into=full.ref)

    async def statements(ref: str) -> int:
        counted = 0

        def count(*_: Any) -> None:
            nonlocal counted
            counted += 1

        engine = connection.sync_connection
        assert engine is not None
        sqlalchemy_event.listen(engine, "before_cursor_execute", count)
        await page_of(client, ref)
        sqlalchemy_event.remove(engine, "before_cursor_execute", count)
        return counted

    assert await statements(full.ref) == await statements(bare.ref)
