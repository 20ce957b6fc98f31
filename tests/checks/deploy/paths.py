"""Rules of the network policies: everything is denied by default, and each call is allowed at both ends."""

import re

from objects import of_kind, selected, settings_of, workloads
from rules import command_of, container_ports, ours


def _policies(objects):
    """Each path of each policy: the policy's name, direction, selected pods, peers (None: outside of the namespace), and ports."""
    running = workloads(objects)
    for policy in of_kind(objects, "NetworkPolicy"):
        spec = policy["spec"]
        about = selected(spec["podSelector"], running)
        for direction, key in (("ingress", "from"), ("egress", "to")):
            for rule in spec.get(direction, []):
                numbers = {port["port"] for port in rule.get("ports", [])}
                for peer in rule.get(key, [None]):
                    elsewhere = peer is None or "namespaceSelector" in peer or "ipBlock" in peer
                    yield policy["metadata"]["name"], direction, about, None if elsewhere else selected(peer["podSelector"], running), numbers


def policies(objects, sources):
    """Labels and ports exist; each path is open at both ends; every configured call has a path."""
    running = workloads(objects)
    denied = [one["spec"] for one in of_kind(objects, "NetworkPolicy") if one["metadata"]["name"] == "default-deny"]
    if denied != [{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}]:
        yield "there is no policy that denies by default"
    open_ends = {"ingress": set(), "egress": set()}
    for policy in of_kind(objects, "NetworkPolicy"):
        name, spec = policy["metadata"]["name"], policy["spec"]
        if not selected(spec["podSelector"], running):
            yield f"policy {name} selects no pod"
        for direction in ("ingress", "egress"):
            if spec.get(direction) and direction.capitalize() not in spec.get("policyTypes", []):
                yield f"policy {name} has {direction}, but policyTypes does not list it"
            if any(not rule.get("ports") or not rule.get("from" if direction == "ingress" else "to") for rule in spec.get(direction, [])):
                yield f"policy {name} opens all ports, or a port to all peers"
    for name, direction, about, peers, numbers in _policies(objects):
        if peers == []:
            yield f"policy {name} names a peer that selects no pod"
        targets = about if direction == "ingress" else peers or []
        for target in targets:
            for port in numbers - container_ports(target)[0]:
                yield f"policy {name} opens port {port}, on which {target.name} does not listen"
        for one in about:
            for peer in peers or []:
                source, target = (peer, one) if direction == "ingress" else (one, peer)
                open_ends[direction] |= {(source.name, target.name, port) for port in numbers}
    for source, target, port in sorted(open_ends["ingress"] ^ open_ends["egress"]):
        yield f"the path from {source} to {target}:{port} is open at one end only"
    paths = open_ends["ingress"] & open_ends["egress"]
    services = {one["metadata"]["name"]: one["spec"]["selector"] for one in of_kind(objects, "Service")}
    called = set()
    for workload in running:
        for container in ours(workload):
            command = command_of(container, sources)
            values = settings_of(objects, container)
            values = [value for key, value in values.items() if command and key in sources.variables(command)] + container.get("args", [])
            for value in values:
                for host, port in re.findall(r"(?:^|//|=)([a-z][a-z0-9-]*):(\d+)\b", value):
                    if host not in services:
                        yield f"{workload.name} calls {host}:{port}, but there is no such Service"
                        continue
                    for target in selected({"matchLabels": services[host]}, running):
                        called.add((workload.name, target.name, int(port)))
    yield from (f"{source} calls {target}:{port}, but no policy allows it" for source, target, port in sorted(called - paths))
    yield from (f"policies allow {source} to call {target}:{port}, but it does not" for source, target, port in sorted(paths - called))
