"""Given to the interpreter with -c; guard.py is its first argument. Fetches the request from descriptor 3, answers there,
and ends; or, when something of the configuration stays in Python, goes on to answer the hub's calls (serve.py).

Nothing may be imported before guard() but what is built in: as root, nobody knows yet whose modules would be found.

The request is one line {"modules": [[name, source], ...], "file": path}; the answer is one line of JSON. With an argument,
the number of another descriptor, the request stands there, and behind it the greeting that otherwise comes as the first
call: then they were settled by root, and nothing that comes over the channel can change them.
"""
import posix
import sys

CHANNEL = 3

module_type = type(sys)
package = module_type("jupyterhub_host")
package.__path__ = []
sys.modules[package.__name__] = package


def install(modules):
    """Makes the modules importable as jupyterhub_host.NAME; each may import those before it."""
    for name, source in modules:
        module = module_type(f"jupyterhub_host.{name}")
        sys.modules[module.__name__] = module
        setattr(package, name, module)
        exec(compile(source, f"<jupyterhub {name}>", "exec"), module.__dict__)


def answer_with(text):
    rest = text.encode() + b"\n"
    while rest:
        rest = rest[posix.write(CHANNEL, rest):]


posix.set_inheritable(CHANNEL, False)
install([("guard", sys.argv.pop(1))])
guard = sys.modules["jupyterhub_host.guard"]
try:
    guard.guard(checking=sys.argv.pop(1) == "check")
except guard.Refused as refused:
    text = "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in str(refused))
    answer_with(f'{{"refused": "{text}"}}')
    posix._exit(0)

import json  # noqa: E402
import os  # noqa: E402


def read_all(file):
    """Of a file that others read, too: its offset is not ours."""
    parts = []
    while not parts or parts[-1]:
        parts.append(os.pread(file, 1 << 20, sum(map(len, parts))))
    return b"".join(parts)


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # closed by the configuration file: nothing left to flush
            pass


greeting = None
if len(sys.argv) > 1:
    kept = int(sys.argv.pop())
    request, greeting = map(json.loads, read_all(kept).splitlines())
    os.close(kept)
else:
    with open(CHANNEL, "rb", closefd=False) as lines:
        request = json.loads(lines.readline())
for_evaluation = 1 + [name for name, _ in request["modules"]].index("evaluate")
install(request["modules"][:for_evaluation])
answer = sys.modules["jupyterhub_host.evaluate"].evaluate(request["file"])
flush()
answer_with(json.dumps(answer))
if answer.get("live"):
    install(request["modules"][for_evaluation:])
    sys.modules["jupyterhub_host.serve"].serve(CHANNEL, greeting)
    flush()
os._exit(0)  # threads that the file has left running must not hold up the hub
