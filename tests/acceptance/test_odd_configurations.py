"""Configurations that people have and that are easy to get wrong: what an operator wrote must not be passed over."""
import concurrent.futures
import os
import pathlib

import pytest
from harness.browser import Browser
from harness.hub import EVERYBODY

REFUSED = "Invalid username or password"


@pytest.fixture(scope="module")
def bob(account):
    return account("bob")


def write_config(hub, text):
    """The hub's whole configuration, without the usual head."""
    (hub.dir / "jupyterhub_config.py").write_text(
        text.format(port=hub.port, hub_port=hub.hub_port, api_port=hub.api_port), encoding="utf-8")


@pytest.mark.parametrize("way", ["from traitlets.config import get_config\nc = get_config()\n",
                                 "from traitlets.config import Application\nc = Application.instance().config\n",
                                 "from jupyterhub.app import JupyterHub\nc = JupyterHub.instance().config\n"])
def test_a_configuration_that_asks_traitlets_for_its_object_is_read(new_hub, ada, bob, way):
    hub = new_hub()
    write_config(hub, way + f"""\
c.JupyterHub.bind_url = "http://127.0.0.1:{{port}}"
c.JupyterHub.hub_port = {{hub_port}}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{{api_port}}"
c.Authenticator.allowed_users = {{{{"{bob.name}"}}}}
""")
    hub.start()
    stranger, me = Browser(hub), Browser(hub)
    assert REFUSED in stranger.login(ada).text and not stranger.logged_in()
    me.login(bob)
    assert me.logged_in()


# --- what PAM says

@pytest.fixture
def pam_service():
    """pam_service(lines) is the name of a service with those lines."""
    made = []

    def make(lines):
        path = pathlib.Path(f"/etc/pam.d/jh-acceptance-{os.getpid()}-{len(made)}")
        path.write_text(lines, encoding="utf-8")
        made.append(path)
        return path.name

    yield make
    for path in made:
        path.unlink()


def test_a_program_of_pam_exec_that_says_no_is_a_wrong_password_and_guesses_are_limited(new_hub, ada, pam_service, tmp_path):
    check = tmp_path / "check"
    check.write_text(f'#!/bin/sh\nread -r word || :\n[ "$PAM_USER:$word" = "{ada.name}:letmein" ]\n')
    check.chmod(0o755)
    service = pam_service(f"auth required pam_exec.so expose_authtok quiet {check}\naccount required pam_permit.so\n")
    hub = new_hub(EVERYBODY + f"c.PAMAuthenticator.service = '{service}'\n").start()
    me = Browser(hub)
    me.login(ada, password="letmein")
    assert me.logged_in()

    def guess(number):
        reply = Browser(hub).login(ada, password=f"guess {number}")
        assert reply.status_code != 403 or REFUSED in reply.text
        return reply.status_code

    with concurrent.futures.ThreadPoolExecutor(8) as guessers:
        statuses = list(guessers.map(guess, range(40)))
    assert set(statuses) == {403, 429}, statuses
    assert Browser(hub).login(ada, password="letmein").status_code == 429, "the guesses were counted for the account"
    assert "pam_exec" in hub.log(), "the log tells what a system error may be"


def test_a_directory_that_does_not_answer_is_no_wrong_password_but_guesses_are_limited(new_hub, ada, pam_service):
    service = pam_service("auth required pam_debug.so auth=authinfo_unavail\naccount required pam_permit.so\n")
    hub = new_hub(EVERYBODY + f"c.PAMAuthenticator.service = '{service}'\n").start()
    with concurrent.futures.ThreadPoolExecutor(8) as guessers:
        replies = list(guessers.map(lambda number: Browser(hub).login(ada, password=str(number)), range(30)))
    assert {reply.status_code for reply in replies} == {503, 429}
    assert any("try again in a minute" in reply.text for reply in replies)
    assert "cannot be reached" in hub.log()
