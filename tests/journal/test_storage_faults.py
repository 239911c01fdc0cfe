"""Whatever happens to the file: a clear error, nothing overwritten, what was committed is safe."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes

import hybrid
from hybrid.cli.app import command_line
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import HybridError, InputError, JournalError, RecordError
from hybrid.journal import Identity, Journal, Writer, differences, open_journal, peek, schema
from hybrid.journal.blobs import DamagedError, decode, encode
from hybrid.journal.database import connect_to_write
from hybrid.loop.result import Result
from tests.faults import small
from tests.faults.fuzz import damaged, read_whole

WHO = Identity({"circuit": "a" * 64}, 7)


def fill(path: Path, answers: int = 20) -> None:
    points = np.linspace(0.0, 1.0, 12).reshape(2, 6)
    with Writer(path, WHO, {"kind": "script"}) as writer:
        writer.start(["host"], "native", "one piece", {})
        for number in range(answers):
            writer.ask(number, Ask(points + number, True, number))
            writer.piece(number, 0, 0, predicted=None, measured=0.1, partial=points)
            writer.told(number, Told(points[:, 0] + number, points), 0.1)
        writer.ask(answers, Ask(points))
        writer.piece(answers, 0, 0, predicted=0.2, measured=0.1, partial=points)


def test_what_was_written_is_read_with_all_bits(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    fill(path)
    with open_journal(path) as journal:
        answers = list(journal)
        assert [answer.number for answer in answers] == list(range(20))
        assert answers[3].told.values.tolist() == [3.0, 3.0 + np.linspace(0, 1, 12)[6]]
        assert journal.unfinished().number == 20
        assert list(journal.unfinished().partials) == [0]
        pieces = list(journal.pieces())
        assert (len(pieces), pieces[-1].predicted, pieces[0].host) == (21, 0.2, "host")
        assert [event.kind for event in journal.events] == ["start"]


@pytest.mark.parametrize("content", [b"", b"no database" * 100])
def test_a_foreign_file_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thesis.txt"
    path.write_bytes(content)
    if content:
        with pytest.raises(JournalError, match="no journal"):
            Writer(path, WHO, {})
        assert path.read_bytes() == content
    else:
        Writer(path, WHO, {}).close()


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE thesis (chapter)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match="another program"):
        Writer(path, WHO, {})
    assert path.read_bytes() == before


def test_a_newer_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    fill(path)
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    newer.close()
    before = path.read_bytes()
    for use in (open_journal, lambda p: Writer(p, WHO, {})):
        with pytest.raises(JournalError, match=f"format {schema.VERSION + 1}"):
            use(path)
    assert path.read_bytes() == before


def test_a_journal_whose_making_was_cut_short_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    path.touch()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    schema.create(connection)
    connection.execute("COMMIT")
    connection.close()
    assert peek(path) is None
    Writer(path, WHO, {}).close()
    with open_journal(path) as journal:
        assert journal.seed == 7


def test_a_trigger_in_a_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    fill(path)
    with sqlite3.connect(path) as hostile:
        hostile.execute("CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM asks; END")
    hostile.close()
    with pytest.raises(JournalError, match="tables are not those"):
        Writer(path, WHO, {})


def test_a_flipped_bit_in_a_value_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    fill(path)
    content = bytearray(path.read_bytes())
    place = content.find(np.array([3.0, 3.0 + np.linspace(0, 1, 12)[6]]).tobytes())
    content[place + 6] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(JournalError, match="checksum"), open_journal(path) as journal:
        list(journal)


def test_a_vanished_journal_is_an_error_and_what_was_committed_is_safe(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    writer = Writer(path, WHO, {})
    writer.start(["host"], "native", "", {})
    writer.ask(0, Ask(np.zeros((1, 2))))
    writer.told(0, Told(np.zeros(1)), 0.0)
    writer.flush()
    path.rename(tmp_path / "moved.db")
    writer.ask(1, Ask(np.zeros((1, 2))))
    with pytest.raises(JournalError, match="vanished"):
        writer.close()
    assert not path.exists()
    with open_journal(tmp_path / "moved.db") as journal:
        assert len(journal) == 1


FULL = """
import resource, sys
from pathlib import Path
from tests.journal.grow import grow
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
grow(Path(sys.argv[1]))
"""


def test_a_full_disk_is_an_error_and_what_was_committed_is_safe(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    fill(path)
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(path)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert ended.returncode != 0
    assert "JournalError" in ended.stderr
    assert "full" in ended.stderr
    with open_journal(path) as journal:
        assert [answer.number for answer in journal] == list(range(len(journal)))
        assert len(journal) >= 20
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 60_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 256 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True, capture_output=True)


def test_a_run_on_a_disk_that_fills_up_resumes_when_there_is_space(small_disk: Path) -> None:
    path = small_disk / "run.db"
    problem = hybrid.VQE(real_amplitudes(3, reps=60), small.CHAIN)

    def run(journal: Path | None) -> Result:
        return hybrid.minimize(problem, "Adam", seed=3, max_iterations=150, journal=journal)

    with pytest.raises(JournalError, match="disk is full"):
        run(path)
    with open_journal(path) as journal:
        kept = len(journal)
        assert [answer.number for answer in journal] == list(range(kept))
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    assert small.bits(run(path)) == small.bits(run(None))
    with open_journal(path) as journal:
        assert len(journal) > kept


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_read_only_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    fill(path)
    path.chmod(0o444)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setuid(65534)
            try:
                Writer(path, WHO, {})
            except JournalError as error:
                code = 0 if "written" in str(error) else 2
            with open_journal(path) as journal:
                code = code or (0 if len(journal) == 20 else 3)
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_hostile_blobs_are_refused() -> None:
    good = encode(np.zeros((2, 3)))
    for blob in (None, 7, "text", b"", good[:-1], good + b"x", b"<f8\xff", b"|O8" + good[3:]):
        with pytest.raises(DamagedError):
            decode(blob)
    huge = b"<f8\x02" + (2**62).to_bytes(8, "little") * 2
    with pytest.raises(DamagedError):
        decode(huge)
    with pytest.raises(DamagedError, match="where"):
        decode(good, (3, 2))


def test_damaged_journals_give_one_error_and_nothing_else(tmp_path: Path) -> None:
    path, victim = tmp_path / "run.db", tmp_path / "victim.db"
    fill(path)
    content, draw = path.read_bytes(), random.Random(3)
    messages = []
    for _ in range(300):
        victim.write_bytes(damaged(content, draw))
        try:
            read_whole(victim)
        except HybridError as error:
            messages.append(str(error))
    assert len(messages) > 100
    assert all(message.isprintable() for message in messages)


def test_the_command_line_shows_an_error_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.db"
    path.write_bytes(b"SQLite format 3\0" + bytes(5000))
    assert command_line(["journal", str(path)]) == 1
    assert command_line(["resume", str(path)]) == 1
    assert command_line(["resume", str(tmp_path / "none.db")]) == 2
    assert command_line(["journal", str(tmp_path)]) == 2
    assert command_line(["journal", str(path), "--table", "events"]) == 2
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert shown.err.count("error: ") == 5


def test_a_journal_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with Writer(path, WHO, {}) as writer:
        writer.start(["host"], "native", "", {})
        with Journal(path) as journal:
            assert len(journal) == 0
            writer.ask(0, Ask(np.zeros((1, 2))))
            writer.told(0, Told(np.zeros(1)), 0.0)
            writer.flush()
            assert len(journal) == 1


def test_children_of_a_fork_do_not_keep_the_journal_from_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    writer = Writer(path, WHO, {})
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    try:
        writer.close()
        Writer(path, WHO, {}).close()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


LOCKED = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
try:
    other.execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError as error:
    print(error)
"""


