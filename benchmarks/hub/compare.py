#!/usr/bin/python3
"""Measures this hub and the Python hub of the machine in one run and prints a table in Markdown: rate, CPU per request,
start-up, memory. Both run behind our proxy and with 10,000 users; the requests go straight to the hub.

usage: compare.py [--ours DIR] [--theirs COMMAND] [--seconds N] [--servers N] [--only ours|theirs]
                  [--parts requests flows servers]
"""
import argparse
import asyncio
import json
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from measured import CLIENT, SECRET, TOKEN, Hub, percentile, usage

HERE = pathlib.Path(__file__).resolve().parent
USERS = 10_000
PARTS = ["requests", "flows", "servers"]
LONGEST_STOP = 100  # seconds; then those that run still are counted


class Prober:
    """Asks for GET /hub/api/ every 10 ms while something else goes on. A process of its own, before others when the
    machine allows that: the times are what the hub takes, not what the rest of this program does meanwhile."""

    def __init__(self, hub):
        self.hub, self.times = hub, []
        self.over, (self.here, there) = multiprocessing.Event(), multiprocessing.Pipe(False)
        self.process = multiprocessing.Process(target=self.run, args=(there,), daemon=True)

    def run(self, there):
        try:
            os.nice(-10)
        except PermissionError:
            pass
        times = []
        while not self.over.wait(0.01):
            begun = time.monotonic()
            self.hub.call("GET", "/hub/api/")
            times.append(time.monotonic() - begun)
        there.send(times)

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.times = self.here.recv()
        self.process.join()


class Figures:
    def __init__(self, hub, seconds):
        self.hub, self.seconds, self.rows = hub, seconds, {}

    def put(self, name, value):
        self.rows[name] = value
        print(f"{self.hub.command}: {name}: {value:.4g}", file=sys.stderr)

    def wrk(self, name, path, threads=1, connections=16, flow=None, steps=1, arguments=(), headers=()):
        words = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{self.seconds}s", "--timeout", "30s"]
        words += [w for header in headers for w in ("-H", header)]
        if flow:
            words += ["-s", str(HERE / "flows.lua")]
        words.append(f"http://127.0.0.1:{self.hub.hub_port}{path}")
        if flow:
            words += ["--", flow, TOKEN, *arguments]
        before = usage(self.hub.process.pid)[0]
        out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        used = usage(self.hub.process.pid)[0] - before
        done = int(out.split(" requests in")[0].rsplit(maxsplit=1)[-1]) / steps
        if "Non-2xx" in out:
            print(f"<!-- {name}: {out.split('Non-2xx')[1].strip().splitlines()[0]} -->")
        self.put(f"{name}, per second", done / self.seconds)
        self.put(f"{name}, CPU (ms)", used / done * 1000 if done else float("nan"))

    def requests(self):
        by_service = [f"Authorization: token {TOKEN}"]
        by_user = [f"Authorization: token {self.hub.user_token('u000000')}"]
        self.wrk("GET /hub/api", "/hub/api/")
        self.wrk("GET /hub/api/user", "/hub/api/user", headers=by_user)
        self.wrk("GET /hub/api/users?limit=100", "/hub/api/users?limit=100", headers=by_service)
        self.wrk("login page", "/hub/login")

    def flows(self):
        tail = [str(USERS), CLIENT, SECRET, "http://127.0.0.1:1/callback"]
        cookies = self.hub.login("u000001")
        with Prober(self.hub) as prober:
            self.wrk("create a user", "/", 8, 8, "create", 1, ["-", f"c{int(time.time())}-", *tail])
            self.wrk("activity", "/", 8, 16, "activity", 1, ["-", "-", *tail])
            self.wrk("form login", "/", 8, 8, "login", 2, ["-", "-", *tail])
            self.wrk("OAuth round trip", "/", 8, 8, "oauth", 3, [cookies, "-", *tail])
        self.put("GET /hub/api meanwhile, p99 (ms)", percentile(prober.times, 0.99) * 1000)
        begun = time.monotonic()
        status, _, _ = self.hub.call("POST", "/hub/api/users", {"usernames": [f"bulk{i}" for i in range(500)]})
        assert status == 201, status
        self.put("create 500 users at once (s)", time.monotonic() - begun)

    def servers(self, count):
        names = [f"u{i:06d}" for i in range(count)]
        with Prober(self.hub) as prober:
            begun = time.monotonic()
            statuses = asyncio.run(self.hub.all_at_once("POST", names))
            while self.hub.ready_servers() < count and time.monotonic() - begun < 120:
                time.sleep(0.05)
            self.put(f"{count} starts at once, per second", count / (time.monotonic() - begun))
        if set(statuses) - {201, 202}:
            print(f"<!-- starts: {sorted(set(statuses))} -->")
        self.put("GET /hub/api during the starts, p99 (ms)", percentile(prober.times, 0.99) * 1000)
        self.hub.stop()
        self.put(f"start-up with {count} running servers (s)", self.hub.start())
        while self.hub.ready_servers() < count and time.monotonic() - begun < 240:
            time.sleep(0.05)
        begun = time.monotonic()
        asyncio.run(self.hub.all_at_once("DELETE", names))
        while self.hub.ready_servers() and time.monotonic() - begun < LONGEST_STOP:
            time.sleep(0.05)
        if left := self.hub.ready_servers():
            print(f"<!-- {left} servers run still -->")
        self.put(f"stop {count} adopted servers (s)", time.monotonic() - begun)


def measure(command, path, options, fake):
    hub = Hub(command, path, fake)
    figures = Figures(hub, options.seconds)
    try:
        hub.start()
        hub.stop()
        hub.seed(USERS)
        figures.put("start-up with 10,000 users (s)", hub.start())
        figures.put("memory (MiB)", usage(hub.process.pid)[1])
        if "requests" in options.parts:
            figures.requests()
        if "flows" in options.parts:
            figures.flows()
            figures.put("memory after that (MiB)", usage(hub.process.pid)[1])
        if "servers" in options.parts and options.servers:
            figures.servers(options.servers)
        return figures.rows
    finally:
        hub.close()


def main():
    root = HERE.parents[1]
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--ours", default=str(root / "build/release/bin"))
    parser.add_argument("--theirs", default="/usr/bin/jupyterhub")
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--servers", type=int, default=200, help="started at once; 0: leave that out")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--only", choices=["ours", "theirs"])
    options = parser.parse_args()
    path = f"{options.ours}:/usr/bin:/bin:/usr/sbin:/sbin"
    folder = tempfile.mkdtemp(prefix="hub-benchmark-")
    fake = f"{folder}/fake-server"
    compiler = shutil.which("clang++-19") or shutil.which("g++")
    subprocess.run([compiler, "-O2", "-static", "-o", fake, str(HERE / "fake_server.cpp")], check=True)
    os.chmod(folder, 0o755)
    sides = {"ours": f"{options.ours}/jupyterhub", "theirs": options.theirs}
    rows = {side: measure(command, path, options, fake) for side, command in sides.items()
            if options.only in (None, side)}
    shutil.rmtree(folder)
    if options.only:
        print(json.dumps(rows[options.only], indent=1))
        return
    print("| | Python hub | this hub | ratio |\n|---|---|---|---|")
    for name, value in rows["ours"].items():
        theirs = rows["theirs"][name]
        ratio = value / theirs if name.endswith("per second") else theirs / value
        print(f"| {name} | {theirs:.3g} | {value:.3g} | {ratio:.3g} × |")


if __name__ == "__main__":
    main()
