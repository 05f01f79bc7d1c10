"""The columns a sheet may have, how they are called, and what a heading most likely means."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tickets.words import N_, catalogue


@dataclass(frozen=True)
class Field:
    """`label` heads the column in our own sheets; `others` are what other people call it."""

    name: str
    label: str
    others: tuple[str, ...]
    note: str = ""


ASSETS: Final = (
    Field(
        "code",
        N_("Code"),
        (
            "设备编号",
            "设备编码",
            "编码",
            "资产编号",
            "资产编码",
            "灯具编号",
            "灯号",
            "灯杆编号",
            "杆号",
            "标签",
            "标签号",
            "asset code",
            "asset",
            "asset id",
            "tag",
            "number",
            "no",
            "id",
        ),
        N_("Needed; as on the label, unique in the project: letters, digits and - _ . # ( )"),
    ),
    Field(
        "name",
        N_("Asset name"),
        ("名称", "设备", "设备名", "灯具名称", "资产名称", "name", "description"),
        N_("Needed"),
    ),
    Field(
        "kind",
        N_("Kind"),
        ("类型", "类别", "设备类型", "设备类别", "种类", "灯具类型", "分类", "type", "class"),
        N_("Needed; a code or a name from the second sheet"),
    ),
    Field(
        "is_main",
        N_("Main equipment"),
        ("主要设备", "是否主要设备", "是否主设备", "主设备", "main", "is main", "is_main"),
        N_("yes or no"),
    ),
    Field(
        "parent",
        N_("Stands in"),
        (
            "上级",
            "上级编号",
            "上级设备",
            "父级",
            "父级编号",
            "所属回路",
            "回路编号",
            "所属配电箱",
            "配电箱编号",
            "所属",
            "parent",
            "parent code",
            "circuit",
            "cabinet",
        ),
        N_("The code of the area, cabinet, circuit or pole; the order of the rows does not matter"),
    ),
    Field(
        "batch", N_("Batch"), ("批次", "验收批次", "acceptance batch"), N_("It was accepted with")
    ),
    Field("model", N_("Model"), ("型号", "规格型号", "规格", "产品型号", "type number")),
    Field("maker", N_("Maker"), ("厂家", "生产厂家", "制造商", "品牌", "manufacturer", "brand")),
    Field("lot", N_("Product lot"), ("批号", "产品批号", "生产批号", "lot")),
    Field(
        "serial",
        N_("Serial number"),
        ("序列号", "出厂编号", "sn", "s/n", "serial", "serial no"),
        N_("As text: Excel keeps only 15 digits of a number"),
    ),
    Field("mounting", N_("Mounting"), ("安装方式", "安装形式", "fixing")),
    Field(
        "power_w",
        N_("Power (W)"),
        ("功率", "额定功率", "功率(w)", "power", "watt", "watts", "power_w"),
    ),
    Field("cct_k", N_("Colour temperature (K)"), ("色温", "色温(k)", "cct", "cct_k")),
    Field("ip", N_("IP code"), ("防护等级", "ip等级", "ip防护等级", "ip", "ip rating")),
    Field("control", N_("Control"), ("控制方式", "控制", "控制协议", "control protocol")),
    Field("location", N_("Place"), ("位置", "安装位置", "地点", "安装地点", "location", "address")),
    Field("lat", N_("Latitude"), ("纬度", "北纬", "lat", "y")),
    Field("lon", N_("Longitude"), ("经度", "东经", "lon", "lng", "long", "x")),
    Field("datum", N_("Datum"), ("坐标系", "坐标系统", "基准"), N_("WGS-84 or GCJ-02")),
    Field(
        "installed_on",
        N_("Installed on"),
        ("安装日期", "安装时间", "投运日期", "installed", "installation date", "installed_on"),
        N_("A date, or text with the year first"),
    ),
)

TICKETS: Final = (
    Field(
        "external_ref",
        N_("Old number"),
        (
            "工单号",
            "工单编号",
            "编号",
            "单号",
            "报修单号",
            "case id",
            "case_id",
            "ticket",
            "ref",
            "id",
        ),
        N_("Needed; the number the other system gave it, unique in the project"),
    ),
    Field(
        "reported_at",
        N_("Reported at"),
        (
            "报修时间",
            "报修日期",
            "来电时间",
            "受理时间",
            "opened",
            "reported",
            "created",
            "reported_at",
        ),
        N_("Needed; day and hour"),
    ),
    Field("answered_at", N_("Answered at"), ("响应时间", "回复时间", "answered")),
    Field("arrived_at", N_("Arrived at"), ("到场时间", "到达时间", "arrived")),
    Field("made_safe_at", N_("Made safe at"), ("断电时间", "隔离时间", "made safe")),
    Field("repaired_at", N_("Repaired at"), ("修复时间", "维修时间", "完成时间", "repaired")),
    Field("closed_at", N_("Closed at"), ("关闭时间", "办结时间", "结单时间", "closed")),
    Field("due_at", N_("Repair due at"), ("到期时间", "要求完成时间", "截止时间", "due", "target")),
    Field("status", N_("Status"), ("状态", "工单状态", "state")),
    Field("kind", N_("Kind of call"), ("类型", "工单类型", "诉求类型", "kind")),
    Field("fault", N_("Fault"), ("故障", "故障类型", "故障类别", "fault code")),
    Field("severity", N_("Severity"), ("级别", "故障级别", "严重程度", "priority")),
    Field("main_equipment", N_("Main equipment is out"), ("主要设备", "main equipment")),
    Field("channel", N_("Channel"), ("来源", "渠道", "报修渠道", "source")),
    Field("cause", N_("Cause"), ("原因", "故障原因", "cause code")),
    Field("description", N_("Description"), ("描述", "故障描述", "内容", "报修内容", "title")),
    Field("place", N_("Place"), ("位置", "地点", "故障位置", "地址", "location", "address")),
    Field(
        "assets",
        N_("Assets"),
        ("设备编号", "设备", "灯具编号", "灯杆编号", "asset", "asset code"),
        N_("Codes of the register, separated by spaces or commas"),
    ),
    Field(
        "reporter_name", N_("Caller"), ("报修人", "来电人", "联系人", "姓名", "reporter", "name")
    ),
    Field(
        "reporter_phone", N_("Caller's number"), ("电话", "联系电话", "手机", "来电号码", "phone")
    ),
)

FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {"assets": ASSETS, "tickets": TICKETS}
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "assets": ("code",),
    "tickets": ("external_ref", "reported_at"),
}
_ASIDE: Final = re.compile(r"[\s*_:：.\-·]+")


def plain(heading: str) -> str:
    """`设备编号（*）`, `Asset code:` and `asset_code` lose what does not count."""
    text = unicodedata.normalize("NFKC", heading).casefold()
    text = re.sub(r"\((\*|必填|选填|needed|required)\)|[(（](必填|选填)[^)）]*[)）]", "", text)
    return _ASIDE.sub("", text)


def names_of(field: Field) -> set[str]:
    labels = {field.name, field.label, catalogue("zh-CN").get(field.label, field.label)}
    return {plain(each) for each in (*labels, *field.others)}


def guess(what: str, headings: Sequence[str]) -> dict[str, int]:
    """Field → column, by its heading; each column once, the surest first."""
    left = {number: plain(heading) for number, heading in enumerate(headings) if heading.strip()}
    found: dict[str, int] = {}
    for width in ("whole", "unit"):
        for field in FIELDS[what]:
            if field.name in found:
                continue
            names = names_of(field)
            for number, heading in left.items():
                told = heading if width == "whole" else re.sub(r"\([^)]*\)$", "", heading)
                if told in names:
                    found[field.name] = number
                    del left[number]
                    break
    return found


def shape_of(headings: Iterable[str]) -> str:
    """What is remembered is remembered for these headings, in this order."""
    told = "\x1f".join(plain(each) for each in headings).rstrip("\x1f")
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()
