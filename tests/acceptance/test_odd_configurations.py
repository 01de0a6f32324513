"""Configurations that people have and that are easy to get wrong: what an operator wrote must not be passed over."""
import pytest
from harness.browser import Browser

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
