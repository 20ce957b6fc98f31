# check: DuckDB counts the cells of the demo's reports, a report is written from them, and DuckDB answers the questions of analytics/README.md
set -euo pipefail
work=$1/demo
tests=$(cd "$(dirname "$0")/.." && pwd)
[ -f "$work/report/cells.parquet" ] || { echo "the check demo_1_small left no cells"; exit 1; }
count() { # REPORT
    $PYTHON "$tests/independent/count_cells.py" --engine duckdb --lake "$work/report/lake" --report "$1" --out "$work/duckdb.parquet" --compare "$1/cells.parquet"
}
count "$work/report"
# The files of the report that is made from DuckDB's cells are the same.
day() { $PYTHON -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/report/manifest.json" "$1"; }
"$MATHSHUBS" report --cells "$work/duckdb.parquet" --lake "$work/report/lake" --out "$work/from-duckdb" --true-on "$(day true_on_date)" --known-on "$(day known_on_date)"
files=$(cd "$work/report" && ls -- *.csv)
for file in $files; do
    [ "$file" = changes.csv ] || cmp "$work/report/$file" "$work/from-duckdb/$file"
done
for report in "$work"/report/20*/; do
    count "${report%/}"
done
# One school more must differ, otherwise the comparison proves nothing.
$PYTHON - "$work/report/cells.parquet" "$work/other-cells.parquet" <<'PYTHON'
import sys, duckdb
cells = duckdb.read_parquet(sys.argv[1], file_row_number=True)
cells.select("* EXCLUDE file_row_number REPLACE (reached_count + CAST(file_row_number = 0 AS INT) AS reached_count)").write_parquet(sys.argv[2])
PYTHON
if $PYTHON "$tests/independent/count_cells.py" --engine duckdb --lake "$work/report/lake" --report "$work/report" --out "$work/duckdb.parquet" \
    --compare "$work/other-cells.parquet" >"$work/other-cells.out"; then
    echo "a cell with one school more agrees"
    exit 1
fi
grep -q '^2 cells of duckdb' "$work/other-cells.out"
$PYTHON "$tests/checks/questions.py" "$work/report/lake"
