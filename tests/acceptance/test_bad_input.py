"""Bad input is answered with a clear 4xx, never with a 5xx, and the hub goes on."""
import json
import socket

import pytest
from harness.browser import Browser, Page

LONG = "x" * 100_000

# What is sent as an administrator (or the administrator's browser), and the statuses that are right.
API = [
    # method, path below /hub/api, body, statuses
    ("POST", "/users", "{", {400}),
    ("POST", "/users", "[]", {400}),
    ("POST", "/users", "null", {400}),
    ("POST", "/users", '{"usernames": "ada"}', {400}),
    ("POST", "/users", '{"usernames": [1]}', {400}),
    ("POST", "/users", '{"usernames": [""]}', {400}),
    ("POST", "/users", '{"usernames": ["a/b"]}', {400}),
    ("POST", "/users", '{"usernames": ["a\\u0000b"]}', {400}),
    ("POST", "/users", '{"usernames": ["' + "u" * 300 + '"]}', {400}),
    ("POST", "/users", "[" * 2000, {400}),
    ("POST", "/users", b"\xff\xfe", {400}),
    ("GET", "/users?limit=many", None, {400}),
    ("GET", "/users?offset=-x", None, {400}),
    ("GET", "/users?state=odd", None, {400}),
    ("GET", "/users?sort=password", None, {400}),
    ("GET", "/users/nobody-here", None, {404}),
    ("PATCH", "/users/{me}", '{"admin": "perhaps"}', {400}),
    ("PATCH", "/users/{me}", '{"name": ""}', {400}),
    ("PATCH", "/users/{me}", "7", {400}),
    ("DELETE", "/users/nobody-here", None, {404}),
    ("POST", "/users/{me}/tokens", '{"expires_in": "soon"}', {400}),
    ("POST", "/users/{me}/tokens", '{"expires_in": -5}', {400}),
    ("POST", "/users/{me}/tokens", '{"scopes": "everything"}', {400}),
    ("POST", "/users/{me}/tokens", '{"scopes": ["no-such-scope"]}', {400}),
    ("POST", "/users/{me}/tokens", '{"roles": ["no-such-role"]}', {400, 404}),
    ("POST", "/users/{me}/tokens", '{"note": {}}', {400}),
    ("GET", "/users/{me}/tokens/none", None, {404}),
    ("DELETE", "/users/{me}/tokens/none", None, {404}),
    ("POST", "/users/{me}/server", "{", {400}),
    ("DELETE", "/users/{me}/servers/none", None, {400, 404}),
    ("GET", "/users/{me}/server/progress", None, {400, 404}),
    ("POST", "/users/{me}/activity", '{"last_activity": "yesterday"}', {400}),
    ("POST", "/users/{me}/activity", '{"last_activity": 5}', {400}),
    ("POST", "/users/{me}/activity", '{"servers": []}', {400}),
    ("POST", "/users/{me}/activity", "{}", {400}),
    ("POST", "/groups/none/users", '{"users": ["x"]}', {404}),
    ("POST", "/groups", '{"groups": 5}', {400}),
    ("PUT", "/groups/none/properties", "{}", {404}),
    ("GET", "/groups/none", None, {404}),
    ("PATCH", "/proxy", "[]", {400}),
    ("PATCH", "/proxy", '{"api_url": 5}', {400}),
    ("POST", "/shutdown", '{"proxy": "please"}', {400}),
    ("GET", "/services/none", None, {404}),
    ("GET", "/authorizations/token/none", None, {403, 404}),
    ("GET", "/no/such/thing", None, {404}),
    ("PUT", "/users", None, {405}),
    ("GET", "/users/%ff", None, {400, 404}),
    ("GET", "/users/a%00b", None, {400, 404}),
    ("GET", "/users/" + "n" * 2000, None, {400, 404, 414}),
    ("POST", "/oauth2/token", "grant_type=magic", {400}),
    ("POST", "/oauth2/token", "grant_type=authorization_code", {400}),
    ("POST", "/oauth2/token", "grant_type=authorization_code&code=x&client_id=none&client_secret=none", {401}),
    ("POST", "/oauth2/token?a=b", "grant_type=authorization_code&code=x", {400, 401}),
]

PAGES = [
    # path, statuses
    ("/hub/spawn/nobody-here", {404}),
    ("/hub/spawn-pending/nobody-here", {404}),
    ("/hub/user/nobody-here/", {404}),
    ("/hub/login?next=https://elsewhere.example/", {200}),
    ("/hub/login?next=//elsewhere.example/", {200}),
    ("/hub/login?next=%00", {200, 400}),
    ("/hub/api/oauth2/authorize", {400}),
    ("/hub/api/oauth2/authorize?client_id=none&redirect_uri=/x&response_type=code", {400}),
    ("/hub/accept-share", {400}),
    ("/hub/accept-share?code=none", {404}),
    ("/hub/error/99999999999999999999", {200, 400, 404}),
    ("/hub/no-such-page", {404}),
    ("/hub/%ff%fe", {400, 404}),
]

