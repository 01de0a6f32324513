"""Writes reference_cases.json: what the Python package jupyterhub 3.0.0 (Debian bookworm) makes of scopes.

Run it by hand with Debian's python3-jupyterhub installed; the tests only read the file. Left out is what 5.5.1 does
otherwise: the scopes of sharing, admin:services, "self", and subscopes below a server filter (reference rbac.md §3).
"""
import json
import random
import sys
import warnings

from jupyterhub import orm, scopes

warnings.simplefilter("ignore")
chance = random.Random(20240501)
names = sorted(set(scopes.scope_definitions) - {"(no_scope)", "self", "inherit"})

GROUPS = {"staff": ["ada", "bob"], "class-a": ["bob"], "empty": []}
USERS = ["ada", "bob", "eve", "foo bar"]
FILTERS = (
    [f"user={u}" for u in USERS]
    + [f"group={g}" for g in GROUPS]
    + ["server=ada/", "server=ada/lab", "server=bob/", "server=eve/x", "server=foo bar/a b"]
    + ["service=culler"]
)

db = orm.new_session_factory("sqlite:///:memory:")()
users = {name: orm.User(name=name) for name in USERS}
for name, members in GROUPS.items():
    group = orm.Group(name=name)
    group.users.extend(users[m] for m in members)
    db.add(group)
db.add_all(users.values())
service = orm.Service(name="culler")
db.add(service)
spawners = [orm.Spawner(user=users[u], name=n) for u, n in (("ada", ""), ("ada", "lab"), ("bob", ""), ("eve", "x"))]
db.add_all(spawners)
db.commit()


def written(base, text):
    return base if text is None else f"{base}!{text}"


def some_scopes(bases, count):
    return sorted({written(chance.choice(bases), chance.choice([None] + FILTERS * 2)) for _ in range(count)})


expand = []
for base in names:
    for text in (None, "group=staff", "user", "service"):
        for owner in (users["ada"], service) if text in ("user", "service") else (users["ada"],):
            expand.append(
                {
                    "raw": [written(base, text)],
                    "owner": ["user" if owner is not service else "service", owner.name],
                    "scopes": sorted(scopes.expand_scopes([written(base, text)], owner=owner)),
                }
            )
for _ in range(60):
    raw = [s for s in some_scopes(names, 6) if "!server" not in s]
    expand.append({"raw": raw, "owner": ["user", "ada"], "scopes": sorted(scopes.expand_scopes(raw, owner=users["ada"]))})


def parse_mutable(texts):
    """3.0.0 fails on its own frozen sets when both sides name servers; plain sets avoid that."""
    parsed = {}
    for base, filters in frozen_parse(texts).items():
        is_all = filters == scopes.Scope.ALL
        parsed[base] = filters if is_all else {kind: set(values) for kind, values in filters.items()}
    return parsed


frozen_parse, scopes.parse_scopes = scopes.parse_scopes, parse_mutable
intersect = []
for _ in range(300):
    bases = chance.sample(names, chance.choice([1, 2, 3]))
    a, b = (some_scopes(bases, chance.randint(1, 7)) for _ in range(2))
    a, b = (sorted(scopes.reduce_scopes(set(x))) for x in (a, b))
    intersect.append({"a": a, "b": b, "common": sorted(scopes._intersect_expanded_scopes(set(a), set(b), db))})

check = []
things = [("user", u) for u in users.values()] + [("server", s) for s in spawners] + [("service", service)]
things += [("group", g) for g in db.query(orm.Group)]
for _ in range(100):
    held = some_scopes(["read:servers"], chance.randint(1, 4))
    parsed = frozen_parse(held)["read:servers"]
    for kind, thing in chance.sample(things, 5):
        value = f"{thing.user.name}/{thing.name}" if kind == "server" else thing.name
        allowed = scopes.check_scope_filter(parsed, thing, kind)
        allowed = getattr(allowed, "result", allowed)
        check.append({"held": held, "scope": f"read:servers!{kind}={value}", "allowed": bool(allowed)})

with open("reference_cases.json", "w") as out:
    out.write("{\n")
    out.write(f'"made_with": "jupyterhub {sys.modules["jupyterhub"].__version__}",\n')
    out.write(f'"groups": {json.dumps(GROUPS)},\n')
    for key, rows in (("expand", expand), ("intersect", intersect), ("check", check)):
        out.write(f'"{key}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n],\n")
    out.write('"end": true\n}\n')
