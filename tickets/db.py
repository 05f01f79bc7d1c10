"""The database: one Base, one way to open a transaction, the only commit."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from functools import lru_cache
from time import monotonic
from typing import Any, cast

from sqlalchemy import (
    Column,
    CompoundSelect,
    DateTime,
    Interval,
    MetaData,
    Select,
    Table,
    Text,
    TextClause,
    bindparam,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from tickets.wake import wake_worker


class Base(DeclarativeBase):
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        timedelta: Interval(),
        str: Text(),
        dict[str, Any]: JSONB(),
        list[str]: ARRAY(Text()),
    }
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


_sessions: async_sessionmaker[AsyncSession] = async_sessionmaker(expire_on_commit=False)
# The same connections for those who only read: each statement stands alone, as it does under READ
# COMMITTED anyway, and neither BEGIN nor COMMIT is sent (docs/decisions/0002).
_readers: dict[AsyncEngine, AsyncEngine] = {}


_SERVER_SETTINGS = {
    "timezone": "UTC",
    "intervalstyle": "postgres",  # as a ticket's small tables are read
    "application_name": "tickets",
    # Every statement of ours is answered from an index in a millisecond or so: compiling it, or
    # calling other processes to help, takes several times as long as doing it.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}


def connect(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """`url` is any PostgreSQL URL; the driver is ours to choose."""
    _, _, rest = url.partition("://")
    engine = create_async_engine(
        f"postgresql+asyncpg://{rest}",
        pool_size=pool_size,
        max_overflow=pool_size,
        hide_parameters=True,  # what was typed, callers' numbers among it, stays out of the log
        connect_args={"server_settings": _SERVER_SETTINGS},
    )
    _look_after_idling(engine)
    _sessions.configure(bind=engine)
    _readers.clear()
    _readers[engine] = engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine


IDLE = 1.0  # seconds


def _look_after_idling(engine: AsyncEngine) -> None:
    """A connection that lay idle may be dead (the server was started again): it is tried before
    it is lent. One that came back a moment ago is not; that would cost every request a question."""

    @event.listens_for(engine.sync_engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info["back_at"] = monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def look(connection: Any, record: Any, _lent: Any) -> None:
        if monotonic() - record.info.get("back_at", 0.0) > IDLE:
            try:
                engine.dialect.do_ping(connection)
            except Exception as error:
                raise DisconnectionError from error  # the pool makes a fresh one


@asynccontextmanager
async def transaction(*, is_reading: bool = False) -> AsyncIterator[AsyncSession]:
    """One request, or one job, is one transaction: all of it happens or none of it."""
    bind: Any = _sessions.kw.get("bind")
    async with _sessions(bind=_readers.get(bind, bind) if is_reading else bind) as session:
        session.info["is_reading"] = is_reading
        async with session.begin():
            yield session
    if session.info.pop("events_recorded", False):
        await wake_worker()


@event.listens_for(Session, "before_flush")
def _refuse_to_write(session: Session, _flushed: Any, _rows: Any) -> None:
    """Rows that belong together would not come together: whoever reads must not write."""
    if session.info.get("is_reading") and (session.new or session.dirty or session.deleted):
        raise RuntimeError("A request that only reads has rows to write.")


_SLOT = re.compile(r"(?<![:\w]):(\w+)|__\[POSTCOMPILE_(\w+)\]")


def fixed(statement: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> TextClause:
    """A statement of a hot page, put into words once.

    SQLAlchemy walks through a Select each time it is asked, to find what it compiled for it
    before; text it knows by its letters. What is the same each time becomes part of the text, so
    that PostgreSQL need not plan it anew either; each `bindparam(name, type_=…)` stays open.
    Rows come as they are: columns, no entities.
    """
    dialect = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]
    compiled = statement.compile(dialect=dialect)
    open_ = {name: bind for name, bind in compiled.binds.items() if bind.required}

    def filled(found: re.Match[str]) -> str:
        if found[1] in open_:
            return found[0]
        bind = compiled.binds[found[1] or found[2]]
        values: Any = bind.value if bind.expanding else [bind.value]
        literals = (str(compiled.render_literal_value(each, bind.type)) for each in values)
        return ", ".join(literals).replace(":", "\\:")

    words = _SLOT.sub(filled, str(compiled))
    return text(words).bindparams(*(bindparam(n, type_=b.type) for n, b in open_.items()))


async def write_together(session: AsyncSession, *, kept: Base | None = None) -> None:
    """What was added to the session, in one statement.

    A flush asks a statement for each table and makes each row an entity with its number. These
    stay plain objects without one, and no longer belong to the session; all but `kept`, which
    brings its number along.
    """
    rows: dict[Table, list[dict[str, Any]]] = {}
    for row in list(session.new):
        session.expunge(row)
        table = cast(Table, row.__table__)
        told = {column.name: getattr(row, column.key, None) for column in table.c}
        for column in table.c:
            if told[column.name] is None and column.default is not None:
                told[column.name] = _default(column)
        if row is kept:
            for column in table.c:
                if column.server_default is None or told[column.name] is not None:
                    set_committed_value(row, column.key, told[column.name])
        rows.setdefault(table, []).append({n: v for n, v in told.items() if v is not None})
    if rows:
        shape = tuple(
            (table, tuple(c.name for c in table.c if any(c.name in each for each in its)))
            for table, its in rows.items()
        )
        values = {t.name: json.dumps(its, default=_as_text) for t, its in rows.items()}
        await session.execute(_together(shape), values)
    if kept is not None and kept not in session:
        make_transient_to_detached(kept)
        session.add(kept)


def _default(column: Column[Any]) -> Any:
    default: Any = column.default
    return default.arg(None) if default.is_callable else default.arg


def _as_text(value: Any) -> str:
    if isinstance(value, timedelta):
        return f"{value // timedelta(microseconds=1)} microseconds"
    return value.isoformat() if isinstance(value, date) else str(value)


@lru_cache(maxsize=100)
def _together(shape: tuple[tuple[Table, tuple[str, ...]], ...]) -> TextClause:
    """PostgreSQL reads each table's rows from JSON by the table's own types."""
    inserts = [
        f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {', '.join(names)}"
        f" FROM jsonb_populate_recordset(NULL::{table.name}, CAST(:{table.name} AS jsonb))"
        for table, names in shape
    ]
    *first, last = inserts
    ctes = ", ".join(f"added_{n} AS ({insert})" for n, insert in enumerate(first))
    words = f"WITH {ctes} {last}" if ctes else last
    return text(words).bindparams(*(bindparam(t.name, type_=Text()) for t, _ in shape))
