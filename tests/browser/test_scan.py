"""A label before the phone's camera: the asset and its tickets, also without a line."""

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import segno
from PIL import Image
from playwright.async_api import Browser, expect
from sqlalchemy import select

from tests.browser.phone import Phone, fault, phone_of, ready
from tests.makers.asset import make_asset
from tickets.asset.models import Asset
from tickets.project.models import Project

pytestmark = pytest.mark.browser


def label(address: str) -> bytes:
    """A label on a wall, as a camera of 640 x 480 sees it."""
    printed = BytesIO()
    segno.make(address, error="m").save(printed, kind="png", scale=8, border=4)
    code = Image.open(printed).convert("RGB").resize((300, 300))
    seen = Image.new("RGB", (640, 480), (96, 99, 104))
    seen.paste(code.rotate(7, expand=True, fillcolor=(96, 99, 104)), (150, 70))
    made = BytesIO()
    seen.save(made, "JPEG", quality=80)
    return made.getvalue()


async def address(house: Any, code: str) -> str:
    async with house.room() as session:
        lamp = (await session.scalars(select(Asset).where(Asset.code == code))).one()
        return f"{house.url}/q/{lamp.public_id}"


@pytest.fixture
async def phone(
    house: Any, chromium: Browser, chromium_path: str | None, tmp_path: Path
) -> AsyncIterator[Phone]:
    """Its camera looks at the label of lamp L-0101, whatever it is pointed at."""
    film = tmp_path / "label.mjpeg"
    film.write_bytes(label(await address(house, "L-0101")) * 5)
    async with phone_of(house, chromium_path, tmp_path / "profile") as phone:
        phone.arguments = (
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        )
        yield phone
    assert phone.troubles == []


async def test_a_label_leads_to_its_tickets_without_a_line(house: Any, phone: Phone) -> None:
    """Desktop Chromium has no reader of its own: the library is read from the phone's disk."""
    ref = await fault(house)
    page = await phone.start()
    await page.goto(f"{phone.url}/round")
    await ready(page)
    assert not await page.evaluate("'BarcodeDetector' in self")
    for _ in range(100):
        if await page.evaluate(READER) == 2:
            break
        await page.wait_for_timeout(100)
    assert phone.context is not None
    await phone.context.set_offline(True)
    await page.click('a[href="/round/scan"]')
    await expect(page.locator(f'[data-found] a.whole[href="/round/{ref}"]')).to_be_visible()
    await expect(page.locator("[data-found] h2 .code").first).to_have_text("L-0101")
    # The phone's own camera app opens the label's address: the same, not a dinosaur.
    await page.goto(await address(house, "L-0101"))
    await expect(page.locator(f'[data-found] a.whole[href="/round/{ref}"]')).to_be_visible()
    # Typed, where the label is scratched; unknown here, it says so.
    await page.fill("#scan [name=q]", "L-0199")
    await page.click("#scan form button")
    await expect(page.locator("[data-told]")).to_contain_text("没有网络")


READER = """async () => {
    let kept = 0;
    for (const name of await caches.keys()) {
        for (const each of await (await caches.open(name)).keys()) {
            if (each.url.includes("/vendor/qr/")) kept += 1;
        }
    }
    return kept;
}"""


async def test_with_a_line_a_label_opens_the_asset(house: Any, phone: Phone) -> None:
    async with house.room() as session:  # on no ticket at all, whatever other tests have left
        project = (await session.scalars(select(Project).where(Project.code == "BJ-01"))).one()
        await make_asset(session, project=project, code="L-0177")
    film = label(await address(house, "L-0177")) * 5
    (phone.folder.parent / "label.mjpeg").write_bytes(film)
    page = await phone.start()
    await page.goto(f"{phone.url}/round/scan")
    await page.wait_for_url("**/L-0177**")


async def test_a_picture_of_a_label_does_where_the_camera_is_closed(
    house: Any, phone: Phone
) -> None:
    ref = await fault(house)
    phone.arguments = ()  # and nobody may use it
    page = await phone.start()
    await page.goto(f"{phone.url}/round")
    await ready(page)
    await page.goto(f"{phone.url}/round/scan")
    await expect(page.locator("[data-told]")).to_contain_text("用不了摄像头")
    picture = label(
        (await address(house, "L-0101")).replace(house.url, "https://elsewhere.example")
    )
    file = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture}
    await page.set_input_files("[data-picture] input", file)  # type: ignore[arg-type]
    await expect(page.locator(f'[data-found] a.whole[href="/round/{ref}"]')).to_be_visible()
