"""The init script: the agent's program in a shell script that starts it beside the driver and never fails."""

from importlib.resources import files

__all__ = ["init_script"]

_SCRIPT = """\
#!/bin/bash
# Notes which machines this cluster had, and when, beside its event log. Written by `setpoint databricks init-script`.
# It runs on the driver only, with the lowest priority, and whatever goes wrong with it the cluster starts.
[ "$DB_IS_DRIVER" = "TRUE" ] || exit 0
folder=/var/tmp/setpoint-agent
mkdir -p "$folder" && chmod 700 "$folder" || exit 0
cat > "$folder/agent.py" <<'SETPOINT_AGENT'
{program}SETPOINT_AGENT
python=/databricks/python3/bin/python
[ -x "$python" ] || python=$(command -v python3) || exit 0
(
    # Started again where it ends before the cluster does, ever more seldom; its log keeps its last words only.
    pause=5
    while ! nice -n 19 "$python" "$folder/agent.py" > "$folder/agent.log" 2>&1; do
        sleep "$pause"
        [ "$pause" -ge 300 ] || pause=$((pause * 2))
    done
) < /dev/null > /dev/null 2>&1 &
disown
exit 0
"""


def init_script() -> str:
    """The text of the script. No secret is in it: it finds them in the cluster's variables."""
    program = files("setpoint.agent").joinpath("on_driver.py").read_text(encoding="utf-8")
    return _SCRIPT.replace("{program}", program)
