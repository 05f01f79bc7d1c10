"""The limits: the same rows as bare as FastAPI and Jinja can show them, and a bare insert.

No sign-in, no language, no rules, no layout: whatever these take, our pages may take twice, and
opening a ticket four times.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

# The board's own columns, fifty rows, one statement.
ROWS = text("""
SELECT t.id, t.ref, t.kind, t.severity, t.status, t.fault, left(t.description, 160) AS description,
  t.place, t.breaks_at, p.code, p.name AS project, p.timezone, w.name AS technician,
  c.name AS caller, c.phone,
  coalesce((SELECT array_agg(a.code ORDER BY a.code) FROM asset a
    JOIN ticket_asset ta ON ta.asset_id = a.id WHERE ta.ticket_id = t.id), '{}') AS assets,
  (SELECT k.promise FROM clock k WHERE k.ticket_id = t.id AND k.cycle = t.cycle
    AND k.met_at IS NULL AND k.closed_as IS NULL AND k.due_at = t.breaks_at
    ORDER BY k.id LIMIT 1) AS promise
FROM ticket t JOIN project p ON p.id = t.project_id
  LEFT JOIN person w ON w.id = t.technician_id LEFT JOIN contact c ON c.id = t.reporter_id
WHERE t.is_open ORDER BY t.breaks_at, t.id LIMIT 50
""")
# The plan's own: fifty projects with their quarters of the year, one statement.
PLAN = text("""
SELECT p.code, p.name AS project, i.number, i.starts_on, i.due_on, i.state, i.not_owed, i.visit_on,
  i.handed_over_at
FROM (SELECT id, code, name FROM project ORDER BY code LIMIT 50) p
  LEFT JOIN inspection i ON i.project_id = p.id
    AND i.starts_on <= make_date(:year, 12, 31) AND i.due_on >= make_date(:year, 1, 1)
ORDER BY p.code, i.due_on
""")
INSERT = text(
    "INSERT INTO bare (project, asset, fault, description, name, phone, channel)"
    " VALUES (:project, :asset, :fault, :description, :name, :phone, :channel) RETURNING id"
)
TABLE = (
    "CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, project text, asset"
    " text, fault text, description text, name text, phone text, channel text,"
    " at timestamptz DEFAULT now())"
)
PAGE = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>Open</title></head>
<body>
<table><tr>{% for name in names %}<th>{{ name }}</th>{% endfor %}</tr>
{% for row in rows %}
<tr>{% for value in row %}<td>{{ value }}</td>{% endfor %}</tr>
{% endfor %}
</table></body></html>"""


class Reporter(BaseModel):
    name: str
    phone: str


class CallIn(BaseModel):
    project: str
    assets: list[str]
    fault: str
    description: str
    reporter: Reporter
    channel: str


class CallOut(BaseModel):
    id: int


def create_app() -> FastAPI:
    _, _, rest = os.environ["TICKETS_DATABASE_URL"].partition("://")
    engine = create_async_engine(f"postgresql+asyncpg://{rest}")
    sessions = async_sessionmaker(engine)
    template = Environment(autoescape=True).from_string(PAGE)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    @app.get("/page")
    async def page() -> HTMLResponse:
        async with sessions() as session:
            found = await session.execute(ROWS)
            return HTMLResponse(template.render(names=found.keys(), rows=found.all()))

    @app.get("/plan")
    async def plan(year: int) -> HTMLResponse:
        async with sessions() as session:
            found = await session.execute(PLAN, {"year": year})
            return HTMLResponse(template.render(names=found.keys(), rows=found.all()))

    @app.post("/insert", status_code=201)
    async def insert(call: CallIn) -> CallOut:
        async with sessions() as session, session.begin():
            made = await session.scalar(
                INSERT,
                {
                    "project": call.project,
                    "asset": call.assets[0],
                    "fault": call.fault,
                    "description": call.description,
                    "name": call.reporter.name,
                    "phone": call.reporter.phone,
                    "channel": call.channel,
                },
            )
        return CallOut(id=made or 0)

    return app
