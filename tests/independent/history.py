"""What the events in a lake say, read with DuckDB and protobuf's own Python."""
import importlib
import json
import sys
import tempfile
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
from dimensions import PHASES, STAGES, TOTAL
from grpc_tools import protoc

LONDON = ZoneInfo("Europe/London")
ROOT = Path(__file__).resolve().parents[2]
# Holds the generated classes until the program ends.
FOLDER = tempfile.TemporaryDirectory(prefix="recompute-reach-")


def messages():
    """The generated classes of the contracts, compiled into a folder that goes away."""
    folder = FOLDER.name
    proto = ROOT / "proto"
    files = [str(f) for f in sorted(proto.glob("mathshubs/*/v1/*.proto"))]
    import grpc_tools
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    if protoc.main(["protoc", f"-I{proto}", f"-I{well_known}", f"--python_out={folder}", *files]) != 0:
        sys.exit("the contracts under proto/ do not compile")
    sys.path.insert(0, folder)
    found = {}
    for package in ("network", "enrolment", "specialists"):
        module = importlib.import_module(f"mathshubs.{package}.v1.events_pb2")
        for name, descriptor in module.DESCRIPTOR.message_types_by_name.items():
            found[descriptor.full_name] = getattr(module, name)
    return found


def events(lake, known_on, positions):
    """(type name, day it happened, payload) of what was recorded by the end of the day and lies at or before its feed's position, feed by feed, in order."""
    end = datetime.combine(known_on + timedelta(days=1), datetime.min.time(), LONDON)
    end_us = int(end.astimezone(timezone.utc).timestamp()) * 1_000_000
    classes = messages()
    manifest = json.loads((lake / "manifest.json").read_text())
    connection = duckdb.connect()
    for name, source in manifest["sources"].items():
        files = [str(lake / f["path"]) for f in source["files"]]
        rows = connection.execute(
            "SELECT type, happened_time_us, payload FROM read_parquet(?) WHERE recorded_time_us < ? AND position <= ? ORDER BY position",
            [files, end_us, positions[name]["position"] if name in positions else 0],
        )
        while batch := rows.fetchmany(10_000):
            for kind, happened_us, payload in batch:
                if kind in classes:
                    message = classes[kind]()
                    message.ParseFromString(bytes(payload))
                    happened = datetime.fromtimestamp(happened_us / 1_000_000, timezone.utc).astimezone(LONDON).date()
                    yield kind.rsplit(".", 1)[1], happened, message


def measured(lake, report):
    """The feed positions up to which a report was measured, as the lake has kept them."""
    days = (report["true_on_date"], report["known_on_date"])
    for entry in json.loads((lake / "manifest.json").read_text()).get("reports", {}).get(report["content_sha256"], []):
        if (entry["true_on_date"], entry["known_on_date"]) == days:
            return entry["positions"]
    sys.exit("the lake has not kept how this report was measured")


def day(text):
    return date.fromisoformat(text) if text else None


def first_calendar_year(text):
    return int(text[:4])


