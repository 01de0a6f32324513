"""Writes decisions.tsv: who holds what, asks for what, and what must come of it. Run it by hand; the result is kept.

Columns: who asks (service: a token of the service "probe", user: a token of the user "carol", both with what their role
has; narrow: a token of carol, who may do everything, with only these scopes) · scopes held · method · path below
/hub/api · body · decision · status · fields shown.
"""
import itertools
import pathlib

from rules import END_POINTS, SCOPES, decide, expand, identify, may_make_tokens

FILTERS = ["", "!user=alice", "!group=g1", "!server=alice/lab", "!server=alice/", "!service=culler", "!user", "!group=g2"]
NAMES = {"U": ["alice", "bob", "nosuch"], "G": ["g1", "g2", "nosuch"], "S": ["culler", "grader", "nosuch"], "N": ["lab", ""]}
PAIRS = [
    ["list:users!user=bob", "read:users!group=g1"],
    ["list:users!group=g1", "list:users!user=bob", "read:servers!server=alice/lab"],
    ["list:users!group=g1", "list:users!server=bob/"],
    ["read:users:activity!user=alice", "read:servers!server=alice/lab", "admin:server_state!server=alice/lab"],
    ["read:users:name", "admin:auth_state!user=bob"],
    ["read:servers", "admin:server_state!group=g1"],
    ["list:groups!group=g1", "read:groups!group=g2"],
    ["list:groups!group=g1", "list:groups!user=alice"],
    ["read:groups:name", "read:roles:groups!group=g2"],
    ["list:services!service=grader", "read:services!service=culler"],
    ["read:services:name", "read:roles"],
    ["shares!user=alice", "read:users:name"],
    ["self"],
    ["self", "list:users!group=g1"],
    [],
]


def fill(path, names):
    for key, value in names.items():
        path = path.replace("{" + key + "}", value)
    return path


def choices(path):
    keys = [key for key in NAMES if "{" + key + "}" in path]
    return [dict(zip(keys, values)) for values in itertools.product(*(NAMES[key] for key in keys))]


def relevant(end_point, raw):
    held = expand(raw, "service", "probe")
    return any(base in held for base in end_point.scopes)


rows = []


def ask(who, raw, end_point, names):
    kind, owner = ("service", "probe") if who == "service" else ("user", "carol")
    held = expand(raw, kind, owner)
    if who == "narrow":
        held = identify(held, kind, owner)
    decision, status, fields = decide(end_point, names, held)
    rows.append([who, " ".join(raw), end_point.method, fill(end_point.path, names) + end_point.query, end_point.body,
                 decision, str(status), fields])


for scope in SCOPES:  # each scope for everything: what it opens, and that it opens nothing else
    for end_point in END_POINTS:
        ask("service", [scope], end_point, choices(end_point.path)[0])
for scope, text in itertools.product(SCOPES, FILTERS):  # and for some things only, where it opens something
    for end_point in END_POINTS:
        if relevant(end_point, [scope + text]) or (text == "!user" and relevant(end_point, [scope])):
            for names in choices(end_point.path):
                ask("user" if text == "!user" else "service", [scope + text], end_point, names)
for raw in PAIRS:
    for who in ("service", "user", "narrow"):
        for end_point in END_POINTS:
            ask(who, raw, end_point, choices(end_point.path)[0])
for scope, text, who in itertools.product(("tokens", "read:tokens", "admin:users"), FILTERS, ("service", "user")):
    kind, owner = ("service", "probe") if who == "service" else ("user", "carol")
    held = expand([scope + text], kind, owner)
    for user in ("alice", "bob", "carol"):
        allowed = may_make_tokens(held, kind, user)
        rows.append([who, scope + text, "POST", f"/users/{user}/tokens", '{"note": 5}', "allowed" if allowed else "denied",
                     "400" if allowed else "403", ""])

unique = sorted({tuple(row) for row in rows})
for row in unique:
    assert not any("\t" in cell for cell in row)
path = pathlib.Path(__file__).with_name("decisions.tsv")
path.write_text("".join("\t".join(row) + "\n" for row in unique), encoding="utf-8")
print(len(unique), "rows,", {d: sum(r[5] == d for r in unique) for d in ("allowed", "hidden", "denied")})
