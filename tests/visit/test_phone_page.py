"""The page that says on the phone what it lacks: for whom, and whether its script knows it all."""

import re

from tests.conftest import SignedIn
from tickets.pages import ROOT


async def test_a_technician_finds_it_and_an_owner_does_not(as_role: SignedIn) -> None:
    page = await (await as_role("technician")).get("/round/phone")
    assert page.status_code == 200
    assert "This phone" in page.text
    assert (await (await as_role("owner")).get("/round/phone")).status_code == 403


async def test_every_line_of_it_is_looked_at_and_has_a_sentence_for_each_verdict(
    as_role: SignedIn,
) -> None:
    page = (await (await as_role("technician")).get("/round/phone")).text
    lines = re.findall(r'data-check="(\w+)" data-good="([^"]*)" data-missing="([^"]*)"', page)
    script = (ROOT / "static/phone_check.js").read_text()
    looked_at = script.partition("const CHECKS = {")[2].partition("\n};")[0]
    known = re.findall(r"^  (?:async )?(\w+)(?:\(|:)", looked_at, re.MULTILINE)
    assert [name for name, _, _ in lines] == known
    for name, good, missing in lines:
        assert good, name
        assert missing or name == "home", name
