"""Heads: their limits, whom they may speak for, and what of them is passed on."""
import json
import re

import pytest
from stage import process_facts
from wire import request, responses

case = pytest.mark.case
ECHO = "/services/echo/"


def seen(reply):
    """Headers that the back end got, names in lower case."""
    found = {}
    for name, value in json.loads(reply.body)["headers"]:
        found.setdefault(name.lower(), []).append(value)
    return found


@case("S-HDR-01")
@pytest.mark.parametrize("data, status", [
    (request(ECHO, *["X-A: b"] * 10_000), 431), (request(ECHO, "X-A: " + "b" * (1 << 20)), 431), (request(ECHO + "a" * 17 * 1024), 414),
    (request(ECHO, "Cookie: a=" + "b" * 40 * 1024), 431)])
def test_a_head_over_the_limits_is_refused_and_costs_no_memory(stage, data, status):
    proxy = stage.hub.helpers("configurable-http-proxy")[0]
    stage.rejects(data, {status})
    memory = process_facts(proxy)[0]
    for _ in range(20):
        stage.rejects(data, {status})
    assert process_facts(proxy)[0] < memory + 2 * 1024 * 1024


@case("S-HDR-02")
@pytest.mark.parametrize("hosts", [(), ("x", "x"), ("x", "y"), ("a b",), ("x/y",), ("a@b",), ("",), ("x:99999",), ("x:y",), ("[::1",)])
def test_a_missing_doubled_or_malformed_host_is_refused(stage, hosts):
    stage.rejects(b"GET /services/echo/ HTTP/1.1\r\n" + b"".join(b"Host: " + host.encode() + b"\r\n" for host in hosts) + b"\r\n")


@case("S-HDR-02")
def test_a_host_in_the_target_wins_over_the_header(stage):
    reply = stage.get("http://target.test:81/services/echo/x", host="header.test")
    assert reply.status == 200
    assert json.loads(reply.body)["target"] == "/services/echo/x"
    assert seen(reply)["host"] == ["target.test:81"]


@case("S-HDR-03")
@pytest.mark.parametrize("target", [
    "/hub/login?next=/hub/home%0d%0aSet-Cookie:%20a=b", "/hub/user-redirect/x%0d%0aX:1", "/user/alice%0d%0aX:1", "/user/alice/%0d%0aX:1/",
    "/hub/api/oauth2/authorize?client_id=x&response_type=code&state=a%0d%0aX:1", "/hub/spawn/alice%0d%0aX:1", "/hub%0d%0aX:1",
    "/services/nobody%0d%0aX:1", "/%0d%0aX:1"])
def test_line_ends_in_a_url_never_become_header_lines(stage, target):
    data = stage.raw(request(target))
    head = data.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"(?im)^(set-cookie: ?a=b|x: ?1)", head), head
    assert len(responses(data)) == 1


@case("S-HDR-04")
def test_a_stranger_cannot_speak_for_another_address_or_scheme(stage):
    forged = ["X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.test", "X-Forwarded-Port: 4443", "X-Real-IP: 6.6.6.6",
              "Forwarded: for=6.6.6.6;proto=https;host=evil.test", "X-Scheme: https", "x-forwarded-for: 7.7.7.7"]
    headers = seen(stage.get(ECHO, *forged, host="true.test"))
    assert headers["x-forwarded-for"] == ["127.0.0.1"]
    assert headers["x-forwarded-proto"] == ["http"]
    assert headers.get("x-forwarded-host", ["true.test"]) == ["true.test"]
    assert headers["x-forwarded-port"] == ["80"]
    assert not {"forwarded", "x-real-ip", "x-scheme"} & set(headers)
    log = len(stage.hub.log())
    reply = stage.get("/hub/login", *forged, host="true.test")
    cookies = [value for name, value in reply.headers if name.lower() == "set-cookie"]
    assert cookies and not any("secure" in cookie.lower() for cookie in cookies), cookies
    assert b"evil.test" not in reply.body
    assert "6.6.6.6" not in stage.hub.log()[log:]


@case("S-HDR-05")
def test_a_header_that_means_something_cannot_be_declared_away(stage):
    headers = seen(stage.get(ECHO, "Connection: close, Cookie, Authorization, X-Forwarded-For, Host, Content-Length", "Cookie: a=b",
                             "Authorization: token t", "Content-Length: 2", method="POST", body=b"hi", close=False))
    assert headers["cookie"] == ["a=b"] and headers["authorization"] == ["token t"]
    assert headers["x-forwarded-for"] == ["127.0.0.1"] and headers["content-length"] == ["2"]


@case("S-HDR-05")
def test_headers_of_one_hop_go_no_further(stage):
    [first] = responses(stage.raw(request(ECHO, "Connection: close, X-Foo", "X-Foo: 1", "TE: trailers", "Trailer: X", "Proxy-Connection: keep-alive",
                                          "Keep-Alive: timeout=9", "Proxy-Authorization: Basic eDp5", "X-Bar: 2", close=False)))
    headers = seen(first)
    assert headers["x-bar"] == ["2"]
    assert not {"x-foo", "te", "trailer", "proxy-connection", "keep-alive", "proxy-authorization"} & set(headers), headers


@case("S-HDR-06")
@pytest.mark.parametrize("target, status, kind", [
    ("/hub/login", 200, "text/html"), ("/hub/home", 302, None), ("/hub/api/", 200, "application/json"), ("/hub/api/users", 403, "application/json"),
    ("/hub/static/css/style.min.css", None, None), ("/hub/nosuch", 404, "text/html"), ("/services/dead/", 503, "text/html"),
    ("/hub/error/503", 200, "text/html"), ("/%zz", 400, "text/html")])
def test_every_kind_of_answer_protects_itself(stage, target, status, kind):
    stage.routes("POST", "/services/dead", json={"target": "http://127.0.0.1:1"})
    try:
        reply = stage.get(target)
    finally:
        stage.routes("DELETE", "/services/dead")
    assert reply.status == status or status is None, reply
    assert "frame-ancestors 'none'" in (reply.header("Content-Security-Policy") or ""), reply
    assert reply.header("X-Content-Type-Options") == "nosniff", reply
    assert reply.header("Referrer-Policy"), reply
    assert not re.search(r"\d", reply.header("Server") or ""), reply
    if kind:
        assert (reply.header("Content-Type") or "").startswith(kind), reply


@case("S-HDR-06")
@pytest.mark.parametrize("target, status, kind", [
    ("/hub/login", 405, "text/html"), ("/hub/home", 405, "text/html"), ("/hub/api/", 405, "application/json"), ("/hub/nosuch", 404, "text/html"),
    ("/hub/api/nosuch", 404, "application/json"), ("/hub/health", 200, "text/html"), ("/hub/static/js/none.js", 404, "text/html"),
    ("/hub/error/503", 405, "text/html")])
def test_answers_to_head_have_no_body_and_protect_themselves(stage, target, status, kind):
    data = stage.raw(request(target, method="HEAD"))
    assert data.count(b"HTTP/1.1") == 1 and data.endswith(b"\r\n\r\n"), data
    [reply] = responses(data, ["HEAD"])
    assert reply.status == status and (reply.header("Content-Type") or "").startswith(kind), reply
    assert int(reply.header("Content-Length")) > 0 or status == 200, reply
    assert "frame-ancestors 'none'" in (reply.header("Content-Security-Policy") or ""), reply
    assert reply.header("X-Content-Type-Options") == "nosniff" and reply.header("Referrer-Policy"), reply
