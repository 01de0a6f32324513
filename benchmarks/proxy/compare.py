#!/usr/bin/python3
"""Measures this proxy beside the npm program, nginx and HAProxy, in one run on one machine.

usage: compare.py [--only small,bodies,websocket,idle,tls,routes,churn,workers] [--proxies NAMES] [--seconds N] [--runs N]
       compare.py --report           writes table.md and speed.svg from what was measured into build/benchmarks/

Figures are kept in build/benchmarks/proxy.json, so that a long comparison can be made in pieces. What depends on the clock is
measured in turns, one proxy after the other in each round, so that a busy moment of the machine meets all of them. Needs wrk, nginx,
haproxy, openssl, clang++-19; the npm program is installed into build/ when it is missing. The proxies run on CPU 0, target and load
on CPU 1.
"""
import argparse
import http.client
import json
import resource
import statistics
import subprocess
import sys
import threading
import time

import contestants
from contestants import FOLDER, REPOSITORY, TARGET_PORT, TOKEN
from measure import LOAD_CPU, Cpu, full_handshakes, medians, memory_bytes, new_tls_connections, wrk
from report import write_report

WIRE = FOLDER / "wire"
GB = 1e9
MICRO = 1e6
IDLE_COUNT = 9000


def build_wire():
    source = REPOSITORY / "benchmarks/proxy/wire.cpp"
    if not WIRE.exists() or WIRE.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["clang++-19", "-std=c++23", "-O2", "-o", WIRE, source, "-lssl", "-lcrypto"], check=True)


def wire(*words, **options):
    return subprocess.Popen(["taskset", "-c", LOAD_CPU, WIRE, *map(str, words)], stdout=subprocess.PIPE, text=True, **options)


# --- what is measured: each gives {figure: value}

def small(proxy, seconds):
    def at(connections):
        with Cpu(proxy.pid) as cpu:
            count, p99 = wrk(proxy.url + "/small", connections, seconds)
        return {f"small {connections}: µs CPU": cpu.seconds / count * MICRO, f"small {connections}: p99 ms": p99,
                f"small {connections}: a second": count / cpu.duration}
    wrk(proxy.url + "/small", 64, 1)  # warm up
    return {**at(64), **at(256)}


def bodies(proxy, seconds):
    found = {}
    for megabytes in (10, 100):
        size, count = megabytes * 10**6, 0
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port)
        buffer = bytearray(1 << 20)
        with Cpu(proxy.pid) as cpu:
            end = time.monotonic() + seconds
            while time.monotonic() < end or not count:
                connection.request("GET", f"/bytes/{size}")
                answer, left = connection.getresponse(), size
                while left:
                    left -= answer.readinto(buffer)
                count += 1
        connection.close()
        found[f"body {megabytes} MB: s CPU a GB"] = cpu.seconds / (count * size / GB)
    return found


def websocket(proxy, seconds):
    with Cpu(proxy.pid) as cpu:
        client = wire("echo", proxy.port, "/ws", 64, seconds)
        count, p99 = client.communicate()[0].split()
    return {"WebSocket: µs CPU a message": cpu.seconds / int(count) * MICRO, "WebSocket: p99 ms": float(p99)}


def memory_of_an_idle_websocket(what, proxy, pid, port):
    before = memory_bytes(pid)
    client = wire(what, port, "/ws", IDLE_COUNT, stdin=subprocess.PIPE)
    count = int(client.stdout.readline())
    time.sleep(1)
    each = (memory_bytes(pid) - before) / max(count, 1) / 1024
    client.stdin.close()
    client.wait()
    if count != IDLE_COUNT:
        raise SystemExit(f"{proxy.name}: only {count} WebSockets were opened")
    return each


def idle(proxy, _):
    return {"idle WebSocket: KB": memory_of_an_idle_websocket("idle", proxy, proxy.pid, proxy.port)}


def idle_tls(proxy, _):
    return {"idle WebSocket over TLS: KB": memory_of_an_idle_websocket("idle-tls", proxy, proxy.tls_pid, proxy.tls_port)}


def tls(proxy, seconds):
    with Cpu(proxy.tls_pid) as cpu:
        count, _ = wrk(proxy.tls_url + "/small", 64, seconds)
    kept = cpu.seconds / count * MICRO
    with Cpu(proxy.tls_pid) as cpu:
        count = new_tls_connections(proxy.tls_port, seconds)
    return {"TLS kept alive: µs CPU": kept, "TLS new connection: µs CPU": cpu.seconds / count * MICRO}


def add_routes(proxy, first, count):
    """Adds them over ten connections at once, as a hub that starts does."""
    added = int(wire("routes", proxy.api_port, TOKEN, first, count, TARGET_PORT).communicate()[0])
    if added != count:
        raise SystemExit(f"{proxy.name}: only {added} of {count} routes were added")


