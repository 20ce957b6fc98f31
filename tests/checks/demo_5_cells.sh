# check: DuckDB counts the cells of the demo's report, and answers the questions of analytics/README.md
set -euo pipefail
work=$1/demo
tests=$(cd "$(dirname "$0")/.." && pwd)
[ -f "$work/report/cells.parquet" ] || { echo "the check demo_1_small left no cells"; exit 1; }
count() { # REPORT
    $PYTHON "$tests/independent/count_cells.py" --engine duckdb --lake "$work/report/lake" --report "$1" --out "$work/duckdb.parquet" --compare "$1/cells.parquet"
}
count "$work/report"
# The reports of earlier years are true on earlier days and up to earlier positions.
for report in "$work"/report/20*/; do
    count "${report%/}"
done
# Cells of another report must differ, otherwise the comparison proves nothing.
if $PYTHON "$tests/independent/count_cells.py" --engine duckdb --lake "$work/report/lake" --report "$work/report" --out "$work/duckdb.parquet" \
    --compare "${report%/}/cells.parquet" >"$work/other-cells.out"; then
    echo "cells of another year agree"
    exit 1
fi
$PYTHON "$tests/checks/questions.py" "$work/report/lake"
