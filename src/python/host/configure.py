"""The hub's first words after the evaluation: what it has made of the configuration, and as whom to go on. They come once,
from a hub that is still root, or from what the supervisor has kept since then."""
import ctypes
import os
import resource
import signal

from jupyterhub_host import authenticator, spawners
from jupyterhub_host.encode import REFERENCES
from jupyterhub_host.objects import SETTINGS, log
from jupyterhub_host.reach import texts_in

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_SECRETS = ("CONFIGPROXY_AUTH_TOKEN", "JPY_COOKIE_SECRET", "JUPYTERHUB_CRYPT_KEY")


def _become(account):
    """The account that was chosen: what root has evaluated goes on without root's rights, or with them."""
    prctl = ctypes.CDLL(None).prctl
    if os.geteuid() == 0 and account["uid"] != 0:
        os.setgroups(account["groups"])
        os.setgid(account["gid"])
        os.setuid(account["uid"])
        # The kernel forgets this with a change of account: the process shall not outlive its parent.
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # nobody else of that account looks into it
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _forget_secrets():
    """Programs that hooks start get none of the hub's secrets, but those that the site's own code asks for."""
    for name in set(_SECRETS).difference(texts_in(REFERENCES.values())):
        os.environ.pop(name, None)


def _abilities(cls):
    """What a Python spawner class does by itself."""
    names = ("start", "stop", "poll", "load_state", "progress", "get_state", "delete_forever")
    return {name: authenticator._is_own(cls, name) for name in names}


async def configure(told):
    _become(told["account"])
    SETTINGS.update(told)
    log.setLevel(told.get("log_level", 20))
    if "admission" in told:
        _forget_secrets()
    for group in ("authenticator", "spawner"):
        at = told[group].get("at")
        if at:
            SETTINGS[group]["class"] = REFERENCES[at]
    answer = {"authenticator": authenticator.make()}
    answer["authenticator"]["managed_roles"] = await authenticator.managed_roles()
    cls = SETTINGS["spawner"].get("class")
    if cls is not None:
        spawners.adapt(cls)
        answer["spawner"] = _abilities(cls)
    return answer
