"""One hub under measurement: its directory and configuration, its process, and what the benchmarks ask of it."""
import asyncio
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.parse
import uuid

TICK = os.sysconf("SC_CLK_TCK")
TOKEN = "benchmark-token-0123456789"
CLIENT, SECRET = "service-benchmark", "benchmark-secret-0123456789"
CONFIG = """
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{directory}/home/{{username}}"
c.Spawner.cmd = ["{fake}"]
c.JupyterHub.cleanup_servers = False
c.JupyterHub.concurrent_spawn_limit = 0
c.JupyterHub.log_level = "WARN"
c.JupyterHub.services = [
    {{"name": "bench", "api_token": "{token}"}},
    {{"name": "oauth", "oauth_client_id": "{client}", "api_token": "{secret}", "oauth_no_confirm": True,
      "oauth_redirect_uri": "http://127.0.0.1:1/callback"}}]
c.JupyterHub.load_roles = [
    {{"name": "user", "scopes": ["self", "access:services"]}},
    {{"name": "bench", "services": ["bench"], "scopes": ["admin:users", "list:users", "tokens", "users:activity",
      "admin:servers"]}}]
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def usage(pid):
    """CPU seconds so far and resident MiB of one process."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    memory = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    return (int(stat[11]) + int(stat[12])) / TICK, int(memory[1]) / 1024


def percentile(times, part):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("nan")


class Hub:
    def __init__(self, command, path, fake):
        self.command, self.path = command, path
        self.directory = tempfile.mkdtemp(prefix="hub-benchmark-")
        self.port, self.hub_port, api_port = free_port(), free_port(), free_port()
        self.config = pathlib.Path(self.directory) / "jupyterhub_config.py"
        self.config.write_text(CONFIG.format(port=self.port, hub_port=self.hub_port, api_port=api_port, token=TOKEN, fake=fake,
                                             client=CLIENT, secret=SECRET, directory=self.directory))
        self.process = None

    def start(self):
        """Returns the seconds until the hub answers behind the proxy."""
        begun = time.monotonic()
        with open(f"{self.directory}/log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([self.command, "-f", str(self.config)], cwd=self.directory, stdout=log, stderr=log,
                                            env={**os.environ, "PATH": self.path})
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/hub/api")
                if connection.getresponse().status == 200:
                    return time.monotonic() - begun
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() - begun > 120:
                raise SystemExit(f"{self.command} did not start, see {self.directory}/log")
            time.sleep(0.005)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)

    def close(self):
        if self.process and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def seed(self, count):
        """Users u000000… straight into the database of the stopped hub."""
        with sqlite3.connect(f"{self.directory}/jupyterhub.sqlite") as data:
            role = data.execute("SELECT id FROM roles WHERE name = 'user'").fetchone()[0]
            newer = data.execute("SELECT 1 FROM pragma_table_info('user_role_map') WHERE name = 'managed_by_auth'").fetchone()
            grant = "INSERT INTO user_role_map (user_id, role_id" + (", managed_by_auth) VALUES (?, ?, 0)" if newer else
                                                                     ") VALUES (?, ?)")  # 3.0 has two columns
            for i in range(count):
                row = data.execute("INSERT INTO users (name, admin, created, cookie_id) VALUES (?, 0, datetime('now'), ?)",
                                   (f"u{i:06d}", uuid.uuid4().hex))
                data.execute(grant, (row.lastrowid, role))
        data.close()

    def call(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.hub_port, timeout=120)
        try:
            text = json.dumps(body) if isinstance(body, dict) else body
            connection.request(method, path, text, headers or {"Authorization": f"token {TOKEN}"})
            answer = connection.getresponse()
            return answer.status, answer, answer.read()
        finally:
            connection.close()

    def user_token(self, name):
        return json.loads(self.call("POST", f"/hub/api/users/{name}/tokens", {"note": "benchmark"})[2])["token"]

    def login(self, name):
        """The cookies of a browser in which that user has logged in."""
        _, page, _ = self.call("GET", "/hub/login", headers={"Accept": "*/*"})
        jar = dict(c.split(";")[0].split("=", 1) for c in page.headers.get_all("Set-Cookie") or [])
        form = urllib.parse.urlencode({"username": name, "password": "x", "_xsrf": jar.get("_xsrf", "")})
        cookies = "; ".join(f"{k}={v}" for k, v in jar.items())
        status, answer, _ = self.call("POST", "/hub/login", form, {"Cookie": cookies, "Content-Type":
                                                                   "application/x-www-form-urlencoded"})
        assert status == 302, status
        jar.update(c.split(";")[0].split("=", 1) for c in answer.headers.get_all("Set-Cookie") or [])
        return "; ".join(f"{k}={v}" for k, v in jar.items())

    def ready_servers(self):
        found, offset = 0, 0
        while True:
            page = json.loads(self.call("GET", f"/hub/api/users?state=ready&limit=200&offset={offset}")[2])
            found += len(page)
            if len(page) < 200:
                return found
            offset += 200

    async def all_at_once(self, method, names):
        """Statuses of POST or DELETE of everybody's default server."""
        async def one(name):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.hub_port)
            writer.write(f"{method} /hub/api/users/{name}/server HTTP/1.1\r\nHost: hub\r\nAuthorization: token {TOKEN}\r\n"
                         "Connection: close\r\nContent-Length: 0\r\n\r\n".encode())
            status = int((await reader.readuntil(b"\r\n")).split()[1])
            writer.close()
            return status
        return await asyncio.gather(*[one(name) for name in names])
