"""What can be said of an asset: each field in words, and those that are set for many at once."""

from typing import Final

from tickets.words import N_

# In the order of the form. The key is the column, except `parent`: a code.
FIELDS: Final[dict[str, str]] = {
    "name": N_("Asset name"),
    "kind": N_("Kind"),
    "parent": N_("Stands in"),
    "is_main": N_("Main equipment"),
    "model": N_("Model"),
    "maker": N_("Maker"),
    "lot": N_("Lot number"),
    "serial": N_("Serial number"),
    "mounting": N_("Mounting"),
    "location": N_("Place"),
    "lat": N_("Latitude"),
    "lon": N_("Longitude"),
    "datum": N_("Datum"),
    "is_place_doubtful": N_("Doubtful place"),
    "batch": N_("Batch"),
    "installed_on": N_("Installed on"),
    "power_w": N_("Power"),
    "cct_k": N_("Colour temperature"),
    "ip": N_("IP code"),
    "control": N_("Control"),
    "file": N_("File"),
}
# What may be the same for many; a name, a serial number or a place is each one's own.
FOR_MANY: Final = (
    "kind",
    "is_main",
    "model",
    "maker",
    "lot",
    "mounting",
    "batch",
    "installed_on",
    "power_w",
    "cct_k",
    "ip",
    "control",
)
# What became of it → in words; as the history of an asset tells it.
CHANGES: Final[dict[str, str]] = {
    "added": N_("Added to the register"),
    "changed": N_("Changed"),
    "moved": N_("Moved"),
    "retired": N_("Retired"),
    "restored": N_("Put back in service"),
    "filed": N_("File added"),
    "unfiled": N_("File removed"),
}
MOST_TICKED: Final = 500
MOST_MATCHING: Final = 200_000
