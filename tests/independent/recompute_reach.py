#!/usr/bin/env python3
"""Recomputes every reach figure from the events in the lake, and holds it against a report, row by row.

    recompute_reach.py --lake DIR --report DIR

It shares nothing with the Rust that measured but the contracts (proto/), the table of authorities and domain.md: Parquet is read by DuckDB, payloads by protobuf's own
Python, and reach is asked the other way round: for each school of a denominator, who are its predecessors, and did any of them do it?
Ends with 0 when all data files and the manifest's counts agree, else with 1 and the rows that differ. Needs duckdb, grpcio-tools, protobuf and tzdata (tests/requirements.txt).
"""
import argparse
import csv
import importlib
import json
import sys
import tempfile
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
from authorities import Authorities
from grpc_tools import protoc

LONDON = ZoneInfo("Europe/London")
ROOT = Path(__file__).resolve().parents[2]
REGIONS = {
    "E12000001": "North East", "E12000002": "North West", "E12000003": "Yorkshire and The Humber", "E12000004": "East Midlands",
    "E12000005": "West Midlands", "E12000006": "East of England", "E12000007": "London", "E12000008": "South East",
    "E12000009": "South West",
}
PHASES = {1: "Primary", 2: "Secondary", 3: "All-through"}
STAGES = ["Applied", "Enrolled", "Active", "Completed"]
TOTAL = "Total"
NEAREST_DAYS_MAX = 30
DIFFERENCES_SHOWN = 40
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
            for year in range(first, first + max(1, participation.years_count)):
                opening = date(year, 9, 1)
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


UNKNOWN_REASONS = {7: "unknown_status", 8: "unknown_phase"}


def judge(school, how, opening, type_groups):
    """None when in, else the reason."""
    if school is None or not school.listed:
        return "urn_not_in_register"
    if school.register_reason in UNKNOWN_REASONS:
        return UNKNOWN_REASONS[school.register_reason]
    if how == "status" and school.register_reason != 1:
        return {2: "closed", 3: "not_open_yet", 4: "not_state_funded", 5: "phase_not_counted", 6: "no_region"}.get(
            school.register_reason, "urn_not_in_register"
        )
    if how != "status" and school.type_group_code not in type_groups:
        return "not_state_funded"
    if school.education_phase not in PHASES:
        return "phase_not_counted"
    if school.region_code not in REGIONS:
        return "no_region"
    if how == "nearest":
        opened, closed = day(school.open_date), day(school.close_date)
        if closed and closed <= opening:
            return "closed"
        if opened and opened > opening:
            return "not_open_yet"
        if school.status_code == 2 and closed is None:
            return "closed"
        if school.status_code == 4 and opened is None:
            return "not_open_yet"
    if how == "dates":
        opened, closed = day(school.open_date), day(school.close_date)
        if closed and closed <= opening:
            return "closed"
        if school.status_code == 4 or opened is None or opened > opening:
            return "not_open_yet"
        if school.status_code == 2 and closed is None:
            return "closed"
    return None


def is_open(school, how, opening):
    """Whether a school of any kind is open in England on the day."""
    if not school.listed or school.register_reason in UNKNOWN_REASONS or school.region_code not in REGIONS:
        return False
    opened, closed = day(school.open_date), day(school.close_date)
    if how == "status":
        return school.status_code not in (2, 4)
    if how == "nearest":
        if (closed and closed <= opening) or (opened and opened > opening):
            return False
        return not (school.status_code == 2 and closed is None) and not (school.status_code == 4 and opened is None)
    if how == "dates":
        if (closed and closed <= opening) or school.status_code == 4 or opened is None or opened > opening:
            return False
        return not (school.status_code == 2 and closed is None)
    return True


def may(school, terms):
    """Whether terms take schools of this type group, phase and ages."""
    rule = terms.eligibility
    if school.type_group_code not in rule.type_group_codes or school.phase_code not in rule.phase_codes:
        return False
    if not rule.HasField("ages"):
        return True
    known = school.HasField("low_age") and school.HasField("high_age")
    return known and school.low_age <= rule.ages.from_age and school.high_age >= rule.ages.to_age


