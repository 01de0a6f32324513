"""The proxy serves under the Python hub as the npm program of the same name does."""
import os
import pathlib
import signal

from harness.browser import Browser
from harness.hub import BIN, EVERYBODY
from harness.notebook import Kernel
from harness.waiting import until

PROXY = os.path.join(BIN, "configurable-http-proxy")


def test_debians_python_hub_works_with_this_proxy(new_hub, ada):
    hub = new_hub(EVERYBODY, command=["/usr/bin/jupyterhub"]).start()
    proxies = {os.readlink(f"/proc/{pid}/exe") for pid in hub.helpers("configurable-http-proxy")}
    assert {pathlib.Path(program).name for program in proxies} == {"configurable-http-proxy"}, "it is the native program, not node"
    me = Browser(hub)
    me.login(ada)
    me.start_server()
    kernel = Kernel(me)
    assert kernel.run("print(6*7)") == "42\n"
    kernel.close()
    me.stop_server()
    assert hub.stop() == 0


def test_debians_python_hub_restarts_this_proxy_and_restores_the_routes(new_hub, ada):
    hub = new_hub(EVERYBODY + "c.ConfigurableHTTPProxy.command = [%r]\nc.ConfigurableHTTPProxy.check_running_interval = 1\n" % PROXY,
                  command=["/usr/bin/jupyterhub"]).start()
    me = Browser(hub)
    me.login(ada)
    me.start_server()
    kernel = Kernel(me)
    assert kernel.run("print('before')") == "before\n"
    [proxy] = hub.helpers("configurable-http-proxy")
    os.kill(proxy, signal.SIGKILL)
    until(lambda: [pid for pid in hub.helpers("configurable-http-proxy") if pid != proxy], 30, "the hub to start the proxy again")
    until(hub.answers, 30, "the route of the hub")
    kernel.connect(seconds=30)  # the route of the server: without it the upgrade is refused
    assert kernel.run("print('after')") == "after\n"
    kernel.close()
    me.stop_server()
    assert hub.stop() == 0
