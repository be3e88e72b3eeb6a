"""The history of rollouts of one context: an SQLite file that only its owner may read.

Several ktui may write to it at once. Where it cannot be used, one sentence says so, and nothing else suffers.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import quote

import msgspec

from ktui import own_files
from ktui.figures.record import Record, merged

KEPT: Final = timedelta(days=180)
MOST: Final = 100_000
"""Records older than that, and the oldest beyond that many, are dropped."""

_PATIENCE: Final = 5.0
"""Seconds that another ktui may take for writing."""

_AGAIN: Final = 0.01
"""Seconds between two attempts where SQLite does not wait by itself."""

_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(Record))
_COLUMNS: Final = ", ".join(_FIELDS)
_STEPS: Final = (
    f"""
    CREATE TABLE rollouts (at REAL, {_COLUMNS}, PRIMARY KEY (uid, revision)) WITHOUT ROWID;
    CREATE INDEX rollouts_by_time ON rollouts (at);
    CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    """,
)
"""What leads from each version of the schema to the next; the version of a file is its `user_version`."""
_WATCHED_SINCE: Final = """
    INSERT INTO facts VALUES ('since', ?) ON CONFLICT DO UPDATE SET value = min(value, excluded.value)
"""
_OFF: Final = "To record nothing, set history = false in config.toml."


_AT_A_TIME: Final = 2000
"""Rows that are read between two words about the progress."""


class BookError(Exception):
    """Why the history cannot be read or written: one sentence, with what to do about it."""


def file_name(context: str) -> str:
    """The name of the file for a context, whose own name may hold anything.

    What is left of it is for people; the digest tells contexts apart.
    """
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", context).strip("-")[:60]
    digest = hashlib.sha256(context.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return f"{readable or 'context'}-{digest}.sqlite"


class Book:
    """The records of one context, in a file, or without a path in memory alone. Its methods may be called in threads.

    `notice` is a sentence about what happened to the file, where something did: it was damaged and set aside.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.notice = ""
        self._lock = threading.Lock()
        self._has_checked = False
        self._memory = (
            sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None) if path is None else None
        )
        if self._memory is not None:
            _migrate(self._memory)

    def close(self) -> None:
        """Forget what was kept in memory."""
        if self._memory is not None:
            self._memory.close()

    def write(self, records: Sequence[Record], now: datetime) -> None:
        """Add records, each merged with what is known of the same rollout, and drop what is too old at that time.

        Raises BookError.
        """
        with self._opened() as database, _whole(database):
            database.execute(_WATCHED_SINCE, (now.isoformat(),))
            for record in records:
                _add(database, record)
            _prune(database, now)

    def read(
        self, since: datetime | None = None, progress: Callable[[int, int], None] = lambda _done, _of: None
    ) -> list[Record]:
        """The records of rollouts that began from then on, in the order of time. Raises BookError.

        A row that makes no sense is passed over. `progress` is called now and then with how many of how many rows have
        been read.
        """
        if not self._exists():
            return []
        with self._opened(to_write=False) as database:
            query = f"SELECT {_COLUMNS} FROM rollouts WHERE at >= ? ORDER BY at, revision"  # noqa: S608
            rows = database.execute(query, (since.timestamp() if since is not None else 0.0,)).fetchall()
        found: list[Record] = []
        for start in range(0, len(rows), _AT_A_TIME):
            progress(start, len(rows))
            part = rows[start : start + _AT_A_TIME]
            found += [record for row in part if (record := _record(row)) is not None]
        return found

    def of(self, uid: str) -> list[Record]:
        """The records of one workload, by revision. Raises BookError."""
        if not self._exists():
            return []
        with self._opened(to_write=False) as database:
            query = f"SELECT {_COLUMNS} FROM rollouts WHERE uid = ? ORDER BY revision"  # noqa: S608
            rows = database.execute(query, (uid,)).fetchall()
        return [record for row in rows if (record := _record(row)) is not None]

    def since(self) -> datetime | None:
        """When ktui began to watch this context; None where it never did. Raises BookError."""
        if not self._exists():
            return None
        with self._opened(to_write=False) as database:
            row = database.execute("SELECT value FROM facts WHERE name = 'since'").fetchone()
        try:
            return datetime.fromisoformat(row[0]) if row is not None else None
        except (TypeError, ValueError):
            # No ktui has written that.
            return None

    def _exists(self) -> bool:
        """Whether there is anything to read. Raises BookError."""
        try:
            return self.path is None or own_files.is_file(self.path)
        except OSError as error:
            raise BookError(_trouble(self.path, error)) from error

    @contextmanager
    def _opened(self, *, to_write: bool = True) -> Iterator[sqlite3.Connection]:
        """The database for a while. Raises BookError."""
        with self._lock:
            if self._memory is not None:
                yield self._memory
                return
            assert self.path is not None
            try:
                with closing(self._writing(self.path) if to_write else _reading(self.path)) as database:
                    yield database
            except (OSError, sqlite3.Error) as error:
                raise BookError(_trouble(self.path, error)) from error

    def _writing(self, path: Path) -> sqlite3.Connection:
        for folder in (path.parent.parent, path.parent):
            # The mode is for the last folder of a path alone.
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(path)
        try:
            database = _connected(path, thoroughly=not self._has_checked)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self.notice = _set_aside(path)
            database = _connected(path)
        self._has_checked = True
        return database


