"""`jupyterhub token NAME`: a token on standard output, for a user who exists, beside a hub that runs."""
import subprocess

import requests
from harness.browser import Browser
from harness.hub import PATH


def token_command(hub, *names):
    return subprocess.run([*hub.command, "token", *names], cwd=hub.dir, env={"PATH": PATH, "HOME": "/root", "USER": "root"},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


def test_the_token_works_and_says_where_it_comes_from(hub, ada):
    Browser(hub).login(ada)
    done = token_command(hub, ada.name)
    assert done.returncode == 0, done.stderr
    token = done.stdout.strip()
    assert len(token) == 32 and token not in hub.log()
    headers = {"Authorization": f"token {token}"}
    assert requests.get(hub.url + "/hub/api/user", headers=headers, timeout=30).json()["name"] == ada.name
    listed = requests.get(f"{hub.url}/hub/api/users/{ada.name}/tokens", headers=headers, timeout=30).json()["api_tokens"]
    assert "command-line generated" in [one["note"] for one in listed]


def test_nobody_gets_a_token_of_somebody_unknown(hub):
    done = token_command(hub, "nobody-of-that-name")
    assert done.returncode != 0 and done.stdout.strip() == ""
    assert "nobody-of-that-name" in done.stderr
