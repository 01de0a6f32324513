"""The rules of scopes and of the REST API, written down from their description and not from the hub's code: which scopes
imply which, what a filter covers, what each end point asks for, and which field each scope shows.

make_decisions.py turns them into decisions.tsv; decisions_test.cpp walks that table against a real hub.
"""

# ---------------------------------------------------------------------------------------------------------- the world
# decisions_test.cpp builds exactly this one.
USERS = {"alice": ["g1"], "bob": ["g2"], "carol": []}  # name -> groups
SERVERS = {"alice": ["", "lab"], "bob": [""], "carol": []}  # all of them stopped
GROUPS = ["g1", "g2"]
SERVICES = ["culler", "grader"]  # and "probe", the service that asks


def groups_of(user):
    return USERS.get(user, [])


# ------------------------------------------------------------------------------------------------------------- scopes
IMPLIES = {
    "admin:users": "admin:auth_state users read:roles:users delete:users",
    "users": "read:users list:users users:activity",
    "list:users": "read:users:name",
    "read:users": "read:users:name read:users:groups read:users:activity",
    "users:activity": "read:users:activity",
    "read:roles": "read:roles:users read:roles:services read:roles:groups",
    "admin:servers": "admin:server_state servers",
    "servers": "read:servers delete:servers",
    "read:servers": "read:users:name",
    "tokens": "read:tokens",
    "admin:groups": "groups read:roles:groups delete:groups",
    "groups": "read:groups list:groups",
    "list:groups": "read:groups:name",
    "read:groups": "read:groups:name",
    "admin:services": "list:services read:services read:roles:services",
    "list:services": "read:services:name",
    "read:services": "read:services:name",
    "shares": "access:servers read:shares users:shares groups:shares",
    "users:shares": "read:users:shares",
    "groups:shares": "read:groups:shares",
}
LEAVES = (
    "admin-ui admin:auth_state delete:users read:users:name read:users:groups read:users:activity read:roles:users "
    "read:roles:services read:roles:groups admin:server_state delete:servers read:tokens delete:groups "
    "read:groups:name read:services:name read:hub access:servers access:services read:users:shares "
    "read:groups:shares read:shares proxy shutdown read:metrics"
).split()
SCOPES = sorted(set(IMPLIES) | set(LEAVES))
# What "self" is, each with !user=<owner>.
SELF = (
    "read:users read:users:name read:users:groups read:users:activity users:activity users:shares read:users:shares "
    "read:shares servers delete:servers read:servers tokens read:tokens access:servers"
).split()


def closure(base):
    found, waiting = set(), [base]
    while waiting:
        scope = waiting.pop()
        if scope not in found:
            found.add(scope)
            waiting += IMPLIES.get(scope, "").split()
    return found


def expand(raw, owner_kind, owner):
    """Raw scopes to {base: {filter or None}}; a filter is (kind, value)."""
    held = {}
    for text in raw:
        if text == "self":
            if owner_kind == "user":
                for base in SELF:
                    held.setdefault(base, set()).add(("user", owner))
            continue
        base, marked, written = text.partition("!")
        kind, valued, value = written.partition("=")
        if marked and not valued:  # a placeholder: the owner, when it is of that kind
            if kind != owner_kind:
                continue
            value = owner
        for scope in closure(base):
            if kind == "server" and scope.startswith("read:user"):  # a server is nobody to read about
                continue
            held.setdefault(scope, set()).add((kind, value) if marked else None)
    return {base: {None} if None in filters else filters for base, filters in held.items()}


def identify(held, owner_kind, owner):
    """What every token tells about its owner."""
    held = {base: set(filters) for base, filters in held.items()}
    for base in ("read:users:name", "read:users:groups") if owner_kind == "user" else ("read:services:name",):
        if None not in held.setdefault(base, set()):
            held[base].add((owner_kind, owner))
    return held