def test_a_refused_second_run_leaves_the_locks_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with Writer(path, WHO, {}) as writer:
        writer._connection.execute("BEGIN IMMEDIATE")  # as in the middle of a commit
        with pytest.raises(JournalError, match="another run is writing"):
            Writer(path, WHO, {})
        other = subprocess.run(
            [sys.executable, "-c", LOCKED, str(path)], capture_output=True, text=True, check=True
        )
        writer._connection.execute("ROLLBACK")
    assert "locked" in other.stdout


def test_a_report_that_comes_when_the_journal_has_been_closed_does_not_wait(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "run.db", WHO, {})
    writer.close()
    late = threading.Thread(target=writer.flush, daemon=True)
    late.start()
    late.join(20)
    assert not late.is_alive()


def test_a_disk_that_is_full_when_the_journal_is_made_leaves_no_file(small_disk: Path) -> None:
    path = small_disk / "run.db"
    others = small_disk / "others"
    for left in range(0, 80, 16):  # KiB: too little for the tables, then for what the run is
        others.write_bytes(bytes((256 - left) * 1024))
        with pytest.raises(JournalError, match="disk is full"):
            Writer(path, WHO, {})
        assert not path.exists()
    others.unlink()
    Writer(path, WHO, {}).close()
    with open_journal(path) as journal:
        assert journal.seed == 7


