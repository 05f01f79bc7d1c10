"""Which documents are kept with an asset, and under what name: told by what is in them."""

import unicodedata
from io import BytesIO
from typing import Final
from zipfile import BadZipFile, ZipFile

MOST_BYTES: Final = 25 * 1024 * 1024

# Ending → how it is served, always as a download. The ending is ours, not the sender's.
SERVED: Final[dict[str, str]] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
}
_OLD_OFFICE: Final = ("doc", "xls", "ppt")
_PARTS: Final = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
# What file systems and shells take for something else.
_NOT_IN_NAMES: Final = str.maketrans(dict.fromkeys('<>:"|?*', "_"))


def is_picture(content: bytes) -> bool:
    """Looks like a photo: whoever decodes it says whether it is one."""
    return content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (
        content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    )


def ending_of(content: bytes, name: str) -> str | None:
    """What kind of document these bytes are; None for anything that is not kept.

    It must be one from its first byte, so that no picture, page or program with a document hung
    on behind passes for one. Old Office files differ inside only: the name tells them apart.
    """
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.startswith(_OLE):
        told = name.rpartition(".")[2].lower()
        return told if told in _OLD_OFFICE else "doc"
    if content.startswith(b"PK\x03\x04"):
        try:
            with ZipFile(BytesIO(content)) as parts:
                inside = parts.namelist()
        except (BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError):
            return None
        if "[Content_Types].xml" in inside:
            for folder, ending in _PARTS.items():
                if any(part.startswith(folder) for part in inside):
                    return ending
    return None


def clean_name(name: str, ending: str) -> str:
    """As it is shown and downloaded: no folders, nothing invisible or turning the writing round,
    and the ending of what it is."""
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(
        ch
        for ch in unicodedata.normalize("NFC", last)
        if unicodedata.category(ch)[0] != "C" and unicodedata.category(ch) not in ("Zl", "Zp")
    )
    seen = " ".join(seen.translate(_NOT_IN_NAMES).split()).rstrip(". ")
    stem, dot, told = seen.rpartition(".")
    stem = stem if dot and told.lower() == ending else "" if seen.lower() == ending else seen
    return f"{stem[:100].strip('. ') or 'document'}.{ending}"
