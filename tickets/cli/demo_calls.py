"""Three weeks of calls for a first look: every state the board can show, as staff write it."""

from tickets.cli.demo_desk import DemoDesk, ago
from tickets.sla.rules import Result
from tickets.ticket.rules import Kind, Main

_YANGHU = ("滨江养护科", "010-5550-0201")
_XUNCHA = ("滨江巡查队", "010-5550-0202")
_SHESHI = ("滨江设施科", "010-5550-0203")
_JIANKONG = ("大桥监控中心", "010-5550-0204")
_WUYE = ("老城物业前台", "010-5550-0301")
_GONGCHENG = ("老城工程部", "010-5550-0302")
_PASSER_BY = ("过路市民", "13800000001")


async def demo_calls(desk: DemoDesk) -> None:
    await _long_done(desk)
    await _late(desk)
    await _under_way(desk)
    await _just_in(desk)


async def _long_done(desk: DemoDesk) -> None:
    """Closed in time, most of them; one nobody could be reached for, one called off."""
    plain = (
        (20, "BJ-01", _YANGHU, "步道东段一盏庭院灯不亮，昨晚巡查发现。", "BJ-P01-C1-03",
         "OUT_ONE", "weixiu1", "更换光源模块，试亮正常。", "C_PRODUCT", 5),
        (18, "QH-02", _JIANKONG, "引桥护栏灯 2-04 忽亮忽灭。", "QH-P02-C2-04",
         "FLICKER", "weixiu2", "防水接头进水，重做接头并做绝缘测试。", "C_INSTALL", 4),
        (15, "LC-03", _WUYE, "鼓楼广场埋地灯一组进水，灯面有水雾。", "LC-P02-C1-02",
         "WATER", "weixiu3", "更换密封圈，排水孔疏通。", "C_NATURAL", 5),
        (13, "BJ-01", _SHESHI, "临江楼宇线条灯颜色不一样，有两段偏色。", "BJ-P03-C2-05",
         "COLOR", "weixiu1", "重新写码并校准，颜色一致。", "C_PRODUCT", 5),
        (10, "LC-03", _GONGCHENG, "洗墙灯白天还亮着，没有关灯。", "LC-P01-C1-01",
         "DAYBURN", "weixiu2", "时控器走时偏差，已校时。", "C_NATURAL", 4),
        (7, "QH-02", _JIANKONG, "主桥索塔投光灯 1-02 不亮。", "QH-P01-C1-02",
         "OUT_ONE", "weixiu3", "驱动电源损坏，更换同型号电源。", "C_PRODUCT", 5),
    )  # fmt: skip
    for days, project, caller, words, asset, fault, technician, work, cause, rating in plain:
        ref = await desk.call(ago(days=days), project, caller, words, asset, fault=fault)
        start = ago(days=days)
        await desk.answer(start - ago(minutes=18), ref, technician, "已派维修员，次日上午到场。")
        await desk.arrive(start - ago(hours=15), ref, technician)
        await desk.repair(start - ago(hours=16), ref, technician, work, cause)
        await desk.ask(start - ago(hours=20), ref, "works", rating)
        await desk.close(start - ago(hours=20), ref)

    ref = await desk.call(
        ago(days=12), "LC-03", _PASSER_BY, "鼓楼街口一盏灯太亮，晃眼睛，影响睡觉。",
        fault="GLARE", kind=Kind.REQUEST, place="鼓楼街北口", channel="walk_in",
    )  # fmt: skip
    await desk.answer(ago(days=11.97), ref, "weixiu3", "告知市民明晚调整投射角度。")
    await desk.repair(ago(days=10.5), ref, "weixiu3", "加装遮光罩，调整角度。", "C_UNKNOWN")
    for hours in (6, 5, 4):
        await desk.ask(ago(days=10) + ago(hours=hours), ref, "not_reached")
    await desk.close(ago(days=10), ref)

    ref = await desk.call(
        ago(days=9), "BJ-01", _XUNCHA, "步道东段整片不亮。", "BJ-P01-C2", fault="OUT_CIRCUIT"
    )
    await desk.answer(ago(days=8.99), ref, "weixiu1", "与供电所核实是否计划停电。")
    await desk.cancel(ago(days=8.95), ref, "业主来电更正：当晚为演练计划关灯，并非故障。")

    ref = await desk.call(
        ago(days=5), "QH-02", _JIANKONG, "咨询国庆模式怎么切换到平日模式。", kind=Kind.CONSULTATION,
        channel="wechat",
    )  # fmt: skip
    await desk.answer(ago(days=4.99), ref, "weixiu2", "电话指导，在控制主机上切换，当场完成。")
    await desk.close(ago(days=4.9), ref, confirmed_by="大桥监控中心")


