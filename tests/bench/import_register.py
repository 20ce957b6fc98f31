#!/usr/bin/env python3
"""Compares an import of a register with pandas reading the files and writing the same columns to SQLite.

    tests/bench/import_register.py PROGRAM EXTRACT LINKS

PROGRAM is the example `import_speed` of services/network, built for release:

    cargo build --release -p network --example import_speed

Both write to new files in a temporary folder, in turn, and the best of five runs is compared. The import goes over gRPC, is durable (synchronous=FULL),
validates every row, resolves the links and records its events; pandas does none of that.
"""

import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

import pandas

RUNS = 5
COLUMNS = [
    "URN", "LA (code)", "LA (name)", "EstablishmentName", "TypeOfEstablishment (code)", "EstablishmentTypeGroup (code)",
    "EstablishmentStatus (code)", "OpenDate", "CloseDate", "PhaseOfEducation (code)", "GOR (code)", "GOR (name)", "GSSLACode (name)",
    "PercentageFSM",
]
LINK_COLUMNS = ["URN", "LinkURN", "LinkType", "LinkEstablishedDate"]


def with_pandas(extract, links, database, whole):
    """`whole`: read the file as it is and write these columns; else have pandas skip the other columns while it reads."""
    started = time.perf_counter()
    schools = pandas.read_csv(extract, encoding="cp1252", dtype=str, usecols=None if whole else COLUMNS)[COLUMNS]
    joins = pandas.read_csv(links, encoding="cp1252", dtype=str, usecols=LINK_COLUMNS)
    connection = sqlite3.connect(database)
    schools.to_sql("school", connection, index=False)
    joins.to_sql("school_link", connection, index=False)
    connection.commit()
    connection.close()
    return time.perf_counter() - started


def with_import(program, extract, links, database):
    done = subprocess.run([program, extract, links, database], check=True, capture_output=True, text=True)
    first, again, statements = done.stdout.split()
    return float(first), float(again), int(statements)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    program, extract, links = sys.argv[1:]
    ours, theirs, skipping, repeats = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for run in range(RUNS):
            folder_of_run = pathlib.Path(folder) / str(run)
            folder_of_run.mkdir()
            theirs.append(with_pandas(extract, links, folder_of_run / "pandas.db", whole=True))
            skipping.append(with_pandas(extract, links, folder_of_run / "skipping.db", whole=False))
            first, again, statements = with_import(program, extract, links, folder_of_run / "import.db")
            ours.append(first)
            repeats.append(again)
    first = min(ours)
    print(f"import {first:.3f} s with {statements} statements, the same files again {min(repeats):.3f} s")
    print(f"pandas reading the file and writing these columns {min(theirs):.3f} s: ratio {min(theirs) / first:.1f} (the goal is 4)")
    print(f"pandas reading these columns only {min(skipping):.3f} s: ratio {min(skipping) / first:.1f}")


if __name__ == "__main__":
    main()
