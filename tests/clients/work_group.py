"""A Work Group, from refusals to the money, over the public API from another language.

    MATHSHUBS=target/debug/mathshubs python work_group.py --data maths-hubs-data --network HOST:PORT --enrolment HOST:PORT \\
        --funding HOST:PORT --hub south --first-school 100003

Eight primary schools, from `--first-school` on, have a place in this academic year: six become members of the group, the seventh is the school of its leader,
and the eighth is one too many. `prepare` brings them so far; then ten calls follow. Each call has the token of the role that makes it, which the program
`mathshubs token` prints. Works once for a suite with a register, before there is a round.
"""

import argparse
import datetime
import os
import pathlib
import subprocess
import tempfile
import time
import uuid

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from apply import PROGRAMME, check, stubs
from prepare import once_known

DECISION = "councilMeetings/2014-summer/decisions/2"
SUBSIDY_PENCE = 100_000
NCETM = ("ncetm",)


class Suite:
    """The services, called with the token of a role."""

    def __init__(self, options, load):
        self.options, self.load, self.tokens = options, load, {}
        served = {name: grpc.insecure_channel(getattr(options, name)) for name in ["network", "enrolment", "funding"]}
        self.channels = {**served, "meeting": served["enrolment"]}

    def token(self, role):
        if role not in self.tokens:
            command = [os.environ.get("MATHSHUBS", "mathshubs"), "token", "--data", self.options.data, "--role", *role]
            self.tokens[role] = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        return [("authorization", f"Bearer {self.tokens[role]}")]

    def call(self, role, package, file, method, **fields):
        """The answer to a request with these fields; messages are given as dictionaries. The service is the one of the file that has the method."""
        pb, pb_grpc = self.load(package, file)
        services = pb.DESCRIPTOR.services_by_name.values()
        service = next(service for service in services if method in service.methods_by_name)
        request = getattr(pb, f"{method}Request")(**fields)
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            request.request_id = str(uuid.uuid4())
        stub = getattr(pb_grpc, f"{service.name}Stub")(self.channels[package])
        return getattr(stub, method)(request, metadata=self.token(role), timeout=10)


def reason(call):
    """The reason with which the suite refuses a call."""
    try:
        call()
    except grpc.RpcError as error:
        info = error_details_pb2.ErrorInfo()
        for detail in rpc_status.from_call(error).details:
            if detail.Unpack(info):
                return info.reason
        raise
    return check(False, "the call is refused")