# Bytes that are no HTTP request the proxy may pass on, and the status of its answer (None: it may just close).
RAW = [
    (b"nonsense\r\n\r\n", {400, None}),
    (b"GET / HTTP/1.1\r\n\r\n", {400}),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", {400}),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", {400}),
    (b"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", {400}),
    (b"GET / HTTP/1.1\r\nHost: a\r\nA: b\x00c\r\n\r\n", {400}),
    (b"POST /hub/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", {400}),
    (b"POST /hub/login HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", {400}),
    (b"POST /hub/login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    (b"POST /hub/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", {400, 501}),
    (b"POST /hub/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", {400}),
    (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", {400, 414, 431}),
    (b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"a" * 200_000 + b"\r\n\r\n", {400, 431}),
    (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 3000 + b"\r\n", {400, 431}),
    (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", {400, 505}),
    (b"GET /hub/static/../../../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", {302, 400, 403, 404}),
    (b"GET /hub/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", {302, 400, 403, 404}),
    (b"GET /user/x/%E0%A4%A HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
    (b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n", {400, 403, 405, 501}),
    (b"GET http://example.org/ HTTP/1.1\r\nHost: example.org\r\n\r\n", {302, 400, 404, 421}),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100, {400, None}),
]


@pytest.fixture(scope="module")
def hub(new_hub_of_module, ada):
    return new_hub_of_module(f'c.Authenticator.allow_all = True\nc.Authenticator.admin_users = {{"{ada.name}"}}\n')


@pytest.fixture(scope="module")
def admin(hub, ada):
    me = Browser(hub)
    me.login(ada)
    assert me.logged_in()
    return me


def name_of(value):
    """The part of a test's name that stands for a value."""
    text = str(value if not isinstance(value, bytes) else value[:60].decode("latin-1"))
    return "".join(letter if letter.isprintable() else " " for letter in text)[:60]


@pytest.mark.parametrize("method, path, body, statuses", API, ids=lambda v: name_of(v) if not isinstance(v, set) else "")
def test_the_api_answers_bad_input_with_a_clear_refusal(admin, method, path, body, statuses):
    content_type = "application/x-www-form-urlencoded" if "oauth2" in path else "application/json"
    reply = admin.api(method, path.format(me=admin.name), data=body, headers={"Content-Type": content_type})
    assert reply.status_code in statuses, (reply.status_code, reply.text[:300])
    undecodable = "%ff" in path or "%00" in path  # the proxy refuses these itself
    if "oauth2" not in path and not undecodable:
        model = reply.json()
        assert model["status"] == reply.status_code and model["message"], model
        assert "Traceback" not in model["message"]


@pytest.mark.parametrize("path, statuses", PAGES, ids=lambda v: name_of(v) if not isinstance(v, set) else "")
def test_pages_answer_bad_addresses_with_a_page_that_says_so(hub, admin, path, statuses):
    reader = Browser(hub) if path.startswith("/hub/login") else admin
    reply = reader.get(path, allow_redirects=False)
    assert reply.status_code in statuses, (reply.status_code, Page(reply.text).text[:300])
    assert "elsewhere.example" not in reply.headers.get("Location", "")


@pytest.mark.parametrize("request_bytes, statuses", RAW, ids=lambda v: name_of(v) if not isinstance(v, set) else "")
def test_the_public_port_refuses_what_is_no_request(hub, request_bytes, statuses):
    with socket.create_connection(("127.0.0.1", hub.port), timeout=20) as connection:
        try:
            connection.sendall(request_bytes)
        except OSError:
            pass  # refused before all was sent
        try:
            head = connection.recv(4096)
        except ConnectionResetError:
            head = b""
    status = int(head.split()[1]) if head.startswith(b"HTTP/") else None
    assert status in statuses | ({None} if len(request_bytes) > 60_000 else set()), head[:200]
    assert b"root:x:0" not in head


def test_a_body_larger_than_the_limit_is_refused(admin):
    reply = admin.api("POST", "/users", data=json.dumps({"usernames": [LONG] * 30}))
    assert reply.status_code in (400, 413), reply.status_code


def test_a_login_form_with_huge_or_odd_fields_is_refused_politely(hub):
    for name, password in ((LONG[:5000], "x"), ("a\x00b", "x"), ("ada", LONG[:50000]), ("", ""), ("../root", "x"), ("root\n", "x")):
        me = Browser(hub)
        page = me.get("/hub/login")
        reply = me.submit(page, "password", username=name, password=password)
        assert 400 <= reply.status_code < 500, (name[:20], reply.status_code)
        assert not me.logged_in()


def test_the_hub_is_well_after_all_that(hub, admin):
    assert hub.answers() and admin.logged_in()
    assert "Traceback" not in hub.log()
