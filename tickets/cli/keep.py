"""`tickets backup` and `tickets restore`: database, photos and secret in one archive.

The rows go as text through COPY into tables made by our own migrations, not through pg_dump:
so no server's tools are needed, and a laptop's backup opens on a server of another version.
"""

import asyncio
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from obstore.store import LocalStore

from tickets.cli.place import Taken, data_dir, servers
from tickets.embedded import CannotStart
from tickets.media import store
from tickets.migrations import newest, upgrade
from tickets.settings import settings

FORMAT = 1
_TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) AS columns
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
   AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
   AND c.relname <> 'alembic_version'
 GROUP BY c.relname ORDER BY c.relname
"""
_REFERENCES = """
SELECT conrelid::regclass::text AS owner, conname::text AS name,
       pg_get_constraintdef(oid) AS definition
  FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""
_COUNTERS = """
SELECT c.relname AS owner, a.attname AS name,
       pg_get_serial_sequence(quote_ident(c.relname), a.attname) AS counter
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
   AND NOT a.attisdropped AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL
"""


def backup(
    file: Annotated[Path, typer.Argument(help="The archive to write, as day.tar.gz.")],
) -> None:
    """Write database, photos and secret key into one archive. The system may keep running.

    Photos in a bucket (TICKETS_STORAGE_URL=s3://…) stay there: the bucket is their backup.
    """
    half = file.with_name(file.name + ".part")
    try:
        half.unlink(missing_ok=True)
        half.touch(mode=0o600)
        with servers("backup"), tarfile.open(half, "w:gz", compresslevel=3) as archive:
            rows = asyncio.run(_save(archive))
            pictures = 0
            for path, name in _photos():
                archive.add(path, name)
                pictures += 1
            archive.add(data_dir() / "secret.key", "secret.key") if _has_secret() else None
        half.replace(file)
    except OSError as error:
        raise CannotStart(f"{file} cannot be written ({os.strerror(error.errno or 0)}).") from None
    finally:
        half.unlink(missing_ok=True)
    typer.echo(f"{file}: {rows:,} rows, {pictures:,} photo files.")


def _has_secret() -> bool:
    return (data_dir() / "secret.key").exists()


def _photo_folder() -> Path | None:
    kept = store()
    return Path(str(kept.prefix)) if isinstance(kept, LocalStore) else None


def _photos() -> Iterator[tuple[Path, str]]:
    folder = _photo_folder()
    if folder and (folder / "photos").exists():
        for path in sorted((folder / "photos").rglob("*")):
            if path.is_file():
                yield path, f"files/{path.relative_to(folder)}"


async def _connect() -> Any:
    _, _, rest = settings().database_url.partition("://")
    return await asyncpg.connect(f"postgresql://{rest}")


async def _save(archive: tarfile.TarFile) -> int:
    """All tables as they were at one instant."""
    connection = await _connect()
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
                raise CannotStart("The database is empty: there is nothing to back up.")
            revision = await connection.fetchval("SELECT version_num FROM alembic_version")
            tables = [(row["relname"], row["columns"]) for row in await connection.fetch(_TABLES)]
            manifest = {
                "format": FORMAT,
                "revision": revision,
                "made_at": datetime.now(UTC).isoformat(),
                "tables": dict(tables),
            }
            with tempfile.NamedTemporaryFile("wb", prefix="afterglow-") as spool:
                spool.write(json.dumps(manifest, indent=1).encode())
                spool.flush()
                archive.add(spool.name, "manifest.json")
            rows = 0
            for table, columns in tables:
                with tempfile.NamedTemporaryFile("wb", prefix="afterglow-") as spool:
                    said = await connection.copy_from_table(table, columns=columns, output=spool)
                    rows += int(said.split()[-1])
                    spool.flush()
                    archive.add(spool.name, f"rows/{table}")
            return rows
    finally:
        await connection.close()


