"""The hotline's shifts: what one hands over to the next, and who took it over."""
