"""What a site's functions are handed beside the spawner: user, hub, handler. Plain objects, filled from what the hub
sends with each call."""
import inspect
import logging
import sys
from urllib.parse import parse_qs, quote


SETTINGS = {}  # what the hub said once: "hub", "spawner", "authenticator" (see "configure" in spawners.py)
log = logging.getLogger("JupyterHub")


def start_logging():
    """spawner.log and the root logger write lines like the hub's own."""
    handler = logging.StreamHandler(sys.stderr)
    form = "[%(levelname)1.1s %(asctime)s.%(msecs)03d JupyterHub %(module)s:%(lineno)d] %(message)s"
    handler.setFormatter(logging.Formatter(form, "%Y-%m-%d %H:%M:%S"))
    logging.getLogger().addHandler(handler)
    log.setLevel(SETTINGS.get("log_level", logging.INFO))


async def maybe_await(value):
    return await value if inspect.isawaitable(value) else value


class Group:
    def __init__(self, name):
        self.name = name
        self.properties = {}

    def __repr__(self):
        return f"<Group {self.name}>"


class Hub:
    """Addresses of the hub."""

    def __init__(self, told):
        self.base_url = told["base_url"]
        self.url = told["url"]
        self.api_url = told["api_url"]
        self.public_host = told.get("public_host", "")
        self.connect_url = told.get("connect_url", "")
        self.ip, self.port = told.get("ip", ""), told.get("port", 0)
        self.connect_ip, self.connect_port = told.get("connect_ip", ""), self.port
        self.server = self


class User:
    def __init__(self, told):
        self.id, self.name, self.admin = told["id"], told["name"], told["admin"]
        self.groups = [Group(name) for name in told.get("groups", [])]
        self.escaped_name = quote(self.name, safe="@~")
        self.url = told["url"]
        self.base_url = told.get("base_url", self.url)
        self.host = self.url[: -len(self.base_url)] if self.url.endswith(self.base_url) else ""
        self.roles = []
        self.spawners = {}
        self.settings = {}
        self.orm_user = self
        self.auth_state = told.get("auth_state")
        self.saved_auth_state = None

    def __repr__(self):
        return f"<User({self.name})>"

    def server_url(self, server_name=""):
        return self.url + (quote(server_name, safe="@~") + "/" if server_name else "")

    async def get_auth_state(self):
        return self.auth_state

    async def save_auth_state(self, auth_state):
        """Stored by the hub, encrypted, when the function that called this has ended."""
        self.auth_state = auth_state
        self.saved_auth_state = {"state": auth_state}


class Request:
    def __init__(self, told):
        self.method, self.uri, self.path = told["method"], told["uri"], told["path"]
        self.query, self.host, self.protocol = told["query"], told["host"], told["protocol"]
        self.remote_ip = told["remote_ip"]
        self.headers = dict(told["headers"])
        given = parse_qs(self.query, keep_blank_values=True)
        self.query_arguments = {name: [value.encode() for value in values] for name, values in given.items()}
        self.arguments = dict(self.query_arguments)
        self.body_arguments = {}

    def full_url(self):
        return f"{self.protocol}://{self.host}{self.uri}"


_MISSING = object()


class Handler:
    """The part of a request handler that functions of the configuration use."""

    def __init__(self, told):
        self.request = Request(told)
        self.current_user = self._jupyterhub_user = User(told["user"]) if told.get("user") else None
        self.hub = Hub(SETTINGS["hub"])
        self.base_url = self.hub.base_url
        self.log = log
        self.settings = {}
        for name, values in told.get("fields", {}).items():
            self.request.arguments[name] = self.request.body_arguments[name] = [value.encode() for value in values]

    def get_current_user(self):
        return self.current_user

    def get_arguments(self, name, strip=True):
        values = [value.decode() for value in self.request.arguments.get(name, [])]
        return [value.strip() for value in values] if strip else values

    def get_argument(self, name, default=_MISSING, strip=True):
        values = self.get_arguments(name, strip)
        if values:
            return values[-1]
        if default is _MISSING:
            raise KeyError(f"the argument {name} is missing")
        return default

    get_query_argument = get_body_argument = get_argument