def unknown(school, opening, type_groups):
    """Whether the row leaves open if a school that counts was open on the day: it says neither when it opened nor that it had closed by then."""
    if school.open_date or not school.listed or school.status_code == 4 or school.register_reason in UNKNOWN_REASONS:
        return False
    if school.close_date and day(school.close_date) <= opening:
        return False
    return school.type_group_code in type_groups and school.education_phase in PHASES and school.region_code in REGIONS


def closure(start, steps):
    """Everything that can be reached."""
    found, open_ = {start}, [start]
    while open_:
        for following in steps.get(open_.pop(), ()):
            if following not in found:
                found.add(following)
                open_.append(following)
    return found


def tenths(part, whole):
    value = (2000 * part + whole) // (2 * whole)
    return f"{value // 10}.{value % 10}"


def recompute(lake, rules):
    true_on, known_on = day(rules["true_on_date"]), day(rules["known_on_date"])
    first = first_calendar_year(rules["since_academic_year"])
    last = true_on.year if true_on.month >= 9 else true_on.year - 1
    type_groups = set(rules["type_group_codes"])
    world, table = World(lake, known_on, measured(lake, rules)), Authorities(list(REGIONS))
    facts = {k: v for k, v in world.facts(true_on).items() if first <= k[2] <= last}
    played, names = world.played(true_on)
    programmes = sorted(names)
    region_rows, authority_rows, notes = {}, {}, {}
    post_16_region_rows, post_16_authority_rows = {}, {}
    SIXTEEN_PLUS = 6
    terms = {(p, y): world.terms_of(p, date(y, 9, 1)) for p, y in played if first <= y <= last}
    takes_16_plus = {key for key, rule in terms.items() if rule and SIXTEEN_PLUS in rule.eligibility.phase_codes}
    of_16_plus = {p for p, _ in takes_16_plus}
    never = {}  # of the newest covered year: (programme, phase, region or (la,)) -> (schools, never)
    cold_year, cold_authorities = None, {}
    policy = world.policy(true_on)
    stage_of_cold = policy["stage"]
    for year in range(first, last + 1):
        opening = date(year, 9, 1)
        own = [i for i in world.imports if i[0] == opening]
        near = [i for i in world.imports if abs((i[0] - opening).days) <= NEAREST_DAYS_MAX]
        later = [i for i in world.imports if i[0] > opening and not any(unknown(s, opening, type_groups) for s in i[1].values())]
        if own:
            how, register = "status", own[-1][1]
        elif near:
            closest = min((abs((i[0] - opening).days), i[0]) for i in near)[1]
            how, register = "nearest", [i for i in near if i[0] == closest][-1][1]
        elif later:
            nearest = min(i[0] for i in later)
            how, register = "dates", [i for i in later if i[0] == nearest][-1][1]
        else:
            how, register = "uncovered", world.imports[-1][1]
        ground = {u: s for u, s in register.items() if judge(s, how, opening, type_groups) is None}
        # A register of another time has the authorities of its own day; the figures have those of 1 September.
        registered = Counter(s.old_la_code for s in register.values())
        of_day = {code: table.of_day(code, opening, registered) for code in registered} if how in ("dates", "uncovered") else {}

        def takes(programme, u, school):
            """Whether a school is in the denominator of a programme in the year, or of the total."""
            if programme is None:
                return u in ground and school.education_phase in phases(None)
            if (programme, year) not in played:
                return False
            rule = terms[programme, year]
            if rule is None:
                return u in ground and school.education_phase in phases(programme)
            return may(school, rule) and is_open(school, how, opening)

        def phases(programme):
            if programme is None:
                return set().union(*(played.get((p, year), set()) for p in programmes)) if programmes else set()
            return played.get((programme, year), set())

        # Schools of some denominator.
        wide = {u: s for u, s in register.items() if u in ground or any(takes(p, u, s) for p in programmes)}
        back, forth = defaultdict(set), defaultdict(set)
        for (older, newer), since in world.links.items():
            if older != newer and (since is None or since <= opening):
                back[newer].add(older)
                forth[older].add(newer)
        acted = set().union(*(urns for (_, _, y), urns in facts.items() if y <= year)) if facts else set()
        # school of the ground -> the URNs whose deeds count for it
        sources = defaultdict(set)
        if how == "uncovered":
            for u in acted:
                family = closure(u, forth)
                ends = {m for m in family if not forth.get(m)} & wide.keys() or {u} & wide.keys()
                for end in ends:
                    sources[end].add(u)
        else:
            for u in wide:
                for ancestor in closure(u, back) & acted:
                    sources[u].add(ancestor)

        # Authorities as most of their schools describe them; those outside the total describe an authority that has no other.
        described, by_others, la_of = defaultdict(Counter), defaultdict(Counter), {}
        for u, s in wide.items():
            descriptions = described if u in ground else by_others
            description = of_day.get(s.old_la_code) or (s.region_code, s.old_la_code, s.new_la_code, s.la_name)
            if description[1] == s.old_la_code:
                # The register's own words, with the nine-character code of the day.
                description = (s.region_code, s.old_la_code, description[2], s.la_name)
            la_of[u] = description[1]
            descriptions[la_of[u]][description] += 1
        described = {**by_others, **described}
        authorities = {
            code: min(d for d, n in descriptions.items() if n == max(descriptions.values())) for code, descriptions in described.items()
        }
        denominators = Counter()
        for u, s in wide.items():
            for programme in [None, *programmes]:
                if takes(programme, u, s):
                    for place in (("N",), ("R", s.region_code), ("A", la_of[u])):
                        denominators[place, programme, s.education_phase] += 1
        for programme in [None, *programmes]:
            name = TOTAL if programme is None else names[programme]
            in_phases = phases(programme)
            for stage in STAGES:
                ever, now, before = set(), set(), set()
                for (s, p, y), urns in facts.items():
                    if s == stage and programme in (None, p) and y <= year:
                        ever |= urns
                        if y == year:
                            now |= urns
                        else:
                            before |= urns
                counts = {"now": Counter(), "new": Counter(), "ever": Counter()}
                for u, deeds in sources.items():
                    s = wide[u]
                    if not takes(programme, u, s):
                        continue
                    is_now = bool(deeds & now)
                    for which, holds in (("now", is_now), ("new", is_now and not deeds & before), ("ever", bool(deeds & ever))):
                        if holds:
                            for place in (("N",), ("R", s.region_code), ("A", la_of[u])):
                                # 16 plus institutions have no phase, and count in the files of post-16 only.
                                for phase in (s.education_phase, TOTAL, "with 16 plus") if s.education_phase in PHASES else ("with 16 plus",):
                                    counts[which][place, phase] += 1
                places = [("N",), *(("R", r) for r in REGIONS), *(("A", c) for c in authorities)]
                rule = terms.get((programme, year))
                for place in places:
                    for phase in [TOTAL, *PHASES, *(["with 16 plus"] if programme in of_16_plus else [])]:
                        if phase == "with 16 plus":
                            wanted = (programme, year) in takes_16_plus
                            schools = sum(denominators[place, programme, p] for p in (0, *PHASES))
                        else:
                            wanted = in_phases if phase == TOTAL else in_phases & {phase}
                            schools = sum(denominators[place, programme, p] for p in (PHASES if phase == TOTAL else [phase]))
                        a, new, b = (counts[which][place, phase] for which in ("now", "new", "ever"))
                        reached = (str(a), str(new), str(a - new))
                        if not wanted:
                            values = ("z",) * 7
                        elif rule is not None and rule.no_denominator:
                            values = ("z", *reached, "z", str(b), "z")
                        elif how == "uncovered":
                            values = ("x", *reached, "x", str(b), "x")
                        elif schools == 0:
                            values = ("0", *reached, "z", str(b), "z")
                        else:
                            values = (str(schools), *reached, tenths(a, schools), str(b), tenths(b, schools))
                            if stage == stage_of_cold and programme is not None and phase in PHASES:
                                never[year, programme, phase, place] = (schools, schools - b)
                        if place[0] == "N":
                            where = ("National", "", "")
                        elif place[0] == "R":
                            where = ("Regional", place[1], REGIONS[place[1]])
                        else:
                            region, old, new, la = authorities[place[1]]
                            where = ("Local authority", region, REGIONS[region], old, new, la)
                        key = (f"{year}{(year + 1) % 100:02}", *where, name, PHASES.get(phase, TOTAL), stage)
                        if phase == "with 16 plus":
                            (post_16_authority_rows if place[0] == "A" else post_16_region_rows)[key] = values
                        else:
                            (authority_rows if place[0] == "A" else region_rows)[key] = values
        if how != "uncovered":
            cold_year, cold_authorities = year, authorities
        notes[f"{year}/{(year + 1) % 100:02}"] = explain(
            facts, first, year, how, opening, register, ground, wide, sources, takes, type_groups
        )
    cold = cold_rows(never, cold_year, cold_authorities, names, policy)
    return region_rows, authority_rows, post_16_region_rows, post_16_authority_rows, cold, notes, policy


