"""A spark-submit without Spark: takes its command line, writes an event log, and does what the application's words say.

The words after the application file are done in order:

    stdout=TEXT stderr=TEXT   print
    words=FILE                write the command line there, as JSON
    echo                      copy stdin to stdout
    ready=FILE                make the file: from now on it can be signalled
    deaf                      ignore SIGINT and SIGTERM
    sleep=SECONDS             wait
    kill=SIGNAL               signal itself
    exit=CODE                 end with this code instead of 0; the log is complete
    no-log                    anywhere: write no event log

Runs as a script with nothing but the standard library; `install` puts it where SPARK_HOME may point.
"""

import json
import os
import signal
import sys
import time
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlparse


def install(home: Path) -> Path:
    """Make `home` a SPARK_HOME whose spark-submit is this file."""
    program = home / "bin" / "spark-submit"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{__file__}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return home


def _events(properties: dict[str, str], name: str) -> list[dict[str, object]]:
    now = int(time.time() * 1000)
    start: dict[str, object] = {
        "Event": "SparkListenerApplicationStart",
        "App Name": name,
        "App ID": f"local-{now}",
        "Timestamp": now,
    }
    start["User"] = "nobody"
    environment: dict[str, object] = {"Event": "SparkListenerEnvironmentUpdate", "Spark Properties": properties}
    return [{"Event": "SparkListenerLogStart", "Spark Version": "4.3.0"}, start, environment]


def _end() -> dict[str, object]:
    return {"Event": "SparkListenerApplicationEnd", "Timestamp": int(time.time() * 1000)}


def _write(log: Path | None, events: list[dict[str, object]]) -> None:
    if log is None:
        return
    with log.open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(event, separators=(',', ':'))}\n" for event in events)


def _properties(words: list[str]) -> dict[str, str]:
    pairs = [value.partition("=") for option, value in pairwise(words) if option == "--conf"]
    return {name: value for name, _, value in pairs}


def _do(word: str) -> int | None:
    """Do what one word says; the exit code where it ends the application."""
    verb, _, value = word.partition("=")
    match verb:
        case "stdout":
            sys.stdout.write(f"{value}\n")
        case "stderr":
            sys.stderr.write(f"{value}\n")
        case "echo":
            sys.stdout.write(sys.stdin.read())
        case "words":
            Path(value).write_text(json.dumps(sys.argv[1:]), encoding="utf-8")
        case "ready":
            Path(value).touch()
        case "deaf":
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        case "sleep":
            time.sleep(float(value))
        case "kill":
            os.kill(os.getpid(), int(value))
        case "exit":
            return int(value)
    return None


def main(words: list[str]) -> int:
    """The life of one application; its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    application = next((i for i, word in enumerate(words) if word.endswith((".py", ".jar"))), len(words))
    properties, script = _properties(words[:application]), words[application + 1 :]
    log = None
    if properties.get("spark.eventLog.enabled") == "true" and "no-log" not in script:
        folder = Path(unquote(urlparse(properties["spark.eventLog.dir"]).path))
        log = folder / f"local-{time.time_ns()}.inprogress"
    _write(log, _events(properties, "emulated"))
    code = next((code for word in script if (code := _do(word)) is not None), 0)
    _write(log, [_end()])
    if log:
        log.rename(log.with_suffix(""))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
