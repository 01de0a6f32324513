"""The API that changes routes: only for the bearer of the token, and only with routes that make sense."""
import socket

import pytest
import requests
from stage import PROXY_TOKEN
from wire import Client, request, responses

case = pytest.mark.case


@case("S-PXAPI-01")
def test_without_a_token_the_body_is_not_read(stage):
    with Client(stage.api_port) as client:
        client.send(request("/api/routes/x", "Content-Length: 1073741824", method="POST", close=False))
        client.socket.settimeout(10)
        [reply] = responses(client.until_closed())
        assert reply.status == 403
    with Client(stage.api_port) as client:  # the same while the body pours in: it must end soon, however it ends
        client.send(request("/api/routes/x", "Content-Length: 1073741824", method="POST", close=False))
        sent = 0
        try:
            while sent < 64 << 20:
                client.socket.sendall(b"x" * 65536)
                sent += 65536
        except OSError:
            pass
        assert sent < 64 << 20, "the body was read"


@case("S-PXAPI-02")
@pytest.mark.parametrize("authorization", [None, "token ", "token", "token {}x", "Bearer {}", "xtoken {}", "Token{}", "{}", "Basic {}", "token {} x", "token x {}",
                                           "token {}, token {}"])
def test_a_token_counts_only_whole_and_with_its_scheme(stage, authorization):
    lines = [] if authorization is None else ["Authorization: " + authorization.replace("{}", PROXY_TOKEN)]
    for target in ("/api/routes", f"/api/routes?token={PROXY_TOKEN}"):
        with Client(stage.api_port) as client:
            client.send(request(target, *lines))
            assert [one.status for one in responses(client.until_closed())] == [403], (authorization, target)


@case("S-PXAPI-02")
def test_a_token_is_refused_alike_however_much_of_it_is_right(stage):
    answers = set()
    for length in range(0, len(PROXY_TOKEN)):
        reply = stage.routes(token=PROXY_TOKEN[:length] + "!" * (len(PROXY_TOKEN) - length))
        answers.add((reply.status_code, reply.content, tuple(sorted(set(reply.headers) - {"Date"}))))
    assert len(answers) == 1 and answers.pop()[0] == 403
    assert stage.routes().status_code == 200


@case("S-PXAPI-03")
@pytest.mark.parametrize("path, body", [
    ("/..%2f..%2fhub", {"target": "http://127.0.0.1:9101"}), ("/%2e%2e/x", {"target": "http://127.0.0.1:9101"}), ("/a%00b", {"target": "http://127.0.0.1:1"}),
    ("/x%zz", {"target": "http://127.0.0.1:1"})] + [
        ("/bad", {"target": target}) for target in ("file:///etc/passwd", "http://a:b@c", "gopher://x", "", 5, None, [], "http://x\r\nY:1", "http://",
                                                    "http://x:99999", "http://x y/", "//x", "javascript:1", "http://x\x00y")])
def test_a_route_that_makes_no_sense_is_refused_and_changes_nothing(stage, path, body):
    before = set(stage.routes().json())
    # as it is written: requests would resolve the dots
    prepared = requests.Request("POST", "http://127.0.0.1/", json=body).prepare().body
    with Client(stage.api_port) as client:
        client.send(request(f"/api/routes{path}", f"Authorization: token {PROXY_TOKEN}", f"Content-Length: {len(prepared)}", method="POST", body=prepared))
        [reply] = responses(client.until_closed())
    assert reply.status == 400, reply
    assert set(stage.routes().json()) == before


@case("S-PXAPI-03")
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"{}", b"\xff", b"[" * 100_000, b'{"target":"http://x","target":5}'])
def test_a_body_that_is_no_route_is_refused(stage, body):
    assert stage.routes("POST", "/bad", data=body).status_code == 400
    assert "/bad" not in stage.routes().json()


@case("S-PXAPI-03")
def test_by_default_the_api_listens_on_loopback_only(stage):
    with socket.create_server(("0.0.0.0", 0)) as probe:  # an address of this machine that is not 127.0.0.1
        other = "127.0.0.2"
        with socket.create_connection((other, probe.getsockname()[1])):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((other, stage.api_port))
