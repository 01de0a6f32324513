"""The everyday story: people log in with their account's password, start their notebooks and compute."""
import os

import pytest
from harness.browser import Browser, Page
from harness.hub import Hub
from harness.notebook import Kernel

# The server takes its time, so that there is progress to see however fast the machine is.
SLOW_START = """
c.Authenticator.allow_all = True
c.Spawner.cmd = ["sh", "-c", 'sleep 3; exec jupyterhub-singleuser "$@"', "server"]
"""


@pytest.fixture(scope="module")
def bob(account):
    return account("bob")


def test_a_person_logs_in_starts_a_notebook_computes_stops_it_and_logs_out(hub, browser, ada):
    me = browser()
    page = me.login(ada)
    assert page.status_code == 200 and me.logged_in()
    me.start_server()
    kernel = Kernel(me)
    assert kernel.run("print(6*7)") == "42\n"
    kernel.close()
    me.stop_server()
    assert ada.processes("singleuser") == []
    me.get("/hub/logout")
    assert not me.logged_in()


def test_the_progress_stream_runs_from_the_request_to_the_ready_server(ada):
    slow = Hub(SLOW_START)
    try:
        slow.start()
        me = Browser(slow)
        me.login(ada)
        me.click_start()
        events = me.progress()
        assert events[0]["progress"] < 100 and all("message" in event for event in events)
        assert [event["progress"] for event in events] == sorted(event["progress"] for event in events)
        assert events[-1]["ready"] and events[-1]["url"] == f"/user/{ada.name}/"
        me.stop_server()
    finally:
        slow.close()


def test_the_notebook_runs_under_the_persons_own_account_in_the_home_directory(browser, ada):
    me = browser()
    me.login(ada)
    me.start_server()
    kernel = Kernel(me)
    code = "import os; print(*os.getresuid(), os.getcwd(), os.environ['HOME'], os.environ['USER'])"
    assert kernel.run(code).split() == [str(ada.uid)] * 3 + [ada.home, ada.home, ada.name]
    groups = set(os.getgrouplist(ada.name, ada.uid))
    assert set(map(int, kernel.run("print(os.getgid(), *os.getgroups())").split())) == groups and 0 not in groups
    assert kernel.run("print([name for name in os.environ if 'CONFIGPROXY' in name])") == "[]\n"
    me.stop_server()


def test_two_people_work_at_once_and_neither_reaches_the_others_server(hub, browser, ada, bob):
    one, two = browser(), browser()
    one.login(ada), two.login(bob)
    one.start_server(), two.start_server()
    hers, his = Kernel(one), Kernel(two)
    a, b = hers.start("print('ada', 6*7)"), his.start("print('bob', 6*7)")
    assert (hers.output(a), his.output(b)) == ("ada 42\n", "bob 42\n")

    for me, other in ((one, bob), (two, ada)):
        reply = me.get(f"/user/{other.name}/tree")
        assert reply.status_code in (403, 404), (reply.status_code, reply.url)
        assert "Quit" not in Page(reply.text).text
        reply = me.get(f"/user/{other.name}/api/contents")
        assert reply.status_code in (403, 404) and "content" not in reply.text[:20]
        assert me.api("GET", f"/users/{other.name}").status_code in (403, 404)
        assert me.api("DELETE", f"/users/{other.name}/server").status_code in (403, 404)
        assert me.get(f"/hub/spawn/{other.name}").status_code in (403, 404)
    for kernel, me, other in ((hers, one, two), (his, two, one)):
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in other.session.cookies)
        token = me.api("POST", f"/users/{me.name}/tokens").json()
        assert me.api("DELETE", f"/users/{me.name}/tokens/{token['id']}").status_code == 204
        assert kernel.status_for_strangers() == 403
        assert kernel.status_for_strangers(cookie=cookies) == 403
        assert kernel.status_for_strangers(header=[f"Authorization: token {token['token']}"]) == 403
    assert his.run("print('still here')") == "still here\n"
    one.stop_server(), two.stop_server()


def test_files_of_a_notebook_are_the_accounts_own(browser, ada, bob):
    me = browser()
    me.login(ada)
    me.start_server()
    kernel = Kernel(me)
    kernel.run("open('made-here.txt', 'w').write('x'); print()")
    assert os.stat(os.path.join(ada.home, "made-here.txt")).st_uid == ada.uid
    secret = bob.write("secret.txt", "hush", mode=0o600)
    assert "PermissionError" in kernel.run(f"""
try:
    print(open({secret!r}).read())
except OSError as error:
    print(type(error).__name__)
""")
    me.stop_server()


def test_an_anonymous_visitor_is_sent_to_the_login_form_and_then_to_the_page_asked_for(browser, ada):
    me = browser()
    reply = me.get(f"/user/{ada.name}/tree")
    assert reply.status_code == 200 and "/hub/login" in reply.url and Page(reply.text).form_with("password")
    reply = me.login(ada, next="/hub/token")
    assert reply.url.split("?")[0].endswith("/hub/token")
