#!/usr/bin/env python3
"""Recomputes every reach figure from the events in the lake, and compares it with a report, row by row.

    recompute_reach.py --lake DIR --report DIR

It shares nothing with the Rust that measured but the contracts (proto/), the table of authorities and domain.md: Parquet is read by DuckDB, payloads by protobuf's own
Python, and reach is computed from the denominator: for each of its schools, the predecessors are found, and then the facts of each.
Ends with 0 when all data files and the manifest's counts agree, else with 1 and the rows that differ. Needs duckdb, grpcio-tools, protobuf and tzdata (tests/requirements.txt).
"""
import argparse
import json
import sys
from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from pathlib import Path

from authorities import Authorities
from denominators import is_open, judge, may, unknown
from dimensions import PHASES, REGIONS, STAGES, TOTAL
from history import World, day, first_calendar_year, measured
from report_files import filters, published, without_constant_filters

NEAREST_DAYS_MAX = 30
DIFFERENCES_SHOWN = 40


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
            def key(area):
                _, code, schools, missed, all_schools, all_missed = area
                if authorities[code][0] != authorities[changed[1]][0]:
                    return area[:2]
                # The region has one school more or fewer that was never reached, and so its other areas move as well.
                return minus_ppm_of(schools, missed + (more if code == changed[1] else 0), all_schools, all_missed + more, k), code

            return str(1 + sum(key(area) < key(changed) for area in ranked_areas))

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
