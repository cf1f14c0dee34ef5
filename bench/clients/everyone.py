"""What every version does alike: configuring, products, and projects in a database that may already be full."""

import json
import uuid

from bench.clients.session import Checks, Session

__all__ = ["configuring", "projects_of_all", "refusals"]

NOBODY = "00000000-0000-4000-8000-000000000000"


def configuring(session: Session, checks: Checks, *, preference: bool) -> None:
    """The files that `configure` writes, and what works with nothing but them."""
    fresh = Session(session.python, session.where, with_key=False)
    key = session.where
    typed = f"{key.key_id}\n{key.key_secret}\n" + ("balanced\n" if preference else "") + "n\n"
    checks.that("configure asks", fresh.run("configure", typed=typed))
    kept = fresh.home / ".sync"
    written = json.loads((kept / "credentials").read_text()) if (kept / "credentials").exists() else {}
    ran = checks.that("configure wrote the key", fresh.run("products"), lambda _: written["api_key_id"] == key.key_id)
    checks.that("products with files only", ran, lambda it: "aws-databricks" in it.out)
    flags = ["--api-key-id", key.key_id, "--api-key-secret", key.key_secret]
    flags += ["--prediction-preference", "economy"] if preference else []
    workspace = ["--databricks-host", "https://x.cloud.databricks.com/?o=1", "--databricks-token", "dapi"]
    other = Session(session.python, session.where, with_key=False)
    checks.that("configure by options", other.run("configure", *flags, *workspace, "--databricks-region", "us-east-1"))
    access = other.home / ".sync" / "databrickscfg"
    host = json.loads(access.read_text())["host"] if access.exists() else ""
    checks.that("products after options", other.run("products"), lambda _: host == "https://x.cloud.databricks.com")


def projects_of_all(session: Session, checks: Checks, *code: str) -> str:
    """Projects: make, find by id and by app id, list, delete. Returns the id of one that is left."""
    app_id = f"app-{uuid.uuid4().hex[:8]}"
    checks.that(
        "products", session.run("products"), lambda it: {"aws-emr", "aws-databricks"} <= set(it.out.strip().split(", "))
    )
    plain = checks.that("projects create", session.run("projects", "create", "plain", *code), lambda it: it.last_id)
    words = ("-d", "with all", "-j", "12", "-l", "s3://bucket/logs", "-i", app_id)
    made = checks.that("projects create, all options", session.run("projects", "create", "nightly", *code, *words))
    which = made.last_id
    checks.that("projects create prints the id", made, lambda it: it.out == f"Project ID: {which}\n")
    checks.that("projects list", session.run("projects", "list"), lambda it: f"{which}: nightly" in it.out)
    by_id = checks.that("projects get ID", session.run("projects", "get", which), lambda it: it.json["id"] == which)
    shown = by_id.json or {}
    checks.that("project has its description", by_id, lambda _: shown["description"] == "with all")
    checks.that("project has its job as text", by_id, lambda _: shown["job_id"] == "12")
    checks.that("project has its app id", by_id, lambda _: shown["app_id"] == app_id)
    checks.that("project has its log address", by_id, lambda _: "s3://bucket/logs" in str(shown))
    checks.that("projects get APP", session.run("projects", "get", app_id), lambda it: it.json["id"] == which)
    checks.that(
        "projects update", session.run("projects", "update", which, "-d", "new words"), lambda it: "updated" in it.out
    )
    checks.that(
        "it is updated", session.run("projects", "get", which), lambda it: it.json["description"] == "new words"
    )
    checks.that("the rest is kept", session.run("projects", "get", which), lambda it: it.json["job_id"] == "12")
    umlaut = checks.that("projects create, quotes", session.run("projects", "create", 'it\'s "so" <b>', *code))
    checks.that(
        "quotes come back",
        session.run("projects", "get", umlaut.last_id),
        lambda it: it.json["name"] == 'it\'s "so" <b>',
    )
    checks.that("projects delete", session.run("projects", "delete", plain.last_id), lambda it: it.out.strip())
    checks.that("it is gone from the list", session.run("projects", "list"), lambda it: plain.last_id not in it.out)
    return which


def refusals(session: Session, checks: Checks) -> None:
    """Failures are told in words."""
    checks.refused("a project that is not there", session.run("projects", "get", NOBODY))
    checks.refused(
        "an app id that is not there", session.run("projects", "get", "nobody"), "No project found for 'nobody'"
    )
    checks.refused("deleting what is not there", session.run("projects", "delete", NOBODY))
    checks.refused("updating what is not there", session.run("projects", "update", NOBODY, "-d", "x"))