def holds(held, base, kind=None, value=None):
    """Whether that scope is held for that thing; kind None: for everything."""
    filters = held.get(base, set())
    if None in filters:
        return True
    if kind is None:
        return False
    if (kind, value) in filters:
        return True
    user = value.split("/")[0] if kind == "server" else value
    if kind == "server" and ("user", user) in filters:
        return True
    return kind in ("user", "server") and any(("group", group) in filters for group in groups_of(user))


# -------------------------------------------------------------------------------------------------------------- models
def any_of(held, bases, kind, name):
    return any(holds(held, base, kind, name) for base in bases.split())


USER_FIELDS = {
    "admin": "read:users read:users:name read:roles:users",
    "roles": "read:users read:roles:users",
    "groups": "read:users read:users:groups",
    "server": "read:users",
    "pending": "read:users",
    "created": "read:users",
    "last_activity": "read:users read:users:activity",
    "auth_state": "admin:auth_state",
}
SERVER_FIELDS = (
    "name full_name last_activity started pending ready stopped url full_url user_options progress_url full_progress_url"
).split()


def user_model(held, name):
    """Names of the fields shown; servers as servers[NAME:state] where the state is shown, too."""
    shown = {field for field, bases in USER_FIELDS.items() if any_of(held, bases, "user", name)}
    servers = [s for s in SERVERS[name] if holds(held, "read:servers", "server", f"{name}/{s}")]
    if holds(held, "read:servers", "user", name) or servers:
        state = ["+" if holds(held, "admin:server_state", "server", f"{name}/{s}") else "-" for s in servers]
        shown.add("servers[" + ",".join(f"{s}{mark}" for s, mark in zip(servers, state)) + "]")
    return sorted(shown | {"kind", "name"}) if shown else []


def group_model(held, name):
    shown = set()
    if any_of(held, "read:groups read:groups:name read:roles:groups", "group", name):
        shown |= {"kind", "name"}
    if holds(held, "read:groups", "group", name):
        shown |= {"users", "properties"}
    if holds(held, "read:roles:groups", "group", name):
        shown.add("roles")
    return sorted(shown)


def service_model(held, name):
    shown = set()
    if any_of(held, "read:services read:services:name read:roles:services", "service", name):
        shown |= {"kind", "name", "admin"}
    if holds(held, "read:services", "service", name):
        shown |= {"url", "prefix", "command", "pid", "info", "display"}
    if holds(held, "read:roles:services", "service", name):
        shown.add("roles")
    return sorted(shown)


TOKEN_FIELDS = "id kind roles scopes created last_activity expires_at note session_id oauth_client".split()


# ---------------------------------------------------------------------------------------------------------- end points
class EndPoint:
    """One method and path. scopes: any of them opens it. about: what the filter is made of, from the path's names.

    listing: filtered holdings are enough. body: sent with the request, chosen so that an allowed request changes
    nothing. allowed: the status of an allowed request, or a function (held, names) -> (status, fields).
    """

    def __init__(self, method, path, scopes, about=None, body="", allowed=200, listing=False, query=""):
        self.method, self.path, self.scopes, self.about = method, path, scopes.split(), about
        self.body, self.allowed, self.listing, self.query = body, allowed, listing, query


def exists(names):
    """Whether what the path names is there."""
    if "S" in names:
        return names["S"] in SERVICES
    if "G" in names:
        return names["G"] in GROUPS
    if "U" in names:
        return names["U"] in USERS
    return True


def target(end_point, names):
    return {
        None: (None, None),
        "user": ("user", names.get("U")),
        "group": ("group", names.get("G")),
        "service": ("service", names.get("S")),
        "server": ("server", f"{names.get('U')}/{names.get('N', '')}"),
        "no server": ("server", f"{names.get('U')}/None"),  # there is a server parameter, but not in this path
    }[end_point.about]


