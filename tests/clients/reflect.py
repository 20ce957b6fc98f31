"""Lists a server's services and their messages by reflection, like clients without `.proto` files.

    python reflect.py HOST:PORT TOKEN SERVICE...

Exits with an error unless every named service exists, has methods, and has messages that can be built.
"""

import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase


def main():
    address, token, *expected = sys.argv[1:]
    # Every call needs the token, reflection included.
    plugin = BearerInterceptor(token)
    with grpc.insecure_channel(address) as channel:
        database = ProtoReflectionDescriptorDatabase(grpc.intercept_channel(channel, plugin))
        names = list(database.get_services())
        pool = DescriptorPool(database)
        for name in expected:
            if name not in names:
                sys.exit(f"{name} is not among {names}")
            service = pool.FindServiceByName(name)
            methods = {method.name: method.input_type.full_name for method in service.methods}
            if not methods:
                sys.exit(f"{name} has no methods")
            print(name, methods)


class BearerInterceptor(grpc.StreamStreamClientInterceptor):
    def __init__(self, token):
        self.token = token

    def intercept_stream_stream(self, continuation, details, requests):
        metadata = [*(details.metadata or []), ("authorization", f"Bearer {self.token}")]
        return continuation(Details(details, metadata), requests)


class Details(grpc.ClientCallDetails):
    def __init__(self, details, metadata):
        self.method, self.timeout, self.credentials = details.method, details.timeout, details.credentials
        self.wait_for_ready = getattr(details, "wait_for_ready", None)
        self.compression = getattr(details, "compression", None)
        self.metadata = metadata


if __name__ == "__main__":
    main()
