"""The key in the address of a calendar does not reach the log."""

from tickets.cli.log import without_secrets


def test_the_log_hides_the_key_of_a_calendar() -> None:
    line = {"event": "GET /rota/aB3-_xyz.ics 200", "path": "/rota/aB3-_xyz.ics"}
    told = without_secrets(None, "info", line)
    assert told == {"event": "GET /rota/….ics 200", "path": "/rota/….ics"}
