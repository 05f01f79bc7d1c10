"""Send the notices that are owed: say them in the reader's language and lay them in the inbox.

What was said, in which words, is kept on the notice; it is what stands in a dispute.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from tickets.db import transaction
from tickets.notice import queries
from tickets.pages import text
from tickets.settings import settings

log = logging.getLogger(__name__)

BATCH = 200
LONGEST_WAIT = timedelta(hours=1)


async def send_notices(ctx: dict[str, Any]) -> int:
    sent = 0
    while taken := await _send_some():
        sent += taken
    return sent


async def _send_some() -> int:
    now = datetime.now(UTC)
    async with transaction() as session:
        owed = await queries.owed(session, now, BATCH)
        for notice, locale in owed:
            try:
                spoken = locale or settings().locale
                folder = f"notice/{notice.template}"
                notice.subject = text(f"{folder}/subject.txt", spoken, now, **notice.facts)
                notice.body = text(f"{folder}/body.txt", spoken, now, **notice.facts)
            except Exception as error:
                log.exception("notice %s could not be said", notice.id)
                notice.tries += 1
                notice.last_error = repr(error)[:500]
                notice.retry_at = now + min(
                    timedelta(seconds=5) * 2 ** min(notice.tries, 12), LONGEST_WAIT
                )
            else:
                notice.tries += 1
                notice.sent_at = now
        return len(owed)
