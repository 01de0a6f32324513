"""Answers the hub's calls, all on one asyncio loop, as upstream runs a site's functions: a function that waits with
`await` lets others go on, one that blocks holds them up (the hub has a deadline for each call, and starts this process
again when the loop does not answer any more).

    hub → here    {"id": 1, "call": "spawner.prepare", "with": {...}}   {"cancel": 1}   {"ping": 1}
    here → hub    {"begun": 1}   {"id": 1, "result": ...}   {"id": 1, "error": {...}}   {"pong": 1}
"""
import asyncio
import json
import os
import signal
import sys

from jupyterhub_host import authenticator, configure, pages, spawners
from jupyterhub_host.errors import describe
from jupyterhub_host.objects import start_logging

_CALLS = {**configure.CALLS, **spawners.CALLS, **authenticator.CALLS, **pages.CALLS}


class _Server:
    def __init__(self, channel):
        self.channel, self.rest, self.tasks = channel, b"", {}
        self.ended = asyncio.Event()

    def send(self, message):
        try:
            rest = json.dumps(message).encode() + b"\n"
        except (TypeError, ValueError) as error:
            answer = {"status": 500, "message": f"the result cannot be passed on: {error}", "html": "", "type": "TypeError"}
            rest = json.dumps({"id": message.get("id"), "error": answer}).encode() + b"\n"
        while rest:
            rest = rest[os.write(self.channel, rest):]

    def readable(self):
        data = os.read(self.channel, 1 << 16)
        if not data:
            self.ended.set()
            return
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.take(json.loads(line))

    def take(self, message):
        if "ping" in message:
            self.send({"pong": message["ping"]})
        elif "cancel" in message:
            task = self.tasks.get(message["cancel"])
            if task is not None:
                task.cancel()
        else:
            self.tasks[message["id"]] = asyncio.ensure_future(self.answer(message))

    async def answer(self, message):
        number = message["id"]
        self.send({"begun": number})
        answer = None
        try:
            answer = {"id": number, "result": await _CALLS[message["call"]](message["with"])}
        except asyncio.CancelledError:
            pass  # the hub does not wait any more
        except BaseException as error:
            answer = {"id": number, "error": describe(error)}
        del self.tasks[number]
        for stream in (sys.stdout, sys.stderr):  # what it printed comes before what the hub makes of its answer
            try:
                stream.flush()
            except Exception:  # closed by the site's code
                pass
        if answer is not None:
            self.send(answer)


async def _run(channel):
    server = _Server(channel)
    asyncio.get_running_loop().add_reader(channel, server.readable)
    await server.ended.wait()


def serve(channel):
    """Returns when the hub has closed its end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # The hub decides when this process ends: hooks are wanted until the last server has stopped. A function, so
        # that programs which hooks start have the usual reaction again.
        signal.signal(number, lambda *_: None)
    start_logging()
    asyncio.run(_run(channel))
