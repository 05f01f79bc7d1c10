"""Where a form may lead on to, and what a time without seconds means."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tickets.phone.forms import instant_typed, local
from tickets.refusals import Invalid


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x",
        "",
        "round",
    ],
)
def test_nobody_is_led_out_of_the_house(path: str) -> None:
    assert local(path, "/tickets/1") == "/tickets/1"


def test_a_path_of_ours_is_followed() -> None:
    assert local("/round/T-1?done=arrival#x", "/") == "/round/T-1?done=arrival#x"


def test_the_minute_of_the_report_is_not_before_it() -> None:
    reported = datetime(2026, 11, 24, 8, 5, 42, tzinfo=ZoneInfo("UTC"))
    assert instant_typed("2026-11-24T16:05", "Asia/Shanghai", reported) == reported
    earlier = instant_typed("2026-11-24T16:04", "Asia/Shanghai", reported)
    assert earlier is not None
    assert earlier < reported
    assert instant_typed(None, "Asia/Shanghai", reported) is None
    for nonsense in ("16:05", "0001-01-02T00:00", "9999-12-31T23:59"):
        with pytest.raises(Invalid):
            instant_typed(nonsense, "Asia/Shanghai", reported)
