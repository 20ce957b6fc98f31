#!/usr/bin/env python3
"""Counts the teachers of a report a second time, and tries to find the counts that it hides.

    teachers.py --lake DIR --report DIR

It shares nothing with the Rust that measured but the lake's typed tables (analytics/SCHEMA.md). Each published number of teachers_by_region.csv must be the counted one, and each
count of 1 to 4 people must be hidden. Then a reader's knowledge is solved, year by year: the rows add up by regions and by programmes, visiting teachers are teachers, and
a hidden count is at least 1. A hidden count with one possible value is found by the equations (exactly, in fractions) or by bounds. To show that this finds something, the
same is tried on a table that hides the counts of 1 to 4 alone.
Ends with 0 when all numbers agree and nothing is found, else with 1 and the rows. Needs duckdb (tests/requirements.txt).
"""
import argparse
import csv
import json
import sys
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path

import duckdb
from dimensions import REGIONS, TOTAL

ENGLAND = ""
SMALL = range(1, 5)
# More than there are teachers.
PERSONS_MAX = 10_000_000
COLUMNS = "meetings_held_count", "teachers_count", "teachers_visiting_count"
DIFFERENCES_SHOWN = 40


class Lake:
    """The rows of typed tables that were known when a report was measured."""

    def __init__(self, folder, report):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        days = report["true_on_date"], report["known_on_date"]
        entries = manifest.get("reports", {}).get(report["content_sha256"], [])
        measured = [entry["positions"] for entry in entries if (entry["true_on_date"], entry["known_on_date"]) == days]
        if not measured:
            sys.exit("the lake has not kept how this report was measured")
        self.known_on, self.positions = report["known_on_date"], measured[0]
        self.files = defaultdict(list)
        for source in manifest["sources"].values():
            for part in source["files"]:
                for table in part["tables"]:
                    self.files[table["table"]].append(str(folder / table["path"]))
        self.connection = duckdb.connect()

    def rows(self, table, columns, source):
        """Columns of a source's rows, in order of position; none when nothing was collected for the table."""
        if not self.files[table]:
            return []
        position = self.positions.get(source, {"position": 0})["position"]
        return self.connection.execute(
            f"SELECT {columns} FROM read_parquet(?, union_by_name = true) WHERE event_source = ? AND event_position <= ? "
            "AND event_recorded_date <= CAST(? AS DATE) ORDER BY event_position",
            [self.files[table], source, position, self.known_on],
        ).fetchall()


def regions_of_schools(lake):
    """{school: code of its region} by its newest description. Descriptions take effect with the import, or the confirmation of links, after them."""
    ends = [row[0] for table in ("network_register_imported", "network_links_confirmed") for row in lake.rows(table, "event_position", "network")]
    described = lake.rows("network_schools_recorded_schools", "name, region_code, event_position", "network")
    return {school: region for school, region, position in described if position < max(ends)}