async def _late(desk: DemoDesk) -> None:
    """What the managers' page is for."""
    ref = await desk.call(
        ago(days=6),
        "BJ-01",
        _SHESHI,
        "观景平台分控器失效，灯光节目错乱。",
        "BJ-P02-K",
        fault="CTRL",
    )
    await desk.answer(ago(days=5.98), ref, "weixiu2", "今日到场检查。")
    await desk.arrive(ago(days=5.5), ref, "weixiu2")
    await desk.measure(
        ago(days=4.3), ref, "weixiu2", "临时改为本地手动常亮，保证平台夜间有光，业主认可。"
    )
    await desk.repair(ago(days=3), ref, "weixiu2", "更换分控器主板，程序重新下载。", "C_PRODUCT")
    await desk.ask(ago(days=2.8), ref, "works", 3)
    await desk.close(ago(days=2.8), ref)

    # Main equipment, in warranty, past its 48 hours: a substitution is owed.
    ref = await desk.call(
        ago(hours=55),
        "BJ-01",
        _YANGHU,
        "临江楼宇媒体立面黑屏，主控连不上。",
        "BJ-PM1",
        fault="CTRL",
    )
    await desk.answer(ago(hours=54.6), ref, "weixiu1", "今晚到场。")
    await desk.arrive(ago(hours=44), ref, "weixiu1")
    await desk.repair(
        ago(hours=42), ref, "weixiu1", "恢复东侧一半画面；发送卡烧毁，已向厂家订货。",
        None, result=Result.PARTIAL,
    )  # fmt: skip
    await desk.call_again(ago(hours=9), ref, _SHESHI, "领导问什么时候全部恢复。")
    await desk.urge(ago(hours=3), ref, "再问一次，今晚还有接待。")
    await desk.promise(ago(hours=3), ref, ago(hours=1), "告知师傅到哪了")
    await desk.note(ago(hours=8), ref, "厂家答复发送卡明日发货。")

    ref = await desk.call(
        ago(hours=76),
        "LC-03",
        _GONGCHENG,
        "洗墙灯一排不亮，共六盏。",
        "LC-P01-C2",
        fault="OUT_MULTI",
    )
    await desk.answer(ago(hours=75.6), ref, "weixiu3", "已过质保，先到场查明原因再报价。")
    await desk.arrive(ago(hours=52), ref, "weixiu3")
    await desk.note(ago(hours=51), ref, "电缆被外单位施工挖断，等业主确认报价。")

    await desk.call(
        ago(minutes=95), "QH-02", _JIANKONG, "引桥护栏灯有三盏变暗。", "QH-P02-C1-01",
        "QH-P02-C1-02", "QH-P02-C1-03", fault="DIM",
    )  # fmt: skip


