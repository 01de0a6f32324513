"""Files of older hubs: refused with the way out, never touched."""
import hashlib
import os
import shutil
import subprocess
import sqlite3

import pytest
from harness.hub import PATH
from harness.ports import free_port

DEBIANS_HUB = "/usr/bin/jupyterhub"  # version 3.0.0


def checksums(folder, names):
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


@pytest.fixture(scope="module")
def old_files(tmp_path_factory):
    """Database and cookie secret as Debian's JupyterHub 3.0.0 writes them."""
    folder = tmp_path_factory.mktemp("debian")
    # "token" opens or creates the database and ends.
    (folder / "jupyterhub_config.py").write_text(f'c.Authenticator.allowed_users = {{"fern"}}\nc.JupyterHub.hub_port = {free_port()}\n')
    done = subprocess.run([DEBIANS_HUB, "token", "fern"], cwd=folder, capture_output=True, text=True, timeout=60, check=False,
                          env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "USER": "root", "LANG": "C.UTF-8"})
    assert done.returncode == 0, done.stderr
    secret = folder / "jupyterhub_cookie_secret"
    if not secret.exists():  # that command needs none: the form an old hub writes is 32 random bytes in hex
        secret.write_text(os.urandom(32).hex() + "\n")
    secret.chmod(0o600)
    return folder


def test_the_database_of_an_older_version_is_refused_with_the_command_that_helps_and_left_alone(new_hub, old_files):
    hub = new_hub("c.Authenticator.allow_all = True\n")
    for name in ("jupyterhub.sqlite", "jupyterhub_cookie_secret"):
        shutil.copy2(old_files / name, hub.dir / name)
    names = ["jupyterhub.sqlite", "jupyterhub_cookie_secret", "jupyterhub_config.py"]
    before = checksums(hub.dir, names)
    hub.launch()
    assert hub.process.wait(20) == 1
    assert "jupyterhub upgrade-db" in hub.log(), hub.log()
    assert checksums(hub.dir, names) == before
    assert {path.name for path in hub.dir.iterdir()} <= set(names) | {"hub.log"}, "nothing else is left behind"
    assert hub.helpers("configurable-http-proxy") == []


def test_the_database_of_debians_hub_is_upgraded_with_a_copy_and_serves(new_hub, old_files):
    hub = new_hub('c.JupyterHub.authenticator_class = "dummy"\nc.Authenticator.allow_all = True\n')
    for name in ("jupyterhub.sqlite", "jupyterhub_cookie_secret"):
        shutil.copy2(old_files / name, hub.dir / name)
    with sqlite3.connect(hub.dir / "jupyterhub.sqlite") as database:
        token, cookie_id = database.execute("select hashed, cookie_id from api_tokens join users on users.id = user_id where name = 'fern'").fetchone()
        old = database.execute("select version_num from alembic_version").fetchone()
    done = subprocess.run([*hub.command, "upgrade-db"], cwd=hub.dir, capture_output=True, text=True, timeout=60, check=False,
                          env={"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", "USER": "root"})
    assert done.returncode == 0, done.stderr
    [copy] = hub.dir.glob("jupyterhub.sqlite.2*")
    with sqlite3.connect(copy) as database:
        assert database.execute("select version_num from alembic_version").fetchone() == old
    with sqlite3.connect(hub.dir / "jupyterhub.sqlite") as database:
        assert database.execute("select version_num from alembic_version").fetchall() == [("4621fec11365",)]
        assert database.execute("select hashed, cookie_id from api_tokens join users on users.id = user_id where name = 'fern'").fetchone() == (token, cookie_id)
        assert database.execute("pragma foreign_key_check").fetchall() == []
    hub.start()
    assert hub.stop() == 0
    assert len(list(hub.dir.glob("jupyterhub.sqlite*"))) == 2


def test_the_option_upgrades_at_the_start(new_hub, old_files):
    hub = new_hub('c.JupyterHub.authenticator_class = "dummy"\nc.Authenticator.allow_all = True\nc.JupyterHub.upgrade_db = True\n')
    shutil.copy2(old_files / "jupyterhub.sqlite", hub.dir / "jupyterhub.sqlite")
    hub.start()
    assert "upgraded from revision" in hub.log()
    assert hub.stop() == 0


def test_a_file_that_is_no_database_is_refused_and_left_alone(new_hub):
    hub = new_hub("c.Authenticator.allow_all = True\n")
    (hub.dir / "jupyterhub.sqlite").write_bytes(b"this is no database\n" * 100)
    before = checksums(hub.dir, ["jupyterhub.sqlite"])
    hub.launch()
    assert hub.process.wait(20) == 1
    assert "jupyterhub.sqlite" in hub.log()
    assert checksums(hub.dir, ["jupyterhub.sqlite"]) == before


def test_a_cookie_secret_others_can_read_is_refused(new_hub):
    hub = new_hub("c.Authenticator.allow_all = True\n")
    secret = hub.dir / "jupyterhub_cookie_secret"
    secret.write_text(os.urandom(32).hex())
    secret.chmod(0o644)
    hub.launch()
    assert hub.process.wait(20) == 1
    assert "jupyterhub_cookie_secret" in hub.log()


def test_the_new_database_and_secret_are_for_the_hub_alone(new_hub):
    hub = new_hub("c.Authenticator.allow_all = True\n").start()
    assert hub.stop() == 0
    assert (hub.dir / "jupyterhub_cookie_secret").stat().st_mode & 0o077 == 0
    with sqlite3.connect(hub.dir / "jupyterhub.sqlite") as database:
        assert database.execute("select version_num from alembic_version").fetchall() == [("4621fec11365",)]
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
