"""What is installed: added, changed, moved, retired, found; and who may."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tickets.asset import actions, queries
from tickets.asset.models import Asset
from tickets.asset.rules import ip_code, may_stand_in, new_public_id, same_public_id
from tickets.events import Event
from tickets.project.rules.kinds import KINDS
from tickets.refusals import Invalid, Refused

BODY: dict[str, Any] = {
    "code": "DB03",
    "name": "3号配电箱",
    "kind": "BOX",
    "is_main": True,
    "grade": {"power_w": 120.5, "cct_k": 3000, "ip": "ip 65", "control": "DALI-2"},
    "serial": "SN-1",
    "location": "东区3号楼地下室",
    "installed_on": "2025-09-01",
}
API = "/api/v1/projects/P1/assets"


async def test_an_asset_is_added_and_shown_with_its_cover(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await make_project(session, code="P1", accepted_on=date(2000, 1, 1), months=600)
    client = await as_role("manager")
    answer = await client.post(API, json=BODY)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert len(told["public_id"]) == 10
    assert told["grade"] == {"power_w": 120.5, "cct_k": 3000, "ip": "IP65", "control": "DALI-2"}
    assert told["cover"]["decision"] == "warranty"
    assert told["cover"]["ends_on"] == "2050-01-01"
    assert (told["open_tickets"], told["replacements"]) == ([], [])
    assert (await client.get(f"{API}/DB03")).json() == told
    noted = (await session.scalars(select(Event).where(Event.kind == "asset.added"))).one()
    assert noted.facts == {"code": "DB03", "equipment": "BOX"}


async def test_a_code_is_used_once_in_a_project(session: AsyncSession, as_role: SignedIn) -> None:
    await make_project(session, code="P1")
    await make_project(session, code="P2")
    client = await as_role("manager")
    assert (await client.post(API, json=BODY)).status_code == 201
    again = await client.post(API, json=BODY)
    assert again.status_code == 409
    assert again.json()["detail"] == "There is already an asset DB03 in this project."
    assert (await client.post("/api/v1/projects/P2/assets", json=BODY)).status_code == 201
    ids = list(await session.scalars(select(Asset.public_id)))
    assert len(set(ids)) == 2


async def test_what_cannot_be_is_named(session: AsyncSession, as_role: SignedIn) -> None:
    project = await make_project(session, code="P1")
    await make_asset(session, project=project, code="L1", kind="LUM_FLOOD")
    client = await as_role("manager")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"kind": "SPACESHIP"}, "kind"),
        ({"kind": "LUM"}, "kind"),
        ({"code": "a b"}, "code"),
        ({"code": "a/b"}, "code"),
        ({"code": "x\0"}, "code"),
        ({"code": "new"}, "code"),
        ({"name": "x" * 1_000_000}, "name"),
        ({"name": ""}, "name"),
        ({"parent": "nowhere"}, "parent"),
        ({"parent": "L1"}, "parent"),
        ({"grade": {"ip": "waterproof"}}, "ip"),
        ({"grade": {"power_w": -1}}, "grade.power_w"),
        ({"grade": {"cct_k": 3.5}}, "grade.cct_k"),
        ({"grade": {"watts": 3}}, "grade.watts"),
        ({"installed_on": "yesterday"}, "installed_on"),
        ({"lat": 91}, "lat"),
        ({"colour": "red"}, "colour"),
    ]
    for change, field in wrong:
        answer = await client.post(API, json=BODY | change)
        assert answer.status_code == 422, (change, answer.text[:300])
        assert [e["field"] for e in answer.json()["errors"]] == [field]
    assert len(list(await session.scalars(select(Asset)))) == 1


async def test_every_kind_can_be_registered(session: AsyncSession, as_role: SignedIn) -> None:
    await make_project(session, code="P1")
    client = await as_role("manager")
    for kind in KINDS:
        body = {"code": f"X-{kind}", "name": kind, "kind": kind}
        assert (await client.post(API, json=body)).status_code == 201
    page = await client.get("/projects/P1")
    assert page.status_code == 200
    assert "Lightning protection" in page.text


async def test_the_way_down_leads_from_the_area_to_the_lamp(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await make_project(session, code="P1")
    client = await as_role("manager")
    for code, kind, parent in [
        ("EAST", "AREA", None),
        ("DB1", "BOX", "EAST"),
        ("C1", "CIRC", "DB1"),
        ("L1", "LUM_LINE", "C1"),
    ]:
        body = {"code": code, "name": code, "kind": kind, "parent": parent}
        assert (await client.post(API, json=body)).status_code == 201
    told = (await client.get(f"{API}/L1")).json()
    assert told["path"] == ["EAST", "DB1", "C1", "L1"]
    assert told["parent"] == "C1"
    inside = (await client.get(API, params={"parent": "DB1"})).json()
    assert [item["code"] for item in inside["items"]] == ["C1"]
    page = (await client.get("/projects/P1/assets/L1")).text
    assert page.index("EAST") < page.index("DB1") < page.index("C1")


async def test_nothing_stands_in_itself(session: AsyncSession, as_role: SignedIn) -> None:
    project = await make_project(session, code="P1")
    top = await make_asset(session, project=project, code="TOP", kind="BOX")
    mid = await make_asset(session, project=project, code="MID", kind="BOX", parent=top)
    await make_asset(session, project=project, code="LOW", kind="BOX", parent=mid)
    client = await as_role("manager")
    for parent in ("TOP", "MID", "LOW"):
        answer = await client.patch(f"{API}/TOP", json={"version": 1, "parent": parent})
        assert answer.status_code == 409
        assert answer.json()["detail"] == "TOP cannot stand in itself."
    moved = await client.patch(f"{API}/LOW", json={"version": 1, "parent": "TOP"})
    assert moved.json()["path"] == ["TOP", "LOW"]
    freed = await client.patch(f"{API}/LOW", json={"version": 2, "parent": None})
    assert freed.json()["path"] == ["LOW"]
    fields = list(
        await session.scalars(select(Event.facts["fields"]).where(Event.kind == "asset.changed"))
    )
    assert fields == [["parent"], ["parent"]]


async def test_an_asset_of_another_project_is_no_parent(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await make_project(session, code="P1")
    other = await make_project(session, code="P2")
    await make_asset(session, project=other, code="THEIRS", kind="AREA")
    client = await as_role("manager")
    answer = await client.post(API, json=BODY | {"parent": "THEIRS"})
    assert answer.status_code == 422
    assert (await client.get(f"{API}/THEIRS")).status_code == 404


async def test_the_second_of_two_writers_is_told(session: AsyncSession, as_role: SignedIn) -> None:
    project = await make_project(session, code="P1")
    asset = await make_asset(session, project=project, code="L1")
    client = await as_role("manager")
    first = await client.patch(f"{API}/L1", json={"version": 1, "name": "First"})
    assert first.json()["version"] == 2
    second = await client.patch(f"{API}/L1", json={"version": 1, "name": "Second"})
    assert second.status_code == 409
    form = {"name": "Third", "kind": "LUM_FLOOD", "version": "1"}
    page = await client.post("/projects/P1/assets/L1", data=form)
    assert page.status_code == 409
    assert "Somebody else changed this" in page.text
    assert 'value="Third"' in page.text
    await session.refresh(asset)
    assert asset.name == "First"


async def test_what_is_retired_is_listed_no_more_and_keeps_its_page(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1")
    await make_asset(session, project=project, code="L1")
    client = await as_role("manager")
    assert (await client.post(f"{API}/L1/retirement")).json()["retired_at"]
    assert (await client.post(f"{API}/L1/retirement")).status_code == 409
    assert (await client.get(API)).json()["items"] == []
    assert len((await client.get(API, params={"retired": True})).json()["items"]) == 1
    page = await client.get("/projects/P1/assets/L1")
    assert "Retired on" in page.text
    assert (await client.post(API, json=BODY | {"code": "L1"})).status_code == 409


async def test_the_list_is_searched_filtered_and_paged(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1")
    for n in range(5):
        await make_asset(session, project=project, code=f"L-10{n}", location="东区3号楼")
    await make_asset(session, project=project, code="DB03", kind="BOX", name="配电箱")
    client = await as_role("technician")

    async def codes(**asked: Any) -> tuple[list[str], str | None]:
        told = (await client.get(API, params=asked)).json()
        return [item["code"] for item in told["items"]], told["next"]

    everything = ["DB03", *(f"L-10{n}" for n in range(5))]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page, cursor = await codes(limit=4, **({"cursor": cursor} if cursor else {}))
        found += page
    assert found == everything
    assert (await codes(q="3号楼"))[0] == everything[1:]
    assert (await codes(q="db"))[0] == ["DB03"]
    assert (await codes(q="配电"))[0] == ["DB03"]
    assert (await codes(kind="BOX"))[0] == ["DB03"]
    assert (await codes(q="'; --"))[0] == []
    for wrong in ("cursor=a%20b", "q=%00", "limit=0", "parent=%00"):
        assert (await client.get(f"{API}?{wrong}")).status_code in (404, 422)
    shown = await client.get("/projects/P1/assets?kind=BOX&q=")
    assert "DB03" in shown.text
    assert "L-100" not in shown.text


async def test_who_may_not_see_finds_nothing_and_who_reads_may_not_write(
    session: AsyncSession, browser_of: Any, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1")
    await make_asset(session, project=project, code="L1")
    other = await make_project(session, code="P2")
    stranger = await browser_of(await make_person(session, role="owner", project_id=other.id))
    for path in ("", "/L1"):
        assert (await stranger.get(f"{API}{path}")).status_code == 404
        assert (await stranger.get(f"/projects/P1/assets{path}")).status_code == 404
    reader = await as_role("technician")
    assert (await reader.get(f"{API}/L1")).status_code == 200
    assert (await reader.post(API, json=BODY)).status_code == 403
    assert (await reader.patch(f"{API}/L1", json={"version": 1})).status_code == 403
    assert (await reader.get("/projects/P1/assets/new")).status_code == 403


async def test_the_forms_keep_what_was_typed(session: AsyncSession, as_role: SignedIn) -> None:
    await make_project(session, code="P1")
    client = await as_role("manager")
    assert (await client.get("/projects/P1/assets")).status_code == 200
    assert (await client.get("/projects/P1/assets/new?parent=X")).status_code == 200
    form = {"code": "1#箱", "name": "<script>x</script>", "kind": "BOX", "ip": "nonsense"}
    refused = await client.post("/projects/P1/assets", data=form)
    assert refused.status_code == 422
    assert "This is not an IP code" in refused.text
    assert "<script>x" not in refused.text
    assert "&lt;script&gt;x" in refused.text
    answer = await client.post("/projects/P1/assets", data=form | {"ip": "65", "is_main": "true"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/projects/P1/assets/1%23%E7%AE%B1"
    page = await client.get(answer.headers["location"])
    assert page.status_code == 200
    assert "<script>x" not in page.text
    edit = await client.get(answer.headers["location"] + "/edit")
    assert "checked" in edit.text
    moved = await client.post(
        answer.headers["location"],
        data={"name": "箱", "kind": "BOX", "version": "1", "power_w": "12.5"},
    )
    assert moved.status_code == 303
    row = (await session.scalars(select(Asset))).one()
    await session.refresh(row)
    assert (row.name, row.is_main, row.power_w, row.ip) == ("箱", False, 12.5, None)
    retired = await client.post(answer.headers["location"] + "/retirement")
    assert retired.status_code == 303


async def test_codes_are_given_back_in_the_order_they_were_named(session: AsyncSession) -> None:
    project = await make_project(session)
    for code in ("A1", "B2"):
        await make_asset(session, project=project, code=code)
    found = await queries.by_codes(session, project.id, ["B2", "A1", "B2"])
    assert [asset.code for asset in found] == ["B2", "A1"]
    assert await queries.by_codes(session, project.id, []) == []
    for unknown in ("C3", "\0", "x" * 10_000):
        with pytest.raises(Invalid) as refused:
            await queries.by_codes(session, project.id, ["A1", unknown])
        assert refused.value.field == "assets"


async def test_thousands_are_added_at_once(session: AsyncSession, now: Any) -> None:
    project = await make_project(session)
    new = [actions.NewAsset(code="DB1", name="Box", kind="BOX")]
    new += [
        actions.NewAsset(code=f"L{n:05}", name="Lamp", kind="LUM_LINE", parent="DB1")
        for n in range(2500)
    ]
    assert await actions.add_many(session, None, project, new, now) == 2501
    assert dict(await queries.counts(session, project.id)) == {"BOX": 1, "LUM_LINE": 2500}
    lamp = await queries.find(session, project.id, "L02499")
    assert [step.code for step in await queries.path(session, lamp)] == ["DB1", "L02499"]
    with pytest.raises(Refused):
        await actions.add_many(session, None, project, new[:1], now)
    bad = actions.NewAsset(code="X", name="x", kind="BOX", parent="L00000")
    with pytest.raises(Invalid):
        await actions.add_many(session, None, project, [bad], now)


@pytest.mark.parametrize(
    ("typed", "code"),
    [("IP65", "IP65"), ("ip 67", "IP67"), ("65", "IP65"), ("IPX4", "IPX4"), ("IP6X", "IP6X"),
     ("IP75", None), ("IP6", None), ("dry", None), ("", None), ("IP65\n", None)],
)  # fmt: skip
def test_an_ip_code_is_read_as_it_is_written(typed: str, code: str | None) -> None:
    assert ip_code(typed) == code


def test_areas_hold_cabinets_and_lamps_hold_no_cabinet() -> None:
    assert may_stand_in("BOX", "AREA")
    assert may_stand_in("CIRC", "BOX")
    assert may_stand_in("LUM_LINE", "CIRC")
    assert may_stand_in("LUM_STREET", "POLE")
    assert may_stand_in("AREA", "AREA")
    assert not may_stand_in("AREA", "BOX")
    assert not may_stand_in("BOX", "LUM_LINE")
    assert not may_stand_in("CIRC", "POLE")


def test_a_label_is_read_as_people_type_it() -> None:
    made = new_public_id()
    assert same_public_id(made.lower()) == made
    assert same_public_id("o1l-i0") == "01110"


async def test_a_call_about_an_asset_knows_it_from_its_page(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1")
    await make_asset(session, project=project, code="L#1", name="lamp")
    client = await as_role("hotline")
    shown = (await client.get("/projects/P1/assets/L%231")).text
    link = shown.partition('href="/desk/call?')[2].partition('"')[0]
    screen = await client.get(f"/desk/call?{link.replace('&amp;', '&')}")
    assert 'id="project" name="project" value="P1"' in screen.text
    assert 'id="assets" name="assets" value="L#1"' in screen.text