def list_users(held, _):
    filters = held["list:users"]
    if not all(one is None or one[0] in ("user", "group") for one in filters):
        return 403, ""
    models = {name: user_model(held, name) for name in USERS if holds(held, "list:users", "user", name)}
    return 200, "; ".join(f"{name}: {' '.join(model)}" for name, model in sorted(models.items()) if model)


def list_groups(held, _):
    filters = held["list:groups"]
    if not all(one is None or one[0] == "group" for one in filters):
        return 403, ""
    models = {name: group_model(held, name) for name in GROUPS if holds(held, "list:groups", "group", name)}
    return 200, "; ".join(f"{name}: {' '.join(model)}" for name, model in sorted(models.items()) if model)


def list_services(held, _):
    models = {name: service_model(held, name) for name in SERVICES + ["probe"] if holds(held, "list:services", "service", name)}
    return 200, "; ".join(f"{name}: {' '.join(model)}" for name, model in sorted(models.items()))


def one(model, name):
    return lambda held, names: (200, " ".join(model(held, names[name])))


def server_there(status):
    """Only servers that there are: the default one always, named ones by their row."""
    return lambda held, names: ((status if names.get("N", "") in SERVERS[names["U"]] or not names.get("N") else 404), "")


def shared_server(status):
    return lambda held, names: ((status if names.get("N", "") in SERVERS[names["U"]] else 404), "")


