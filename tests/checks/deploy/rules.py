"""Rules for the rendered objects. Each rule yields a sentence for every violation."""

import re

import kubernetes_validate

from objects import containers, mounted, named, of_kind, selected, settings_of, workloads

VERSIONS = ("1.35", "1.36", "1.37")
VOLUMES_ALLOWED = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def schema(objects, _):
    """Every field exists in each version of Kubernetes, with the right type."""
    for version in VERSIONS:
        for one in objects:
            where = f"{one['kind']}/{one['metadata']['name']} in Kubernetes {version}"
            try:
                used = kubernetes_validate.validate(one, version, strict=True)
                # The package silently falls back to an older version.
                if used != version:
                    yield f"{where}: there is no schema of this version, only of {used}"
            except kubernetes_validate.ValidationError as error:
                yield f"{where}: {'.'.join(map(str, error.path))}: {error.message}"
            except kubernetes_validate.SchemaNotFoundError as error:
                yield f"{where}: {error.message}"


def deployed(objects, sources):
    """Every service that the program serves is deployed."""
    for command in sources.commands:
        if command[0] == "serve" and not named(objects, "StatefulSet", command[1]):
            yield f"`mathshubs {' '.join(command)}` is not deployed"


def restricted(objects, _):
    """The restricted profile of the pod security standards, and further requirements."""
    for namespace in of_kind(objects, "Namespace"):
        if namespace["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"namespace {namespace['metadata']['name']} does not enforce the restricted profile"
    for workload in workloads(objects):
        spec, where = workload.spec, f"{workload.kind}/{workload.name}"
        pod = spec.get("securityContext", {})
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(key):
                yield f"{where}: {key}"
        if pod.get("sysctls"):
            yield f"{where}: sysctls"
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{where}: a token for the API server is mounted"
        for volume in spec.get("volumes", []):
            for kind in set(volume) - {"name"} - VOLUMES_ALLOWED:
                yield f"{where}: volume {volume['name']} is of the kind {kind}"
        for container in containers(workload):
            own = container.get("securityContext", {})
            effective = {key: own.get(key, pod.get(key)) for key in ("runAsNonRoot", "runAsUser", "seccompProfile")}
            capabilities = own.get("capabilities", {})
            wanted = {
                "runAsNonRoot is not true": effective["runAsNonRoot"] is True,
                "runAsUser is not a number above 0": (effective["runAsUser"] or 0) > 0,
                "no seccomp profile": (effective["seccompProfile"] or {}).get("type") in ("RuntimeDefault", "Localhost"),
                "privilege escalation is allowed": own.get("allowPrivilegeEscalation") is False,
                "it is privileged": not own.get("privileged"),
                "capabilities are not dropped": capabilities.get("drop") == ["ALL"],
                "capabilities are added": not capabilities.get("add"),
                "procMount is not the default": own.get("procMount", "Default") == "Default",
                "its root is writable": own.get("readOnlyRootFilesystem") is True,
                "it has no requests or no limit of memory": {"cpu", "memory"} <= container["resources"].get("requests", {}).keys()
                and "memory" in container["resources"].get("limits", {}),
                "it uses a port of the node": not any("hostPort" in port for port in container.get("ports", [])),
                "its image has no fixed version": re.search(r"(:(?!latest$)[\w.-]+|@sha256:\w+)$", container["image"]),
            }
            yield from (f"{where}: container {container['name']}: {what}" for what, holds in wanted.items() if not holds)


def references(objects, _):
    """Every referenced object exists."""
    for workload in workloads(objects):
        where = f"{workload.kind}/{workload.name}"
        wanted = [("ServiceAccount", workload.spec.get("serviceAccountName"))] if workload.kind != "Pod" else []
        owner = named(objects, workload.kind, workload.name)["spec"]
        if workload.kind == "StatefulSet":
            wanted.append(("Service", owner["serviceName"]))
        volumes = {one["metadata"]["name"] for one in owner.get("volumeClaimTemplates", [])}
        for volume in workload.spec.get("volumes", []):
            volumes.add(volume["name"])
            if "configMap" in volume:
                wanted.append(("ConfigMap", volume["configMap"]["name"]))
            if "persistentVolumeClaim" in volume and workload.kind != "Pod":
                wanted.append(("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]))
        for container in containers(workload):
            wanted += [("ConfigMap", one["configMapRef"]["name"]) for one in container.get("envFrom", []) if "configMapRef" in one]
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in volumes:
                    yield f"{where}: there is no volume {mount['name']}"
        yield from (f"{where}: there is no {kind} {name}" for kind, name in wanted if not named(objects, kind, name))


def command_of(container, sources):
    """The command that a container of our image runs: its key among the sources' commands."""
    plain = tuple(one for one in container.get("args", []) if not one.startswith("-"))
    return plain if plain in sources.commands else None


def ours(workload):
    return [one for one in containers(workload) if re.match(r"(.*/)?mathshubs[:@]", one["image"])]


def environment(objects, sources):
    """Commands, flags and variables exist in the program."""
    everything = set().union(*(sources.variables(command) for command in sources.commands))
    for config in of_kind(objects, "ConfigMap"):
        if config["metadata"]["name"].startswith("settings"):
            for name in sorted(config["data"].keys() - everything):
                yield f"the settings name {name}, which no command reads"
    for workload in workloads(objects):
        for container in ours(workload):
            where, command = f"{workload.kind}/{workload.name}", command_of(container, sources)
            if not command:
                yield f"{where}: there is no command `{' '.join(container.get('args', []))}`"
                continue
            flags = {one.flag for one in sources.commands[command]}
            for flag in (one.split("=")[0] for one in container["args"] if one.startswith("-")):
                if flag not in flags:
                    yield f"{where}: `mathshubs {' '.join(command)}` has no flag {flag}"
            for variable in container.get("env", []):
                if variable["name"] not in sources.variables(command):
                    yield f"{where}: `mathshubs {' '.join(command)}` does not read {variable['name']}"


def container_ports(workload):
    ports = [port for container in containers(workload) for port in container.get("ports", [])]
    return {port["containerPort"] for port in ports}, {port["name"]: port["containerPort"] for port in ports}


def ports(objects, _):
    """Services refer to ports with a listener, and probes use the admin port."""
    running = workloads(objects)
    for service in of_kind(objects, "Service"):
        name, behind = service["metadata"]["name"], selected({"matchLabels": service["spec"]["selector"]}, running)
        if not behind:
            yield f"Service/{name} selects nothing"
        for workload in behind:
            numbers, names = container_ports(workload)
            for port in service["spec"]["ports"]:
                target = names.get(port.get("targetPort"), port.get("targetPort", port["port"]))
                if target not in numbers:
                    yield f"Service/{name}: {workload.name} does not listen on {target}"
                # A headless service resolves to pods, so its port must be theirs.
                if service["spec"].get("clusterIP") == "None" and target != port["port"]:
                    yield f"Service/{name} is headless, so its port must be {target} instead of {port['port']}"
    for workload in running:
        for container in ours(workload):
            numbers = {port["containerPort"] for port in container.get("ports", [])}
            values = settings_of(objects, container)
            for name in ("MATHSHUBS_LISTEN", "MATHSHUBS_ADMIN_LISTEN"):
                port = values.get(name, "").rpartition(":")[2]
                if numbers and int(port or 0) not in numbers:
                    yield f"{workload.name}: {name} is not among its ports {sorted(numbers)}"
            admin = int(values.get("MATHSHUBS_ADMIN_LISTEN", ":0").rpartition(":")[2])
            for kind in ("startupProbe", "readinessProbe", "livenessProbe") if workload.kind == "StatefulSet" else ():
                if container.get(kind, {}).get("grpc", {}).get("port") != admin:
                    yield f"{workload.name}: its {kind} does not use gRPC on the admin port"


def subject_roles(values):
    """Issuer, subject and role of each entry of MATHSHUBS_SUBJECT_ROLES."""
    for pair in filter(None, values.get("MATHSHUBS_SUBJECT_ROLES", "").split(",")):
        subject, _, role = pair.rpartition("=")
        issuer, _, subject = subject.partition(" ")
        yield issuer, subject, role


def identities(objects, sources):
    """Every caller has a token for the audience and a role; every service has the keys of its trusted issuers."""
    running = workloads(objects)
    accounts = {
        f"system:serviceaccount:{one['metadata'].get('namespace')}:{one['metadata']['name']}": one["metadata"]["name"]
        for one in of_kind(objects, "ServiceAccount")
    }
    for workload in running:
        for container in ours(workload):
            values, where = settings_of(objects, container), f"{workload.kind}/{workload.name}"
            if workload.kind == "StatefulSet":
                speaks_for = {}
                for trust in values.get("MATHSHUBS_TRUST", "").split(","):
                    keys, *words = trust.split()
                    speaks_for[keys.rpartition("=")[0]] = {role for word in words if word.startswith("roles=") for role in word[6:].split("+")}
                    volume, key = mounted(workload, container, keys.rpartition("=")[2])
                    config = named(objects, "ConfigMap", (volume or {}).get("configMap", {}).get("name"))
                    if not config or key not in config["data"]:
                        yield f"{where}: no keys are mounted at the path of `{trust}` in MATHSHUBS_TRUST"
                for issuer, subject, role in subject_roles(values):
                    if role not in sources.roles:
                        yield f"{where}: there is no role `{role}`"
                    if role not in speaks_for.get(issuer, ()):
                        yield f"{where}: MATHSHUBS_TRUST does not let `{issuer}` speak for the role `{role}`"
                    if subject.startswith("system:serviceaccount:") and subject not in accounts:
                        yield f"{where}: `{subject}` has a role, but is not a service account of these manifests"
            for pair in filter(None, values.get("MATHSHUBS_PEER_TOKENS", "").split(",")):
                service, _, path = pair.partition("=")
                volume, key = mounted(workload, container, path)
                tokens = [one.get("serviceAccountToken", {}) for one in (volume or {}).get("projected", {}).get("sources", [])]
                audience = f"{sources.audience}-{service}"
                if not any(one.get("path") == key and one.get("audience") == audience for one in tokens):
                    yield f"{where}: no token for the audience `{audience}` is projected to {path}"
                subject = next((key for key, name in accounts.items() if name == workload.spec["serviceAccountName"]), None)
                for called in running:
                    for serving in ours(called) if (called.kind, called.name) == ("StatefulSet", service) else ():
                        if subject not in {one for _, one, _ in subject_roles(settings_of(objects, serving))}:
                            yield f"{where} calls as `{subject}`, which has no role in {service}"


def people(objects, sources):
    """Each role of people that `proto/access.csv` lists, except those of one hub or school, is assigned to a
    service account that runs nothing, or to a subject of another issuer."""
    runs = {workload.spec.get("serviceAccountName") for workload in workloads(objects)}
    for workload in workloads(objects):
        for container in ours(workload) if workload.kind == "StatefulSet" else ():
            given = {role for _, subject, role in subject_roles(settings_of(objects, container)) if subject.rpartition(":")[2] not in runs}
            for role in sorted(sources.people - given):
                yield f"{workload.kind}/{workload.name} assigns the role `{role}` to no person, so that its methods cannot be called"


def sqlite(objects, _):
    """On SQLite a service is one pod, and its file is on a persistent volume."""
    for workload in workloads(objects):
        for container in ours(workload):
            url = settings_of(objects, container).get("MATHSHUBS_DATABASE_URL", "")
            if url.startswith("sqlite:"):
                if workload.kind != "StatefulSet" or named(objects, "StatefulSet", workload.name)["spec"].get("replicas") != 1:
                    yield f"{workload.kind}/{workload.name} uses SQLite, but is not a StatefulSet of one replica"
                volume, _ = mounted(workload, container, url.removeprefix("sqlite:"))
                if not (volume or {}).get("claimTemplate"):
                    yield f"{workload.kind}/{workload.name}: its SQLite file is not on its own volume"


def drain(objects, sources):
    """Kubernetes waits longer than the maximum drain, plus the second in which the last answers are sent."""
    for workload in workloads(objects):
        for container in ours(workload) if workload.kind == "StatefulSet" else ():
            values = sources.defaults() | settings_of(objects, container)
            wait_ms = int(values["MATHSHUBS_DRAIN_GRACE_MS"]) + int(values["MATHSHUBS_DRAIN_MAX_MS"]) + 1_000
            if workload.spec.get("terminationGracePeriodSeconds", 30) * 1_000 <= wait_ms:
                yield f"{workload.name} is killed before its drain of {wait_ms} ms is over"
