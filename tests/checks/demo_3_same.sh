# check: the same seed gives the same report, on SQLite and on PostgreSQL
set -euo pipefail
work=$1/demo
[ -d "$work/report" ] || { echo "the check demo_1_small left no report"; exit 1; }
if [ -z "${MATHSHUBS_TEST_POSTGRES_URL:-}" ]; then
    echo "there is no PostgreSQL"
    exit 77
fi
# The program reads the password from the environment, and refuses it as an argument.
rest=${MATHSHUBS_TEST_POSTGRES_URL#*://}
PGPASSWORD=${rest%%@*}
PGPASSWORD=${PGPASSWORD#*:}
export PGPASSWORD
base=postgres://${rest%%:*}@${rest#*@}/demo_$$
"$MATHSHUBS" demo --seed 7 --scale 100 --out "$work/postgres" --database-url "$base"
compared=0
# All files except the lake and provenance.json, earlier years included.
while read -r file; do
    cmp "$work/report/$file" "$work/postgres/$file"
    compared=$((compared + 1))
done < <(cd "$work/report" && find . -type f -not -path './lake/*' -not -name provenance.json)
[ "$compared" -ge 8 ] || { echo "only $compared files were compared"; exit 1; }
# Another seed must give another report, otherwise the comparison proves nothing.
"$MATHSHUBS" demo --seed 8 --scale 100 --out "$work/other"
if cmp -s "$work/report/reach_by_region.csv" "$work/other/reach_by_region.csv"; then
    echo "two seeds gave the same report"
    exit 1
fi
if "$MATHSHUBS" demo --seed 7 --scale 100 --out "$work/again" --database-url "$base" >"$work/again.out" 2>&1; then
    echo "a database that is not empty was accepted"
    exit 1
fi
echo "$compared files are the same"