@pytest.mark.parametrize("made", ["empty", "tables alone"])
def test_a_journal_in_which_nothing_has_begun(
    made: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.db"
    path.touch()
    if made != "empty":
        connect_to_write(path).close()
    for command in ("journal", "resume"):
        assert command_line([command, str(path)]) == 2
        assert "in which no run has been recorded yet" in capsys.readouterr().err
    Writer(path, WHO, {}).close()
    with open_journal(path) as journal:
        assert journal.seed == 7


def test_a_link_to_where_the_journal_is_to_be(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    link, target = tmp_path / "run.db", tmp_path / "scratch" / "real.db"
    link.symlink_to(target)
    assert peek(link) is None
    with pytest.raises(JournalError, match="a link to nothing"):
        open_journal(link)
    fill(link)
    assert target.is_file()
    with open_journal(link) as journal:
        assert len(journal) == 20


@pytest.mark.parametrize("target", ["missing/run.db", "run.db"])
def test_a_link_that_leads_nowhere(target: str, tmp_path: Path) -> None:
    link = tmp_path / "run.db"
    link.symlink_to(tmp_path / target)
    with pytest.raises(JournalError, match="cannot be written"):
        Writer(link, WHO, {})
    assert sorted(tmp_path.iterdir()) == [link]


def test_a_crash_is_undone_also_through_a_link(tmp_path: Path) -> None:
    link, target = tmp_path / "run.db", tmp_path / "real.db"
    link.symlink_to(target)
    crash = f"""
import os
from pathlib import Path
from tests.journal.test_storage_faults import fill
from hybrid.journal.database import connect_to_write
fill(Path({str(link)!r}))
connection = connect_to_write(Path({str(link)!r}))
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("DELETE FROM tolds")
connection.execute("DELETE FROM asks")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", crash], check=True, cwd=Path(__file__).parents[2])
    assert target.with_name("real.db-journal").exists()
    with open_journal(link) as journal:
        assert len(list(journal)) == 20


def test_the_journal_is_never_a_standard_stream(tmp_path: Path) -> None:
    script = f"""
import os
from pathlib import Path
from tests.journal.test_storage_faults import WHO
from hybrid.journal import Writer, open_journal
os.close(1)
with Writer(Path({str(tmp_path / "run.db")!r}), WHO, {{}}) as writer:
    writer.start(["host"], "native", "", {{}})
    try:
        os.write(1, b"what a library prints")
    except OSError:
        pass
with open_journal({str(tmp_path / "run.db")!r}) as journal:
    assert journal.seed == 7
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])


def test_names_that_look_like_markup_or_control_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("[", "x]").mkdir(parents=True)
    path = Path("[", "x]", "j.db")  # "[/x]/j.db"
    hostile = Identity({"[/red]\x1b[2J": "[/blue]\x07"}, 7)
    with Writer(path, hostile, {}) as writer:
        writer.start(["[/host]"], "native", "[/plan]", {})
        writer.event("[/kind]", detail="[/detail]\x1b]0;title")
    assert command_line(["journal", str(path)]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    for text in ("journal [/x]/j.db", "[/red]", "[/blue]", "[/host]", "[/kind]", "[/detail]"):
        assert text in shown.out
    assert all(letter.isprintable() or letter == "\n" for letter in shown.out)
    monkeypatch.setattr("hybrid.cli.journal.open_journal", _refuse_by(hostile))
    assert command_line(["journal", str(path)]) == 2
    shown = capsys.readouterr()
    assert "[/red]\\x1b[2J: recorded [/blue]\\x07, now the default" in shown.err
    assert all(letter.isprintable() or letter == "\n" for letter in shown.err)


def _refuse_by(identity: Identity) -> Callable[[Path], None]:
    def refuse(path: Path) -> None:
        raise RecordError(path, list(differences(identity, Identity({}, 7)).values()))

    return refuse


@pytest.mark.parametrize("path", [None, 5])
def test_what_is_no_path(path: object) -> None:
    with pytest.raises(InputError, match=r"journal: got .*, expected the path of a file"):
        hybrid.open_journal(path)  # type: ignore[arg-type]
