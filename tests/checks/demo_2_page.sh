# check: the demo's page renders without network requests
set -euo pipefail
work=$1/demo
tests=$(cd "$(dirname "$0")/.." && pwd)
[ -f "$work/report/index.html" ] || { echo "the check demo_1_small left no page"; exit 1; }
$PYTHON "$tests/checks/look.py" "$work/report/index.html"
