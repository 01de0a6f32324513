"""Servers that do not come up: each failure has its clear message, and afterwards everything works again."""
import concurrent.futures
import os
import shutil

import pytest
from harness.browser import Browser, Page
from harness.notebook import Kernel
from harness.waiting import until

# The command runs ~/server when the person made one, and the real server otherwise.
COMMAND = '''c.Spawner.cmd = ["sh", "-c", 'test -x ~/server && exec ~/server; exec jupyterhub-singleuser "$@"', "server"]\n'''
CONFIG = "c.Authenticator.allow_all = True\nc.Spawner.http_timeout = 4\n" + COMMAND


def failed_start(me):
    """Starts a server that cannot come up; returns the text of the page that says so, having checked what holds for all failures."""
    page = me.click_start()
    assert page.status_code < 600
    if "spawn-pending" in page.url and me.pending():
        events = me.progress()
        assert events[-1].get("failed") and events[-1]["message"], events
    status, text = me.failure_page()
    assert status == 500, (status, text)
    assert "Traceback" not in text
    return text


def works_now(me, account):
    me.start_server()
    kernel = Kernel(me)
    assert kernel.run("print(6*7)") == "42\n"
    kernel.close()
    me.stop_server()
    until(lambda: account.processes() == [], 10, "server and kernel to be gone")


@pytest.fixture
def me(browser, ada):
    one = browser()
    one.login(ada)
    yield one
    ada.end_processes()
    if "server" in os.listdir(ada.home):
        ada.remove_file("server")


def test_a_server_that_exits_at_once_shows_its_last_words(me, ada):
    ada.write("server", "#!/bin/sh\necho my disk is full, sorry >&2\nexit 3\n", mode=0o755)
    text = failed_start(me)
    assert "my disk is full, sorry" in text and "3" in text, text
    ada.remove_file("server")
    works_now(me, ada)


def test_a_server_killed_by_a_signal_is_reported_as_such(me, ada):
    ada.write("server", "#!/bin/sh\nkill -KILL $$\n", mode=0o755)
    text = failed_start(me).lower()
    assert "signal" in text or "killed" in text, text
    ada.remove_file("server")
    works_now(me, ada)


def test_a_server_that_never_listens_is_given_up_with_its_time_named_and_leaves_no_process(me, ada):
    ada.write("server", "#!/bin/sh\nexec sleep 600\n", mode=0o755)
    text = failed_start(me)
    assert "4 seconds" in text or "4 s" in text, text
    assert ada.processes() == []
    ada.remove_file("server")
    works_now(me, ada)


def test_two_clicks_on_start_at_once_start_one_server(me, ada, browser):
    other = browser()
    other.login(ada)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        pages = list(pool.map(Browser.click_start, (me, other)))
    assert all(page.status_code in (200, 400) for page in pages), [(p.status_code, Page(p.text).text) for p in pages]
    me.start_server()
    other.open_server()
    assert len(ada.processes("singleuser")) == 1
    me.stop_server()
    works_now(me, ada)


def test_a_person_without_a_home_directory_is_told_so(browser, account):
    homeless = account("homeless")
    shutil.rmtree(homeless.home)
    one = browser()
    one.login(homeless)
    page = one.click_start()
    if one.pending():
        one.progress()
    if one.server_ready():  # upstream falls back to another folder; a server that works is a fair answer too
        one.stop_server()
        return
    assert "home" in one.failure_page()[1].lower(), Page(page.text).text


def test_a_command_that_does_not_exist_is_named_and_a_repaired_configuration_works(new_hub, ada):
    hub = new_hub('c.Authenticator.allow_all = True\nc.Spawner.cmd = ["jupyterhub-mistyped"]\n').start()
    me = Browser(hub)
    me.login(ada)
    text = failed_start(me)
    assert "jupyterhub-mistyped" in text and ("not found" in text.lower() or "No such file" in text), text
    assert hub.stop() == 0
    hub.configure("c.Authenticator.allow_all = True\n")
    hub.start()
    works_now(me, ada)