def explain(facts, first, year, how, opening, register, ground, wide, sources, takes, type_groups):
    """The manifest's counts of a year."""
    heirs = defaultdict(set)
    for u, deeds in sources.items():
        for d in deeds:
            heirs[d].add(u)
    outside, counted, itself, passed_on = {}, set(), set(), defaultdict(set)
    for (_, programme, y), urns in facts.items():
        if y > year:
            continue
        for u in urns:
            good = {h for h in heirs[u] if takes(programme, h, wide[h])}
            if y == year and good:
                counted.add(u)
            elif y == year:
                reason = "programme_not_played_in_phase" if heirs[u] else judge(register.get(u), how, opening, type_groups)
                outside[u] = reason or "urn_not_in_register"
            if u in good:
                itself.add(u)
            passed_on[u] |= good - {u}
    splits = {u: h for u, h in passed_on.items() if len(h) > 1}
    reasons = Counter(reason for u, reason in outside.items() if u not in counted)
    return {
        "schools_count": None if how == "uncovered" else len(ground),
        "inherited_count": len(set().union(*passed_on.values()) - itself) if passed_on else 0,
        "split_predecessors_count": len(splits),
        "split_inherited_count": len(set().union(*splits.values())) if splits else 0,
        "outside_counts": dict(reasons),
    }


