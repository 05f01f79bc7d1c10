"""How a label's code looks, what may stand in what, how an IP code is written."""

from tickets.asset.rules.place import IP, ip_code, may_stand_in, new_public_id, same_public_id

__all__ = ["IP", "ip_code", "may_stand_in", "new_public_id", "same_public_id"]
