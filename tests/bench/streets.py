"""Words for rows: names of places, people and lamps, as a Chinese maintenance desk types them."""

import random

_TOWNS = [
    "朝阳", "海淀", "通州", "大兴", "顺义", "昌平", "房山", "丰台",
    "滨河", "东湖", "西山", "南苑", "北辰", "金沙", "长安", "复兴",
]  # fmt: skip
_SORTS = [
    "滨水步道", "中央公园", "音乐广场", "商业街", "跨河大桥",
    "会展中心", "体育场", "古城墙", "地铁枢纽", "产业园",
]  # fmt: skip
_PLACES = [
    "东入口", "西侧步道", "三号桥墩", "喷泉北岸", "二层平台",
    "停车场南", "旗杆旁", "主楼立面", "码头栈道", "绿化带内",
]  # fmt: skip
_LAMPS = (
    ("DL", "LED投光灯", False),
    ("XT", "线条灯", False),
    ("DD", "地埋灯", False),
    ("TY", "庭院灯", False),
    ("DB", "配电箱", True),
    ("KZ", "控制器", True),
)
_COMPLAINTS = [
    "不亮了", "一直闪烁", "白天也亮着", "比昨天暗很多", "颜色不对",
    "外壳松动", "进水了", "跳闸", "整排不亮", "晚上七点没有亮",
]  # fmt: skip
_FAMILIES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = [
    "建国", "秀英", "志强", "丽华", "明", "静", "伟", "芳",
    "磊", "敏", "国庆", "海燕", "晓东", "雪梅", "振华", "玉兰",
]  # fmt: skip


def project(n: int) -> str:
    return f"{_TOWNS[n % len(_TOWNS)]}{_SORTS[n // len(_TOWNS) % len(_SORTS)]}亮化工程{n}期"


def person(chance: random.Random) -> str:
    return chance.choice(_FAMILIES) + chance.choice(_GIVEN)


def place(chance: random.Random) -> str:
    return f"{chance.choice(_PLACES)}{chance.randrange(1, 100)}号"


def asset(chance: random.Random) -> tuple[str, str, bool]:
    return chance.choice(_LAMPS)


def complaint(chance: random.Random) -> str:
    return chance.choice(_COMPLAINTS)
