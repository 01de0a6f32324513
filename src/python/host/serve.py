"""Answers the hub's calls, all on one asyncio loop, as upstream runs a site's functions: a function that waits with
`await` lets others go on, one that blocks holds them up (the hub has a deadline for each call, and starts this process
again when the loop does not answer any more).

    hub → here    {"id": 1, "call": "spawner.prepare", "with": {...}}   {"cancel": 1}   {"ping": 1}
    here → hub    {"begun": 1}   {"id": 1, "result": ...}   {"id": 1, "error": {...}}   {"pong": 1}

The first call is "configure", which comes once; calls.py says which others may come. What is no JSON object ends the
process.
"""
import asyncio
import json
import os
import signal
import sys

from jupyterhub_host import authenticator, calls, pages, spawners
from jupyterhub_host.configure import configure
from jupyterhub_host.errors import describe
from jupyterhub_host.fields import Broken
from jupyterhub_host.objects import log, start_logging

_CALLS = {**spawners.CALLS, **authenticator.CALLS, **pages.CALLS}
_LONGEST_LINE = 32 << 20
_MOST_CALLS = 8192
_REFUSALS_TOLD = 100  # in the log; whoever sends more than that is not to fill the disk


class _Server:
    def __init__(self, channel):
        self.channel, self.rest, self.tasks = channel, b"", {}
        self.ended = asyncio.Event()
        self.configured = False
        self.refusals = 0

    def send(self, message):
        try:
            rest = json.dumps(message).encode() + b"\n"
        except (TypeError, ValueError, RecursionError) as error:
            answer = {"status": 500, "message": f"the result cannot be passed on: {error}", "html": "", "type": "TypeError"}
            rest = json.dumps({"id": message.get("id"), "error": answer}).encode() + b"\n"
        while rest:
            rest = rest[os.write(self.channel, rest):]

    def readable(self):
        try:
            data = os.read(self.channel, 1 << 16)
        except OSError:
            data = b""
        if not data:
            self.ended.set()
            return
        *lines, self.rest = (self.rest + data).split(b"\n")
        if len(self.rest) > _LONGEST_LINE:
            self.give_up("a line is too long")
        for line in lines:
            if not self.ended.is_set():
                self.take_line(line)

    def take_line(self, line):
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if isinstance(message, dict):
            self.take(message)
        else:
            self.give_up("a line is no message")

    def give_up(self, reason):
        """Nothing sensible can come any more."""
        log.error("The hub's process does not speak as expected (%s); the Python process ends", reason)
        self.ended.set()

    def take(self, message):
        kind = message.keys() & {"ping", "cancel", "call"}
        number = message.get("id", message.get("ping", message.get("cancel")))
        if len(kind) != 1 or type(number) is not int or message.keys() - kind - {"id", "with"}:
            self.refuse(number, "a message of no known form")
        elif "ping" in message:
            self.send({"pong": number})
        elif "cancel" in message:
            task = self.tasks.get(number)
            if task is not None:
                task.cancel()
        else:
            self.take_call(number, message["call"], message.get("with"))

    def take_call(self, number, call, told):
        if not isinstance(call, str):
            self.refuse(number, "a call without a name")
        elif number in self.tasks or len(self.tasks) >= _MOST_CALLS:
            self.refuse(number, "a number in use, or too many calls at once")
        elif not self.configured and call == "configure":
            self.configured = True
            self.begin(number, configure, call, told)
        else:
            try:
                calls.check(call, told)
            except Broken as error:
                self.refuse(number, error.log_message, call, error.status_code)
            except Exception as error:
                self.send({"id": number, "error": describe(error)})
            else:
                calls.begin(call, told)
                self.begin(number, _CALLS[call], call, told)

    def begin(self, number, function, call, told):
        self.tasks[number] = asyncio.ensure_future(self.answer(number, function, call, told))

    def refuse(self, number, reason, call="-", status=403):
        self.refusals += 1
        if self.refusals <= _REFUSALS_TOLD:
            log.error("Refused a call of the hub (%.64s): %.500s", call, reason)
        answer = {"status": status, "message": reason, "html": "", "type": "Broken"}
        self.send({"id": number if type(number) is int else -1, "error": answer})

    async def answer(self, number, function, call, told):
        self.send({"begun": number})
        answer = None
        try:
            answer = {"id": number, "result": await function(told)}
        except asyncio.CancelledError:
            pass  # the hub does not wait any more
        except BaseException as error:
            answer = {"id": number, "error": describe(error)}
        self.tasks.pop(number, None)
        calls.end(call, told, succeeded=answer is not None and "result" in answer)
        for stream in (sys.stdout, sys.stderr):  # what it printed comes before what the hub makes of its answer
            try:
                stream.flush()
            except Exception:  # closed by the site's code
                pass
        if answer is not None:
            self.send(answer)


async def _run(channel, greeting):
    server = _Server(channel)
    if greeting is not None:
        server.configured = True
        await server.answer(0, configure, "configure", greeting)  # the hub ends a process that could not do it
    asyncio.get_running_loop().add_reader(channel, server.readable)
    await server.ended.wait()


def serve(channel, greeting=None):
    """Returns when the hub has closed its end. greeting: what "configure" would bring, which then never comes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        # The hub decides when this process ends: hooks are wanted until the last server has stopped. A function, so
        # that programs which hooks start have the usual reaction again.
        signal.signal(number, lambda *_: None)
    start_logging()
    asyncio.run(_run(channel, greeting))
