# check: DuckDB and a second calculation agree with the benchmark's report, in whose register authorities were reorganised
set -euo pipefail
work=$1/speed
tests=$(cd "$(dirname "$0")/.." && pwd)
speed=$(dirname "$MATHSHUBS")/examples/speed
[ -x "$speed" ] || { echo "the benchmark is not built"; exit 77; }
"$speed" write "$work"
"$speed" measure "$work"
# Northamptonshire, which the register has as North and West Northamptonshire. No register is of the first years.
grep -q '^201617,.*,928,E10000021,Northamptonshire,' "$work/report/reach_by_local_authority.csv"
$PYTHON "$tests/independent/count_cells.py" --engine duckdb --lake "$work/lake" --report "$work/report" --out "$work/duckdb.parquet" --compare "$work/report/cells.parquet"
$PYTHON "$tests/independent/recompute_reach.py" --lake "$work/lake" --report "$work/report"
