"""The history in its file: shared, private, bounded, and no harm to anybody when something is wrong with it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from ktui.figures import book as books
from ktui.figures.book import Book, BookError, file_name
from ktui.figures.record import Outcome, Record, Sight
from ktui.figures.writer import HistoryWriter
from tests.figures.test_record import accounts

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


def record(revision: int = 2, **members: Any) -> Record:
    made: dict[str, Any] = {
        "uid": "u",
        "namespace": "shop",
        "name": "cart",
        "started": NOW - timedelta(minutes=revision),
    }
    return Record(revision=revision, **(made | members))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "figures" / file_name("prod-eu")


@pytest.fixture
def book(path: Path) -> Book:
    return Book(path)


def test_what_was_written_is_read(book: Book) -> None:
    whole = record(
        sight=Sight.WATCHED, outcome=Outcome.LATE, is_rollback=True, failed=NOW, troubled=NOW, finished=NOW,
        cause="crash", sentence="1 of 2 new pods crash", waited=1.5, lowest=0, promised=3, desired=4,
    )  # fmt: skip
    book.write([whole, record(1)], NOW)
    assert book.read() == [whole, record(1)]
    assert book.read(NOW - timedelta(seconds=90)) == [record(1)]
    book.write([], NOW + timedelta(days=1))
    assert book.since() == NOW


@settings(max_examples=50, deadline=None)
@given(one=accounts, other=accounts)
def test_a_rollout_is_kept_once_whoever_tells_of_it(one: Record, other: Record) -> None:
    memory = Book()
    try:
        memory.write([one], NOW)
        memory.write([other], NOW)
        assert len(memory.read()) == (one.at is not None or other.at is not None)
    finally:
        memory.close()


def test_a_book_without_a_file_is_empty_and_makes_none(book: Book, path: Path) -> None:
    assert (book.read(), book.since()) == ([], None)
    assert not path.parent.exists()


def test_nobody_else_may_read_it(book: Book, path: Path) -> None:
    os.umask(before := os.umask(0))
    os.umask(0)
    try:
        book.write([record()], NOW)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_is_old_goes_and_the_oldest_of_too_many(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "MOST", 5)
    book.write([record(n, started=NOW - timedelta(days=n)) for n in range(1, 10)], NOW)
    assert [each.revision for each in book.read()] == [5, 4, 3, 2, 1]
    book.write([], NOW + books.KEPT - timedelta(days=2, hours=1))
    assert [each.revision for each in book.read()] == [2, 1]


_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ktui.figures.book import Book
from ktui.figures.record import Outcome, Record, Sight
now = datetime(2026, 11, 23, 12, tzinfo=UTC)
book = Book(Path(sys.argv[1]))
for n in range(1, 101):
    book.write([Record(uid="u", revision=n, namespace="shop", name="cart", started=now, sight=Sight.WATCHED)], now)
    book.write([Record(uid=sys.argv[2], revision=n, namespace="shop", name="cart", started=now)], now)
"""


def test_two_processes_at_once(book: Book, path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(path), name]) for name in ("one", "two")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    found = book.read()
    assert len(found) == 300
    assert len({(each.uid, each.revision) for each in found}) == 300


@pytest.mark.parametrize(
    "context", ["../../etc/passwd", "a/b\\c:d", "\0", "", "ü" * 300, "arn:aws:eks:eu-1:1:cluster/p", "-rf"]
)
def test_a_context_may_be_called_anything(context: str, tmp_path: Path) -> None:
    name = file_name(context)
    assert (tmp_path / name).resolve().parent == tmp_path.resolve()
    assert len(name) < 100
    assert name.isascii()
    assert not name.startswith(("-", "."))
    Book(tmp_path / name).write([record()], NOW)


def test_contexts_that_look_alike_have_files_of_their_own() -> None:
    assert len({file_name(name).lower() for name in ("Prod", "prod", "prod/", "prod-", "")}) == 5


# What may be wrong with it


@pytest.fixture
def written(book: Book, path: Path) -> Path:
    book.write([record(n) for n in range(500)], NOW)
    return path


