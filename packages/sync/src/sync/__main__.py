"""`python -m sync`: the commands."""

from setpoint.cli.sync.app import main

main()
