"""Runs services with admin ports and a Prometheus that scrapes them, and queries it. Usage: check.py MATHSHUBS FOLDER"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

import yaml

# Creates a hub, a round and its places, so that the feeds of network and enrolment have events.
PREPARE = Path(__file__).resolve().parents[2] / "clients/prepare.py"
# Each service, and the services whose feeds it follows.
SERVICES = {"network": ["enrolment", "specialists", "funding"], "enrolment": ["network"], "specialists": ["network"], "funding": ["network", "enrolment"]}
WAIT_SECONDS_MAX = 60
IMPORT = 'rpc_method="mathshubs.network.v1.RegisterService/ImportRegister",rpc_response_status_code="OK"'


def held_port():
    """A free port, and a bound socket that reserves it: it does not listen, so that a listener with SO_REUSEADDR can use the port and no other program gets it."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held.getsockname()[1], held


def wait_for(what, look):
    """Waits until `look` returns a true value; an OSError counts as false."""
    deadline, last = time.monotonic() + WAIT_SECONDS_MAX, None
    while time.monotonic() < deadline:
        try:
            last = look()
            if last:
                return last
        except OSError as error:
            last = error
        time.sleep(0.2)
    sys.exit(f"{what}: not within {WAIT_SECONDS_MAX} s; the last result was {last}")


class Suite:
    """Services of one data folder, each on its own two ports."""

    def __init__(self, program, folder):
        self.program, self.folder, self.running = program, folder, {}
        held = {service: (held_port(), held_port()) for service in SERVICES}
        self.ports = {service: (port, admin) for service, ((port, _), (admin, _)) in held.items()}
        self.held = held
        self.data = folder / "data"
        # Creates the key and the databases.
        flags = re.findall(r"--\w+-address", subprocess.run([program, "up", "--help"], check=True, capture_output=True, text=True).stdout)
        listen = [text for flag in sorted(set(flags)) for text in (flag, "127.0.0.1:0")]
        log = open(folder / "up.log", "wb")
        up = subprocess.Popen([program, "up", "--data", self.data, *listen], stdout=subprocess.PIPE, stderr=log, text=True)
        wait_for("mathshubs up", lambda: "Ctrl-C" in up.stdout.readline())
        up.terminate()
        assert up.wait() == 0

    def token(self, role, *services):
        services = [word for service in services for word in ("--service", service)]
        return subprocess.run([self.program, "token", "--data", self.data, "--role", role, *services], check=True, capture_output=True, text=True).stdout

    def serve(self, service):
        port, admin = self.ports[service]
        token = self.folder / "token"
        token.write_text(self.token("follower", *SERVICES))
        settings = {
            "MATHSHUBS_DATABASE_URL": f"sqlite:{self.data / service}.db",
            "MATHSHUBS_LISTEN": f"127.0.0.1:{port}",
            "MATHSHUBS_ADMIN_LISTEN": f"127.0.0.1:{admin}",
            "MATHSHUBS_TRUST": f"mathshubs-local={self.data / 'key/jwks.json'} roles=ncetm+follower",
            "MATHSHUBS_PEER_TOKENS": ",".join(f"{other}={token}" for other in SERVICES),
            "MATHSHUBS_DRAIN_GRACE_MS": "0",
        } | {f"MATHSHUBS_{other.upper()}_URL": f"http://127.0.0.1:{self.ports[other][0]}" for other in SERVICES[service]}
        log = open(self.folder / f"{service}.log", "ab")
        self.running[service] = subprocess.Popen([self.program, "serve", service], env=os.environ | settings, stdout=log, stderr=log)

        def figures():
            if self.running[service].poll() is not None:
                sys.exit((self.folder / f"{service}.log").read_text())
            return self.figures(service)

        wait_for(f"{service}'s metrics", figures)

    def stop(self, service):
        process = self.running.pop(service)
        process.terminate()
        assert process.wait() == 0, f"{service} ended with {process.returncode}"

    def figures(self, service):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[service][1]}/metrics", timeout=5) as answer:
            return answer.read().decode()

    def head(self, service):
        """The position of the newest event of a service's feed, as the service itself says it now."""
        return float(re.search(rf'^feed_head_position{{source="{service}"}} (\S+)$', self.figures(service), re.M)[1])


class Prometheus:
    """A real Prometheus, which scrapes every second."""

    def __init__(self, folder, suite):
        self.port, self.held = held_port()
        targets = [{"targets": [f"127.0.0.1:{admin}"], "labels": {"app": service}} for service, (_, admin) in suite.ports.items()]
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["alerts.yaml"],
            "scrape_configs": [{"job_name": "mathshubs", "static_configs": targets}],
        }
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        log = open(folder / "prometheus.log", "wb")
        arguments = [f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address=127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(["prometheus", *arguments], stdout=log, stderr=log)

    def ask(self, path, **query):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)["data"]

    def value(self, expression):
        """The only value of an expression, or None."""
        found = self.ask("query", query=expression)["result"]
        assert len(found) <= 1, f"{expression} has several values: {found}"
        return float(found[0]["value"][1]) if found else None

    def wait(self, expression, wanted):
        return wait_for(expression, lambda: (value := self.value(expression)) is not None and wanted(value) and (value,))[0]

    def _alerts(self):
        return [one["labels"] for one in self.ask("alerts")["alerts"] if one["state"] == "firing"]

    def firing(self):
        return {labels["alertname"] for labels in self._alerts()}

    def firing_of(self, alert):
        """The consumers for which an alert fires."""
        return {labels["consumer"] for labels in self._alerts() if labels["alertname"] == alert}


