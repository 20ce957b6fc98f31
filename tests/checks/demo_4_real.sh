# check: a second calculation agrees with the report on the real register
set -euo pipefail
work=$1/demo_real
tests=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "${MATHSHUBS_TEST_DATA:-}" ]; then
    echo "../shared/data is absent"
    exit 77
fi
"$MATHSHUBS" demo --years 3 --seed 7 --scale 100 --out "$work" --register "$MATHSHUBS_TEST_DATA/gias/edubasealldata20180901.csv" \
    --links "$MATHSHUBS_TEST_DATA/gias/links_edubasealldata20250422.csv"
$PYTHON "$tests/independent/recompute_reach.py" --lake "$work/lake" --report "$work"
$PYTHON "$tests/independent/teachers.py" --lake "$work/lake" --report "$work"
# No register covers the years before 2018/19.
$PYTHON "$tests/independent/count_cells.py" --engine duckdb --lake "$work/lake" --report "$work" --out "$work/duckdb.parquet" --compare "$work/cells.parquet"
