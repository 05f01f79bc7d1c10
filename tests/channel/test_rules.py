"""When, how often, by which channel, and how much fits in: tables around the edges."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest

from tickets.channel.rules import (
    Entry,
    Kind,
    Limit,
    Reach,
    backoff,
    checked,
    digest,
    goes_by,
    quiet_until,
    secrets_of,
)
from tickets.channel.wire.outcome import Parcel
from tickets.channel.wire.robots import dingtalk, sign_dingtalk, sign_feishu
from tickets.refusals import Invalid

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)  # 12:00 in Shanghai


def test_dingtalks_key_is_the_secret_and_feishus_is_time_and_secret() -> None:
    # printf "1700000000000\nSECabc" | openssl dgst -sha256 -hmac SECabc -binary | base64
    assert sign_dingtalk(1700000000000, "SECabc") == "jcUpW0QmtKduN03n4JqQ0PBosVjqnM8gU7fIIvsDmCM="
    # printf '' | openssl dgst -sha256 -mac HMAC -macopt hexkey:<1700000000\nabc> -binary | base64
    assert sign_feishu(1700000000, "abc") == "VIS10b0EBvzzSdFnuk4tznEmK5wHaruvf/WnViv2yR4="


def test_a_signature_in_an_address_is_escaped() -> None:
    settings = {"url": "https://x.example/robot/send?access_token=t", "secret": "SECabc"}
    at = datetime.fromtimestamp(1700000000, UTC)
    url = dingtalk(settings, Parcel(UUID(int=1), "s", "t"), at).url
    assert url.endswith(
        "?access_token=t&timestamp=1700000000000"
        "&sign=jcUpW0QmtKduN03n4JqQ0PBosVjqnM8gU7fIIvsDmCM%3D"
    )


@pytest.mark.parametrize(
    ("begin", "end", "until"),
    [
        (time(12), time(13), "2026-11-24T05:00+00:00"),  # at the very beginning
        (time(11), time(12), None),  # at the very end
        (time(22), time(7), None),
        (time(11, 30), time(7), "2026-11-24T23:00+00:00"),  # over midnight, before it
        (time(22), time(12, 1), "2026-11-24T04:01+00:00"),  # over midnight, after it
        (time(12), time(12), None),
        (None, None, None),
    ],
)
def test_quiet_hours(begin: time | None, end: time | None, until: str | None) -> None:
    told = quiet_until(NOON, begin, end, "Asia/Shanghai")
    assert told == (datetime.fromisoformat(until) if until else None)


def test_it_waits_longer_each_time_and_as_long_as_it_is_asked_to() -> None:
    waits = [backoff(n).total_seconds() for n in range(1, 9)]
    assert waits == [5, 15, 60, 300, 900, 1800, 3600, 3600]
    assert backoff(1, timedelta(minutes=10)) == timedelta(minutes=10)
    assert backoff(9, timedelta(days=3)) == timedelta(hours=12)


def test_a_limit_counts_what_went_in_its_stretch_of_time() -> None:
    limit = Limit(2, timedelta(seconds=60))
    went = [NOON - timedelta(seconds=60), NOON - timedelta(seconds=59), NOON]
    assert limit.free(went, NOON) == 0
    assert limit.free_at(went, NOON) == NOON + timedelta(seconds=1)
    assert limit.free_at(went[:2], NOON) == NOON


@pytest.mark.parametrize(
    ("reach", "kind", "chosen", "goes"),
    [
        ("inbox", Kind.EMAIL, True, False),
        ("list", Kind.EMAIL, None, True),
        ("list", Kind.WECOM, True, False),
        ("push", Kind.WECOM, None, True),
        ("push", Kind.EMAIL, False, False),
        ("urgent", Kind.SMS, None, False),
        ("urgent", Kind.SMS, True, True),
        ("everywhere", Kind.VOICE, False, True),
    ],
)
def test_how_far_a_message_goes(reach: str, kind: Kind, chosen: bool | None, goes: bool) -> None:
    told = goes_by(Reach(reach), kind, is_chosen=chosen, has_address=True, group_id=None, groups=())
    assert told is goes


def test_nobody_is_reached_without_an_address_nor_by_another_groups_robot() -> None:
    for kind, address, group in ((Kind.SMS, False, None), (Kind.WECOM, True, 7)):
        assert not goes_by(
            Reach.EVERYWHERE,
            kind,
            is_chosen=True,
            has_address=address,
            group_id=group,
            groups=(8, 9),
        )


def entry(n: int, *, size: int = 10, is_urgent: bool = False) -> Entry:
    return Entry((n,), f"{n} " + "灯" * size, "x", f"http://d/{n}", ("王",), is_urgent)


def test_a_digest_is_cut_by_whole_entries_and_says_how_many_more() -> None:
    text, keys = digest(Kind.WECOM, "zh-CN", [entry(n) for n in range(100)], "http://d/inbox")
    assert len(text.encode()) <= 2048
    assert set(keys) == set(range(100))  # the rest is told by number
    shown = text.count("http://d/") - 1
    assert f"另有 {100 - shown} 条：http://d/inbox" in text


def test_an_urgent_one_that_does_not_fit_is_not_told_by_number() -> None:
    entries = [entry(n, size=100, is_urgent=True) for n in range(20)] + [entry(99)]
    text, keys = digest(Kind.WECOM, "en", entries, "http://d/inbox")
    assert len(text.encode()) <= 2048
    assert 0 < len(keys) < 20
    assert 99 not in keys
    assert "more" not in text


def test_one_that_is_too_long_keeps_its_link() -> None:
    text, _ = digest(Kind.WECOM, "en", [entry(1, size=3000)], "http://d/inbox")
    assert len(text.encode()) <= 2048
    assert text.endswith("\nhttp://d/1")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://x/", "http://", "ftp://a/b", "x"])
def test_only_addresses_of_the_web_are_taken(url: str) -> None:
    with pytest.raises(Invalid):
        checked(Kind.WECOM, {"url": url}, {})


def test_a_secret_left_blank_is_kept_and_another_setting_is_not() -> None:
    kept = {"url": "https://x.example/a?key=abcdefgh", "template": "T1", "hmac_key": "k" * 8}
    told = checked(Kind.SMS, {"url": "", "template": "", "hmac_key": ""}, kept)
    assert told == {"url": kept["url"], "hmac_key": kept["hmac_key"]}
    assert "abcdefgh" in secrets_of(Kind.SMS, told)
