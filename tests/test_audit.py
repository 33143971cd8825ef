"""`threadline audit`: what an operator gets, and which exit code."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import JsonValue
from sqlalchemy import text

from bot.store import audit
from bot.store.audit import Entry
from bot.store.database import Database
from tests.databases import fresh_sqlite
from tests.test_cli import command, refused

pytestmark = pytest.mark.slow

FORMULA = '=HYPERLINK("http://x","y")'
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def entry(number: int) -> Entry:
    content: dict[str, JsonValue] = {
        "person": "U1",
        "name": FORMULA,
        "tool": "Bash",
        "verb": "allow",
        "where": "thread",
        "rule": "-1",
        "detail": '  @SUM(A1)\r\nand more, "quoted"\0',
        "proposed": {"command": "make ✓ \ud800"},
        "effective": None,
    }
    return Entry(f"k{number}", 1_700_000_000.0 + 86_400 * number, "decided", "T1/C1/1.1", content)


@pytest.fixture
def run(tmp_path: Path, migrated_sqlite: Path) -> Run:
    """The command, on a trail of two workspaces."""
    config = fresh_sqlite(migrated_sqlite, tmp_path / "threadline.db")

    async def fill() -> None:
        async with Database.open(config) as database, database.transaction() as tx:
            await audit.append(tx, "T1", [entry(number) for number in range(4)])
            await audit.append(tx, "T2", [entry(9)])

    asyncio.run(fill())
    return lambda *words: command(tmp_path, "audit", *words)


def tamper(data: Path, statement: str) -> None:
    async def act() -> None:
        config = fresh_sqlite(data / "threadline.db", data / "same.db")
        async with Database.open(config) as database, database.transaction() as tx:
            await tx.execute(text(statement))

    asyncio.run(act())
    (data / "same.db").replace(data / "threadline.db")


def test_the_export_holds_all_that_proves_the_chain_E49(run: Run) -> None:
    ended = run("export")
    assert ended.returncode == 0, ended.stderr
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(row["team"], row["seq"]) for row in rows] == [
        ("T1", 1), ("T1", 2), ("T1", 3), ("T1", 4), ("T2", 1),
    ]  # fmt: skip
    assert rows[0]["time"] == "2023-11-14T22:13:20.000000+00:00"
    assert rows[0]["content"]["proposed"] == {"command": "make ✓ \ud800"}
    previous = ""
    for row in rows[:4]:
        # As docs/audit.md says it.
        content = json.dumps(row["content"], sort_keys=True, separators=(",", ":"))
        salted = f"{row['salt']}\n{content}"
        assert hashlib.sha256(salted.encode()).hexdigest() == row["content_digest"]
        chained = json.dumps(
            [row["team"], row["seq"], row["at"], row["kind"], row["session"],
             row["content_digest"], previous],
            separators=(",", ":"),
        )  # fmt: skip
        previous = hashlib.sha256(chained.encode()).hexdigest()
        assert previous == row["digest"]


def test_the_export_can_be_of_one_workspace_and_since_a_day(run: Run) -> None:
    ended = run("export", "--team", "T1", "--since", "2023-11-16")
    assert [json.loads(line)["seq"] for line in ended.stdout.splitlines()] == [3, 4]
    ended = run("export", "--since", "2023-11-16T22:13:21+00:00")
    assert [json.loads(line)["team"] for line in ended.stdout.splitlines()] == ["T1", "T2"]


def test_no_cell_of_the_csv_is_run_by_a_spreadsheet_E49(run: Run) -> None:
    ended = run("export", "--format", "csv")
    assert ended.returncode == 0, ended.stderr
    rows = list(csv.DictReader(io.StringIO(ended.stdout)))
    assert len(rows) == 5
    assert rows[0]["name"] == f"'{FORMULA}"
    assert rows[0]["rule"] == "'-1"
    assert rows[0]["detail"].startswith("'  @SUM(A1)")
    assert json.loads(rows[0]["proposed"]) == {"command": "make ✓ \ud800"}
    assert (rows[0]["effective"], rows[0]["erased"]) == ("", "no")


def test_a_whole_trail_is_verified_with_its_heads_E49(run: Run) -> None:
    ended = run("verify")
    assert ended.returncode == 0, ended.stdout
    first, second = ended.stdout.splitlines()
    assert first.startswith("ok  T1: 4 records, contents of 0 erased, head ")
    head = second.rpartition(" ")[2]
    assert run("verify", "--head", head, "--head", first.rpartition(" ")[2]).returncode == 0
    ended = run("verify", "--head", "0" * 64)
    assert ended.returncode == 1
    assert "!!  head 000" in ended.stdout


def test_a_trail_that_was_tampered_with_fails_and_says_where_E49(run: Run, tmp_path: Path) -> None:
    tamper(tmp_path, "UPDATE audit_contents SET content = '{}' WHERE team = 'T1' AND seq = 3")
    ended = run("verify")
    assert ended.returncode == 1
    assert "!!  T1: 2 records, contents of 0 erased; broken at seq 3: the content" in ended.stdout
    assert "ok  T2: 1 record," in ended.stdout


def test_contents_that_are_gone_without_a_record_fail_E49(run: Run, tmp_path: Path) -> None:
    tamper(tmp_path, "DELETE FROM audit_contents WHERE team = 'T1' AND seq > 2")
    ended = run("verify")
    assert ended.returncode == 1
    assert "2 of these contents are gone without a record that says so, the first at seq 3" in (
        ended.stdout
    )


def test_contents_are_erased_and_the_chain_stays_E102(run: Run) -> None:
    ended = run("erase", "--before", "2023-11-16")
    assert ended.stdout == "Erased the contents of 2 records.\n"
    told = "contents of 2 erased (of what was recorded before 2023-11-16T00:00:00.000000+00:00)"
    assert f"ok  T1: 5 records, {told}, head" in run("verify").stdout
    rows = [json.loads(line) for line in run("export", "--team", "T1").stdout.splitlines()]
    assert [row["content"] is None for row in rows] == [True, True, False, False, False]
    assert (rows[4]["kind"], rows[4]["content"]["rule"]) == ("erased", "threadline audit erase")
    assert "contents of 2 records up to seq 2" in rows[4]["content"]["detail"]
    cells = list(csv.DictReader(io.StringIO(run("export", "--format", "csv").stdout)))
    assert (cells[0]["erased"], cells[0]["name"]) == ("yes", "")


def test_a_bad_date_and_a_database_without_a_trail_are_explained(run: Run, tmp_path: Path) -> None:
    ended = run("erase", "--before", "soon")
    assert ended.returncode == 2
    assert "does not match the formats" in " ".join(ended.stderr.split())
    (tmp_path / "empty").mkdir()
    assert "threadline migrate" in refused(command(tmp_path / "empty", "audit", "verify"))