def routes(proxy, _):
    if proxy.api_port is None:
        return {}
    before = memory_bytes(proxy.pid)
    add_routes(proxy, 0, 10_000)
    costs = []
    for first in range(10_000, 20_000, 1_000):
        with Cpu(proxy.pid) as cpu:
            add_routes(proxy, first, 1_000)
        costs.append(cpu.seconds / 1_000 * MICRO)
    found = {"route added at 10,000: µs CPU": statistics.median(costs)}
    if proxy.name != "npm":  # which would take many minutes
        add_routes(proxy, 20_000, 80_000)
        found["100,000 routes: MB"] = (memory_bytes(proxy.pid) - before) / 1e6
    return found


def churn(proxy, seconds):
    """How long other requests take while 200 routes a second come and go among 10,000."""
    if proxy.api_port is None or proxy.name == "npm":
        return {}
    add_routes(proxy, 0, 10_000)
    api = http.client.HTTPConnection("127.0.0.1", proxy.api_port)
    body, headers = json.dumps({"target": f"http://127.0.0.1:{TARGET_PORT}"}), {"Authorization": f"token {TOKEN}"}
    _, calm = wrk(proxy.url + "/small", 64, seconds)
    load = threading.Thread(target=lambda: measured.append(wrk(proxy.url + "/small", 64, seconds)))
    measured = []
    load.start()
    number = 0
    while load.is_alive():
        for method in ("POST", "DELETE"):
            api.request(method, f"/api/routes/user/passing{number}", body if method == "POST" else None, headers)
            api.getresponse().read()
            time.sleep(0.005)
        number += 1
    return {"p99 without route changes: ms": calm, "p99 with 200 route changes a second: ms": measured[0][1]}


def workers(seconds):
    """One and two workers of this proxy, both CPUs for everybody. Small requests leave the load no room on two CPUs, so that their cost
    is what tells whether workers get in each other's way; new connections with an RSA key of 8192 bits cost the client little, so that
    the rate tells it too."""
    found, started = {}, {count: contestants.ours(count, "0,1", 9750 + 10 * count, key="rsa") for count in (1, 2)}
    try:
        for _ in range(5):
            for count, proxy in started.items():
                with Cpu(proxy.pid) as cpu:
                    done, _ = wrk(proxy.url + "/small", 256, seconds, cpus="0,1", threads=2)
                found.setdefault(f"{count} workers: µs CPU", []).append(cpu.seconds / done * MICRO)
                found.setdefault(f"{count} workers: a second", []).append(done / cpu.duration)
                with Cpu(proxy.tls_pid) as cpu:
                    done = full_handshakes(proxy.tls_port, 32, max(seconds, 6))
                found.setdefault(f"{count} workers: RSA connections a second", []).append(done / cpu.duration)
                found.setdefault(f"{count} workers: ms CPU an RSA connection", []).append(cpu.seconds / done * 1000)
    finally:
        for proxy in started.values():
            proxy.stop()
    return {key: statistics.median(values) for key, values in found.items()}


class Topic:
    def __init__(self, measure, runs, in_turns=True):
        self.measure, self.runs, self.in_turns = measure, runs, in_turns


TOPICS = {"small": Topic(small, 5), "bodies": Topic(bodies, 3), "websocket": Topic(websocket, 7), "tls": Topic(tls, 5),
          "idle": Topic(idle, 1, in_turns=False), "idle_tls": Topic(idle_tls, 1, in_turns=False),
          "routes": Topic(routes, 1, in_turns=False), "churn": Topic(churn, 1, in_turns=False)}


def measure_topic(topic, runs, names, seconds):
    """{proxy: {figure: median}}. What is about memory meets a fresh proxy, everything else is measured in turns."""
    found = {}
    for group in [names] if topic.in_turns else [[name] for name in names]:
        started = {name: contestants.ALL[name]() for name in group}
        try:
            rounds = [{name: topic.measure(proxy, seconds) for name, proxy in started.items()} for _ in range(runs or topic.runs)]
        finally:
            for proxy in started.values():
                proxy.stop()
        for name in group:
            found[name] = medians([each[name] for each in rounds])
            print(name, {key: round(value, 2) for key, value in found[name].items()}, file=sys.stderr, flush=True)
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default=",".join([*TOPICS, "workers"]))
    options.add_argument("--proxies", default=",".join(contestants.ALL))
    options.add_argument("--seconds", type=int, default=2)
    options.add_argument("--runs", type=int, default=0, help="instead of each topic's own number")
    options.add_argument("--report", action="store_true")
    chosen = options.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # what is started inherits it
    store = FOLDER / "proxy.json"
    figures = json.loads(store.read_text()) if store.exists() else {}
    if chosen.report:
        write_report(figures, FOLDER)
        return
    build_wire()
    contestants.make_certificates()
    target = wire("target", TARGET_PORT)
    try:
        for name in chosen.only.split(","):
            if name == "workers":
                found = {"this project": workers(chosen.seconds)}
            else:
                found = measure_topic(TOPICS[name], chosen.runs, chosen.proxies.split(","), chosen.seconds)
            for proxy, values in found.items():
                figures.setdefault(proxy, {}).update(values)
            store.write_text(json.dumps(figures, indent=1))
    finally:
        target.terminate()


if __name__ == "__main__":
    main()
