"""Who gets in and who does not, and what the page says."""
import pytest
from harness.browser import Browser, Page

REFUSED = "Invalid username or password"  # one text for every reason: it must not tell which names exist


@pytest.fixture(scope="module")
def bob(account):
    return account("bob")


def login_page_says(reply):
    """The text of the login form that came back (its field for the name is still there)."""
    assert reply.status_code == 403 and Page(reply.text).form_with("password"), (reply.status_code, reply.url)
    return Page(reply.text).text


def test_a_wrong_password_is_refused_with_a_clear_message_and_the_right_one_then_works(browser, ada):
    me = browser()
    reply = me.login(ada, password="wrong")
    assert REFUSED in login_page_says(reply)
    assert f'value="{ada.name}"' in reply.text, "the name typed is kept"
    assert not me.logged_in()
    me.login(ada)
    assert me.logged_in()


def test_an_unknown_name_gets_the_same_answer_as_a_wrong_password(browser, ada):
    class Nobody:
        name, password = "nobody-of-that-name", "x"
    assert REFUSED in login_page_says(browser().login(Nobody))


def test_a_locked_account_is_refused_until_it_is_unlocked(browser, bob):
    bob.lock()
    me = browser()
    assert REFUSED in login_page_says(me.login(bob))
    bob.unlock()
    me.login(bob)
    assert me.logged_in()


def test_an_account_with_a_nologin_shell_is_refused_and_the_log_tells_the_operator_why(hub, browser, account):
    robot = account("robot", shell="/usr/sbin/nologin")
    me = browser()
    assert REFUSED in login_page_says(me.login(robot))
    assert not me.logged_in() and robot.processes() == []
    assert any(robot.name in line and "shell" in line for line in hub.log().splitlines())


def test_a_name_outside_the_allow_list_is_refused_and_the_log_tells_the_operator_why(new_hub, ada, bob):
    hub = new_hub(f'c.Authenticator.allowed_users = {{"{ada.name}"}}\n').start()
    stranger, me = Browser(hub), Browser(hub)
    login_page_says(stranger.login(bob))
    assert not stranger.logged_in()
    assert any(bob.name in line and "allow" in line.lower() for line in hub.log().splitlines())
    me.login(ada)
    assert me.logged_in()


def test_without_any_rule_of_who_may_enter_nobody_does(new_hub, ada):
    hub = new_hub("").start()
    me = Browser(hub)
    login_page_says(me.login(ada))
    assert "allow_all" in hub.log() or "allowed_users" in hub.log(), "the log names the option to set"


def test_a_login_form_without_its_anti_forgery_token_is_refused(hub, browser, ada):
    me = browser()
    reply = me.request("POST", "/hub/login", data={"username": ada.name, "password": ada.password})
    assert reply.status_code == 403 and not me.logged_in()


def test_logging_out_ends_the_session_for_copies_of_its_cookies_too(browser, ada):
    me, thief = browser(), browser()
    me.login(ada)
    thief.session.cookies.update(me.session.cookies)
    assert thief.logged_in()
    me.get("/hub/logout")
    assert not me.logged_in()
