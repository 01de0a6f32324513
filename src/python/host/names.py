"""Which names the hub may say: of people, groups and servers. The rules for names are the hub's own (src/auth/username),
those for accounts the helper's, with numbers that came while the hub was still root ("admission": only when this
process is more than the hub's account)."""
import pwd
import re

from jupyterhub_host import authenticator
from jupyterhub_host.fields import Broken
from jupyterhub_host.objects import SETTINGS

_LONGEST = 255
_NOBODY = (65534, 2**32 - 1)
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")
_NO_SHELLS = ("nologin", "false", "true", "sync", "halt", "shutdown", "reboot", "poweroff")
# Of people without an account: hooks put names into commands.
_NEW_ACCOUNT = re.compile(r"[\w@][\w@.+=-]*")


def _check(name, what):
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise Broken(f"{name!r} cannot be {what}: it is not valid UTF-8") from None
    if not 0 < size <= _LONGEST:
        raise Broken(f"{name[:64]!r} cannot be {what}: it is empty or longer than {_LONGEST} bytes")
    if _CONTROL.search(name):
        raise Broken(f"{name!r} cannot be {what}: it contains a control character")
    if name.strip() != name:
        raise Broken(f"{name!r} cannot be {what}: it begins or ends with a blank")


def _check_segment(name, what):
    _check(name, what)
    if "/" in name or name in (".", ".."):
        raise Broken(f"{name!r} cannot be {what}: as a path it would mean another place")


def check_server(name):
    _check_segment(name, "the name of a server")


def check_group(name):
    """Groups of identity providers have slashes."""
    _check(name, "the name of a group")
    if any(part in (".", "..") for part in name.split("/")):
        raise Broken(f"{name!r} cannot be the name of a group: as a path it would mean another place")


def _matches(pattern, name):
    try:
        return re.match(pattern, name) is not None
    except re.error:
        return False


def check_person(name, needs_account=False):
    _check_segment(name, "a user name")
    if "admission" not in SETTINGS:
        return
    pattern = getattr(authenticator.CURRENT, "username_pattern", "")
    if pattern and not _matches(pattern, name):
        raise Broken(f"{name!r} cannot be a user name: it does not match c.Authenticator.username_pattern")
    _check_account(name, needs_account and SETTINGS["admission"]["local_servers"])


def _check_account(name, needed):
    rules = SETTINGS["admission"]
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        if needed:
            raise Broken(f"There is no system account named {name}.") from None
        if not _NEW_ACCOUNT.fullmatch(name) or name.isdecimal() and int(name) < rules["first_uid"]:
            raise Broken(f"{name!r} is no account, and cannot become one") from None
        return
    if account.pw_uid < rules["first_uid"] or account.pw_uid in (*_NOBODY, *rules["never"]):
        raise Broken(f"{name} is an account of the system (uid {account.pw_uid}); hooks are not called for it.")
    if account.pw_shell.rsplit("/", 1)[-1] in _NO_SHELLS and account.pw_shell not in rules["shells"]:
        raise Broken(f"Nobody works under the account {name}: its shell is {account.pw_shell}; hooks are not called for it.")
