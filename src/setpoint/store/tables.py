"""The tables, alike in SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

__all__ = ["SCHEMA", "TABLES", "Moment"]


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware time in UTC. SQLite keeps no zones: there it is kept as it is in UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - given by SQLAlchemy
        """Into the database."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - given by SQLAlchemy
        """Out of it."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


SCHEMA = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)
_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _table(name: str, *columns: sa.schema.SchemaItem, account: bool = True) -> sa.Table:
    """A table whose rows have an order of their own: two that came in one moment are still told apart."""
    own: list[Any] = [
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
    ]
    if account:
        own.append(sa.Column("account_id", sa.Text, nullable=False))
    return sa.Table(name, SCHEMA, *own, *columns)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _json(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(none_as_null=True), nullable=null)


def _at(name: str, *, null: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, Moment, nullable=null)


def _times() -> tuple[sa.Column[datetime], sa.Column[datetime]]:
    return _at("created_at"), _at("updated_at")


# ruff: noqa: E501 - one table reads as one row
TABLES: dict[str, sa.Table] = {
    "accounts": _table(
        "accounts", sa.Column("name", sa.Text, nullable=False, unique=True), _at("created_at"), account=False
    ),
    "keys": _table("keys", _text("name"), _text("role"), _text("secret_hash"), _at("created_at"), _at("revoked_at", null=True)),
    "projects": _table(
        "projects",
        sa.Column("stream", sa.Text, nullable=False, unique=True),
        _text("name"), _text("app_id", null=True), _text("product_code", null=True), _json("settings"), *_times(),
        _at("deleted_at", null=True),
        sa.Index(None, "account_id", "seq"), sa.Index(None, "account_id", "app_id"),
    ),
    "predictions": _table(
        "predictions", _text("project_id", null=True), _text("product_code"), _json("report"),
        _text("event_log_url", null=True), _text("event_log", null=True), _text("application_name", null=True),
        _text("state"), _text("error", null=True), _json("solution", null=True), *_times(),
        sa.Index(None, "account_id", "project_id", "seq"),
    ),
    "submissions": _table(
        "submissions", _text("project_id"), _text("product_code"), _json("report"), _text("event_log_url", null=True),
        _text("event_log", null=True), _text("run_id", null=True), _at("ran_at", null=True), _text("state"),
        _text("error", null=True), *_times(),
        sa.Index(None, "account_id", "project_id", "seq"),
    ),
    "enrolments": _table(
        "enrolments", _json("wishes"), _json("left_spec", null=True), _at("left_at", null=True), *_times(),
    ),
    "recommendations": _table(
        "recommendations", _text("project_id"), _json("options"), _text("state"), _text("error", null=True),
        _json("recommendation", null=True), _json("context", null=True), *_times(),
        sa.Index(None, "account_id", "project_id", "seq"),
    ),
    "once": _table("once", _at("created_at")),
    "workspaces": _table("workspaces", _json("settings"), _json("secrets"), *_times(), sa.Index(None, "account_id", "seq")),
    "uploads": _table("uploads", _text("artefact"), _text("file_name"), _at("created_at")),
    "tasks": _table(
        "tasks", sa.Column("key", sa.Text, nullable=False, unique=True), _text("kind"), _json("payload"), _text("state"),
        sa.Column("attempts", sa.Integer, nullable=False), _text("error", null=True), _at("created_at"), _at("due_at"),
        _at("leased_until", null=True), _text("worker", null=True),
        sa.Index(None, "state", "due_at"), sa.Index(None, "account_id", "seq"),
    ),
    "audit": _table(
        "audit", _text("key_id"), _text("action"), _text("subject"), _json("before", null=True), _json("after", null=True),
        _at("at"), sa.Index(None, "account_id", "seq"),
    ),
}  # fmt: skip