def count(lake, true_on):
    """{(year, programme, region): [meetings, teachers, visiting]}, with the sums."""
    programme_of_group = dict(lake.rows("enrolment_work_group_formed", "work_group_name, work_group_programme", "enrolment"))
    region_of_hub = dict(lake.rows("network_hub_created", "hub_name, hub_region_code", "network"))
    region_of_school = regions_of_schools(lake)
    participations = {}
    for table in ("enrolment_place_accepted", "enrolment_participation_imported"):
        columns = "participation_name, participation_programme, participation_school"
        participations.update((name, (programme, school)) for name, programme, school in lake.rows(table, columns, "enrolment"))
    current = {}
    for stays, merged in lake.rows("network_persons_merged", "person_name, merged_person", "network"):
        # All ids that meant the merged record mean the other one from now on.
        before = current.get(merged, merged)
        current.update({person: current.get(stays, stays) for person in [before, *(p for p, c in current.items() if c == before)]})

    counts = Counter()
    hosts = {}
    columns = "meeting_name, meeting_kind, meeting_host_school, meeting_hub, meeting_start_date"
    for name, kind, host, hub, start in lake.rows("meeting_register_taken", columns, "enrolment"):
        if kind == "MEETING_KIND_PEER_VISIT":
            hosts[name] = host
        if start <= true_on:
            counts[academic_year(start), programme_of_group[name.split("/meetings/")[0]], region_of_hub[hub], 0] += 1

    marks = {}
    registered = lake.rows("meeting_register_taken_marks", "meeting, mark_date, person, number, subject, kind", "enrolment")
    corrected = lake.rows(
        "meeting_mark_corrected", "mark_meeting, mark_mark_date, mark_person, mark_number, mark_subject, mark_kind", "enrolment"
    )
    for meeting, day, person, number, subject, kind in registered + corrected:
        if day <= true_on and number > marks.get((meeting, day, person), (0,))[0]:
            marks[meeting, day, person] = number, subject, kind
    days_of_teachers, visiting = defaultdict(set), set()
    for (meeting, day, person), (_, subject, kind) in marks.items():
        if kind in ("MARK_KIND_ATTENDED", "MARK_KIND_PART", "MARK_KIND_SUBSTITUTED"):
            programme, school = participations[subject]
            teacher = academic_year(day), current.get(person, person)
            days_of_teachers[teacher].add((day, programme, region_of_school[school]))
            if hosts.get(meeting, school) != school:
                visiting.add(teacher)
    for teacher, attended in days_of_teachers.items():
        _, programme, region = min(attended)
        counts[teacher[0], programme, region, 1] += 1
        counts[teacher[0], programme, region, 2] += teacher in visiting

    summed = defaultdict(lambda: [0, 0, 0])
    for (year, programme, region, column), number in counts.items():
        for key in ((year, p, r) for p in (programme, TOTAL) for r in (region, ENGLAND)):
            summed[key][column] += number
    return summed


def academic_year(day):
    return day.year if day.month >= 9 else day.year - 1


def published(path):
    """{(year, programme, region): three texts}, in the order of the file."""
    rows = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            level = ("Regional", True) if row["region_code"] else ("National", False)
            if (row["geographic_level"], bool(row["region_name"])) != level:
                sys.exit(f"{path.name}: the level contradicts the region in {row}")
            rows[int(row["time_period"][:4]), row["programme"], row["region_code"]] = tuple(row[column] for column in COLUMNS)
    return rows


def lines(programmes):
    """(parts, sum) of cells `(programme, region, column)`: each sum of a year's table."""
    for column in (1, 2):
        for programme in [TOTAL, *programmes]:
            yield [(programme, region, column) for region in REGIONS], (programme, ENGLAND, column)
        for region in [ENGLAND, *REGIONS]:
            yield [(programme, region, column) for programme in programmes], (TOTAL, region, column)


def solved(equations):
    """The unknowns that linear equations determine: `{unknown: coefficient}` each, by Gauss and Jordan."""
    rows = [dict(equation) for equation in equations if equation]
    done = []
    while rows:
        row = rows.pop()
        pivot = next(iter(row))
        row = {cell: factor / row[pivot] for cell, factor in row.items()}

        def without_pivot(other):
            times = other.get(pivot, 0)
            left = {cell: other.get(cell, 0) - times * row.get(cell, 0) for cell in other.keys() | row.keys()} if times else other
            return {cell: factor for cell, factor in left.items() if factor}

        rows = [left for left in map(without_pivot, rows) if left]
        done = [*map(without_pivot, done), row]
    return {next(iter(row)) for row in done if len(row) == 1}


def bounded(known, hidden, programmes):
    """{hidden cell: (least, most)}, narrowed by each line and by the other column until nothing changes."""
    bounds = {cell: (1, PERSONS_MAX) for cell in hidden}

    def of(cell):
        return bounds.get(cell) or (known[cell], known[cell])

    def narrow(cell, least, most):
        if cell not in bounds:
            return False
        before = bounds[cell]
        bounds[cell] = max(before[0], least), min(before[1], most)
        return bounds[cell] != before

    changed = True
    while changed:
        changed = False
        for parts, total in lines(programmes):
            least, most = (sum(of(part)[side] for part in parts) for side in (0, 1))
            changed |= narrow(total, least, most)
            for part in parts:
                others_least, others_most = least - of(part)[0], most - of(part)[1]
                changed |= narrow(part, of(total)[0] - others_most, of(total)[1] - others_least)
                least, most = others_least + of(part)[0], others_most + of(part)[1]
        for programme in [TOTAL, *programmes]:
            for region in [ENGLAND, *REGIONS]:
                teachers, visiting = (programme, region, 1), (programme, region, 2)
                changed |= narrow(teachers, of(visiting)[0], PERSONS_MAX)
                changed |= narrow(visiting, 0, of(teachers)[1])
    return bounds


