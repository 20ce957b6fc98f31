"""Applies for a place as a school, over the public API from another language.

    MATHSHUBS_TOKEN=… python apply.py --enrolment HOST:PORT --round rounds/2026 --hub hubs/north --school schools/100002

Stubs are generated from `proto/` when the program starts, as any client would generate its own. It drafts an application, submits it, repeats the
submission with the same `request_id`, reads it back and finds it in the list; each answer is compared with the contract. The last
line is the application's name.
"""

import argparse
import importlib
import os
import pathlib
import sys
import tempfile
import uuid

import grpc
from google.protobuf import json_format
from grpc_tools import protoc

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
PROGRAMME = "primary-teaching-for-mastery"


def stubs(folder):
    """Generates messages and stubs of all contracts into a folder, and returns a function that imports them by package."""
    files = sorted(str(path.relative_to(PROTO)) for path in PROTO.glob("mathshubs/**/*.proto"))
    arguments = ["protoc", f"-I{PROTO}", f"--python_out={folder}", f"--grpc_python_out={folder}", *files]
    # The well-known types come with grpcio-tools.
    arguments.insert(1, f"-I{pathlib.Path(protoc.__file__).parent / '_proto'}")
    if protoc.main(arguments) != 0:
        sys.exit("the contracts could not be compiled")
    sys.path.insert(0, str(folder))

    def load(package, file):
        name = f"mathshubs.{package}.v1.{file}"
        return importlib.import_module(f"{name}_pb2"), importlib.import_module(f"{name}_pb2_grpc")

    return load


def authorization():
    """The metadata with the token. It is in the environment, because every account of the machine can read arguments."""
    token = os.environ.get("MATHSHUBS_TOKEN", "").strip()
    if not token:
        sys.exit("set MATHSHUBS_TOKEN, for example to what `mathshubs token --role school --school 100003` prints")
    return [("authorization", f"Bearer {token}")]


def check(holds, what):
    if not holds:
        sys.exit(f"the service violated its contract: {what}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["enrolment", "round", "hub", "school"]:
        arguments.add_argument(f"--{name}", required=True)
    arguments.add_argument("--programme", default=PROGRAMME)
    options = arguments.parse_args()

    with tempfile.TemporaryDirectory() as folder, grpc.insecure_channel(options.enrolment) as channel:
        pb, pb_grpc = stubs(pathlib.Path(folder))("enrolment", "application")
        applications = pb_grpc.ApplicationServiceStub(channel)
        me = authorization()

        draft = applications.CreateApplication(
            pb.CreateApplicationRequest(
                request_id=str(uuid.uuid4()),
                parent=options.round,
                application=pb.Application(school=options.school, hub=options.hub, programme=options.programme),
            ),
            metadata=me,
            timeout=10,
        ).application
        check(draft.state == pb.APPLICATION_STATE_DRAFT, f"a new application is a draft, not {draft.state}")
        check(draft.name.startswith(f"{options.round}/applications/"), f"its name is {draft.name}")

        submission = pb.SubmitApplicationRequest(request_id=str(uuid.uuid4()), name=draft.name, etag=draft.etag)
        submitted = applications.SubmitApplication(submission, metadata=me, timeout=10).application
        check(submitted.state == pb.APPLICATION_STATE_SUBMITTED, f"it was submitted and is {submitted.state}")
        check(submitted.queue_number > 0, "a submitted application has a number in the queue")
        again = applications.SubmitApplication(submission, metadata=me, timeout=10).application
        check(again == submitted, "the same request twice has the same answer")

        read = applications.GetApplication(pb.GetApplicationRequest(name=draft.name), metadata=me, timeout=10).application
        check(read == submitted, "a read returns the resource of the answer")
        listed = applications.ListApplications(
            pb.ListApplicationsRequest(parent=options.round, school=options.school), metadata=me, timeout=10
        ).applications
        check([one.name for one in listed] == [draft.name], "the school's list holds its application")

        try:
            applications.GetApplication(pb.GetApplicationRequest(name=draft.name), timeout=10)
            check(False, "a call without a token is refused")
        except grpc.RpcError as error:
            check(error.code() == grpc.StatusCode.UNAUTHENTICATED, f"a call without a token is {error.code()}")

        print(json_format.MessageToJson(submitted, preserving_proto_field_name=True))
        print(submitted.name)


if __name__ == "__main__":
    main()
