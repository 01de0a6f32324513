"""The route that is chosen and the path that its back end sees must agree, and nobody gets to another's server."""
import json
import re
from urllib.parse import unquote

import pytest
from harness.waiting import until
from wire import request, responses

case = pytest.mark.case


@case("S-ROUTE-01")
@pytest.mark.parametrize("target", [
    "/user/alice/../bob/x", "/user/alice/%2e%2e/bob/x", "/user/alice/%2E./bob/x", "/user/alice/..%2fbob/x", "/user/alice%2f..%2fbob/x", "//user/bob",
    "/user//bob", "/user/alice/..;/bob", "/user/alice\\..\\bob", "/user/alice/%5c..%5cbob", "/./user/alice/.././bob/", "/user/bob/../alice/x",
    "/user/alice/x/../../bob/%2e", "/user/%61lice/../b%6fb/", "/../user/bob/"])
def test_no_path_under_one_server_is_delivered_to_another(lone_proxy, target):
    proxy = lone_proxy({"/": "hub", "/user/alice": "alice", "/user/bob": "bob"})
    reply = proxy.get(target)
    assert reply.status in (200, 400)
    for name in ("alice", "bob"):
        for seen in proxy.recorders[name].requests:
            assert (unquote(seen["target"]) + "/").startswith(f"/user/{name}/"), seen
            assert not re.search(r"/(\.|%2e){2}(/|$)", seen["target"], re.I), seen
    sent = [seen["target"] for recorder in proxy.recorders.values() for seen in recorder.requests]
    assert len(sent) == (1 if reply.status == 200 else 0)


@case("S-ROUTE-02")
def test_a_name_that_begins_like_another_is_another(lone_proxy):
    proxy = lone_proxy({"/": "hub", "/user/al": "al"})
    for target in ("/user/alice/", "/user/al%69ce/", "/user/alice2/", "/user/al%2fx", "/user/al;x/", "/user/al%20/"):
        assert json.loads(proxy.get(target).body)["by"] == "hub", target
    for target in ("/user/al", "/user/al/", "/user/a%6c/x", "/user/al?x"):
        assert json.loads(proxy.get(target).body)["by"] == "al", target


@case("S-ROUTE-03")
@pytest.mark.parametrize("target", ["/%zz", "/%", "/%u0041", "/a%00b", "/%ff%fe", "/%c0%ae%c0%ae/", "/user/alice/%zz", "/user/alice/%c0%ae%c0%ae/x", "/a%"])
def test_a_broken_escape_is_a_bad_request(stage, target):
    reply = stage.get(target)
    assert reply.status == 400, reply
    assert stage.rec.requests == []


@case("S-ROUTE-04")
def test_only_the_exact_host_leads_to_its_server(lone_proxy):
    proxy = lone_proxy({"/": "hub", "/alice.hub.test": "alice"}, "--host-routing")
    for host in ("ALICE.hub.test", "alice.hub.test.", "alice.hub.test:8000"):
        assert json.loads(proxy.get("/x", host=host).body)["by"] == "alice", host
    for host in ("xalice.hub.test", "alice.hub.test.evil", "alice.hub.test..", ".alice.hub.test", "hub.test", "alice", "alice.hub.test%00", "alice.hub.test,x"):
        reply = proxy.get("/x", host=host)
        assert reply.status in (400, 404) or json.loads(reply.body)["by"] == "hub", host
    for host in ("alice.hub.test@evil", "alice.hub.test:99999", "alice.hub.test/x"):
        assert proxy.get("/x", host=host).status in (400, 404), host
    assert json.loads(proxy.get("/alice.hub.test/x", host="evil.test").body)["by"] == "hub"


COLLIDING = [("a", ""), ("a", "b"), ("a-b", ""), ("a--b", ""), ("a.b", ""), ("A_b", "")]


@case("S-ROUTE-05")
def test_names_that_resemble_each_other_share_nothing(stage):
    stage.guarding.log_limit = 64 * 1024  # a start writes some lines
    prefixes, clients, environments = set(), set(), []
    try:
        for user in dict.fromkeys(user for user, _ in COLLIDING):
            assert stage.api("POST", f"/users/{user}").status_code == 201, user
        for user, server in COLLIDING:
            path = f"/users/{user}/servers/{server}" if server else f"/users/{user}/server"
            assert stage.api("POST", path).status_code in (201, 202), (user, server)

            def running(user=user, server=server):
                one = stage.api("GET", f"/users/{user}").json()["servers"].get(server)
                return one and one["ready"] and one
            model = until(running, 40, f"the server {server!r} of {user}")
            prefixes.add(model["url"])
            reply = json.loads(stage.get(model["url"] + "where").body)
            assert (reply["user"].lower(), reply["server"]) == (user.lower(), server)
            home = stage.hub.dir / "home" / user
            environments.append(json.loads((home / "environment.json").read_text(encoding="utf-8")))
            clients.add(environments[-1]["JUPYTERHUB_CLIENT_ID"])
        assert len(prefixes) == len(clients) == len(COLLIDING), (prefixes, clients)
        assert len({one["JUPYTERHUB_SERVICE_PREFIX"] for one in environments}) == len(COLLIDING)
        assert len({one["JUPYTERHUB_API_TOKEN"] for one in environments}) == len(COLLIDING)
        routes = [path for path in stage.routes().json() if path.startswith("/user/")]
        assert len(routes) == len(COLLIDING), routes
    finally:
        for user, server in COLLIDING:
            stage.api("DELETE", f"/users/{user}/servers/{server}" if server else f"/users/{user}/server")
        until(lambda: not [path for path in stage.routes().json() if path.startswith("/user/")], 40, "the servers to stop")
        for user in {user for user, _ in COLLIDING}:
            stage.api("DELETE", f"/users/{user}")


@case("S-ROUTE-06")
@pytest.mark.parametrize("target, payload", [
    ("/user/nobody/<script>alert(1)</script>", "<script>alert(1)"), ("/user/nobody/%3Cscript%3Ealert(1)%3C/script%3E", "<script>alert(1)"),
    ("/services/\"><img%20src=x>", "<img src=x"), ("/services/%22%3E%3Cimg%20src=x%3E", "<img src=x"),
    ("/hub/error/503?url=javascript:alert(1)&message_html=%3Cb%3Ebold%3C/b%3E", "<b>bold"), ("/hub/error/503?url=javascript:alert(1)", 'href="javascript:'),
    ("/hub/%3Cscript%3Ealert(1)%3C/script%3E", "<script>alert(1)"), ("/%zz<script>alert(1)</script>", "<script>alert(1)")])
def test_no_page_repeats_markup_of_the_address(stage, target, payload):
    [reply] = responses(stage.raw(request(target)))
    assert reply.status < 600
    assert payload not in reply.body.decode(), reply.body
    assert payload not in str(reply.headers)
