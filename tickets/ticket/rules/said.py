"""What a code of an old ticket may be called: its own letters, its words in both languages."""

from collections.abc import Mapping
from functools import cache

from tickets.ticket.rules.codes import (
    CAUSES,
    CHANNELS,
    FAULTS,
    KIND_LABELS,
    MAIN_LABELS,
    SEVERITY_LABELS,
    STATUS_LABELS,
)
from tickets.words import catalogue

_LABELS: Mapping[str, Mapping[str, str]] = {
    "kind": {str(code): label for code, label in KIND_LABELS.items()},
    "severity": {str(code): label for code, label in SEVERITY_LABELS.items()},
    "status": {str(code): label for code, label in STATUS_LABELS.items()},
    "main_equipment": {str(code): label for code, label in MAIN_LABELS.items()},
    "channel": CHANNELS,
    "cause": CAUSES,
}
# As other systems' exports and people's own tables have it.
_OTHERS: Mapping[str, Mapping[str, str]] = {
    "kind": {"报修": "fault", "故障报修": "fault", "咨询": "consultation", "投诉": "complaint"},
    "status": {"Open": "open", "Closed": "closed", "已关闭": "closed", "已办结": "closed"}
    | {"已结单": "closed", "已完成": "closed", "已修复": "repaired", "处理中": "open"}
    | {"未处理": "open", "已取消": "cancelled", "已撤销": "cancelled"},
    "main_equipment": {"是": "yes", "否": "no"},
    "severity": {"紧急": "S1", "危险": "S1", "重大": "S2", "一般": "S3", "轻微": "S4"},
}


@cache
def codes_said(field: str) -> Mapping[str, str]:
    chinese = catalogue("zh-CN")
    labels = _LABELS.get(field)
    if labels is None:
        labels = {code: fault.label for code, fault in FAULTS.items()}
    found: dict[str, str] = {}
    for code, label in labels.items():
        for word in (label, chinese.get(label, label)):
            found.setdefault(word, code)
            for part in word.split("（")[0].split("/"):  # 灭灯/不亮（单灯）
                found.setdefault(part.strip(), code)
    return found | dict(_OTHERS.get(field, {}))