class World:
    """What the events say."""

    def __init__(self, lake, known_on, positions):
        self.imports = []  # (as_of, all schools by urn)
        self.links = {}
        self.rounds = {}
        self.terms = defaultdict(list)  # of a programme: (first day, version, terms)
        self.policies = {}  # by first day
        self.applied, self.started, self.completed = [], [], []
        # By application, or by the participation itself if it was imported.
        self.places, self.given_back, self.left, self.finished = {}, {}, {}, {}
        self.interruptions = defaultdict(list)  # [first day, day of the resumption or None, years by which the plan has moved then]
        self.imported_programmes = []  # (first year, programme of a round)
        self.cohorts, self.nominated, self.selected, self.nomination_ended = {}, {}, {}, {}
        schools, removed, added = {}, [], []
        current = {}
        for kind, happened, m in events(lake, known_on, positions):
            if kind == "SchoolsRecorded":
                schools.update((s.urn, s) for s in m.schools)
            elif kind == "SchoolLinksRecorded":
                removed += m.removed_school_links
                added += m.school_links
            elif kind in ("RegisterImported", "LinksConfirmed"):
                current = {**current, **schools}
                if kind == "RegisterImported":
                    self.imports.append((day(m.register.as_of_date), current))
                else:
                    self.imports[-1] = (self.imports[-1][0], current)
                for link in removed:
                    self.links.pop((link.predecessor_urn, link.successor_urn), None)
                for link in added:
                    if link.kind not in (0, 7):  # 7: no descent
                        self.links[link.predecessor_urn, link.successor_urn] = day(link.established_date)
                schools, removed, added = {}, [], []
            elif kind == "ProgrammeTermsAdded":
                _, programme, _, version = m.terms.name.split("/")
                self.terms[programme].append((day(m.terms.start_date), int(version), m.terms))
            elif kind == "ReachPolicyCreated":
                self.policies[day(m.reach_policy.start_date)] = m.reach_policy
            elif kind in ("RoundCreated", "RoundUpdated"):
                self.rounds[m.round.name] = m.round
            elif kind == "ApplicationSubmitted":
                self.applied.append((first_calendar_year(m.academic_year), m.application.programme, urn(m.application.school), happened))
            elif kind == "PlaceAccepted":
                self.places[m.application.name] = (m.participation, happened)
            elif kind == "ApplicationWithdrawn":
                self.given_back.setdefault(m.application.name, happened)
            elif kind == "ParticipationCancelled":
                if m.withdraw_date:
                    self.given_back[key(m.participation)] = day(m.withdraw_date)
                else:
                    self.given_back.setdefault(key(m.participation), happened)
            elif kind == "ParticipationWithdrawn":
                self.left[key(m.participation)] = day(m.withdraw_date)
            elif kind == "ParticipationDeferred":
                self.interruptions[key(m.participation)].append([day(m.defer_date), None, 0])
            elif kind == "ParticipationResumed":
                self.interruptions[key(m.participation)][-1][1:] = [day(m.resume_date), m.participation.deferred_years_count]
            elif kind == "ParticipationImported":
                p, first = m.participation, first_calendar_year(m.participation.first_academic_year)
                # No day of acceptance is known: it counts from the first day of its first year on.
                self.places[p.name] = (p, date(first, 9, 1))
                self.imported_programmes.append((first, m.programme))
                for taken in m.years:
                    fact = (first_calendar_year(taken.academic_year), p.programme, urn(p.school))
                    self.started.append((*fact, day(taken.start_date)))
                    if taken.completion_date:
                        self.completed.append((*fact, day(taken.completion_date)))
                if m.withdraw_date:
                    self.left[p.name] = day(m.withdraw_date)
            elif kind == "YearStarted":
                p = m.participation
                self.started.append((first_calendar_year(m.academic_year), p.programme, urn(p.school), day(m.start_date)))
            elif kind == "YearCompleted":
                p = m.participation
                self.completed.append((first_calendar_year(m.academic_year), p.programme, urn(p.school), day(m.completion_date)))
                if p.state == 3:
                    self.finished[key(p)] = day(m.completion_date)
            elif kind == "CohortCreated":
                self.cohorts[m.cohort.name] = m.cohort
            elif kind == "SpecialistNominated":
                self.nominated[m.nomination.name] = (m.nomination, happened)
            elif kind == "SpecialistSelected":
                self.selected[m.nomination.name] = (m.nomination, happened)
            elif kind in ("NominationWithdrawn", "NominationLapsed", "NominationOverridden") and m.nomination.state != 2:  # 2: selected
                name = m.nomination.name
                self.nomination_ended[name] = min(happened, self.nomination_ended.get(name, happened))

    def facts(self, true_on):
        """{(stage, programme, year): urns} that were true on the day."""
        facts = defaultdict(set)
        for stage, rows in (("Applied", self.applied), ("Active", self.started), ("Completed", self.completed)):
            for year, programme, school, when in rows:
                if when <= true_on:
                    facts[stage, programme, year].add(school)
        for application, (participation, accepted) in self.places.items():
            first = first_calendar_year(participation.first_academic_year)
            # A resumption that is not true yet leaves the participation interrupted.
            interruptions = [
                (start, end, moved) if end and end <= true_on else (start, None, 0) for start, end, moved in self.interruptions.get(application, [])
            ]
            moved = max((moved for _, _, moved in interruptions), default=0)
            for year in range(first, first + max(1, participation.years_count) + moved):
                opening, closing = date(year, 9, 1), date(year + 1, 9, 1)
                if year > first and any(start <= opening and (end is None or end >= closing) for start, end, _ in interruptions):
                    continue
                back = self.given_back.get(application)
                if accepted > true_on or (year > first and opening > true_on):
                    continue
                if back and back <= true_on and back <= opening:
                    continue
                ends = [e for e in (self.left.get(application), self.finished.get(application)) if e and e <= true_on]
                if any(e < opening for e in ends):
                    continue
                facts["Enrolled", participation.programme, year].add(urn(participation.school))
        cohorts = self.counted_cohorts(true_on)
        for stage, nominations in (("Applied", self.nominated), ("Enrolled", self.selected)):
            for name, (nomination, when) in nominations.items():
                cohort = cohorts.get(name.split("/nominations/")[0])
                if cohort is None or when > true_on:
                    continue
                year = first_calendar_year(cohort.first_academic_year)
                ended = self.nomination_ended.get(name)
                if stage == "Enrolled" and ended and ended <= true_on and ended <= date(year, 9, 1):
                    continue
                facts[stage, cohort.programme, year].add(urn(nomination.school))
        return facts

    def counted_cohorts(self, true_on):
        """The cohorts, by name, whose schools count; none unless the policy says so."""
        return self.cohorts if "specialist" in self.policy(true_on)["fact_kinds"] else {}

    def played(self, true_on):
        """{(programme, year): phases} and {programme: display name}"""
        played, names = defaultdict(set), {}
        offered = [(first, "", [programme]) for first, programme in self.imported_programmes]
        offered += [(first_calendar_year(r.academic_year), r.name, r.programmes) for r in self.rounds.values()]
        for first, _, programmes in sorted(offered, key=lambda offer: offer[:2]):
            for p in programmes:
                names[p.programme] = p.display_name
                for later in range(max(1, p.years_count)):
                    played[p.programme, first + later] |= set(p.education_phases) & PHASES.keys()
        for _, programme, *_ in self.applied + self.started + self.completed:
            names.setdefault(programme, programme)
        for participation, _ in self.places.values():
            names.setdefault(participation.programme, participation.programme)
        for cohort in self.counted_cohorts(true_on).values():
            names.setdefault(cohort.programme, cohort.programme)
            played[cohort.programme, first_calendar_year(cohort.first_academic_year)] |= {cohort.education_phase} & PHASES.keys()
        often = Counter(names.values())
        ambiguous = {n for n in often if n in ("", TOTAL) or often[n] > 1}
        return played, {p: f"{n} ({p})".strip() if n in ambiguous else n for p, n in names.items()}

    def policy(self, true_on):
        """The policy in force on the day; what is assumed without one."""
        begun = [start for start in self.policies if start <= true_on]
        if not begun:
            kinds = ["participation"]
            return {"name": None, "start_date": None, "decision": None, "stage": "Enrolled", "k": 10, "ranked_min": 10, "fact_kinds": kinds}
        policy = self.policies[max(begun)]
        kinds = [{1: "participation", 2: "specialist"}[kind] for kind in policy.fact_kinds]
        return {
            "name": policy.name, "start_date": policy.start_date, "decision": policy.decision, "stage": STAGES[policy.coldness_stage - 1],
            "k": policy.prior_schools_count, "ranked_min": policy.ranked_schools_min_count, "fact_kinds": kinds,
        }

    def terms_of(self, programme, opening):
        """The newest terms that have begun on the day; None when there are none, or the programme is withdrawn."""
        begun = [t for t in self.terms.get(programme, []) if t[0] <= opening]
        newest = max(begun, key=lambda t: t[:2])[2] if begun else None
        return None if newest is None or newest.withdrawn else newest


def key(participation):
    """The name of its application; its own one if it was imported."""
    return participation.application or participation.name


def urn(school):
    return int(school.removeprefix("schools/"))
