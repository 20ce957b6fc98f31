# check: a second calculation agrees with the demo's reports
#
# A small demo of the default years, on a generated register; another implementation computes every figure again from the events.
set -euo pipefail
work=$1/demo
tests=$(cd "$(dirname "$0")/.." && pwd)
"$MATHSHUBS" demo --seed 7 --scale 100 --out "$work/report"
# The reports of earlier years are true on earlier days and up to earlier positions.
for report in "$work/report" "$work"/report/20*/; do
    $PYTHON "$tests/independent/recompute_reach.py" --lake "$work/report/lake" --report "${report%/}"
    $PYTHON "$tests/independent/teachers.py" --lake "$work/report/lake" --report "${report%/}"
done
# One teacher more must differ, and a count that is shown though the others give it away must be found, otherwise the comparison proves nothing.
mkdir -p "$work/altered"
cp "$work/report/manifest.json" "$work/altered/"
differs() { # HOW WHAT
    $PYTHON - "$work/report/teachers_by_region.csv" "$work/altered/teachers_by_region.csv" "$1" <<'PYTHON'
import csv, sys
with open(sys.argv[1], newline="") as file:
    rows = list(csv.reader(file))
column = rows[0].index("teachers_count")
shown = next(row for row in rows[1:] if row[column] not in ("0", "c", "z")) if sys.argv[3] == "more" else rows[1]
shown[column] = str(int(shown[column]) + 1) if sys.argv[3] == "more" else "c"
with open(sys.argv[2], "w", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows(rows)
PYTHON
    ! $PYTHON "$tests/independent/teachers.py" --lake "$work/report/lake" --report "$work/altered" >"$work/altered/out" || { echo "a report with $2 agrees"; exit 1; }
    grep -q "$3" "$work/altered/out"
}
differs more "one teacher more" 'teachers_count is'
differs hidden "a hidden count that its sum gives away" 'a reader finds it'
