#!/usr/bin/env python3
"""Counts the cells of a report a second time, by the files of analytics/sql over the typed tables of the lake.

    count_cells.py --engine duckdb|spark --lake DIR --report DIR --out FILE [--compare FILE] [--times]

It shares nothing with the Rust that measured but the lake's files and analytics/SCHEMA.md. Days, feed positions and rules are those of the report: its manifest.json,
and the lake's. Writes the cells, sorted, as Parquet. With --compare, ends with 1 and the first rows that differ when FILE has other cells. With --times, prints the
seconds of the SQL and the peak memory. Needs duckdb (tests/requirements.txt); for Spark also pyspark (tests/requirements-spark.txt) and Java 17.
"""
import argparse
import json
import os
import re
import resource
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
SQL = sorted((ROOT / "analytics/sql").glob("*.sql"))
SCHEMA = ROOT / "analytics/SCHEMA.md"
# The types of SCHEMA.md in both engines. Spark's timestamp is an instant.
TYPES = {
    "string": ("VARCHAR", "STRING"), "date": ("DATE", "DATE"), "timestamp, UTC, microseconds": ("TIMESTAMPTZ", "TIMESTAMP"),
    "int32": ("INTEGER", "INT"), "int64": ("BIGINT", "BIGINT"), "boolean": ("BOOLEAN", "BOOLEAN"), "double": ("DOUBLE", "DOUBLE"),
    "binary": ("BLOB", "BINARY"), "list of string": ("VARCHAR[]", "ARRAY<STRING>"), "list of int64": ("BIGINT[]", "ARRAY<BIGINT>"),
}
COLUMNS = [
    "true_on_date", "known_on_date", "academic_year", "programme", "region_code", "old_la_code", "education_phase", "stage", "schools_count",
    "reached_count", "reached_new_count", "reached_since_count",
]
# The total comes before its programmes, 16 plus institutions before the phases.
ORDER = ", ".join(f"{column} NULLS FIRST" for column in COLUMNS[:8])
DIFFERENCES_SHOWN = 20


def schema():
    """{table: {column: type}} of SCHEMA.md, with the columns that every table has."""
    of_all, of_events, tables = {}, {}, {}
    columns = None
    for line in SCHEMA.read_text(encoding="utf-8").splitlines():
        if line == "Every table has these columns:":
            columns = of_all
        elif line == "Tables of events have these columns too:":
            columns = of_events
        elif title := re.fullmatch(r"### `(\w+)`", line):
            columns = tables[title[1]] = dict(of_all)
        elif line.startswith("An event `"):
            columns.update(of_events)
        elif row := re.match(r"\| `(\w+)` \| ([^|]+) \|", line):
            columns[row[1]] = row[2]
    return tables


def statements(text):
    """(statement, view, the marks of its comment) of each statement, in order. A statement ends with a semicolon at the end of a line."""
    for part in re.split(r";[ \t]*\n", text):
        lines = part.splitlines()
        marks = {line.removeprefix("-- ") for line in lines if line in ("-- materialise", "-- must be empty")}
        statement = "\n".join(line for line in lines if not line.lstrip().startswith("--")).strip()
        if statement:
            name = re.match(r"CREATE OR REPLACE TEMP VIEW (\w+) AS", statement)
            yield statement, name[1], marks


class DuckDb:
    """The lake's tables and the SQL in DuckDB."""

    def __init__(self):
        self.connection = duckdb.connect()
        self.connection.execute("SET threads = 2")

    def register(self, table, columns, files):
        known = []
        if files:
            source = self.connection.read_parquet(files, union_by_name=True)
            source.create_view("files_of_" + table)
            known = source.columns
        wanted = ", ".join(f'"{c}"' if c in known else f'CAST(NULL AS {TYPES[kind][0]}) AS "{c}"' for c, kind in columns.items())
        rows = f"FROM files_of_{table}" if files else "WHERE FALSE"
        self.connection.execute(f"CREATE TEMP VIEW {table} AS SELECT {wanted} {rows}")

    def run(self, statement, name, is_materialised):
        if is_materialised:
            statement = statement.replace("TEMP VIEW", "TEMP TABLE", 1)
        self.connection.execute(statement)

    def rows(self, query):
        return self.connection.execute(query).fetchall()

    def write(self, query, path):
        self.connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")

    def memory_mib(self):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Spark:
    """The same in Spark, as one process of this machine that listens on loopback alone."""

    def __init__(self):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        from pyspark.sql import SparkSession

        self.session = (
            SparkSession.builder.master("local[2]").appName("count_cells")
            .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
            .config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false").config("spark.driver.memory", "1g")
            # Most of the time is spent on compiling code that runs once, so Java's quick compiler is the faster one here.
            .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
            .config("spark.sql.session.timeZone", "UTC").config("spark.sql.shuffle.partitions", "2")
            .getOrCreate()
        )
        self.session.sparkContext.setLogLevel("ERROR")
        self.folder = tempfile.TemporaryDirectory(prefix="count-cells-")

    def register(self, table, columns, files):
        # Columns that a file lacks are null.
        schema = ", ".join(f"`{column}` {TYPES[kind][1]}" for column, kind in columns.items())
        source = self.session.read.schema(schema).parquet(*files) if files else self.session.createDataFrame([], schema)
        source.createOrReplaceTempView(table)

    def run(self, statement, name, is_materialised):
        self.session.sql(statement)
        if is_materialised:
            # As files: unions of Spark's checkpoints fail (`key not found` in rewriteConstraints).
            path = f"{self.folder.name}/{name}"
            self.session.table(name).write.parquet(path)
            self.session.read.parquet(path).createOrReplaceTempView(name)

    def rows(self, query):
        return [tuple(row) for row in self.session.sql(query).collect()]

    def write(self, query, path):
        folder = f"{self.folder.name}/written"
        self.session.sql(query).coalesce(1).write.parquet(folder)
        (file,) = Path(folder).glob("*.parquet")
        shutil.move(file, path)

    def memory_mib(self):
        """The peak of the Java process; 0 where the system does not say."""
        status = Path(f"/proc/{self.session.sparkContext._gateway.proc.pid}/status")
        peak = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
        return int(peak[1]) / 1024 if peak else 0


