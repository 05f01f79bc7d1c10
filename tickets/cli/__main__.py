"""`python -m tickets.cli`: how `tickets up` starts its parts."""

from tickets.cli import main

main()