def prepare(suite, schools, hub, today, first_year):
    """Eight participations that have started and signed, the persons, and the money of their subsidies. Returns the participations and persons, by school."""
    academic_year, day = f"{first_year}/{(first_year + 1) % 100:02d}", today.isoformat()
    founded = {"display_name": "The hub of a Work Group", "region_code": "E12000003", "start_date": "2014-09-01"}
    suite.call(NCETM, "network", "hub", "CreateHub", hub_id=hub.removeprefix("hubs/"), hub=founded, lead_school=schools[7])
    yesterday, tomorrow = (today + datetime.timedelta(days=days) for days in (-1, 1))
    terms = {
        "start_date": f"{first_year}-09-01",
        "decision": DECISION,
        "eligibility": {"type_group_codes": [4, 10, 11], "phase_codes": [2, 3]},
        "years": [{"display_name": name, "meetings_count": 6} for name in ("Development", "Embedding")],
        "work_group_shape": {
            "schools_min_count": 3,
            "schools_max_count": 6,
            "participants_per_school_count": 2,
            "leader": "GROUP_LEADER_LOCAL_LEADER",
        },
    }
    suite.call(NCETM, "network", "catalogue", "AddProgrammeTerms", parent=f"programmes/{PROGRAMME}", terms=terms)
    persons = {}
    for school in schools:
        details = {"display_name": "A teacher", "email_address": f"teacher@{school.replace('/', '-')}.example"}
        role = ("school", "--school", school)
        recorded = suite.call(role, "network", "person", "RecordPerson", details=details, school=school, start_date=day)
        persons[school] = recorded.person.name
    seat = {"role": "APPOINTMENT_ROLE_HUB_LEAD", "hub": hub, "seat": "1", "holder": persons[schools[6]], "start_date": day}
    suite.call(NCETM, "network", "appointment", "Appoint", appointment=seat)

    policy = {
        "kind": "POLICY_KIND_RELEASE_SUBSIDY",
        "programme": PROGRAMME,
        "amount_pence": SUBSIDY_PENCE,
        "start_date": f"{first_year}-09-01",
        "decision": DECISION,
    }
    once_known(lambda: suite.call(NCETM, "funding", "policy", "CreatePolicy", policy_id="release-subsidy", policy=policy))
    financial = today.year - ((today.month, today.day) < (4, 1))
    budget = {
        "hub": hub,
        "financial_year": f"{financial}-{(financial + 1) % 100:02d}",
        "amount_pence": len(schools) * SUBSIDY_PENCE,
        "decision": DECISION,
    }
    allocated = once_known(lambda: suite.call(("dfe",), "funding", "budget", "AllocateBudget", **budget))
    second = ("dfe", "--subject", "second-person")
    approval, approval_grpc = suite.load("approval", "approval")
    confirm = approval.ConfirmChangeRequest(request_id=str(uuid.uuid4()), name=allocated.pending_change)
    approval_grpc.ApprovalServiceStub(suite.channels["funding"]).ConfirmChange(confirm, metadata=suite.token(second), timeout=10)

    announced = {
        "display_name": f"Teaching for mastery {academic_year}",
        "academic_year": academic_year,
        "window_start_date": yesterday.isoformat(),
        "window_end_date": tomorrow.isoformat(),
        "offer_days_count": 14,
        "programmes": [{"programme": PROGRAMME}],
        "place_order_policies": [
            {"start_date": yesterday.isoformat(), "place_order": "PLACE_ORDER_SUBMISSION", "decision": DECISION}
        ],
    }
    enrolment = lambda *call, **fields: once_known(lambda: suite.call(call[0], "enrolment", *call[1:], **fields))
    announced = enrolment(NCETM, "round", "CreateRound", round_id="this-year", round=announced).round.name
    places = {"hub": hub, "programme": PROGRAMME, "places_count": len(schools)}
    enrolment(NCETM, "round", "SetPlaces", parent=announced, places=places)
    for school in schools:
        role = ("school", "--school", school)
        application = {"school": school, "hub": hub, "programme": PROGRAMME}
        draft = enrolment(role, "application", "CreateApplication", parent=announced, application=application)
        enrolment(role, "application", "SubmitApplication", name=draft.application.name)
    offered = enrolment(NCETM, "application", "OfferPlaces", parent=announced, hub=hub, programme=PROGRAMME)
    participations = {}
    for application in offered.offered_applications:
        role = ("school", "--school", application.school)
        participation = enrolment(role, "application", "AcceptOffer", name=application.name).application.participation
        participations[application.school] = participation
        enrolment(("hub-lead", "--hub", hub), "participation", "StartYear", name=participation, start_date=day)
        agreement = {"document": "agreement", "document_version": "1"}
        enrolment(role, "participation", "RecordAgreement", name=participation, sign_date=day, **agreement)
    return participations, persons


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["data", "network", "enrolment", "funding", "hub"]:
        arguments.add_argument(f"--{name}", required=True)
    arguments.add_argument("--first-school", type=int, required=True)
    options = arguments.parse_args()
    hub, schools = f"hubs/{options.hub}", [f"schools/{options.first_school + number}" for number in range(8)]
    today = datetime.date.today()
    first_year = today.year - (today.month < 9)

    with tempfile.TemporaryDirectory() as folder:
        suite = Suite(options, stubs(pathlib.Path(folder)))
        participations, persons = prepare(suite, schools, hub, today, first_year)
        members, own, too_many = schools[:6], schools[6], schools[7]
        lead, leader = ("hub-lead", "--hub", hub), persons[own]
        as_leader = ("leader", "--person", leader)
        group = {
            "hub": hub,
            "programme": PROGRAMME,
            "academic_year": f"{first_year}/{(first_year + 1) % 100:02d}",
            "year_number": 1,
        }

        def form(leader, schools):
            members = [participations[school] for school in schools]
            start = {"work_group": {**group, "leader": leader}, "participations": members, "start_date": today.isoformat()}
            return suite.call(lead, "enrolment", "work_group", "FormWorkGroup", **start)

        # 1 to 4: the group is refused with somebody who is no leader, with the leader's own school and with one school too many; then it is formed.
        check(reason(lambda: form(persons[too_many], members)) == "LEADER_NOT_APPOINTED", "the leader has an appointment")
        check(reason(lambda: form(leader, members[1:] + [own])) == "LEADER_OF_OWN_SCHOOL", "nobody leads the own school")
        check(reason(lambda: form(leader, members + [too_many])) == "WORK_GROUP_FULL", "a group has six schools at most")
        formed = form(leader, members).work_group

        def plan(day):
            meeting = {"kind": "MEETING_KIND_GROUP", "start_date": day, "end_date": day, "host_school": own, "hub": hub}
            return suite.call(as_leader, "meeting", "meeting", "PlanMeeting", parent=formed.name, meeting=meeting).meeting

        def register(meeting):
            entry = lambda school: {
                "subject": participations[school],
                "person": persons[school],
                "mark_date": meeting.start_date,
                "kind": "MARK_KIND_ATTENDED",
            }
            taken = {"name": meeting.name, "register_state": "REGISTER_STATE_FINAL", "marks": [entry(school) for school in members]}
            return suite.call(as_leader, "meeting", "meeting", "TakeRegister", **taken).meeting

        # 5 to 8: the leader plans two meetings, and takes the register of the one of today; that of a day to come is refused.
        # On 31 August the year has no later day, and the plan is refused.
        later = lambda: plan((today + datetime.timedelta(days=1)).isoformat())
        refused = "DATE_OUTSIDE_YEAR" if (today.month, today.day) == (8, 31) else "DATE_IN_FUTURE"
        check(reason(lambda: register(later())) == refused, "nobody knows yet who will come")
        held = register(plan(today.isoformat()))
        check(held.register_time.seconds > 0, "a final register has its time")

        # 9: the marks, each of a teacher and a day.
        marks = suite.call(as_leader, "meeting", "meeting", "ListMarks", parent=held.name).marks
        check(len(marks) == len(members), f"{len(marks)} marks of {len(members)} teachers")

        # 10, until funding has read of the attendance: the subsidies of the six members are payable, and no other.
        for attempt in range(100):
            listed = suite.call(NCETM, "funding", "entitlement", "ListEntitlements", page_size=100).entitlements
            payable = suite.load("funding", "entitlement")[0].ENTITLEMENT_STATE_PAYABLE
            payable = {entitlement.school for entitlement in listed if entitlement.state == payable}
            if payable == set(members):
                break
            time.sleep(0.1)
        check(payable == set(members), f"payable are {sorted(payable)}")
        print(f"{formed.name} met, and {len(payable)} subsidies are payable")


if __name__ == "__main__":
    main()
