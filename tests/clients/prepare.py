"""Records a decision of the Council and creates a hub and a round with places as NCETM, so that a school can apply with `apply.py`.

    MATHSHUBS_TOKEN=… python prepare.py --network HOST:PORT --enrolment HOST:PORT --hub north --lead schools/100001 --round ROUND --places 2

The round's window is open today, and its academic year is the next. Waits until enrolment knows the decision and the hub.
"""

import argparse
import datetime
import pathlib
import tempfile
import time
import uuid

import grpc

from apply import PROGRAMME, authorization, stubs


def decided(council, network, me, today):
    """Records a meeting of the Council with one decision, and returns the decision's name."""
    council_pb, council_grpc = council
    service = council_grpc.CouncilServiceStub(grpc.insecure_channel(network))
    first = today.year - (1 if today.month < 9 else 0)
    term = council_pb.TERM_AUTUMN if today.month >= 9 else council_pb.TERM_SPRING if today.month <= 4 else council_pb.TERM_SUMMER
    meeting = council_pb.CouncilMeeting(
        academic_year=f"{first}/{(first + 1) % 100:02d}", term=term, meeting_date=today.isoformat()
    )
    request = council_pb.RecordMeetingRequest(request_id=str(uuid.uuid4()), meeting_id="now", council_meeting=meeting)
    meeting = service.RecordMeeting(request, metadata=me, timeout=10).council_meeting
    decision = council_pb.Decision(
        kind=council_pb.DECISION_KIND_POLICY, text="The sooner a school applies, the sooner it gets a place", start_date=today.isoformat()
    )
    request = council_pb.RecordDecisionRequest(
        request_id=str(uuid.uuid4()), council_meeting=meeting.name, decision_id="order-of-places", decision=decision
    )
    return service.RecordDecision(request, metadata=me, timeout=10).decision.name


def once_known(call):
    """The answer of a call to enrolment, once what it refers to has come through the network's feed."""
    for attempt in range(100):
        try:
            return call()
        except grpc.RpcError as error:
            if error.code() not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION) or attempt == 99:
                raise
            time.sleep(0.1)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["network", "enrolment", "hub", "lead", "round"]:
        arguments.add_argument(f"--{name}", required=True)
    arguments.add_argument("--places", type=int, required=True)
    options = arguments.parse_args()
    me = authorization()
    today = datetime.date.today()
    first = today.year + (1 if today.month >= 9 else 0)
    year = f"{first}/{(first + 1) % 100:02d}"

    with tempfile.TemporaryDirectory() as folder:
        load = stubs(pathlib.Path(folder))
        hub_pb, hub_grpc = load("network", "hub")
        round_pb, round_grpc = load("enrolment", "round")
        hubs = hub_grpc.HubServiceStub(grpc.insecure_channel(options.network))
        rounds = round_grpc.RoundServiceStub(grpc.insecure_channel(options.enrolment))
        hub = hub_pb.Hub(display_name=options.hub.title(), region_code="E12000003", start_date="2014-09-01")
        request = hub_pb.CreateHubRequest(request_id=str(uuid.uuid4()), hub_id=options.hub, hub=hub, lead_school=options.lead)
        hub = hubs.CreateHub(request, metadata=me, timeout=10).hub
        decision = decided(load("network", "council"), options.network, me, today)
        announced = round_pb.Round(
            display_name=f"Teaching for mastery {year}",
            academic_year=year,
            window_start_date=(today - datetime.timedelta(days=1)).isoformat(),
            window_end_date=(today + datetime.timedelta(days=1)).isoformat(),
            offer_days_count=14,
            programmes=[
                # The catalogue says which schools may take part, and for how many years.
                round_pb.RoundProgramme(programme=PROGRAMME)
            ],
            place_order_policies=[
                round_pb.PlaceOrderPolicy(
                    start_date=(today - datetime.timedelta(days=1)).isoformat(),
                    place_order=round_pb.PLACE_ORDER_SUBMISSION,
                    decision=decision,
                )
            ],
        )
        request = round_pb.CreateRoundRequest(request_id=str(uuid.uuid4()), round_id=options.round, round=announced)
        announced = once_known(lambda: rounds.CreateRound(request, metadata=me, timeout=10)).round
        places = round_pb.Places(hub=hub.name, programme=PROGRAMME, places_count=options.places)
        request = round_pb.SetPlacesRequest(request_id=str(uuid.uuid4()), parent=announced.name, places=places)
        once_known(lambda: rounds.SetPlaces(request, metadata=me, timeout=10))
        print(hub.name, announced.name)


if __name__ == "__main__":
    main()
