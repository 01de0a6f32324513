"""Commands beside a hub that runs: `jupyterhub token NAME`, a token on standard output for a user who exists, and `--show-config`."""
import subprocess

import requests
from harness.browser import Browser
from harness.hub import PATH


def command(hub, *arguments):
    return subprocess.run([*hub.command, *arguments], cwd=hub.dir, env={"PATH": PATH, "HOME": "/root", "USER": "root"},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


def test_the_token_works_and_says_where_it_comes_from(hub, ada):
    Browser(hub).login(ada)
    done = command(hub, "token", ada.name)
    assert done.returncode == 0, done.stderr
    token = done.stdout.strip()
    assert len(token) == 32 and token not in hub.log()
    headers = {"Authorization": f"token {token}"}
    assert requests.get(hub.url + "/hub/api/user", headers=headers, timeout=30).json()["name"] == ada.name
    listed = requests.get(f"{hub.url}/hub/api/users/{ada.name}/tokens", headers=headers, timeout=30).json()["api_tokens"]
    assert "command-line generated" in [one["note"] for one in listed]


def test_nobody_gets_a_token_of_somebody_unknown(hub):
    done = command(hub, "token", "nobody-of-that-name")
    assert done.returncode != 0 and done.stdout.strip() == ""
    assert "nobody-of-that-name" in done.stderr


def test_the_configuration_is_shown_and_the_files_stay_the_hubs_own(hub):
    secret, pid_file = hub.dir / "jupyterhub_cookie_secret", hub.dir / "hub.pid"
    owner = secret.stat().st_uid
    assert owner != 0, "the hub does not serve as root"
    pid_file.write_text("1")
    done = command(hub, "--show-config", f"--pid-file={pid_file}")
    assert done.returncode == 0, done.stderr
    assert "\nJupyterHub\n" in "\n" + done.stdout
    assert secret.stat().st_uid == owner
    assert pid_file.read_text() == "1", "only a hub that serves has a pid file"
