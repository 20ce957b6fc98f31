"""Finds Kubernetes objects and their parts."""

from collections import namedtuple

# An object that creates pods, with the pods' labels and spec.
Workload = namedtuple("Workload", "kind name labels spec")


def of_kind(objects, kind):
    return [one for one in objects if one["kind"] == kind]


def named(objects, kind, name):
    """The object of that kind and name, or None."""
    return next((one for one in of_kind(objects, kind) if one["metadata"]["name"] == name), None)


def workloads(objects):
    """All objects that create pods."""
    found = []
    for one in objects:
        kind, spec = one["kind"], one.get("spec") or {}
        if kind == "Pod":
            pod = one
        elif kind in ("StatefulSet", "Deployment", "DaemonSet", "Job"):
            pod = spec["template"]
        elif kind == "CronJob":
            pod = spec["jobTemplate"]["spec"]["template"]
        else:
            continue
        found.append(Workload(kind, one["metadata"]["name"], pod["metadata"].get("labels") or {}, pod["spec"]))
    return found


def containers(workload):
    return workload.spec["containers"] + workload.spec.get("initContainers", [])


def selected(selector, running):
    """The workloads that a label selector selects. Only matchLabels are supported; these manifests use nothing else."""
    assert set(selector) <= {"matchLabels"}, f"an unsupported selector: {selector}"
    wanted = selector.get("matchLabels") or {}
    return [one for one in running if wanted.items() <= one.labels.items()]


def settings_of(objects, container):
    """The variables of a container: those of its ConfigMaps, then its own."""
    values = {}
    for source in container.get("envFrom", []):
        config = named(objects, "ConfigMap", source.get("configMapRef", {}).get("name"))
        values |= config["data"] if config else {}
    return values | {one["name"]: one.get("value", "") for one in container.get("env", [])}


def mounted(workload, container, path):
    """The volume of a path in a container, and the path within it; (None, None) if no mount contains it."""
    volumes = {one["name"]: one for one in workload.spec.get("volumes", [])}
    for mount in sorted(container.get("volumeMounts", []), key=lambda one: -len(one["mountPath"])):
        base = mount["mountPath"].rstrip("/") + "/"
        if path.startswith(base):
            return volumes.get(mount["name"], {"name": mount["name"], "claimTemplate": True}), path[len(base):]
    return None, None