def ours(figures):
    """The names of the metrics in an exposition."""
    return set(re.findall(r"^# TYPE (\w+)", figures, re.M))


def linted(figures):
    """promtool's findings about an exposition."""
    said = subprocess.run(["promtool", "check", "metrics"], input=figures, capture_output=True, text=True)
    return said.stdout + said.stderr


def main(program, folder):
    folder = Path(folder)
    suite = Suite(program, folder)
    prometheus = None
    try:
        for service in SERVICES:
            suite.serve(service)
        prometheus = Prometheus(folder, suite)
        header = "URN,LA (code),LA (name),EstablishmentName,TypeOfEstablishment (code),EstablishmentTypeGroup (code),EstablishmentStatus (code),OpenDate,CloseDate,PhaseOfEducation (code),GOR (code)"
        (folder / "extract.csv").write_text(f"{header}\n100001,373,Sheffield,One,01,4,1,01-09-1970,,2,D\n")
        address = f"127.0.0.1:{suite.ports['network'][0]}"
        importing = [program, "import-register", folder / "extract.csv", "--as-of", "2018-09-01", "--address", address]
        as_ncetm = os.environ | {"MATHSHUBS_TOKEN": suite.token("ncetm").strip()}
        subprocess.run(importing, check=True, env=as_ncetm, stdout=subprocess.DEVNULL)

        prepared = [sys.executable, PREPARE, "--hub", "north", "--lead", "schools/100001", "--round", "now", "--places", "2"]
        prepared += [part for service in ("network", "enrolment") for part in (f"--{service}", f"127.0.0.1:{suite.ports[service][0]}")]
        subprocess.run(prepared, check=True, env=as_ncetm, stdout=subprocess.DEVNULL)

        prometheus.wait('sum(up{job="mathshubs"})', lambda value: value == len(SERVICES))
        prometheus.wait(f'rpc_server_call_duration_seconds_count{{app="network",{IMPORT}}}', lambda value: value == 1)
        seconds = prometheus.wait(f"histogram_quantile(0.99, sum by (le) (rpc_server_call_duration_seconds_bucket{{{IMPORT}}}))", lambda value: value > 0)
        # No further events are recorded; Prometheus' values may be a second old.
        heads = {source: suite.head(source) for source in sorted(set().union(*SERVICES.values()))}
        assert heads["network"] and heads["enrolment"], heads
        for source, head in heads.items():
            prometheus.wait(f'feed_head_position{{app="{source}",source="{source}"}}', lambda value: value == head)
        for service, sources in SERVICES.items():
            for source in sources:
                at = f'{{consumer="{service}",source="{source}"}}'
                prometheus.wait(f"feed_consumer_position{at}", lambda value: value == heads[source])
                prometheus.wait(f"feed_consumer_lag_events{at}", lambda value: value == 0)
                prometheus.wait(f"feed_consumer_stopped{at}", lambda value: value == 0)
        rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
        assert len(rules) >= 5 and all(rule["health"] == "ok" for rule in rules), rules
        assert not prometheus.firing(), prometheus.firing()
        metadata = prometheus.ask("metadata")
        for service in SERVICES:
            figures = suite.figures(service)
            for name in ours(figures):
                assert metadata[name][0]["help"], f"{name} has no help text"
            assert not (said := linted(figures)), f"promtool on {service}: {said}"

        # A restarted service exports its head before a new event is recorded.
        suite.stop("network")
        prometheus.wait('up{app="network"}', lambda value: value == 0)
        suite.serve("network")
        prometheus.wait('feed_head_position{app="network"}', lambda value: value == heads["network"])
        # Another epoch instead of the one that the others follow.
        suite.stop("network")
        for file in suite.data.glob("network.db*"):
            file.unlink()
        suite.serve("network")
        for service, sources in SERVICES.items():
            for source in sources:
                stopped = int(source == "network")
                prometheus.wait(f'feed_consumer_stopped{{consumer="{service}",source="{source}"}}', lambda value: value == stopped)
        followers = {service for service, sources in SERVICES.items() if "network" in sources}
        wait_for("the alerts", lambda: prometheus.firing_of("FeedConsumerStopped") == followers)
        assert prometheus.firing() == {"FeedConsumerStopped"}, prometheus.firing()
        feeds = sum(map(len, SERVICES.values()))
        print(f"{len(SERVICES)} services, {feeds} feeds followed; an import took at most {seconds:.2f} s; {len(rules)} rules; {len(followers)} stopped consumers raised an alert")
    finally:
        for process in [*suite.running.values(), *([prometheus.process] if prometheus else [])]:
            process.terminate()
            process.wait()
        shutil.rmtree(folder / "tsdb", ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
