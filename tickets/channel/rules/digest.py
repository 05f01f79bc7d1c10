"""How messages are put into words for a channel: links, several in one, never too long."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tickets.channel.rules.kinds import Kind
from tickets.words import N_, say

# Bytes of text; WeCom cuts off at 2048, DingTalk and Feishu take 20 KB with all that is around.
_BYTES: Final[dict[Kind, int]] = {
    Kind.WECOM: 2048,
    Kind.DINGTALK: 15_000,
    Kind.FEISHU: 15_000,
}
_LONGEST: Final = 15_000


def with_links(locale: str, body: str, ticket: str | None, answer: str | None) -> str:
    """For one person alone: where to read on, and where to say that one has heard it."""
    lines = [body]
    if ticket:
        lines.append(ticket)
    if answer:
        lines.append(say(locale, N_("I have heard it: {link}"), link=answer))
    return "\n".join(lines)


@dataclass(frozen=True)
class Entry:
    """One reason for a group, told to those named; the keys are the rows it stands for."""

    keys: tuple[object, ...]
    subject: str
    body: str
    link: str | None
    names: tuple[str, ...]
    is_urgent: bool = False
    must_answer: bool = False

    def told(self, locale: str, *, is_short: bool = False) -> str:
        lines = [self.subject] if is_short else [self.subject, self.body]
        if self.names:
            sentence = N_("Must answer: {names}") if self.must_answer else N_("To: {names}")
            names = ("、" if locale.startswith("zh") else ", ").join(self.names)
            lines.append(say(locale, sentence, names=names))
        if self.link:
            lines.append(self.link)
        return "\n".join(line for line in lines if line)


def digest(
    kind: Kind, locale: str, entries: Sequence[Entry], more: str
) -> tuple[str, tuple[object, ...]]:
    """One message out of many, urgent ones first, cut by whole entries; `more` is where the rest
    can be read. Returns the text and the keys of what it tells. An urgent entry that does not fit
    is not told by number: it waits for the next message."""
    room = _BYTES.get(kind, _LONGEST)
    ordered = sorted(entries, key=lambda entry: not entry.is_urgent)
    if len(ordered) == 1:
        return _cut(ordered[0].told(locale), room), ordered[0].keys
    head = say(locale, N_("{count} messages"), count=len(ordered))
    foot = say(locale, N_("and {count} more: {link}"), count=len(ordered), link=more)
    left = room - _bytes(head) - _bytes(foot) - 4
    parts: list[str] = []
    told: list[Entry] = []
    for entry in ordered:
        part = entry.told(locale, is_short=True)
        if _bytes(part) + 2 > left:
            if told:
                break
            part = _cut(part, left - 2)
        left -= _bytes(part) + 2
        parts.append(part)
        told.append(entry)
    rest = ordered[len(told) :]
    # Urgent ones come first, so either all of them are told or only such are.
    if rest and not rest[0].is_urgent:
        foot = say(locale, N_("and {count} more: {link}"), count=len(rest), link=more)
        parts.append(foot)
        told += rest
    head = say(locale, N_("{count} messages"), count=len(told))
    return "\n\n".join([head, *parts]), _keys(told)


def _keys(entries: Iterable[Entry]) -> tuple[object, ...]:
    return tuple(key for entry in entries for key in entry.keys)


def _bytes(text: str) -> int:
    return len(text.encode())


def _cut(text: str, room: int) -> str:
    """The last line is the link: it stays, and the words before it give way."""
    if _bytes(text) <= room:
        return text
    words, _, last = text.rpartition("\n")
    kept = words.encode()[: max(room - _bytes(last) - 4, 0)].decode(errors="ignore")
    return f"{kept}…\n{last}".encode()[:room].decode(errors="ignore")