def found(shown, programmes):
    """The counts of a year that a reader finds though they are hidden. `shown` has None for a hidden count. A few teachers who did not visit are hidden too, as a difference."""
    known = {cell: number for cell, number in shown.items() if number is not None}
    hidden = shown.keys() - known.keys()
    equations = []
    for parts, total in lines(programmes):
        equation = {part: Fraction(1) for part in parts if part in hidden}
        if total in hidden:
            equation[total] = Fraction(-1)
        equations.append(equation)
    cells = solved(equations) | {cell for cell, (least, most) in bounded(known, hidden, programmes).items() if least == most}
    for programme, region, column in known:
        rest = column == 1 and known.get((programme, region, 2)) and known[programme, region, 1] - known[programme, region, 2]
        if rest and rest in SMALL:
            cells.add((programme, region, "not visiting"))
    return cells


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--lake", type=Path, required=True)
    arguments.add_argument("--report", type=Path, required=True)
    arguments = arguments.parse_args()
    report = json.loads((arguments.report / "manifest.json").read_text(encoding="utf-8"))
    lake = Lake(arguments.lake, report)
    (true_on,) = lake.connection.execute("SELECT CAST(? AS DATE)", [report["true_on_date"]]).fetchone()
    counts = count(lake, true_on)
    path = arguments.report / "teachers_by_region.csv"
    if not counts:
        print("no meeting was held" if not path.exists() else f"{path.name}: is there, and nobody met")
        return int(path.exists())
    names = {programme["id"]: programme["display_name"] for programme in report["programmes"]}
    programmes = list(names.values())
    counts = {(year, names.get(programme, programme), region): numbers for (year, programme, region), numbers in counts.items()}
    first, last = min(year for year, *_ in counts), academic_year(true_on)
    rows = published(path)
    order = [(y, p, r) for y in range(first, last + 1) for r in [ENGLAND, *REGIONS] for p in [TOTAL, *programmes]]
    differences = [] if list(rows) == order else [f"{path.name}: its rows, or their order, differ"]
    hidden_count = weak_count = 0
    for year in range(first, last + 1):
        shown, weak = {}, {}
        for programme, region in ((p, r) for p in [TOTAL, *programmes] for r in [ENGLAND, *REGIONS]):
            key = year, programme, region
            numbers, texts = counts.get(key, [0, 0, 0]), rows.get(key, ("", "", ""))
            is_empty = not any(counts.get((year, programme, ENGLAND), [0]))
            for column, (number, text) in enumerate(zip(numbers, texts)):
                agrees = text == str(number) and not (column and number in SMALL)
                if not (agrees or (text == "z" and is_empty) or (text == "c" and column and number)):
                    differences.append(f"{', '.join(map(str, key))}: {COLUMNS[column]} is {text}, counted {number}")
                if column:
                    hidden_count += text == "c"
                    shown[programme, region, column] = None if text == "c" else number
                    weak[programme, region, column] = None if number in SMALL else number
        differences += [f"{year}, {', '.join(map(str, cell))}: a reader finds it" for cell in sorted(found(shown, programmes), key=str)]
        weak_count += len(found(weak, programmes))
    print(*differences[:DIFFERENCES_SHOWN], sep="\n", end="\n" if differences else "")
    if differences:
        print(f"{len(differences)} differences in {len(rows)} rows")
        return 1
    print(f"{len(rows)} rows of teachers agree; {hidden_count} counts are hidden, none is found; with counts of 1 to 4 hidden alone, {weak_count} are found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
