"""The proxy serves under the Python hub as the npm program of the same name does."""
import os
import pathlib

from harness.browser import Browser
from harness.hub import EVERYBODY
from harness.notebook import Kernel


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