def cold_rows(never, year, authorities, names, policy):
    k, ranked_min, stage = policy["k"], policy["ranked_min"], policy["stage"]
    groups = defaultdict(list)
    for (y, programme, phase, place), (schools, missed) in never.items():
        if y == year and place[0] == "A":
            region = authorities[place[1]][0]
            all_schools, all_missed = never[y, programme, phase, ("R", region)]
            share = (missed + k * Fraction(all_missed, all_schools)) / (schools + k)
            ppm = int(share * 1_000_000 + Fraction(1, 2))
            groups[programme, phase].append((-ppm, place[1], schools, missed, all_schools, all_missed))
    rows = {}

    def minus_ppm_of(schools, missed, all_schools, all_missed, weight):
        return -int((missed + weight * Fraction(all_missed, all_schools)) / (schools + weight) * 1_000_000 + Fraction(1, 2))

    for (programme, phase), areas in groups.items():
        rank = 0
        ranked_areas = [area for area in areas if area[2] >= ranked_min]
        coldest = Counter()
        for weight in range(2 * k + 1):
            order = sorted((minus_ppm_of(*area[2:], weight), area[1]) for area in ranked_areas)
            coldest.update(code for _, code in order[:20])

        def rank_with(changed, more):
            """The rank of an area with a different number of schools that were never reached."""
            _, code, schools, missed, all_schools, all_missed = changed
            own = (minus_ppm_of(schools, missed + more, all_schools, all_missed + more, k), code)
            return str(1 + sum((area[0], area[1]) < own for area in ranked_areas if area[1] != code))

        for area in sorted(areas):
            _, code, schools, missed, all_schools, all_missed = area
            ranked = schools >= ranked_min
            rank += ranked
            region, old, new, la = authorities[code]
            key = (
                f"{year}{(year + 1) % 100:02}", "Local authority", region, REGIONS[region], old, new, la, names[programme], PHASES[phase], stage,
            )
            # From the counts: rounding the parts per million once more would round twice.
            hundredths = int((missed + k * Fraction(all_missed, all_schools)) / (schools + k) * 10_000 + Fraction(1, 2))
            coldness = f"{hundredths // 100}.{hundredths % 100:02}"
            rows[key] = tuple(map(str, (schools, missed, all_schools, all_missed))) + (coldness, str(rank) if ranked else "z") + (
                (rank_with(area, int(missed < schools)), rank_with(area, -int(missed > 0)), tenths(coldest[code], 2 * k + 1))
                if ranked else ("z",) * 3
            )
    return rows