def measured(lake, report):
    """The feed positions up to which the report was measured, as the lake has kept them."""
    days = (report["true_on_date"], report["known_on_date"])
    for entry in lake.get("reports", {}).get(report["content_sha256"], []):
        if (entry["true_on_date"], entry["known_on_date"]) == days:
            for source, position in entry["positions"].items():
                if lake["sources"][source]["epoch"] != position["epoch"]:
                    sys.exit(f"the lake has another history of {source} than the report")
            return {source: position["position"] for source, position in entry["positions"].items()}
    sys.exit("the lake has not kept how this report was measured")


def count(engine, folder, report, out):
    """Writes the cells. The seconds of the SQL."""
    lake = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    positions = measured(lake, report)
    files = defaultdict(list)
    for source in lake["sources"].values():
        for part in source["files"]:
            for table in part["tables"]:
                files[table["table"]].append(str(folder / table["path"]))
    sql = "\n".join(file.read_text(encoding="utf-8") for file in SQL)
    named = set(re.findall(r"\w+", sql))
    for table, columns in schema().items():
        if table in named:
            engine.register(table, columns, files[table])
    parameters = {
        "true_on": f"DATE '{report['true_on_date']}'",
        "known_on": f"DATE '{report['known_on_date']}'",
        "enrolment_position": positions.get("enrolment", 0),
        "network_position": positions.get("network", 0),
        "specialists_position": positions.get("specialists", 0),
        "first_year": int(report["since_academic_year"][:4]),
        "type_group_codes": ", ".join(map(str, report["type_group_codes"])),
    }
    started = time.monotonic()
    for statement, view, marks in statements(sql):
        statement = re.sub(r":(\w+)", lambda name: str(parameters[name[1]]), statement)
        engine.run(statement, view, "materialise" in marks)
        if "must be empty" in marks and (faults := engine.rows(f"SELECT * FROM {view} LIMIT 5")):
            sys.exit(f"{view} must be empty, and has {faults}")
    engine.write(f"SELECT {', '.join(COLUMNS)} FROM cells ORDER BY {ORDER}", out)
    return time.monotonic() - started


def differences(counted, expected):
    """The cells that only one file has, as texts, in their order."""
    connection = duckdb.connect()
    for name, path in (("counted", counted), ("expected", expected)):
        connection.read_parquet(str(path)).select(", ".join(COLUMNS)).create_view(name)
    rows = connection.execute(
        "SELECT 'counted' AS side, * FROM (FROM counted EXCEPT ALL FROM expected) "
        f"UNION ALL SELECT 'expected' AS side, * FROM (FROM expected EXCEPT ALL FROM counted) ORDER BY {ORDER}, side"
    ).fetchall()
    return [", ".join(str(value) for value in row) for row in rows]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--engine", choices=["duckdb", "spark"], required=True)
    arguments.add_argument("--lake", type=Path, required=True)
    arguments.add_argument("--report", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--compare", type=Path)
    arguments.add_argument("--times", action="store_true")
    arguments = arguments.parse_args()
    engine = DuckDb() if arguments.engine == "duckdb" else Spark()
    report = json.loads((arguments.report / "manifest.json").read_text(encoding="utf-8"))
    seconds = count(engine, arguments.lake, report, arguments.out)
    if arguments.times:
        print(f"{arguments.engine}: {seconds:.2f} s, peak memory {engine.memory_mib():.0f} MiB")
    if arguments.compare:
        found = differences(arguments.out, arguments.compare)
        print(*found[:DIFFERENCES_SHOWN], sep="\n", end="\n" if found else "")
        if found:
            print(f"{len(found)} cells of {arguments.engine} or of {arguments.compare} differ")
            return 1
        print(f"{len(duckdb.read_parquet(str(arguments.out)))} cells counted by {arguments.engine} agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
