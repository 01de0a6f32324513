"""The client code of the Python package jupyterhub, in small services behind our hub, logs a person in (services.mjs)."""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
import requests

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path.insert(0, str(REPOSITORY / "tests"))

from harness.accounts import Account  # noqa: E402
from harness.hub import Hub  # noqa: E402
from harness.ports import free_port  # noqa: E402
from harness.waiting import until  # noqa: E402

SCRIPT = HERE / "services.mjs"
STEPS = re.findall(r"^    '([^']+)': async", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)
NAMES = ("asking", "quiet", "closed")

CONFIG = """
c.Authenticator.allow_all = True
c.JupyterHub.load_groups = {{"students": {{"users": ["{name}"]}}}}
c.JupyterHub.load_roles = [{{"name": "user", "scopes": ["self", "access:services!service=asking", "access:services!service=quiet"]}}]
c.JupyterHub.services = [
    {{"name": name, "url": url, "api_token": name + "-secret-token", "oauth_no_confirm": name == "quiet",
      "oauth_client_allowed_scopes": ["read:users!user", "admin:users"]}} for name, url in {urls}]
"""


def start_service(name, port, hub):
    prefix = f"/services/{name}/"
    environment = {
        "PATH": "/usr/bin:/bin", "HOME": "/tmp", "PORT": str(port), "JUPYTERHUB_SERVICE_NAME": name, "JUPYTERHUB_SERVICE_PREFIX": prefix,
        "JUPYTERHUB_API_TOKEN": name + "-secret-token", "JUPYTERHUB_API_URL": f"http://127.0.0.1:{hub.hub_port}/hub/api",
        "JUPYTERHUB_CLIENT_ID": f"service-{name}", "JUPYTERHUB_OAUTH_CALLBACK_URL": prefix + "oauth_callback", "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps(["access:services", f"access:services!service={name}"]),
    }
    log = open(hub.dir / f"{name}.log", "wb")
    return subprocess.Popen(["/usr/bin/python3", HERE / "who_service.py"], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def answers(port):
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 404
    except requests.RequestException:
        return False


@pytest.fixture(scope="module")
def walked():
    """What became of each step: {step: None or the error}."""
    account = Account("nina")
    ports = {name: free_port() for name in NAMES}
    hub = Hub(CONFIG.format(name=account.name, urls=[(name, f"http://127.0.0.1:{port}") for name, port in ports.items()]))
    services = []
    try:
        services = [start_service(name, port, hub) for name, port in ports.items()]
        for name, port in ports.items():
            until(lambda: answers(port), 60, f"the service {name} to answer")
        hub.start()
        command = [os.environ.get("NODE", "node"), SCRIPT, hub.url, account.name, account.password, REPOSITORY / "build/screenshots"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=200, check=False)
        results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        yield {result["step"]: result.get("error") for result in results}
        for name in NAMES:
            print((hub.dir / f"{name}.log").read_text(errors="replace")[-3000:])
    finally:
        for service in services:
            service.kill()
            service.wait()
        hub.close()
        account.remove()


@pytest.mark.parametrize("step", STEPS)
def test_with_services(walked, step):
    assert step in walked, "the walk ended before this step"
    assert walked[step] is None, walked[step]