def filters(rows):
    """Which of the three filters have more than one level: the last three parts of the keys."""
    return [len({key[place] for key in rows}) > 1 for place in (-3, -2, -1)]


def without_constant_filters(rows):
    """The rows by keys without the filters that have one level."""
    kept = filters(rows)
    return {key[:-3] + tuple(level for level, keep in zip(key[-3:], kept) if keep): values for key, values in rows.items()}


def header(name, since, kept):
    """The columns that a file must have, in their order."""
    columns = "time_period time_identifier geographic_level country_code country_name region_code region_name".split()
    if not name.endswith("by_region.csv"):
        columns += "old_la_code new_la_code la_name".split()
    columns += [column for column, keep in zip(("programme", "education_phase", "stage"), kept) if keep] + ["schools_count"]
    if name == "cold_areas.csv":
        return columns + "schools_never_reached_count region_schools_count region_schools_never_reached_count coldness_percent coldness_rank".split() + [
            "coldness_rank_one_more_never_reached", "coldness_rank_one_fewer_never_reached", "coldness_coldest_20_percent"]
    whats = ("count", "new_count", "continuing_count", "percent", f"since_{since}_count", f"since_{since}_percent")
    reached = [f"schools_reached_{what}" for what in whats]
    return columns + reached


def published(path, since, kept, values_count):
    """{key: values} of a file; its header and the constant columns are held to what they must be."""
    rows = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        found = next(reader, [])
        if found != header(path.name, since, kept):
            sys.exit(f"{path.name}: its columns are {','.join(found)}")
        for row in reader:
            if row[1] != "Academic year" or row[3:5] != ["E92000001", "England"]:
                sys.exit(f"{path.name}: constant columns differ in {row}")
            key, values = tuple([row[0], row[2], *row[5:-values_count]]), tuple(row[-values_count:])
            if key in rows:
                sys.exit(f"{path.name}: the row {key} stands there twice")
            rows[key] = values
    return rows


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--lake", type=Path, required=True)
    arguments.add_argument("--report", type=Path, required=True)
    arguments = arguments.parse_args()
    rules = json.loads((arguments.report / "manifest.json").read_text(encoding="utf-8"))
    regions, authorities, post_16_regions, post_16_authorities, cold, notes, policy = recompute(arguments.lake, rules)
    # 2014/15 is 201415 in the names of columns.
    since = rules["since_academic_year"].replace("/", "")
    differences, rows_count = [], 0
    for name, expected, width in (
        ("reach_by_region.csv", regions, 7), ("reach_by_local_authority.csv", authorities, 7), ("cold_areas.csv", cold, 9),
        ("reach_post_16_by_region.csv", post_16_regions, 7), ("reach_post_16_by_local_authority.csv", post_16_authorities, 7),
    ):
        if not expected:
            if (arguments.report / name).exists():
                differences.append(f"{name}: is there, and has no row")
            continue
        kept, expected = filters(expected), without_constant_filters(expected)
        found = published(arguments.report / name, since, kept, width)
        rows_count += len(found)
        for key in sorted(expected.keys() | found.keys()):
            if expected.get(key) != found.get(key):
                differences.append(f"{name} {', '.join(key)}: report {found.get(key)}, recomputed {expected.get(key)}")
    told = {key: rules["policy"][key] for key in ("name", "start_date", "decision", "fact_kinds")}
    told |= {"stage": rules["coldness"]["stage"], "k": rules["coldness"]["prior_schools_count"]}
    told |= {"ranked_min": rules["coldness"]["ranked_schools_min"]}
    if told != policy:
        differences.append(f"manifest.json: the policy is {told}, and by the lake {policy}")
    for note in rules["academic_years"]:
        told = {k: note[k] for k in notes[note["academic_year"]]}
        if told != notes[note["academic_year"]]:
            differences.append(f"manifest.json {note['academic_year']}: report {told}, recomputed {notes[note['academic_year']]}")
    for difference in differences[:DIFFERENCES_SHOWN]:
        print(difference)
    if differences:
        print(f"{len(differences)} of {rows_count} rows differ")
        return 1
    print(f"{rows_count} rows recomputed from the events agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