async def _under_way(desk: DemoDesk) -> None:
    ref = await desk.call(
        ago(hours=46.5), "QH-02", _JIANKONG, "主桥索塔第 2 回路跳闸，推不上。", "QH-P01-C2",
        fault="TRIP",
    )  # fmt: skip
    await desk.answer(
        ago(hours=46), ref, "weixiu2", "封道手续今早办好，中午前到场。", comes=ago(minutes=50)
    )

    ref = await desk.call(
        ago(hours=26), "BJ-01", _YANGHU, "步道东段灯具编号 1-05 闪烁。", "BJ-P01-C1-05",
        fault="FLICKER",
    )  # fmt: skip
    await desk.answer(ago(hours=25.7), ref, "weixiu1", "今日白天到场。")
    await desk.arrive(ago(minutes=35), ref, "weixiu1")

    ref = await desk.call(
        ago(hours=30), "BJ-01", _XUNCHA, "观景平台两盏投光灯不亮。", "BJ-P02-C1-01",
        "BJ-P02-C1-02", fault="OUT_MULTI",
    )  # fmt: skip
    await desk.answer(ago(hours=29.6), ref, "weixiu2", "今日到场。")
    await desk.arrive(ago(hours=5), ref, "weixiu2")
    await desk.repair(ago(hours=3), ref, "weixiu2", "更换驱动电源两只，试亮正常。", "C_PRODUCT")

    ref = await desk.call(
        ago(hours=40), "LC-03", _WUYE, "广场埋地灯碎了一盏，玻璃掉了。", "LC-P02-C2-03",
        fault="DAMAGE",
    )  # fmt: skip
    await desk.answer(ago(hours=39.5), ref, "weixiu3", "先围挡，明日更换。")
    await desk.arrive(ago(hours=20), ref, "weixiu3")
    await desk.repair(ago(hours=19), ref, "weixiu3", "车辆碾压，更换整灯。", "C_THIRD")
    await desk.ask(ago(hours=2), ref, "not_reached")

    ref = await desk.call(
        ago(hours=22), "BJ-01", _SHESHI, "线条灯一段脱落，用扎带先绑着。", "BJ-P03-C1-02",
        fault="FALL",
    )  # fmt: skip
    await desk.answer(ago(hours=21.8), ref, "weixiu1", "马上到场，先拉警戒线。")
    await desk.arrive(ago(hours=21), ref, "weixiu1")
    await desk.make_safe(ago(hours=20.8), ref, "weixiu1", "拉警戒线，脱落段已拆下。")
    await desk.repair(
        ago(hours=20), ref, "weixiu1", "临时固定，等新卡槽到货再换。", None,
        result=Result.TEMPORARY, holds=ago(days=7),
    )  # fmt: skip

    ref = await desk.call(
        ago(hours=8), "LC-03", _GONGCHENG, "北段想加装两盏洗墙灯照门楼。", fault="NEW",
        kind=Kind.REQUEST, place="鼓楼街北段门楼",
    )  # fmt: skip
    await desk.answer(ago(hours=7.5), ref, "weixiu3", "周内现场勘查后报价。", comes=ago(days=2))

    ref = await desk.call(
        ago(hours=4), "QH-02", _JIANKONG, "上次修完没人回电话，希望有个说法。", kind=Kind.COMPLAINT
    )
    await desk.answer(ago(hours=3.6), ref, "weixiu2", "主管已致歉，说明回访安排。")


async def _just_in(desk: DemoDesk) -> None:
    """Dangers first, then a response whose minutes are running out."""
    ref = await desk.call(
        ago(minutes=24),
        "BJ-01",
        _XUNCHA,
        "步道东段控制箱外壳麻手，怀疑漏电。",
        "BJ-P01",
        fault="LEAK",
    )
    await desk.answer(
        ago(minutes=17), ref, "weixiu1", "请巡查队先看住现场，维修员三十分钟内到。",
        comes=ago(minutes=12),
    )  # fmt: skip
    await desk.call(
        ago(minutes=6), "LC-03", _PASSER_BY, "路边检修门开着，里面电线露出来了。", fault="WIRE",
        place="鼓楼街南口第三根灯杆", main=Main.NO,
    )  # fmt: skip
    await desk.call(
        ago(minutes=52), "BJ-01", _YANGHU, "观景平台投光灯 3-02 不亮。", "BJ-P02-C3-02",
        fault="OUT_ONE",
    )  # fmt: skip
    await desk.call(
        ago(minutes=31),
        "QH-02",
        _JIANKONG,
        "联动控制主机离线，画面停在昨天。",
        "QH-ZK",
        fault="COMM",
    )
    await desk.call(
        ago(minutes=13), "LC-03", _WUYE, "有几盏灯不亮，具体哪几盏要到现场看。", fault="OUT_MULTI",
        place="鼓楼广场东侧",
    )  # fmt: skip
