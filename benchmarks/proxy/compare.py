#!/usr/bin/python3
"""Measures this proxy beside the npm program, nginx and HAProxy, in one run on one machine.

usage: compare.py [--only small,bodies,websocket,tls,routes,workers] [--proxies NAMES] [--seconds N] [--runs N]
       compare.py --report           writes table.md and speed.svg from what was measured into build/benchmarks/

Figures are kept in build/benchmarks/proxy.json, so that a long comparison can be made in pieces. Needs wrk, nginx, haproxy,
openssl, clang++-19; the npm program is installed into build/ when it is missing. The proxies run on CPU 0, target and load on CPU 1.
"""
import argparse
import http.client
import json
import resource
import subprocess
import sys
import time

import contestants
from contestants import FOLDER, REPOSITORY, TARGET_PORT, TOKEN
from measure import LOAD_CPU, Cpu, cpu_seconds, median_of, memory_bytes, new_tls_connections, wrk
from report import write_report

WIRE = FOLDER / "wire"
GB = 1e9
MICRO = 1e6


def build_wire():
    source = REPOSITORY / "benchmarks/proxy/wire.cpp"
    if not WIRE.exists() or WIRE.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["clang++-19", "-std=c++23", "-O2", "-o", WIRE, source], check=True)


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


def idle(proxy, _):
    before = memory_bytes(proxy.pid)
    client = wire("idle", proxy.port, "/ws", 4000, stdin=subprocess.PIPE)
    count = int(client.stdout.readline())
    time.sleep(1)
    each = (memory_bytes(proxy.pid) - before) / max(count, 1) / 1024
    client.stdin.close()
    client.wait()
    if count != 4000:
        raise SystemExit(f"{proxy.name}: only {count} WebSockets were opened")
    return {"idle WebSocket: KB": each}


def tls(proxy, seconds):
    with Cpu(proxy.tls_pid) as cpu:
        count, _ = wrk(proxy.tls_url + "/small", 64, seconds)
    kept = cpu.seconds / count * MICRO
    with Cpu(proxy.tls_pid) as cpu:
        count = new_tls_connections(proxy.tls_port, seconds)
    return {"TLS kept alive: µs CPU": kept, "TLS new connection: µs CPU": cpu.seconds / count * MICRO}


def routes(proxy, _):
    if proxy.api_port is None:
        return {}
    api = http.client.HTTPConnection("127.0.0.1", proxy.api_port)
    body = json.dumps({"target": f"http://127.0.0.1:{TARGET_PORT}", "user": "someone", "server_name": ""})
    headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"}

    def call(method, number):
        api.request(method, f"/api/routes/user/somebody{number:06}", body if method == "POST" else None, headers)
        api.getresponse().read()

    before = memory_bytes(proxy.pid)
    for number in range(10_000):
        call("POST", number)
    start = cpu_seconds(proxy.pid)
    for number in range(10_000, 12_000):
        call("POST", number)
    each = (cpu_seconds(proxy.pid) - start) / 2_000 * MICRO
    for number in range(12_000, 100_000):
        call("POST", number)
    return {"route added at 10,000: µs CPU": each, "100,000 routes: MB": (memory_bytes(proxy.pid) - before) / 1e6}


def workers(seconds):
    """One and two workers of this proxy, both CPUs for everybody: the load takes part of them."""
    found = {}
    for count in (1, 2):
        proxy = contestants.ours(count, "0,1", 9750)
        try:
            done, _ = wrk(proxy.url + "/small", 256, seconds)
            with Cpu(proxy.pid) as cpu:
                done, p99 = wrk(proxy.url + "/small", 256, seconds)
            found[f"{count} workers: a second"] = done / cpu.duration
            found[f"{count} workers: CPUs in use"] = cpu.seconds / cpu.duration
        finally:
            proxy.stop()
    return found


TOPICS = {"small": (small, 3), "bodies": (bodies, 3), "websocket": (websocket, 3), "idle": (idle, 1), "tls": (tls, 2), "routes": (routes, 1)}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default=",".join([*TOPICS, "workers"]))
    options.add_argument("--proxies", default=",".join(contestants.ALL))
    options.add_argument("--seconds", type=int, default=3)
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
    contestants.make_certificate()
    target = wire("target", TARGET_PORT)
    try:
        for topic in chosen.only.split(","):
            if topic == "workers":
                figures.setdefault("this project", {}).update(workers(chosen.seconds))
                continue
            measure, runs = TOPICS[topic]
            for name in chosen.proxies.split(","):
                proxy = contestants.ALL[name]()
                try:
                    found = median_of(chosen.runs or runs, lambda: measure(proxy, chosen.seconds))
                finally:
                    proxy.stop()
                figures.setdefault(name, {}).update(found)
                print(name, {key: round(value, 2) for key, value in found.items()}, file=sys.stderr, flush=True)
                store.write_text(json.dumps(figures, indent=1))
        store.write_text(json.dumps(figures, indent=1))
    finally:
        target.terminate()


if __name__ == "__main__":
    main()
