"""PostgreSQL and Redis out of their wheels, when no URL is set."""
