"""What each program does when it is signalled, row by row: goes on, or ends in good order."""
import os
import re
import signal
import subprocess

import pytest
from harness.browser import Browser
from harness.hub import EVERYBODY
from harness.processes import has_ended
from harness.waiting import until

GOES_ON = [signal.SIGUSR1, signal.SIGHUP, signal.SIGUSR2, signal.SIGPIPE]
ENDS = [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT]


def programs(hub):
    """{name: pids} of a hub's programs: what descends from it, since other hubs may run on the machine."""
    pids, mine = {"hub": [hub.process.pid]}, {hub.process.pid}
    lines = subprocess.run(["ps", "-eo", "pid=,ppid=,comm=,args=", "--sort=start_time"], capture_output=True, text=True, check=True)
    for line in lines.stdout.splitlines():
        pid, parent, name, command = line.split(None, 3)
        if int(parent) not in mine:
            continue
        mine.add(int(pid))
        if name == "jupyterhub-root":
            pids["supervisor"] = [int(pid)]
        elif "jupyterhub-helper" in command:
            pids.setdefault("helper", []).append(int(pid))
        elif "configurable-http-proxy" in command:
            pids.setdefault("proxy", []).append(int(pid))
    return pids


@pytest.mark.parametrize("number", GOES_ON, ids=lambda number: number.name)
def test_signals_that_ask_for_no_end_leave_the_hub_running(new_hub, number):
    hub = new_hub().start()
    before = programs(hub)
    os.kill(hub.process.pid, number)
    if number != signal.SIGPIPE:
        until(lambda: f"Received signal {number.name}" in hub.log(), 10, "the line in the log")
    assert hub.answers() and programs(hub) == before


@pytest.mark.parametrize("number", ENDS, ids=lambda number: number.name)
def test_signals_that_ask_for_an_end_get_an_orderly_one(new_hub, number):
    hub = new_hub().start()
    others = [pid for name, pids in programs(hub).items() if name != "hub" for pid in pids]
    os.kill(hub.process.pid, number)
    assert hub.process.wait(30) == 0
    assert f"Received signal {number.name}, initiating shutdown" in hub.log()
    until(lambda: all(has_ended(pid) for pid in others), 10, "the other programs to end")


def test_the_status_tells_people_servers_the_queue_and_connections(new_hub, ada):
    hub = new_hub().start()
    Browser(hub).login(ada)
    os.kill(hub.process.pid, signal.SIGUSR1)
    status = r"Received signal SIGUSR1, going on\. People: 1\. Servers: none\. Starts that wait for a turn: 0\. Connections: \d+"
    until(lambda: re.search(status, hub.log()), 10, "the status")


@pytest.mark.parametrize("program", ["supervisor", "helper"])
def test_the_programs_with_roots_rights_end_with_the_hub_and_not_by_a_signal_of_a_terminal(new_hub, ada, program):
    hub = new_hub().start()
    (pid,) = programs(hub)[program]
    for number in GOES_ON + ENDS:
        os.kill(pid, number)
    assert not has_ended(pid)
    me = Browser(hub)
    me.login(ada)
    assert me.logged_in()


def test_the_proxy_tells_its_connections_and_goes_on(new_hub):
    hub = new_hub().start()
    before = programs(hub)
    for pid in before["proxy"]:
        os.kill(pid, signal.SIGPIPE)
    serving = [pid for pid in before["proxy"] if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "configurable-http-proxy"]
    os.kill(serving[0], signal.SIGUSR1)
    until(lambda: "Received SIGUSR1, going on. Connections: " in hub.log(), 10, "the line in the log")
    assert hub.answers() and programs(hub) == before


PYTHON = EVERYBODY + "def hook(spawner):\n    pass\nc.Spawner.pre_spawn_hook = hook\n"


def test_the_python_process_goes_on(new_hub):
    hub = new_hub(PYTHON).start()
    children = subprocess.run(["pgrep", "-P", str(hub.process.pid)], capture_output=True, text=True, check=False).stdout.split()
    (pid,) = [int(child) for child in children if "python" in os.path.basename(os.readlink(f"/proc/{child}/exe"))]
    for number in GOES_ON + ENDS:
        os.kill(pid, number)
    assert hub.answers() and not has_ended(pid)


def test_a_log_file_that_was_moved_away_is_opened_anew(new_hub):
    hub = new_hub(EVERYBODY + "c.JupyterHub.extra_log_file = 'extra.log'\n").start()
    (hub.dir / "extra.log").rename(hub.dir / "extra.log.1")
    os.kill(hub.process.pid, signal.SIGHUP)
    until(lambda: (hub.dir / "extra.log").exists(), 10, "the new file")
    until(lambda: "log files are open anew" in (hub.dir / "extra.log").read_text(), 10, "a line in it")


def test_a_reader_of_the_output_may_come_and_go(new_hub):
    hub = new_hub()
    reading, writing = os.pipe()
    hub.launch_with_output(writing)
    os.close(writing)
    hub.wait_up()
    os.close(reading)
    for _ in range(3):
        assert hub.answers(), "it goes on although nobody reads its log"
    assert hub.stop() == 0
