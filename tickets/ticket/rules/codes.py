"""Codes of faults, causes, severities, channels, with their words (domain.md §1.4-1.6)."""

from dataclasses import dataclass
from enum import StrEnum

from tickets.words import N_


class Kind(StrEnum):
    FAULT = "fault"
    REQUEST = "request"
    CONSULTATION = "consultation"
    COMPLAINT = "complaint"


class Severity(StrEnum):
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"


class Status(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    ON_SITE = "on_site"
    REPAIRED = "repaired"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"


class Main(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


KIND_LABELS = {
    Kind.FAULT: N_("fault"),
    Kind.REQUEST: N_("request"),
    Kind.CONSULTATION: N_("consultation"),
    Kind.COMPLAINT: N_("complaint"),
}
SEVERITY_LABELS = {
    Severity.S1: N_("S1 danger"),
    Severity.S2: N_("S2 major"),
    Severity.S3: N_("S3 normal"),
    Severity.S4: N_("S4 minor"),
}
STATUS_LABELS = {
    Status.OPEN: N_("registered"),
    Status.ANSWERED: N_("answered"),
    Status.ON_SITE: N_("on site"),
    Status.REPAIRED: N_("repaired, to be confirmed"),
    Status.CLOSED: N_("closed"),
    Status.CANCELLED: N_("cancelled"),
    Status.MERGED: N_("merged"),
}
MAIN_LABELS = {
    Main.YES: N_("main equipment is out"),
    Main.NO: N_("no main equipment is out"),
    Main.UNKNOWN: N_("not known yet"),
}
CHANNELS = {
    "phone": N_("phone"),
    "wechat": N_("WeChat"),
    "app": N_("app"),
    "email": N_("e-mail"),
    "owner_platform": N_("the owner's platform"),
    "patrol": N_("patrol"),
    "alarm": N_("system alarm"),
    "walk_in": N_("in person"),
    "import": N_("import"),
}
CAUSES = {
    "C_PRODUCT": N_("product defect or ageing"),
    "C_INSTALL": N_("workmanship"),
    "C_NATURAL": N_("wear, not man-made"),
    "C_HUMAN": N_("man-made or misuse"),
    "C_THIRD": N_("third party (car, excavator)"),
    "C_THEFT": N_("theft"),
    "C_FORCE": N_("force majeure (typhoon, lightning, flood)"),
    "C_SUPPLY": N_("power company or the owner's supply"),
    "C_UNKNOWN": N_("not decided yet"),
}


@dataclass(frozen=True)
class Fault:
    """What may be wrong. `phrases` are what callers say, in either language."""

    code: str
    label: str
    severity: Severity
    phrases: tuple[str, ...] = ()
    kind: Kind = Kind.FAULT


_ALL = (
    Fault(
        "OUT_ONE",
        N_("lamp out (single)"),
        Severity.S3,
        ("不亮", "灭灯", "灯坏", "灯灭", "lamp out", "dark"),
    ),
    Fault(
        "OUT_MULTI",
        N_("several lamps out"),
        Severity.S2,
        (
            *("整条街", "好几盏", "几盏不亮", "多盏不亮", "一排灯", "一排不亮", "连续不亮"),
            *("several lamps", "row of lamps"),
        ),
    ),
    Fault(
        "OUT_CIRCUIT",
        N_("circuit or cabinet out"),
        Severity.S2,
        (
            *("一片漆黑", "一片黑", "一片不亮", "整片不亮", "整段不亮", "全部不亮", "全灭", "全黑"),
            *("回路停电", "停电", "whole area dark"),
        ),
    ),
    Fault(
        "NEVER_ON",
        N_("never energised"),
        Severity.S4,
        ("从来没亮过", "从未亮过", "一直没亮", "never on"),
    ),
    Fault(
        "FLICKER",
        N_("flicker"),
        Severity.S3,
        ("闪烁", "频闪", "忽亮忽灭", "一闪一闪", "flicker", "blinking"),
    ),
    Fault("DIM", N_("dim"), Severity.S3, ("太暗", "昏暗", "变暗", "亮度不够", "dim")),
    Fault(
        "COLOR",
        N_("colour shift"),
        Severity.S4,
        ("颜色不一样", "偏色", "色差", "串色", "colour", "color"),
    ),
    Fault("PIXEL", N_("dead pixels"), Severity.S3, ("缺块", "缺亮", "图像缺", "pixel")),
    Fault(
        "SCENE",
        N_("wrong scene or programme"),
        Severity.S3,
        ("节目错乱", "程序错乱", "画面不对", "scene", "programme"),
    ),
    Fault(
        "TIME_EARLY",
        N_("goes off too early"),
        Severity.S3,
        ("早熄", "关灯太早", "天没亮就关灯", "就熄了", "off too early"),
    ),
    Fault(
        "TIME_LATE",
        N_("comes on too late"),
        Severity.S3,
        ("晚开", "开灯太晚", "天黑了还没开", "on too late"),
    ),
    Fault(
        "DAYBURN",
        N_("on by day"),
        Severity.S3,
        ("白天还亮着", "白天常亮", "不熄灯", "长明", "on by day", "dayburn"),
    ),
    Fault(
        "LEAK",
        N_("leakage, live metal"),
        Severity.S1,
        ("漏电", "有电", "麻手", "触电", "带电", "电人", "electric shock", "live metal", "leakage"),
    ),
    Fault(
        "WIRE",
        N_("exposed wires"),
        Severity.S1,
        ("线头", "线掉出来", "电线裸露", "电缆外露", "裸露", "bare wire", "exposed wire"),
    ),
    Fault(
        "DOOR",
        N_("access door open or missing"),
        Severity.S1,
        ("检修门", "门开着", "门丢了", "箱门", "access door", "open door"),
    ),
    Fault(
        "FALL",
        N_("fall danger"),
        Severity.S1,
        ("灯要掉", "要掉下来", "灯杆歪", "倾斜", "倒伏", "悬挂", "hanging", "leaning", "falling"),
    ),
    Fault(
        "FIRE",
        N_("smoke or fire"),
        Severity.S1,
        ("冒烟", "起火", "着火", "焦味", "烧焦", "smoke", "fire", "burning"),
    ),
    Fault("TRIP", N_("breaker or RCD trips"), Severity.S2, ("跳闸", "推不上", "trip", "breaker")),
    Fault(
        "WATER",
        N_("water ingress"),
        Severity.S2,
        ("进水", "积水", "水泡", "水浸", "泡水", "water", "flooded"),
    ),
    Fault("COMM", N_("controller offline"), Severity.S3, ("失联", "离线", "连不上", "offline")),
    Fault(
        "CTRL",
        N_("controller or server fault"),
        Severity.S2,
        ("控制器", "服务器", "主控", "controller", "server"),
    ),
    Fault(
        "SENSOR",
        N_("photocell or sensor fault"),
        Severity.S4,
        ("光控", "传感器", "感应", "photocell", "sensor"),
    ),
    Fault(
        "DAMAGE",
        N_("third-party damage"),
        Severity.S2,
        ("被撞", "撞了", "挖断", "撞坏", "knocked down", "damaged"),
    ),
    Fault(
        "THEFT",
        N_("theft or illegal tapping"),
        Severity.S2,
        ("被盗", "被偷", "盗割", "线被剪", "私拉", "stolen", "theft"),
    ),
    Fault(
        "WEATHER",
        N_("storm damage"),
        Severity.S2,
        ("台风", "暴雨", "雷击", "冰雪", "storm", "typhoon", "lightning"),
    ),
    Fault(
        "GLARE",
        N_("glare, obtrusive light"),
        Severity.S4,
        ("刺眼", "光污染", "扰民", "太亮", "glare"),
        Kind.REQUEST,
    ),
    Fault("NOISE", N_("noise"), Severity.S4, ("异响", "嗡嗡", "noise", "hum")),
    Fault("DIRT", N_("dirty or fly-posted"), Severity.S4, ("脏", "污损", "小广告", "dirty")),
    Fault("VEG", N_("tree obstruction"), Severity.S4, ("树挡", "树枝", "遮挡", "tree")),
    Fault(
        "NEW",
        N_("new lamp or relocation"),
        Severity.S4,
        ("新增", "加装", "安装路灯", "移位", "new lamp", "relocat"),
        Kind.REQUEST,
    ),
    Fault("OTHER", N_("other"), Severity.S3, ("其他", "other")),
)

FAULTS = {fault.code: fault for fault in _ALL}
