# check: Prometheus reads metrics of calls, feeds and lag from the admin ports, and its alerts fire
#
# A real Prometheus on loopback with the alert rules of deploy/alerts.yaml, beside services that run as separate processes.
set -euo pipefail
work=$1/prometheus
checks=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$checks/../.." && pwd)
for program in prometheus promtool; do
    command -v "$program" >/dev/null || { echo "$program is not installed (Debian's package is prometheus)"; exit 77; }
done
mkdir -p "$work"

# Unit tests of the rules; promtool needs the rules in the folder of the tests.
cp "$root/deploy/alerts.yaml" "$checks/prometheus/alerts_test.yaml" "$work/"
promtool check rules "$work/alerts.yaml"
promtool test rules "$work/alerts_test.yaml"

$PYTHON "$checks/prometheus/check.py" "$MATHSHUBS" "$work"
