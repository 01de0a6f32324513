"""Given to the interpreter with -c: fetches the request from descriptor 3, answers there, and ends; or, when something
of the configuration stays in Python, goes on to answer the hub's calls (serve.py).

The request is one line {"modules": [[name, source], ...], "file": path}; the answer is one line of JSON.
"""
import json
import os
import sys
import types

CHANNEL = 3


package = types.ModuleType("jupyterhub_host")
package.__path__ = []
sys.modules[package.__name__] = package


def install(modules):
    """Makes the modules importable as jupyterhub_host.NAME; each may import those before it."""
    for name, source in modules:
        module = types.ModuleType(f"jupyterhub_host.{name}")
        sys.modules[module.__name__] = module
        setattr(package, name, module)
        exec(compile(source, f"<jupyterhub {name}>", "exec"), module.__dict__)


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # closed by the configuration file: nothing left to flush
            pass


os.set_inheritable(CHANNEL, False)
if sys.path[:1] == [""]:
    del sys.path[0]  # the working directory is not a place to import from
with open(CHANNEL, "rb", closefd=False) as lines:
    request = json.loads(lines.readline())
for_evaluation = 1 + [name for name, _ in request["modules"]].index("evaluate")
install(request["modules"][:for_evaluation])
answer = sys.modules["jupyterhub_host.evaluate"].evaluate(request["file"])
flush()
rest = json.dumps(answer).encode() + b"\n"
while rest:
    rest = rest[os.write(CHANNEL, rest):]
if answer.get("live"):
    install(request["modules"][for_evaluation:])
    sys.modules["jupyterhub_host.serve"].serve(CHANNEL)
    flush()
os._exit(0)  # threads that the file has left running must not hold up the hub
