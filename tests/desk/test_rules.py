"""What is read out of a pasted report, and what is left to the person."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tickets.desk.rules import FaultWords, fault_in, fault_named, read_paste, told_at

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 21, 0, tzinfo=SHANGHAI)
FAULTS = (
    FaultWords("OUT_ONE", "S3", ("lamp out (single)", "灭灯 / 不亮（单灯）"), ("路灯不亮", "没亮")),
    FaultWords("OUT_MULTI", "S2", ("several lamps out", "连续多盏不亮"), ("整条街不亮",)),
    FaultWords("FLICKER", "S3", ("flicker / cycling", "频闪 / 闪烁 / 忽亮忽灭"), ("一闪一闪",)),
    FaultWords("LEAK", "S1", ("leakage / live metal", "漏电 / 带电"), ("有电", "麻手", "触电")),
    FaultWords("OTHER", "S3", ("other", "其他")),
)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("OUT_ONE", "OUT_ONE"),
        ("out_one 灭灯", "OUT_ONE"),
        ("Lamp out (single)", "OUT_ONE"),
        ("灭灯 / 不亮（单灯）", "OUT_ONE"),
        ("1", "OUT_ONE"),
        ("ld", "LEAK"),
        ("不亮", "OUT_ONE"),
        ("漏电", "LEAK"),
        ("flicker", "FLICKER"),
        ("FLICKER", "FLICKER"),
        ("整条街不亮", "OUT_MULTI"),
        ("nonsense", None),
        ("", None),
        ("   ", None),
    ],
)
def test_a_fault_is_known_by_code_label_key_or_words(typed: str, code: str | None) -> None:
    assert fault_named(typed, FAULTS) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("门口的灯一闪一闪,摸上去麻手", "LEAK"),
        ("一闪一闪,没有漏电", "FLICKER"),
        ("lights flicker, no leakage", "FLICKER"),
        ("no live metal here", None),
        ("南门两盏灯不亮了", "OUT_ONE"),
        ("unflickering", None),
        ("没有触电危险,有人麻手", "LEAK"),
    ],
)
def test_danger_comes_first_and_what_is_denied_does_not_count(text: str, code: str | None) -> None:
    assert fault_in(text, FAULTS) == code


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("昨晚8点开始不亮", "2026-11-23T20:00"),
        ("今天10:30", "2026-11-24T10:30"),
        ("昨天下午3点半", "2026-11-23T15:30"),
        ("今早6点20分", "2026-11-24T06:20"),
        ("昨晚12点", "2026-11-24T00:00"),
        ("11月23日 20:15", "2026-11-23T20:15"),
        ("yesterday at 8 pm", "2026-11-23T20:00"),
        ("last night at 9:05", "2026-11-23T21:05"),
        ("12-30 09:00", "2025-12-30T09:00"),
        # In doubt: morning or evening, two instants, the future, no such time.
        ("今天8点", None),
        ("昨晚8点不亮,今天10:30还是不亮", None),
        ("今天23:30", None),
        ("今天25:30", None),
        ("13-45 09:00", None),
        ("不亮", None),
    ],
)
def test_an_instant_is_taken_only_when_there_is_one(text: str, told: str | None) -> None:
    at = told_at(text, now=NOW, zone="Asia/Shanghai")
    assert (at and at.strftime("%Y-%m-%dT%H:%M")) == told


def test_a_chat_fills_number_codes_fault_and_when_it_was_sent() -> None:
    pasted = read_paste(
        "王工 11-24 19:12\n你好,BJ-01 项目 DB03 箱子那边路灯不亮\n电话138 1234 5678\n[图片]",
        now=NOW,
        zone="Asia/Shanghai",
        faults=FAULTS,
    )
    assert pasted.phones == ("13812345678",)
    assert pasted.name == "王工"
    assert pasted.codes == ("BJ-01", "DB03")
    assert pasted.fault == "OUT_ONE"
    assert pasted.reported_at == datetime(2026, 11, 24, 19, 12, tzinfo=SHANGHAI)
    assert "[图片]" not in pasted.description
    assert pasted.description.startswith("你好")


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("+86 13812345678", ("13812345678",)),
        ("010-62345678 或 13812345678", ("010-62345678".replace("-", ""), "13812345678")),
        ("订单号 9913812345678001", ()),
        ("电话：13812345678，13812345678", ("13812345678",)),
    ],
)
def test_numbers_are_found_whole_and_once(text: str, phones: tuple[str, ...]) -> None:
    assert read_paste(text, now=NOW, zone="Asia/Shanghai").phones == phones


def test_a_megabyte_of_nonsense_is_read_in_a_moment() -> None:
    assert read_paste("昨1:- " * 170_000, now=NOW, zone="Asia/Shanghai").fault is None
