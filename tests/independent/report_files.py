"""The rows and columns of the published files of schools."""
import csv
import sys


def filters(rows):
    """Which of the three filters have more than one level: the last three parts of the keys."""
    return [len({key[place] for key in rows}) > 1 for place in (-3, -2, -1)]


def without_constant_filters(rows):
    """The rows by keys without the filters that have one level."""
    kept = filters(rows)
    return {key[:-3] + tuple(level for level, keep in zip(key[-3:], kept) if keep): values for key, values in rows.items()}


def header(name, since, kept):
    """The columns that a file must have, in their order."""
    columns = "time_period time_identifier geographic_level country_code country_name region_code region_name".split()
    if not name.endswith("by_region.csv"):
        columns += "old_la_code new_la_code la_name".split()
    columns += [column for column, keep in zip(("programme", "education_phase", "stage"), kept) if keep] + ["schools_count"]
    if name == "cold_areas.csv":
        return columns + "schools_never_reached_count region_schools_count region_schools_never_reached_count coldness_percent coldness_rank".split() + [
            "coldness_rank_one_more_never_reached", "coldness_rank_one_fewer_never_reached", "coldness_coldest_20_percent"]
    whats = ("count", "new_count", "continuing_count", "percent", f"since_{since}_count", f"since_{since}_percent")
    reached = [f"schools_reached_{what}" for what in whats]
    return columns + reached


def published(path, since, kept, values_count):
    """{key: values} of a file; its header and the constant columns are held to what they must be."""
    rows = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        found = next(reader, [])
        if found != header(path.name, since, kept):
            sys.exit(f"{path.name}: its columns are {','.join(found)}")
        for row in reader:
            if row[1] != "Academic year" or row[3:5] != ["E92000001", "England"]:
                sys.exit(f"{path.name}: constant columns differ in {row}")
            key, values = tuple([row[0], row[2], *row[5:-values_count]]), tuple(row[-values_count:])
            if key in rows:
                sys.exit(f"{path.name}: the row {key} stands there twice")
            rows[key] = values
    return rows
