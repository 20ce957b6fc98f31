"""Checks the rendered manifests, and then itself: every deliberate mistake must be found. Usage: check.py ROOT RENDERED"""

import copy
import re
import sys
from pathlib import Path

import yaml

import paths
import rules
from objects import named
from sources import Sources

RULES = [
    rules.schema, rules.deployed, rules.restricted, rules.references, rules.environment, rules.ports, rules.identities, rules.people, rules.sqlite, rules.drain, paths.policies,
]  # fmt: skip


def breaches(objects, sources, judged=RULES):
    return [(rule.__name__, what) for rule in judged for what in rule(objects, sources)]


def readme(root, sources):
    """The settings table of deploy/README.md lists exactly the existing settings, with their defaults."""
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \| [^|]* \|$", (root / "deploy/README.md").read_text(encoding="utf-8"), re.M)
    table, defaults = dict(rows), {"RUST_LOG": None} | sources.defaults()
    yield from (f"the table lacks {name}" for name in sorted(defaults.keys() - table.keys()))
    yield from (f"the table lists {name}, which is not a setting" for name in sorted(table.keys() - defaults.keys()))
    for name, default in defaults.items():
        said = table.get(name, "").replace(",", "").strip("`")
        if default and name in table and said != default:
            yield f"the table gives {name} the default {said}; its default is {default}"


def container(objects, kind, name):
    spec = named(objects, kind, name)["spec"]
    spec = spec["jobTemplate"]["spec"] if kind == "CronJob" else spec
    return spec["template"]["spec"]["containers"][0]


def setting(objects, name, value):
    config = next(one for one in objects if one["kind"] == "ConfigMap" and "MATHSHUBS_TRUST" in one["data"])
    config["data"][name] = value


def roles_without(objects, service):
    config = next(one for one in objects if one["kind"] == "ConfigMap" and "MATHSHUBS_TRUST" in one["data"])
    pairs = config["data"]["MATHSHUBS_SUBJECT_ROLES"].split(",")
    config["data"]["MATHSHUBS_SUBJECT_ROLES"] = ",".join(one for one in pairs if f":{service}=" not in one)


def pod(objects):
    return named(objects, "StatefulSet", "enrolment")["spec"]["template"]["spec"]


