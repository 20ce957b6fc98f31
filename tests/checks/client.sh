# check: Python clients apply for a place, and form a Work Group, at a suite that `mathshubs up` serves
#
# On an empty folder: a token, a register of a few schools, a hub and a round by NCETM, an application by the school, reflection, a Work Group from refusals to the
# subsidies that are payable, and a clean stop on SIGTERM; then a second start on the same folder, which still has the application.
set -euo pipefail
work=$1/client
tests=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$work"
trap '[ -z "${up:-}" ] || kill "$up" 2>/dev/null || true' EXIT

start() {
    "$MATHSHUBS" up --data "$work/data" --network-address 127.0.0.1:0 --enrolment-address 127.0.0.1:0 \
        --specialists-address 127.0.0.1:0 --funding-address 127.0.0.1:0 >"$work/up.out" 2>"$work/up.log" &
    up=$!
    for _ in $(seq 300); do
        grep -q '^Ctrl-C\|Ctrl-C stops' "$work/up.out" && break
        kill -0 "$up" 2>/dev/null || break
        sleep 0.1
    done
    network=$(awk '$1 == "network" { print $2 }' "$work/up.out")
    enrolment=$(awk '$1 == "enrolment" { print $2 }' "$work/up.out")
    funding=$(awk '$1 == "funding" { print $2 }' "$work/up.out")
    if [ -z "$network" ] || [ -z "$enrolment" ]; then
        echo "mathshubs up printed no addresses:"
        cat "$work/up.out" "$work/up.log"
        exit 1
    fi
}

stop() {
    kill -TERM "$up"
    wait "$up" || { echo "mathshubs up ended with $? on SIGTERM"; tail "$work/up.log"; exit 1; }
    up=
}

start
exposed=$(find "$work/data" -name 'signing-key*' -perm /077)
if [ -n "$exposed" ] || [ -z "$(find "$work/data" -name 'signing-key*')" ]; then
    echo "the signing key is not there, or others can read it: $exposed"
    exit 1
fi
ncetm=$("$MATHSHUBS" token --data "$work/data" --role ncetm)
today=$(date +%Y-%m-%d)
{
    echo 'URN,LA (code),LA (name),EstablishmentName,TypeOfEstablishment (code),EstablishmentTypeGroup (code),EstablishmentStatus (code),OpenDate,CloseDate,PhaseOfEducation (code),GOR (code)'
    for urn in $(seq 100001 100011); do
        echo "$urn,373,Sheffield,School $urn,01,4,1,01-09-1970,,2,D"
    done
} >"$work/extract.csv"
MATHSHUBS_TOKEN=$ncetm "$MATHSHUBS" import-register "$work/extract.csv" --as-of "$today" --address "$network"

cd "$tests/clients"
$PYTHON work_group.py --data "$work/data" --network "$network" --enrolment "$enrolment" --funding "$funding" --hub south \
    --first-school 100004
MATHSHUBS_TOKEN=$ncetm $PYTHON prepare.py --network "$network" --enrolment "$enrolment" --hub north --lead schools/100001 --round now --places 2
school=$("$MATHSHUBS" token --data "$work/data" --role school --school 100002)
apply() { MATHSHUBS_TOKEN=$1 $PYTHON apply.py --enrolment "$enrolment" --round rounds/now --hub hubs/north --school "$2"; }
application=$(apply "$school" schools/100002 | tail -n 1)
if apply "$school" schools/100003 >"$work/foreign.out" 2>&1; then
    echo "a school's token applied for another school"
    exit 1
fi
grep -q PERMISSION_DENIED "$work/foreign.out" || { cat "$work/foreign.out"; exit 1; }
$PYTHON reflect.py "$network" "$ncetm" mathshubs.network.v1.RegisterService mathshubs.network.v1.HubService \
    mathshubs.network.v1.ReachService mathshubs.feed.v1.FeedService >"$work/reflect.out"
$PYTHON reflect.py "$enrolment" "$ncetm" mathshubs.enrolment.v1.RoundService mathshubs.enrolment.v1.ApplicationService \
    mathshubs.enrolment.v1.ParticipationService mathshubs.feed.v1.FeedService >>"$work/reflect.out"
stop

start
if apply "$school" schools/100002 >"$work/again.out" 2>&1; then
    echo "the application was lost between two starts: the school could apply again"
    exit 1
fi
grep -q ALREADY_EXISTS "$work/again.out" || { cat "$work/again.out"; exit 1; }
stop
echo "applied as $application"
