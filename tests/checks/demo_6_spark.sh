# check: Spark counts the cells of the demo's report
set -euo pipefail
work=$1/demo
tests=$(cd "$(dirname "$0")/.." && pwd)
[ -f "$work/report/cells.parquet" ] || { echo "the check demo_1_small left no cells"; exit 1; }
if [ -z "${SPARK_PACKAGES:-}" ]; then
    echo "there is no Java 17, or Spark could not be installed"
    exit 77
fi
PYTHONPATH=$SPARK_PACKAGES $PYTHON "$tests/independent/count_cells.py" --engine spark --lake "$work/report/lake" --report "$work/report" \
    --out "$work/spark.parquet" --compare "$work/report/cells.parquet"