ISSUER = "https://kubernetes.default.svc.cluster.local"
# The rule that must find a mistake, the mistake, and the change that makes it.
WRONG = [
    ("schema", "an unknown field", lambda o: container(o, "StatefulSet", "network").update(imagePullPolice="Always")),
    ("schema", "a field of another type", lambda o: named(o, "StatefulSet", "network")["spec"].update(replicas="one")),
    ("schema", "an API version that was removed from Kubernetes", lambda o: named(o, "CronJob", "report").update(apiVersion="batch/v1beta1")),
    ("restricted", "a writable root", lambda o: container(o, "CronJob", "report")["securityContext"].pop("readOnlyRootFilesystem")),
    ("restricted", "capabilities that are kept", lambda o: container(o, "StatefulSet", "network")["securityContext"].pop("capabilities")),
    ("restricted", "a pod that may run as root", lambda o: pod(o)["securityContext"].pop("runAsNonRoot")),
    ("restricted", "a token for the API server",
     lambda o: named(o, "StatefulSet", "funding")["spec"]["template"]["spec"].pop("automountServiceAccountToken")),
    ("restricted", "no seccomp profile", lambda o: pod(o)["securityContext"].pop("seccompProfile")),
    ("restricted", "a folder of the node", lambda o: pod(o)["volumes"].append({"name": "host", "hostPath": {"path": "/"}})),
    ("restricted", "an image without a version", lambda o: container(o, "StatefulSet", "network").update(image="mathshubs:latest")),
    ("references", "a missing ConfigMap of settings", lambda o: container(o, "StatefulSet", "network")["envFrom"][0]["configMapRef"].update(name="x")),
    ("references", "a missing volume", lambda o: pod(o)["volumes"].pop()),
    ("environment", "a setting that nothing reads", lambda o: setting(o, "MATHSHUBS_LISTENS", "x")),
    ("environment", "a variable of another command", lambda o: container(o, "CronJob", "report")["env"].append({"name": "MATHSHUBS_LISTEN"})),
    ("environment", "a setting of another service",
     lambda o: container(o, "StatefulSet", "specialists")["env"].append({"name": "MATHSHUBS_ENROLMENT_URL", "value": "http://enrolment:50051"})),
    ("environment", "an unknown flag", lambda o: container(o, "CronJob", "report")["args"].append("--publishes")),
    ("environment", "an unknown service", lambda o: container(o, "StatefulSet", "network").update(args=["serve", "networks"])),
    ("ports", "a Service to no port", lambda o: named(o, "Service", "network")["spec"]["ports"][0].update(targetPort=50052)),
    ("ports", "a Service to no pod", lambda o: named(o, "Service", "network")["spec"]["selector"].update({"app.kubernetes.io/name": "net"})),
    ("ports", "a probe of another port", lambda o: container(o, "StatefulSet", "network")["livenessProbe"]["grpc"].update(port=50051)),
    ("ports", "a service that listens elsewhere", lambda o: setting(o, "MATHSHUBS_LISTEN", "0.0.0.0:50052")),
    ("identities", "a caller without a role", lambda o: setting(o, "MATHSHUBS_SUBJECT_ROLES", f"{ISSUER} system:serviceaccount:mathshubs:ncetm=ncetm")),
    ("identities", "an unknown role", lambda o: setting(o, "MATHSHUBS_SUBJECT_ROLES", f"{ISSUER} system:serviceaccount:mathshubs:ncetm=boss")),
    ("identities", "a role for which its issuer may not speak", lambda o: setting(o, "MATHSHUBS_TRUST", f"{ISSUER}=/etc/mathshubs/jwks/jwks.json roles=ncetm")),
    ("identities", "keys that are not mounted", lambda o: setting(o, "MATHSHUBS_TRUST", "https://issuer=/etc/jwks.json roles=ncetm")),
    ("identities", "a token for another audience", lambda o: pod(o)["volumes"][-1]["projected"]["sources"][0]["serviceAccountToken"].update(audience="x")),
    ("identities", "a service without a role", lambda o: roles_without(o, "funding")),
    ("people", "a role of people without a subject", lambda o: roles_without(o, "dfe")),
    ("people", "a role of people that only a service has",
     lambda o: setting(o, "MATHSHUBS_SUBJECT_ROLES", f"{ISSUER} system:serviceaccount:mathshubs:ncetm=ncetm,{ISSUER} system:serviceaccount:mathshubs:report=dfe")),
    ("deployed", "a service that is left out", lambda o: o.remove(named(o, "StatefulSet", "specialists"))),
    ("sqlite", "two pods on one file", lambda o: named(o, "StatefulSet", "network")["spec"].update(replicas=2)),
    ("sqlite", "a file that is lost with its pod", lambda o: setting(o, "MATHSHUBS_DATABASE_URL", "sqlite:/tmp/service.db")),
    ("drain", "a termination before the end of the drain", lambda o: setting(o, "MATHSHUBS_DRAIN_MAX_MS", "60000")),
    ("policies", "no default", lambda o: o.remove(named(o, "NetworkPolicy", "default-deny"))),
    ("policies", "a label that no pod has",
     lambda o: named(o, "NetworkPolicy", "network-from-enrolment")["spec"]["podSelector"]["matchLabels"].update({"app.kubernetes.io/name": "x"})),
    ("policies", "a path that is open at one end", lambda o: o.remove(named(o, "NetworkPolicy", "network-from-report"))),
    ("policies", "a port that is open to all peers", lambda o: named(o, "NetworkPolicy", "network-from-report")["spec"]["ingress"][0].pop("from")),
    ("policies", "a port that nothing listens on",
     lambda o: named(o, "NetworkPolicy", "services-from-prometheus")["spec"]["ingress"][0]["ports"][0].update(port=9091)),
    ("policies", "a feed that is followed without a path", lambda o: o.remove(named(o, "NetworkPolicy", "funding-to-enrolment"))),
    ("policies", "a path that no call uses", lambda o: setting(o, "MATHSHUBS_ENROLMENT_URL", "http://network:50051")),
    ("policies", "a call that no policy allows", lambda o: setting(o, "MATHSHUBS_NETWORK_URL", "http://network:9090")),
]  # fmt: skip


def main(root, rendered):
    root, sources = Path(root), Sources(root)
    objects = list(yaml.safe_load_all(Path(rendered).read_text(encoding="utf-8")))
    # Applied by hand with a claim's name; the schema and the restricted profile apply to it too.
    maintenance = list(yaml.safe_load_all((root / "deploy/maintenance.yaml").read_text(encoding="utf-8")))
    found = breaches(objects, sources) + breaches(maintenance, sources, [rules.schema, rules.restricted, rules.references])
    found += [("readme", what) for what in readme(root, sources)]
    known = set(found)
    for rule, what, spoil in WRONG:
        spoiled = copy.deepcopy(objects)
        spoil(spoiled)
        judged = [one for one in RULES if one.__name__ == rule]
        if not set(breaches(spoiled, sources, judged)) - known:
            found.append(("the check itself", f"`{rule}` does not find {what}"))
    for rule, what in found:
        print(f"{rule}: {what}")
    versions = ", ".join(rules.VERSIONS)
    print(f"{len(objects)} objects in Kubernetes {versions}: {len(found)} breaches; {len(WRONG)} deliberate mistakes tried")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
