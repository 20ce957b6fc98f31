"""Whether a row of a register is in a denominator."""
from dimensions import PHASES, REGIONS
from history import day

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