@pytest.mark.parametrize("place", [0, 20_000], ids=["its beginning", "its middle"])
def test_what_is_damaged_is_set_aside_and_a_new_one_begun(written: Path, place: int) -> None:
    with written.open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 8000)
    damaged = written.read_bytes()
    book = Book(written)
    book.write([record()], NOW)
    (aside,) = written.parent.glob("*.damaged-*")
    assert aside.read_bytes() == damaged
    assert str(aside) in book.notice
    assert book.read() == [record()]
    book.write([record(3)], NOW)
    assert len(list(written.parent.glob("*.damaged-*"))) == 1


@pytest.mark.parametrize(
    ("stored", "sight"), [("told", Sight.INFERRED), ("joined", Sight.JOINED), ("watched", Sight.WATCHED)]
)
def test_rows_of_released_versions_are_read(written: Path, stored: str, sight: Sight) -> None:
    with closing(sqlite3.connect(written)) as database, database:
        database.execute("UPDATE rollouts SET sight = ?", (stored,))
    assert {each.sight for each in Book(written).read()} == {sight}


def test_a_damaged_one_that_is_only_read_is_left_where_it_is(written: Path) -> None:
    written.write_bytes(b"no database" * 1000)
    with pytest.raises(BookError, match=r"is damaged\. Move it away; ktui then starts a new one\."):
        Book(written).read()
    assert written.exists()


def test_a_row_that_makes_no_sense_is_passed_over_and_written_anew(written: Path) -> None:
    database = sqlite3.connect(written, isolation_level=None)
    database.execute("UPDATE rollouts SET outcome = 'splendid' WHERE revision = 7")
    database.close()
    assert len(Book(written).read()) == 499
    Book(written).write([record(7)], NOW)
    assert record(7) in Book(written).read()


USES: dict[str, Callable[[Book], object]] = {
    "write": lambda book: book.write([record()], NOW),
    "read": lambda book: book.read(),
    "since": lambda book: book.since(),
}


@pytest.mark.parametrize("use", USES)
def test_that_of_a_newer_ktui_is_left_alone(written: Path, use: str) -> None:
    database = sqlite3.connect(written)
    database.execute("PRAGMA user_version = 7")
    database.close()
    before = written.read_bytes()
    said = r"a newer ktui wrote it \(schema 7, this one knows 1\)\. Update ktui"
    with pytest.raises(BookError, match=said):
        USES[use](Book(written))
    assert written.read_bytes() == before


def test_what_cannot_be_written_while_it_is_locked_comes_with_what_follows(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "_PATIENCE", 0.05)
    book = Book(written)
    other = sqlite3.connect(written, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BookError, match="is locked by another program"):
        book.write([record(900)], NOW)
    # Reading goes on.
    assert len(book.read()) == 500
    other.execute("ROLLBACK")
    other.close()


_FULL = """
import resource, signal, sys
from pathlib import Path
from tests.figures.test_book import NOW, record
from ktui.figures.book import Book, BookError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
book = Book(Path(sys.argv[1]))
book.write([record()], NOW)
resource.setrlimit(resource.RLIMIT_FSIZE, (16_000, 16_000))
try:
    book.write([record(n, sentence="x" * 200) for n in range(500)], NOW)
except BookError as error:
    print(error)
print(len(book.read()))
"""


