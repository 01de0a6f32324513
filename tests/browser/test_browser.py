"""One person's day in a real browser (walk.mjs), with a real account and a real notebook; pictures go to build/screenshots."""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path.insert(0, str(REPOSITORY / "tests"))

from harness.accounts import Account  # noqa: E402
from harness.hub import Hub  # noqa: E402

SCRIPT = HERE / "walk.mjs"
STEPS = re.findall(r"^    '([^']+)': async", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)

# The server waits some seconds before it starts, so that the progress page can be seen and photographed; one of that name fails.
CONFIG = """
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {{"{name}"}}
c.JupyterHub.allow_named_servers = True
c.Spawner.cmd = ["sh", "-c", '''
[ "$JUPYTERHUB_SERVER_NAME" != broken ] || {{ echo "ModuleNotFoundError: No module named 'notebook'" >&2; exit 1; }}
sleep 3; exec jupyterhub-singleuser "$@"''', "server"]
"""


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """What became of each step: {step: None or the error}."""
    account = Account("eva")
    hub = Hub(CONFIG.format(name=account.name))
    try:
        hub.start()
        command = [os.environ.get("NODE", "node"), SCRIPT, hub.url, account.name, account.password, REPOSITORY / "build/screenshots"]
        with open(tmp_path_factory.mktemp("walk") / "steps", "w+", encoding="utf-8") as steps:
            try:
                subprocess.run(command, stdin=subprocess.DEVNULL, stdout=steps, timeout=480, check=False)
            except subprocess.TimeoutExpired:
                pass  # the steps that are missing fail by themselves
            steps.seek(0)
            results = [json.loads(line) for line in steps if line.startswith("{")]
        yield {result["step"]: result.get("error") for result in results}
        log = "\n".join(line for line in hub.log().splitlines() if "Traceback" in line or re.match(r"\[[EC] ", line))
        print(log)
    finally:
        hub.close()
        account.remove()


@pytest.mark.parametrize("step", STEPS)
def test_in_a_browser(walked, step):
    assert step in walked, "the walk ended before this step"
    assert walked[step] is None, walked[step]
