"""Root reads as code, and opens, only what root alone decides: what the hub's account or a person plants is not run, not opened, not changed."""
import os
import pwd
import subprocess

import pytest
from test_privileges import CONFIG, account_of, change

NAMELESS = 61000


@pytest.fixture(scope="module")
def bob(account):
    return account("bob")


def hub_account():
    try:
        return pwd.getpwnam("jupyterhub").pw_uid
    except KeyError:
        return NAMELESS


def spy(path, marker):
    """A module that says as whom it was run."""
    path.write_text(f"import posix\nf = posix.open({str(marker)!r}, posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND, 0o666)\n"
                    "posix.write(f, b'%d\\n' % posix.geteuid())\nposix.close(f)\n")


def ends(hub, *words):
    """The start ends with status 1, never waits, and the log has the words."""
    hub.launch()
    assert hub.process.wait(20) == 1
    for word in words:
        assert word in hub.log(), hub.log()
    assert "Traceback" not in hub.log() and "serves as root" not in hub.log()


def test_modules_that_the_hubs_account_plants_in_its_directory_are_not_run(new_hub, tmp_path):
    tmp_path.chmod(0o777)
    hub = new_hub(CONFIG).start()
    uid = account_of(hub.process.pid)
    assert uid != 0 and hub.stop() == 0
    for name in ("json", "re", "enum", "types", "site", "sitecustomize", "traceback"):
        spy(hub.dir / f"{name}.py", tmp_path / "ran")
        os.chown(hub.dir / f"{name}.py", uid, uid)
    hub.start()
    assert not (tmp_path / "ran").exists()


def test_modules_of_a_person_in_a_directory_for_all_are_not_run(new_hub, tmp_path, bob):
    hub = new_hub(CONFIG)
    shared = tmp_path / "shared"
    shared.mkdir()
    change(tmp_path)
    change(shared, mode=0o1777)
    spy(shared / "json.py", shared / "ran")
    os.chown(shared / "json.py", bob.uid, bob.uid)
    hub.command = ["sh", "-c", f'cd {shared}; exec "$@" -f {hub.dir}/jupyterhub_config.py', "sh", *hub.command]
    hub.start()
    assert not (shared / "ran").exists()


def test_a_virtual_environment_of_a_person_is_refused_and_the_command_that_mends_it_works(new_hub, bob):
    hub = new_hub(CONFIG + "import sys; open('prefix', 'w').write(sys.prefix)\n")
    place = hub.dir / "venv"
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", place], check=True)
    subprocess.run(["chown", "-R", "-h", f"{bob.uid}:{bob.uid}", place], check=True)
    hub.command = ["env", f"JUPYTERHUB_PYTHON={place}/bin/python3", *hub.command]
    ends(hub, f"{place} belongs to the account number {bob.uid}", f"chown -R root:root {place}", "--JupyterHub.trust_config_file=True")
    assert not (hub.dir / "prefix").exists()
    trusting = hub.command
    hub.command = [*hub.command, "--JupyterHub.trust_config_file=True"]
    hub.start()
    assert hub.stop() == 0
    hub.command = trusting
    subprocess.run(["chown", "-R", "root:root", place], check=True)
    hub.start()
    assert (hub.dir / "prefix").read_text() == str(place)
