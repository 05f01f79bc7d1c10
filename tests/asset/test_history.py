"""Each time something about an asset became another, its history has a line; and the places."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tickets.asset.models import Asset
from tickets.events import Event

API = "/api/v1/projects/P1/assets"


async def test_every_verb_leaves_its_line_with_before_and_after(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1")
    await make_asset(session, project=project, code="DB1", kind="BOX")
    client = await as_role("manager")
    await client.post(API, json={"code": "L1", "name": "lamp", "kind": "LUM_LINE"})
    change = {"version": 1, "model": "X1", "installed_on": "2026-01-02", "grade": {"ip": "65"}}
    assert (await client.patch(f"{API}/L1", json=change)).json()["model"] == "X1"
    await client.patch(f"{API}/L1", json={"version": 2, "parent": "DB1"})
    await client.patch(f"{API}/L1", json={"version": 3, "parent": "DB1"})  # says nothing new
    await client.post(f"{API}/L1/retirement")
    await client.post(f"{API}/L1/restoration")
    told = (await client.get(f"{API}/L1/history")).json()["items"]
    assert [(line["what"], line["fields"]) for line in told] == [
        ("restored", {}),
        ("retired", {}),
        ("moved", {"parent": [None, "DB1"]}),
        (
            "changed",
            {"model": [None, "X1"], "installed_on": [None, "2026-01-02"], "ip": [None, "IP65"]},
        ),
        ("added", {}),
    ]
    assert all(line["by"] for line in told)
    page = (await client.get("/projects/P1/assets/L1")).text
    assert "Put back in service" in page
    assert "→ X1" in page
    assert "→ IP65" in page


async def test_the_history_goes_back_page_by_page(session: AsyncSession, as_role: SignedIn) -> None:
    await make_project(session, code="P1")
    client = await as_role("manager")
    await client.post(API, json={"code": "L1", "name": "lamp", "kind": "LUM_LINE"})
    for n in range(1, 13):
        await client.patch(f"{API}/L1", json={"version": n, "name": f"lamp {n}"})
    page = (await client.get("/projects/P1/assets/L1")).text
    assert "→ lamp 12" in page
    assert "→ lamp 2<" not in page
    further = page.partition("/history?before=")[2].partition('"')[0]
    earlier = (await client.get(f"/projects/P1/assets/L1/history?before={further}")).text
    assert "→ lamp 2" in earlier
    assert "Added to the register" in earlier
    assert "→ lamp 12" not in earlier


async def test_what_holds_something_is_retired_with_it_or_not_at_all(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1")
    box = await make_asset(session, project=project, code="DB1", kind="BOX")
    circuit = await make_asset(session, project=project, code="C1", kind="CIRC", parent=box)
    await make_asset(session, project=project, code="L1", parent=circuit)
    await make_asset(session, project=project, code="L0", parent=circuit)
    client = await as_role("manager")
    assert (await client.post(f"{API}/L0/retirement")).status_code == 200
    refused = await client.post("/projects/P1/assets/DB1/retirement")
    assert refused.status_code == 409
    assert "2 still stand in DB1" in refused.text
    assert "The 2 that stand in it are retired with it" in refused.text
    done = await client.post("/projects/P1/assets/DB1/retirement", data={"below": "true"})
    assert done.status_code == 303
    session.expire_all()
    assert len(list(await session.scalars(select(Asset).where(Asset.retired_at.is_(None))))) == 0
    assert (await client.post(f"{API}/C1/restoration")).json()["detail"] == (
        "C1 stands in DB1, which is retired: put that back first."
    )
    nothing = await client.post(
        f"{API}", json={"code": "L9", "name": "x", "kind": "LUM_LINE", "parent": "C1"}
    )
    assert nothing.status_code == 422
    assert (await client.post(f"{API}/DB1/restoration", json={"below": True})).status_code == 200
    assert (await client.post(f"{API}/DB1/restoration")).status_code == 409
    session.expire_all()
    # What had gone before does not come back with it.
    left = list(await session.scalars(select(Asset.code).where(Asset.retired_at.is_not(None))))
    assert left == ["L0"]
    facts = await session.scalars(select(Event.facts).where(Event.kind == "asset.restored"))
    assert list(facts) == [{"code": "DB1", "number": 3}]


async def test_a_kind_suits_what_holds_it_and_what_it_holds(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1")
    box = await make_asset(session, project=project, code="DB1", kind="BOX")
    circuit = await make_asset(session, project=project, code="C1", kind="CIRC", parent=box)
    await make_asset(session, project=project, code="L1", parent=circuit)
    client = await as_role("manager")
    for code, kind in (("C1", "AREA"), ("DB1", "POLE"), ("C1", "POLE")):
        answer = await client.patch(f"{API}/{code}", json={"version": 1, "kind": kind})
        is_fine = (code, kind) == ("C1", "POLE")  # a lamp may stand on a pole
        assert answer.status_code == (200 if is_fine else 422), (code, kind)


async def test_a_place_is_offered_with_its_datum_and_a_doubtful_one_with_a_warning(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await make_project(session, code="P1")
    client = await as_role("manager")
    body: dict[str, Any] = {"name": "lamp", "kind": "LUM_LINE", "lat": 39.915, "lon": 116.404}
    sure = await client.post(API, json=body | {"code": "L1"})
    assert (sure.json()["datum"], sure.json()["is_place_doubtful"]) == ("WGS-84", False)
    page = (await client.get("/projects/P1/assets/L1")).text
    assert "position=116.410244%2C39.916404" in page
    assert "mlat=39.915000" in page
    assert "The place is doubtful" not in page
    told = body | {"code": "L2", "datum": "GCJ-02", "is_place_doubtful": True}
    assert (await client.post(API, json=told)).status_code == 201
    page = (await client.get("/projects/P1/assets/L2")).text
    assert "position=116.404000%2C39.915000" in page
    warned, _, links = page.partition("Open the doubtful point all the same")
    assert "The place is doubtful" in warned
    assert "uri.amap.com" not in warned
    assert "uri.amap.com" in links
    listed = (await client.get("/projects/P1/assets?doubtful=true")).text
    assert "L2" in listed
    assert ">L1<" not in listed
    for wrong, field in (({"lon": None}, "lon"), ({"datum": "BD-09"}, "datum")):
        answer = await client.post(API, json=body | {"code": "L3"} | wrong)
        assert answer.status_code == 422
        assert [e["field"] for e in answer.json()["errors"]] == [field]
    form = {"name": "lamp", "kind": "LUM_LINE", "version": "1", "lat": "39.9"}
    refused = await client.post("/projects/P1/assets/L1", data=form)
    assert refused.status_code == 422
    assert "A place has both" in refused.text
    assert 'value="39.9"' in refused.text
