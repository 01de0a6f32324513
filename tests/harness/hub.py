"""The hub under test as a black box: a fresh working directory, an ordinary jupyterhub_config.py, one process."""
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

import requests

from .ports import free_port
from .processes import has_ended, stat_fields
from .waiting import until

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("JUPYTERHUB_BIN") or str(REPOSITORY / "build/release/bin")
COMMAND = shlex.split(os.environ.get("HUB_CMD") or os.path.join(BIN, "jupyterhub"))
# Debian's python3 carries the notebook and jupyterhub-singleuser; it must be found before any other.
NODE_PATH = "/usr/share/nodejs"  # for Debian's npm proxy under a Node.js of another packager
PATH = "/usr/bin:/bin:/usr/sbin:/sbin" if os.environ.get("HUB_CMD") else f"{BIN}:/usr/bin:/bin:/usr/sbin:/sbin"
ALIVE = []  # hubs of the test that runs, for the report of a failure

CONFIG = """\
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
"""
EVERYBODY = "c.Authenticator.allow_all = True\n"


class Hub:
    def __init__(self, config=EVERYBODY, command=None, owner=None):
        """owner: the account that runs it; root if none."""
        self.command = command or COMMAND
        self.owner = owner
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hub-acceptance-"))
        self.dir.chmod(0o755)
        self.port, self.hub_port, self.api_port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.configure(config)
        if owner:
            os.chown(self.dir, owner.uid, owner.uid)
            self.command = ["setpriv", f"--reuid={owner.uid}", f"--regid={owner.uid}", "--init-groups", *self.command]
        ALIVE.append(self)

    # -- files
    def configure(self, config):
        ports = CONFIG.format(port=self.port, hub_port=self.hub_port, api_port=self.api_port)
        (self.dir / "jupyterhub_config.py").write_text(ports + config, encoding="utf-8")

    def log(self):
        try:
            return (self.dir / "hub.log").read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    # -- process
    def launch(self):
        """Starts the process without waiting for anything."""
        with open(self.dir / "hub.log", "ab") as log:
            return self.launch_with_output(log)

    def launch_with_output(self, output):
        """The same, its log going elsewhere."""
        environment = {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", "USER": "root", "NODE_PATH": NODE_PATH}
        if self.owner:
            environment.update(HOME=self.owner.home, USER=self.owner.name)
        environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        self.process = subprocess.Popen(self.command, cwd=self.dir, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                        stderr=output, start_new_session=True)
        return self

    def start(self):
        self.launch()
        self.wait_up()
        return self

    def answers(self):
        """Whether the public address leads to the hub."""
        try:
            reply = requests.get(self.url + "/hub/api", timeout=5)
        except requests.RequestException:
            return False
        return reply.status_code == 200 and "version" in reply.text

    def wait_up(self, seconds=30):
        def up():
            assert self.process.poll() is None, f"the hub ended with status {self.process.returncode}\n{self.log()[-4000:]}"
            return self.answers()
        until(up, seconds, "the hub to answer")

    def stop(self):
        """Ends it in good order; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def kill(self):
        """kill -9 of the hub alone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def helpers(self, program):
        """Pids of the living processes of that program that belong to this hub (they run in its directory)."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                here = os.readlink(f"/proc/{pid}/cwd") == str(self.dir) or self.is_parent_of(pid)
            except OSError:
                continue
            names = [os.path.basename(word).decode(errors="replace") for word in command[:2]]
            if here and not has_ended(pid) and program in names and int(pid) != self.process.pid:
                found.append(int(pid))
        return found

    def is_parent_of(self, pid):
        return self.process is not None and int(stat_fields(pid)[1]) == self.process.pid

    def close(self):
        """Ends everything that runs in or for this directory; the servers belong to the accounts, which end their own."""
        ALIVE.remove(self)
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for _ in range(3):
            for program in ("configurable-http-proxy", "jupyterhub-helper", "jupyterhub-python"):
                for pid in self.helpers(program):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            time.sleep(0.05)
        if not os.environ.get("KEEP_HUB_DIRS"):
            shutil.rmtree(self.dir, ignore_errors=True)
