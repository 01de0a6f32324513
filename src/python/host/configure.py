"""The hub's first words after the evaluation: what it has made of the configuration, and as whom to go on."""
import ctypes
import os
import signal

from jupyterhub_host import authenticator, spawners
from jupyterhub_host.encode import REFERENCES
from jupyterhub_host.objects import SETTINGS, log

_PR_SET_PDEATHSIG = 1


def _become(account):
    """The account that the hub serves as: what root has evaluated goes on without root's rights."""
    if os.geteuid() != 0 or account["uid"] == 0:
        return
    os.setgroups(account["groups"])
    os.setgid(account["gid"])
    os.setuid(account["uid"])
    # The kernel forgets this with a change of account: the process shall not outlive the hub.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _abilities(cls):
    """What a Python spawner class does by itself."""
    names = ("start", "stop", "poll", "load_state", "progress", "get_state", "delete_forever")
    return {name: authenticator._is_own(cls, name) for name in names}


async def _configure(told):
    _become(told["account"])
    SETTINGS.update(told)
    log.setLevel(told.get("log_level", 20))
    for group in ("authenticator", "spawner"):
        at = told[group].get("at")
        if at:
            SETTINGS[group]["class"] = REFERENCES[at]
    answer = {"authenticator": authenticator.make()}
    answer["authenticator"]["managed_roles"] = await authenticator.managed_roles()
    cls = SETTINGS["spawner"].get("class")
    if cls is not None:
        for base in cls.__mro__:
            if base.__name__ == "Spawner" and base.__module__ == "jupyterhub.spawner":
                base.get_env = spawners.hub_environment
        answer["spawner"] = _abilities(cls)
    return answer


CALLS = {"configure": _configure}
