"""`python -m setpoint`: the same as the command."""

from setpoint.cli.app import main

main()