def test_a_disk_that_is_full_costs_what_is_new_and_nothing_else(path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", _FULL, str(path)], capture_output=True, text=True, check=True)
    sentence, left = ran.stdout.splitlines()
    assert sentence.startswith(f"The history of rollouts {path} cannot be")
    assert left == "1"


_READ_ONLY = """
import os, sys, tempfile
from pathlib import Path
from tests.figures.test_book import NOW, record
from ktui.figures.book import Book, BookError
with tempfile.TemporaryDirectory() as folder:
    if os.geteuid() == 0:
        # Root may write anywhere.
        os.chown(folder, 65534, 65534)
        os.setuid(65534)
    path = Path(folder) / "figures" / "x.sqlite"
    Book(path).write([record()], NOW)
    for file, what in ((0o600, "x"), (0o400, "r"), (0o400, "rf")):
        path.chmod(file)
        path.parent.chmod(0o700 if what == "r" else 0o500)
        try:
            Book(path).write([record(3)], NOW)
            print("written")
        except BookError as error:
            print(str(error).replace(str(path), "FILE"))
        print(len(Book(path).read()))
    path.parent.chmod(0o700)
"""


def test_a_file_or_a_folder_that_is_read_only_is_read_all_the_same() -> None:
    ran = subprocess.run([sys.executable, "-c", _READ_ONLY], capture_output=True, text=True, check=True)
    off = "To record nothing, set history = false in config.toml."
    assert ran.stdout.splitlines() == [
        f"The history of rollouts FILE cannot be written: it is read-only. {off}",
        "1",
        f"The history of rollouts FILE cannot be used: Permission denied. {off}",
        "1",
        f"The history of rollouts FILE cannot be used: Permission denied. {off}",
        "1",
    ]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(
        BookError, match=r"cannot be used: (Not a directory|File exists)\. To record nothing, set history = false"
    ):
        Book(tmp_path / "state" / "x.sqlite").write([record()], NOW)


def test_a_chronicle_says_once_what_is_wrong_and_writes_it_all_when_it_can(written: Path) -> None:
    said: list[str] = []
    asyncio.run(_tell_while_there_is_a_folder_in_its_place(written, said))
    assert {901, 902, 903, 904} <= {each.revision for each in Book(written).read()}
    assert len(said) == 1


async def _tell_while_there_is_a_folder_in_its_place(written: Path, said: list[str]) -> None:
    away = await asyncio.to_thread(written.rename, written.with_name("away"))
    await asyncio.to_thread(written.mkdir)
    writer = HistoryWriter(Book(written), lambda: NOW, said.append)
    for number in (901, 902, 903):
        writer.add([record(number)])
        await writer.aclose()
    assert writer.writes == 0
    await asyncio.to_thread(written.rmdir)
    await asyncio.to_thread(away.rename, written)
    writer.add([replace(record(904), outcome=Outcome.COMPLETE)])
    await writer.aclose()


def test_what_comes_soon_after_a_batch_is_written_together_and_at_the_end_at_once(tmp_path: Path) -> None:
    async def add_one_by_one() -> list[int]:
        book = Book(tmp_path / "state" / "x.sqlite")
        said, seen, written = list[str](), list[int](), asyncio.Event()
        writer = HistoryWriter(book, lambda: NOW, said.append, written.set)
        writer.add([record(1)])
        await written.wait()
        for number in range(2, 50):
            writer.add([record(number)])
            await asyncio.sleep(0)
            seen.append(writer.writes)
        await writer.aclose()
        assert {each.revision for each in book.read()} == set(range(1, 50))
        return [*seen, writer.writes]

    batches = asyncio.run(add_one_by_one())
    assert batches[-1] == 2, batches


def test_a_writer_that_is_left_behind_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ktui.figures.writer._BETWEEN", 3600.0)

    async def leave_it() -> int:
        written = asyncio.Event()
        writer = HistoryWriter(Book(tmp_path / "state" / "x.sqlite"), lambda: NOW, list[str]().append, written.set)
        for number in (1, 2):
            writer.add([record(number)])
            writer.hurry()
            await written.wait()
            written.clear()
        return writer.writes

    assert asyncio.run(leave_it()) == 2


@pytest.mark.parametrize("kind", ["a folder", "a pipe", "a link to itself", "a file in the place of its folder"])
def test_whatever_stands_in_its_place_is_one_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "figures" / "it.sqlite"
    if kind == "a file in the place of its folder":
        path.parent.write_text("")
    else:
        path.parent.mkdir()
    if kind == "a folder":
        path.mkdir()
    elif kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a link to itself":
        path.symlink_to(path)
    book = Book(path)
    for ask in (book.read, book.since, lambda: book.write([], datetime.now(UTC))):
        with pytest.raises(BookError, match=r"^The history of rollouts .* cannot be used: "):
            ask()


def test_a_beginning_that_makes_no_sense_is_unknown(tmp_path: Path) -> None:
    book = Book(tmp_path / "it.sqlite")
    book.write([], datetime.now(UTC))
    with closing(sqlite3.connect(tmp_path / "it.sqlite")) as database, database:
        database.execute("UPDATE facts SET value = 'yesterday'")
    assert book.since() is None


def test_a_long_history_says_how_far_it_is_read(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "_AT_A_TIME", 2)
    book.write([record(revision) for revision in range(1, 6)], NOW)
    told: list[tuple[int, int]] = []
    assert len(book.read(None, lambda done, of: told.append((done, of)))) == 5
    assert told == [(0, 5), (2, 5), (4, 5)]