def restore(
    file: Annotated[Path, typer.Argument(help="An archive that `tickets backup` wrote.")],
    force: Annotated[bool, typer.Option(help="Replace what is there.")] = False,
) -> None:
    """Put an archive back. Refuses a database that holds people or tickets, unless --force.

    Nothing may run meanwhile: stop `tickets up` (or `serve` and `work`) first.
    """
    if not file.exists():
        raise CannotStart(f"There is no {file}.")
    try:
        with tarfile.open(file) as archive:
            manifest = json.loads(_member(archive, "manifest.json"))
            if manifest.get("format") != FORMAT:
                raise CannotStart(f"{file} was written by a newer version of Afterglow.")
            _refuse_while_running()
            with servers("restore"):
                rows = asyncio.run(_load(archive, manifest, force))
                pictures = _load_files(archive)
    except (tarfile.TarError, KeyError, ValueError, EOFError) as error:
        raise CannotStart(f"{file} is no whole backup ({error}).") from None
    typer.echo(f"{rows:,} rows and {pictures:,} photo files are back, as of {manifest['made_at']}.")


def _refuse_while_running() -> None:
    from tickets.cli.place import holding

    try:
        with holding(data_dir(), "restore"):
            pass
    except Taken as taken:
        raise CannotStart(
            f"`tickets {taken.command}` (process {taken.pid}) runs on {data_dir()}: stop it first."
        ) from None


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    found = archive.extractfile(name)
    assert found is not None
    return found.read()


async def _load(archive: tarfile.TarFile, manifest: dict[str, Any], force: bool) -> int:
    connection = await _connect()
    try:
        is_made = await connection.fetchval("SELECT to_regclass('person')") is not None
        if is_made and not force and await connection.fetchval("SELECT count(*) FROM person"):
            raise CannotStart("This database is not empty: --force replaces all that is in it.")
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            await upgrade(settings().database_url, manifest["revision"])
        elif (
            await connection.fetchval("SELECT version_num FROM alembic_version")
            != manifest["revision"]
        ):
            raise CannotStart(
                f"The archive is of version {manifest['revision']}, the database is not:"
                " restore into an empty database, which is migrated afterwards."
            )
        async with connection.transaction():
            rows = await _replace_rows(connection, archive, manifest["tables"])
    finally:
        await connection.close()
    if manifest["revision"] != newest():
        await upgrade(settings().database_url)
    return rows


async def _replace_rows(
    connection: Any, archive: tarfile.TarFile, tables: dict[str, list[str]]
) -> int:
    """References are taken off while the rows come in any order, and put back over all of them;
    triggers sleep, since what they would write is in the archive."""
    here = [row["relname"] for row in await connection.fetch(_TABLES)]
    references = await connection.fetch(_REFERENCES)
    await connection.execute(
        f"TRUNCATE {', '.join(_quoted(table) for table in here)} RESTART IDENTITY CASCADE"
    )
    for reference in references:
        await connection.execute(
            f"ALTER TABLE {reference['owner']} DROP CONSTRAINT {_quoted(reference['name'])}"
        )
    rows = 0
    for table, columns in tables.items():
        await connection.execute(f"ALTER TABLE {_quoted(table)} DISABLE TRIGGER USER")
        with tempfile.TemporaryFile() as spool:
            found = archive.extractfile(f"rows/{table}")
            assert found is not None
            while piece := found.read(1 << 20):
                spool.write(piece)
            spool.seek(0)
            said = await connection.copy_to_table(table, columns=columns, source=spool)
        rows += int(said.split()[-1])
        await connection.execute(f"ALTER TABLE {_quoted(table)} ENABLE TRIGGER USER")
    for reference in references:
        await connection.execute(
            f"ALTER TABLE {reference['owner']} ADD CONSTRAINT {_quoted(reference['name'])}"
            f" {reference['definition']}"
        )
    for row in await connection.fetch(_COUNTERS):
        top = f"max({_quoted(row['name'])})"
        await connection.execute(
            f"SELECT setval($1::text::regclass, greatest(coalesce({top}, 0), 1), {top} IS NOT NULL)"
            f" FROM {_quoted(row['owner'])}",
            row["counter"],
        )
    return rows


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _load_files(archive: tarfile.TarFile) -> int:
    """Photos are named by their digest: what is there already is the same picture."""
    folder = _photo_folder()
    count = 0
    for member in archive.getmembers():
        if member.name.startswith("files/") and member.isfile():
            if folder is None:
                raise CannotStart("The archive holds photos, but TICKETS_STORAGE_URL is a bucket.")
            target = (folder / member.name.removeprefix("files/")).resolve()
            if not target.is_relative_to(folder.resolve()):
                raise ValueError(f"it names {member.name}")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_member(archive, member.name))
            count += 1
        elif member.name == "secret.key":
            path = data_dir() / "secret.key"
            path.unlink(missing_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(_member(archive, "secret.key"))
    return count
