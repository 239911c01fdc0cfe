"""Files that are no journal, or one that was damaged or made to deceive, are refused."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import hybrid
from hybrid.cli.app import command_line
from hybrid.core.errors import HybridError, InputError, JournalError, RecordError
from hybrid.journal import Identity, Writer, differences, open_journal, peek, schema
from hybrid.journal.blobs import DamagedError, decode, encode
from hybrid.journal.database import connect_to_write
from tests.faults.fuzz import damaged, read_whole
from tests.journal.filled import WHO, fill


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
