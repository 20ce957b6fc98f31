#!/usr/bin/env python3
"""Runs the SQL of analytics/README.md by DuckDB in a lake, as a reader would: `questions.py LAKE`. Ends with 1 when one of the questions has no answer."""
import os
import re
import sys
from pathlib import Path

import duckdb

README = Path(__file__).resolve().parents[2] / "analytics/README.md"


def main():
    questions = re.findall(r"^```sql\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    if len(questions) != 3:
        sys.exit(f"{README} has {len(questions)} questions in SQL, and says that they are three")
    os.chdir(sys.argv[1])
    for question in questions:
        rows = duckdb.connect().execute(question).fetchall()
        if not rows:
            sys.exit(f"no row answers:\n{question}")
        print(f"{len(rows)} rows, the first one {rows[0]}: {question.splitlines()[0]}")


if __name__ == "__main__":
    main()