NO_OBJECT = "[]"  # refused with 400 once the request is allowed
END_POINTS = [
    EndPoint("GET", "/info", "read:hub"),
    EndPoint("POST", "/shutdown", "shutdown", body='{"proxy": "x"}', allowed=400),
    EndPoint("PATCH", "/proxy", "proxy", body="{}", allowed=400),
    EndPoint("GET", "/proxy", "proxy"),
    EndPoint("GET", "/users", "list:users", listing=True, allowed=list_users, query="?include_stopped_servers"),
    EndPoint("POST", "/users", "admin:users", body="{}", allowed=400),
    EndPoint("GET", "/users/{U}", "read:users read:users:name read:servers read:users:groups read:users:activity read:roles:users",
             "user", allowed=one(user_model, "U"), query="?include_stopped_servers"),
    EndPoint("POST", "/users/{U}", "admin:users", "user", body=NO_OBJECT, allowed=400),
    EndPoint("PATCH", "/users/{U}", "admin:users", "user", body='{"no_such_key": 1}', allowed=400),
    EndPoint("DELETE", "/users/{U}", "delete:users", "user", allowed=204),
    EndPoint("GET", "/users/{U}/tokens", "read:tokens", "user"),
    EndPoint("GET", "/users/{U}/tokens/a1", "read:tokens", "user", allowed=404),
    EndPoint("DELETE", "/users/{U}/tokens/a0", "tokens", "user", allowed=404),
    EndPoint("POST", "/users/{U}/server", "servers", "server", body=NO_OBJECT, allowed=400),
    EndPoint("POST", "/users/{U}/servers/{N}", "servers", "server", body=NO_OBJECT, allowed=400),
    EndPoint("DELETE", "/users/{U}/server", "delete:servers", "server", allowed=204),
    EndPoint("DELETE", "/users/{U}/servers/{N}", "delete:servers", "server", allowed=server_there(204)),
    EndPoint("GET", "/users/{U}/server/progress", "read:servers", "server", allowed=404),
    EndPoint("POST", "/users/{U}/activity", "users:activity", "user", body="{}", allowed=400),
    EndPoint("POST", "/users/{U}/admin-access", "servers", "user"),
    EndPoint("GET", "/groups", "list:groups", listing=True, allowed=list_groups),
    EndPoint("POST", "/groups", "admin:groups", body="{}", allowed=400),
    EndPoint("GET", "/groups/{G}", "read:groups read:groups:name read:roles:groups", "group", allowed=one(group_model, "G")),
    EndPoint("POST", "/groups/{G}", "admin:groups", "group", body=NO_OBJECT, allowed=400),
    EndPoint("DELETE", "/groups/{G}", "delete:groups", "group", allowed=204),
    EndPoint("POST", "/groups/{G}/users", "groups", "group", body="{}", allowed=400),
    EndPoint("DELETE", "/groups/{G}/users", "groups", "group", body="{}", allowed=400),
    EndPoint("PUT", "/groups/{G}/properties", "groups", "group", body=NO_OBJECT, allowed=400),
    EndPoint("GET", "/services", "list:services", listing=True, allowed=list_services),
    EndPoint("GET", "/services/{S}", "read:services read:services:name read:roles:services", "service",
             allowed=one(service_model, "S")),
    EndPoint("POST", "/services/{S}", "admin:services", "service", body="{}", allowed=400),
    EndPoint("DELETE", "/services/{S}", "admin:services", "service", allowed=200),
    EndPoint("GET", "/shares/{U}", "read:shares", "no server"),
    EndPoint("GET", "/shares/{U}/{N}", "read:shares", "server", allowed=shared_server(200)),
    EndPoint("POST", "/shares/{U}/{N}", "shares", "server", body="{}", allowed=400),
    EndPoint("PATCH", "/shares/{U}/{N}", "shares", "server", body="{}", allowed=400),
    EndPoint("DELETE", "/shares/{U}/{N}", "shares", "server", allowed=shared_server(204)),
    EndPoint("GET", "/users/{U}/shared", "read:users:shares", "user"),
    EndPoint("GET", "/users/{U}/shared/bob/", "read:users:shares", "user", allowed=404),
    EndPoint("DELETE", "/users/{U}/shared/bob/", "users:shares", "user", allowed=404),
    EndPoint("GET", "/groups/{G}/shared", "read:groups:shares", "group"),
    EndPoint("GET", "/groups/{G}/shared/bob/", "read:groups:shares", "group", allowed=404),
    EndPoint("DELETE", "/groups/{G}/shared/bob/", "groups:shares", "group", allowed=404),
    EndPoint("GET", "/share-codes/{U}", "read:shares", "no server"),
    EndPoint("GET", "/share-codes/{U}/{N}", "read:shares", "server", allowed=shared_server(200)),
    EndPoint("POST", "/share-codes/{U}/{N}", "shares", "server", body=NO_OBJECT, allowed=400),
    EndPoint("DELETE", "/share-codes/{U}/{N}", "shares", "server", allowed=shared_server(204)),
]
# A body that is wrong in itself is seen before the missing thing: 400 wins over 404.
BODY_FIRST = {("POST", "/users/{U}"), ("PATCH", "/users/{U}"), ("POST", "/groups/{G}"), ("POST", "/groups/{G}/users"),
              ("DELETE", "/groups/{G}/users"), ("PUT", "/groups/{G}/properties"), ("POST", "/services/{S}"),
              ("POST", "/shares/{U}/{N}"), ("PATCH", "/shares/{U}/{N}"), ("POST", "/share-codes/{U}/{N}")}


def decide(end_point, names, held):
    """(decision, status, fields) of a request with these scopes."""
    kind, value = target(end_point, names)
    granted = any(holds(held, base, kind, value) for base in end_point.scopes)
    some = any(held.get(base) for base in end_point.scopes)
    if not granted and not (end_point.listing and some):
        return ("hidden", 404, "") if kind and some else ("denied", 403, "")
    if not exists(names) and (end_point.method, end_point.path) not in BODY_FIRST:
        return "allowed", 404, ""
    status, fields = end_point.allowed(held, names) if callable(end_point.allowed) else (end_point.allowed, "")
    return "denied" if status == 403 else "allowed", status, fields


def may_make_tokens(held, owner_kind, user):
    """POST /users/U/tokens: services need the scope for everything."""
    return holds(held, "tokens") if owner_kind == "service" else holds(held, "tokens", "user", user)
