"""The kinds of equipment (domain.md §1.2): assets are of one, a warranty may name one."""

from typing import Final

from tickets.words import N_

# code → label. Composite rows of the page are split; AREA is a place that holds cabinets.
KINDS: Final[dict[str, str]] = {
    "AREA": N_("Area"),
    "BOX": N_("Distribution box / control cabinet"),
    "CIRC": N_("Circuit"),
    "LUM_FLOOD": N_("Floodlight"),
    "LUM_WASH": N_("Wall washer"),
    "LUM_LINE": N_("Linear light"),
    "LUM_POINT": N_("Point / pixel light"),
    "LUM_STRIP": N_("LED strip"),
    "LUM_GROUND": N_("In-ground luminaire"),
    "LUM_UNDERW": N_("Underwater luminaire"),
    "LUM_GARDEN": N_("Garden luminaire"),
    "LUM_LAWN": N_("Lawn light / bollard"),
    "LUM_STREET": N_("Street light"),
    "LUM_HIMAST": N_("High-mast light"),
    "LUM_SOLAR": N_("Solar street light"),
    "LUM_PATTERN": N_("Gobo / projection light"),
    "LUM_LANTERN": N_("Festive light"),
    "SCREEN": N_("LED screen / media facade"),
    "SRC": N_("Light source / LED module"),
    "DRV": N_("LED driver"),
    "BAL": N_("Ballast / ignitor"),
    "POLE": N_("Pole"),
    "DOOR": N_("Access door"),
    "BRK": N_("Bracket / arm"),
    "FDN": N_("Foundation / anchor bolts"),
    "MCB": N_("Circuit breaker (MCB)"),
    "RCD": N_("Residual current device (RCD)"),
    "SPD": N_("Surge protector (SPD)"),
    "KM": N_("Contactor"),
    "CABLE": N_("Cable"),
    "JBOX": N_("Junction box / waterproof connector"),
    "WELL": N_("Cable chamber / handhole"),
    "EARTH": N_("Earthing"),
    "LPS": N_("Lightning protection"),
    "CCU": N_("Central controller"),
    "MID": N_("Intermediate controller"),
    "CONC": N_("Terminal concentrator"),
    "SUB": N_("Sub-controller / decoder"),
    "NODE": N_("Single-lamp controller"),
    "GW": N_("Gateway"),
    "SRV": N_("Server / industrial PC"),
    "SENS": N_("Photocell / sensor"),
    "METER": N_("Electricity meter"),
    "SIM": N_("IoT SIM"),
}

# Families that a warranty may name as a whole (灯具 24 months).
FAMILIES: Final[dict[str, str]] = {"LUM": N_("All luminaires")}
