"""How a code looks, and which time zones there are."""

import re
from typing import Final
from zoneinfo import ZoneInfo

# Letters of any script, digits and - _ . # ( ): what stands on labels and fits into an address.
# Not `new`, which is the address of the form.
CODE: Final = re.compile(r"(?!new$)\w[\w.#()（）-]{0,59}")


def is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed, or a folder of zones
        return False
    return True
