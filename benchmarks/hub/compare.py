#!/usr/bin/python3
"""Measures this hub and the Python hub of the machine in one run: CPU per request, memory, time to start.
Both run behind our proxy; the requests go straight to the hub.

usage: compare.py [--ours DIR] [--theirs COMMAND] [--seconds N]      prints a table in Markdown
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

TICK = os.sysconf("SC_CLK_TCK")
TOKEN = "benchmark-token-0123456789"
CONFIG = """
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.JupyterHub.authenticator_class = "jupyterhub.auth.DummyAuthenticator"
c.Authenticator.admin_users = {{"admin"}}
c.JupyterHub.log_level = "WARN"
c.JupyterHub.services = [{{"name": "bench", "api_token": "{token}"}}]
c.JupyterHub.load_roles = [{{"name": "bench", "services": ["bench"], "scopes": ["admin:users", "list:users"]}}]
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_and_memory(pid):
    """CPU seconds so far and resident MiB of one process."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    memory = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    return (int(stat[11]) + int(stat[12])) / TICK, int(memory[1]) / 1024


class Hub:
    def __init__(self, command, path):
        self.directory = tempfile.mkdtemp(prefix="hub-benchmark-")
        self.port, self.hub_port, api_port = free_port(), free_port(), free_port()
        config = pathlib.Path(self.directory) / "jupyterhub_config.py"
        config.write_text(CONFIG.format(port=self.port, hub_port=self.hub_port, api_port=api_port, token=TOKEN))
        begun = time.monotonic()
        self.process = subprocess.Popen([command, "-f", str(config)], cwd=self.directory, env={**os.environ, "PATH": path},
                                        stdout=subprocess.DEVNULL, stderr=open(f"{self.directory}/log", "w", encoding="utf-8"))
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/hub/api", timeout=2).read()
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() - begun > 60:
                    raise SystemExit(f"{command} did not start, see {self.directory}/log") from None
                time.sleep(0.01)
        self.start_seconds = time.monotonic() - begun

    def load(self, path, seconds, headers=()):
        """Requests straight at the hub's own port: (CPU in ms per request, requests per second)."""
        before, _ = cpu_and_memory(self.process.pid)
        arguments = [word for header in headers for word in ("-H", header)]
        out = subprocess.run(["wrk", "-t1", "-c16", f"-d{seconds}s", *arguments, f"http://127.0.0.1:{self.hub_port}{path}"],
                             capture_output=True, text=True, check=True).stdout
        after, _ = cpu_and_memory(self.process.pid)
        count = int(re.search(r"(\d+) requests in", out)[1])
        if "Non-2xx" in out:
            raise SystemExit(f"{path}: {out}")
        return (after - before) / count * 1000, count / seconds

    def logins(self, count):
        """Form logins, one after the other: CPU in ms each."""
        before, _ = cpu_and_memory(self.process.pid)
        for i in range(count):
            page = urllib.request.urlopen(f"http://127.0.0.1:{self.hub_port}/hub/login")
            jar = [c.split(";")[0] for c in page.headers.get_all("Set-Cookie") or []]
            xsrf = next((c.split("=", 1)[1] for c in jar if c.startswith("_xsrf=")), "")
            body = urllib.parse.urlencode({"username": f"user{i % 50}", "password": "x", "_xsrf": xsrf}).encode()
            request = urllib.request.Request(f"http://127.0.0.1:{self.hub_port}/hub/login", body, {"Cookie": "; ".join(jar)})
            opener = urllib.request.build_opener(NoRedirect)
            try:
                opener.open(request)
            except urllib.error.HTTPError as answer:
                if answer.code != 302:
                    raise SystemExit(f"login: {answer.code}") from None
        after, _ = cpu_and_memory(self.process.pid)
        return (after - before) / count * 1000

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        shutil.rmtree(self.directory, ignore_errors=True)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def measure(command, path, seconds):
    hub = Hub(command, path)
    try:
        auth = [f"Authorization: token {TOKEN}"]
        return {"time to start (s)": hub.start_seconds,
                "GET /hub/api, CPU (ms)": hub.load("/hub/api/", seconds)[0],
                "GET /hub/api/user with a token, CPU (ms)": hub.load("/hub/api/user", seconds, auth)[0],
                "form login, CPU (ms)": hub.logins(100),
                "login page, CPU (ms)": hub.load("/hub/login", seconds)[0],
                "memory of the hub (MiB)": cpu_and_memory(hub.process.pid)[1]}
    finally:
        hub.close()


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--ours", default=str(root / "build/release/bin"))
    parser.add_argument("--theirs", default="/usr/bin/jupyterhub")
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    system = "/usr/bin:/bin:/usr/sbin:/sbin"
    ours = measure(f"{options.ours}/jupyterhub", f"{options.ours}:{system}", options.seconds)
    theirs = measure(options.theirs, f"{options.ours}:{system}", options.seconds)
    print("| | Python hub | this hub | ratio |\n|---|---|---|---|")
    for name, value in ours.items():
        print(f"| {name} | {theirs[name]:.3g} | {value:.3g} | {theirs[name] / value:.0f} × |")


if __name__ == "__main__":
    main()