def _create(path: Path) -> None:
    """SQLite would make the file as the umask says; its companions get the mode of the file."""
    os.close(own_files.opened(path, os.O_RDWR | os.O_CREAT))


def _set_aside(path: Path) -> str:
    """Rename what is damaged, with what belongs to it; what to say about it."""
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
    _create(path)
    return f"The history of rollouts was damaged: it was renamed to {aside}, and a new one was started."


def _connected(path: Path, *, thoroughly: bool = False) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        # Before anything is written: a file of a newer ktui stays as it is.
        _migrate(database)
        # What is damaged is often whole at its beginning.
        if thoroughly and (found := database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(f"malformed: {found}")
    except BaseException:
        database.close()
        raise
    return database


def _reading(path: Path) -> sqlite3.Connection:
    """To read from, where nothing may be written as well."""
    address = f"file:{quote(str(path))}?mode=ro"
    for options in ("", "&immutable=1"):
        database = sqlite3.connect(address + options, uri=True, timeout=_PATIENCE, isolation_level=None)
        try:
            _check_version(_version(database))
            database.execute("SELECT 1 FROM facts").fetchone()
        except sqlite3.OperationalError:
            # A log of writes cannot be opened on a disk that is read-only; without one, the file is all there is.
            database.close()
            if options:
                raise
        except BaseException:
            database.close()
            raise
        else:
            return database
    raise AssertionError("one of both was returned or raised")


def _migrate(database: sqlite3.Connection) -> None:
    """Bring the schema up to date, even if someone else is doing the same."""
    version = _version(database)
    _check_version(version)
    if version == len(_STEPS):
        return
    _log_writes(database)
    with _whole(database):
        for step in _STEPS[_version(database) :]:
            for statement in step.split(";"):
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {len(_STEPS)}")


def _log_writes(database: sqlite3.Connection) -> None:
    """Have writes logged first, so that others can read meanwhile.

    If another ktui does the same to a new file at this moment, SQLite refuses at once, whatever the timeout is.
    """
    end = monotonic() + _PATIENCE
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > end:
                raise
            sleep(_AGAIN)
        else:
            return


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _check_version(version: int) -> None:
    if version > len(_STEPS):
        raise _NewerError(f"a newer ktui wrote it (schema {version}, this one knows {len(_STEPS)})")


class _NewerError(sqlite3.Error):
    """The file is of a newer ktui."""


@contextmanager
def _whole(database: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _add(database: sqlite3.Connection, record: Record) -> None:
    query = f"SELECT {_COLUMNS} FROM rollouts WHERE uid = ? AND revision = ?"  # noqa: S608
    row = database.execute(query, (record.uid, record.revision)).fetchone()
    known = _record(row) if row is not None else None
    record = merged(known, record) if known is not None else record
    if record == known or record.at is None:
        return
    values = msgspec.to_builtins(record)
    database.execute(
        f"INSERT OR REPLACE INTO rollouts (at, {_COLUMNS}) VALUES ({', '.join('?' * (len(_FIELDS) + 1))})",  # noqa: S608
        (record.at.timestamp(), *(values[field] for field in _FIELDS)),
    )


def _prune(database: sqlite3.Connection, now: datetime) -> None:
    database.execute("DELETE FROM rollouts WHERE at < ?", ((now - KEPT).timestamp(),))
    if database.execute("SELECT count(*) FROM rollouts").fetchone()[0] > MOST:
        oldest = database.execute("SELECT at FROM rollouts ORDER BY at DESC LIMIT 1 OFFSET ?", (MOST - 1,)).fetchone()
        database.execute("DELETE FROM rollouts WHERE at < ?", oldest)


def _record(row: Sequence[Any]) -> Record | None:
    """None for a row that no ktui has written so."""
    try:
        return msgspec.convert(dict(zip(_FIELDS, row, strict=True)), Record, strict=False)
    except msgspec.ValidationError:
        return None


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is not what it should be: that is no other error's base class."""
    return type(error) is sqlite3.DatabaseError


def _trouble(path: Path | None, error: Exception) -> str:
    """One sentence, and what to do."""
    text = str(error)
    file = f"The history of rollouts {path}"
    match error:
        case _NewerError():
            return f"{file} cannot be used: {text}. Update ktui, or move the file away."
        case sqlite3.OperationalError() if "locked" in text:
            return (
                f"{file} is locked by another program: ktui keeps new records until it is free, and loses them "
                "when it ends."
            )
        case sqlite3.OperationalError() if "full" in text:
            return f"{file} cannot be written: the disk is full."
        case sqlite3.OperationalError() if "readonly" in text:
            return f"{file} cannot be written: it is read-only. {_OFF}"
        case sqlite3.DatabaseError() if _is_damage(error):
            return f"{file} is damaged. Move it away; ktui then starts a new one."
        case OSError():
            return f"{file} cannot be used: {error.strerror or text}. {_OFF}"
    return f"{file} cannot be used: {text}."
