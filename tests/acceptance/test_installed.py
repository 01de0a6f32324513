"""The installed programs: complete in their prefix, and of use to an ordinary user without any rights."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from harness.browser import Browser
from harness.hub import BIN
from harness.notebook import Kernel

DEMO = """
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{home}/{{username}}"
"""


@pytest.fixture(scope="module")
def prefix():
    """A fresh prefix with everything that gets installed, readable by everybody."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hub-prefix-"))
    folder.chmod(0o755)
    subprocess.run(["cmake", "--install", pathlib.Path(BIN).parent, "--prefix", folder], check=True, capture_output=True)
    yield folder
    shutil.rmtree(folder)


def owners(pids):
    return {os.stat(f"/proc/{pid}").st_uid for pid in pids}


def test_programs_manuals_units_templates_and_static_files_are_installed(prefix):
    for name in ("bin/jupyterhub", "bin/configurable-http-proxy", "bin/jupyterhub-helper", "share/man/man1/jupyterhub.1",
                 "share/man/man1/configurable-http-proxy.1", "share/man/man8/jupyterhub-helper.8",
                 "lib/systemd/system/jupyterhub-native.service", "lib/systemd/system/jupyterhub-native-proxy.service",
                 "share/jupyterhub/templates/login.html", "share/jupyterhub/static/favicon.ico",
                 "share/doc/jupyterhub/examples/jupyterhub_config.py"):
        assert (prefix / name).is_file(), name
    done = subprocess.run([prefix / "bin/jupyterhub", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == "5.5.1\n"


def test_an_ordinary_user_runs_a_demonstration_without_any_rights(prefix, new_hub, ada):
    class Guest:
        name, password = "guest", "anything"
    hub = new_hub(DEMO.format(home=ada.home), command=[str(prefix / "bin/jupyterhub")], owner=ada).start()
    me = Browser(hub)
    me.login(Guest)
    me.start_server()
    kernel = Kernel(me)
    assert kernel.run("import os; print(os.getuid())") == f"{ada.uid}\n"
    kernel.close()
    assert owners([hub.process.pid, *hub.helpers("configurable-http-proxy"), *ada.processes()]) == {ada.uid}
    me.stop_server()
    assert hub.stop() == 0
    assert ada.processes() == []


def test_an_ordinary_user_runs_a_hub_for_the_own_account_with_its_password(prefix, new_hub, ada):
    hub = new_hub(command=[str(prefix / "bin/jupyterhub")], owner=ada).start()
    me = Browser(hub)
    me.login(ada)
    assert me.logged_in()
    me.start_server()
    me.stop_server()
    assert hub.stop() == 0
