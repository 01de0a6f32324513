"""What the hub's process may ask of this one. This one may be root while the hub is not: whoever takes the hub over
must gain nothing here. So each call has a form (fields.py), says only names of people (names.py), reaches only what the
file left alive for that purpose, and comes in the order of a start. What breaks a rule never runs."""
from jupyterhub_host import names
from jupyterhub_host.encode import REFERENCES
from jupyterhub_host.fields import Broken, check_fields
from jupyterhub_host.objects import SETTINGS

_MOST_SERVERS = 10_000

# call: what it must bring, what it may bring beside
_SPAWNER, _MORE = "user name", "api_token oauth_client_id base_path user_options"
_FORMS = {
    "spawner.scopes": (f"{_SPAWNER} options", _MORE),
    "spawner.prepare": (f"{_SPAWNER} base_path", f"{_MORE} environment"),
    "spawner.environment": (f"{_SPAWNER} environment", f"{_MORE} ip port"),
    "spawner.next_progress": (f"{_SPAWNER} index", _MORE),
    "spawner.state": (f"{_SPAWNER} state", _MORE),
    "spawner.ready_event": (f"{_SPAWNER} event", _MORE),
    "spawner.stopped": (_SPAWNER, _MORE),
    "spawner.delete_forever": (_SPAWNER, _MORE),
    "spawner.options_form": (_SPAWNER, _MORE),
    "spawner.options_from_form": (f"{_SPAWNER} form", f"{_MORE} query"),
    "authenticator.authenticate": ("handler rules answers", ""),
    "authenticator.normalize": ("spelling", ""),
    "authenticator.post_auth": ("at handler model", ""),
    "authenticator.add_user": ("user", ""),
    "authenticator.delete_user": ("user", ""),
    "authenticator.refresh_user": ("user handler", ""),
    "authenticator.custom_html": ("base_url", ""),
    "page.ask": ("at handler", ""),
    "page.user_redirect": ("at handler path base_url", ""),
    "page.template_vars": ("visitor functions", ""),
}

# Which options a call may reach functions of.
_OPTIONS = {
    "authenticator.post_auth": ("post_auth_hook",),
    "page.ask": ("default_url", "named_server_limit_per_user"),
    "page.user_redirect": ("user_redirect_hook",),
    "page.template_vars": ("template_vars",),
}

# The order of a start: from which stages a call may come, and to which it leads. "" is a server that nothing is known
# of: not started, or by an earlier hub. A call that fails leads there, too.
_ANY = ("", "begun", "preparing", "prepared", "running")
_ORDER = {
    "spawner.scopes": (("", "begun", "prepared", "running"), "begun"),
    "spawner.prepare": (("", "begun", "prepared", "running"), "prepared"),
    "spawner.environment": (("prepared",), "running"),
    "spawner.next_progress": (("running",), None),
    "spawner.state": (("running",), None),
    "spawner.ready_event": (("", "running"), None),
    "spawner.stopped": (_ANY, ""),
    "spawner.delete_forever": (("",), ""),
    "spawner.options_form": (_ANY, None),
    "spawner.options_from_form": (_ANY, None),
}
_NEEDS_ACCOUNT = ("spawner.environment",)  # what follows is a process of that person; before, a hook may make the account

_STAGES = {}  # (user id, user name, server name) -> stage


class Interrupted(Broken):
    """Nobody's fault: what this call follows went with an earlier process."""

    status_code = 503

    def __init__(self):
        super().__init__("The Python process of the configuration was started again in the middle of this start. Try again.")


def _check_reference(call, at):
    section, _, option = at.partition(".")
    option, _, part = option.partition("[")
    known = section and option in _OPTIONS[call] and bool(part) == (call == "page.template_vars")
    if not known or not callable(REFERENCES.get(at)):
        raise Broken(f"{at!r} is nothing that the configuration has left alive for this")


def _check_people(call, told):
    people = [told.get("user"), told.get("visitor"), told.get("handler", {}).get("user")]
    for person in people:
        if person is not None:
            names.check_person(person["name"], needs_account=call in _NEEDS_ACCOUNT)
            for group in person.get("groups", ()):
                names.check_group(group)
    if "name" in told and told["name"] != "":
        names.check_server(told["name"])
    if call == "authenticator.post_auth":
        names.check_person(told["model"]["name"])


def _check_environment(told):
    """What makes programs load others comes from root, not from the hub: hooks start programs with it."""
    own = SETTINGS["admission"]["loaders"] if "admission" in SETTINGS else None
    for name, value in told["environment"].items() if own is not None else ():
        loads = name.startswith(("LD_", "PYTHON")) or name in ("BASH_ENV", "ENV", "GCONV_PATH", "IFS", "PATH")
        if loads and own.get(name) != value:
            raise Broken(f"the variable {name} is not what the hub was started with")


def _key(told):
    return told["user"]["id"], told["user"]["name"], told["name"]


def check(call, told):
    """Broken, with the reason, when the call breaks a rule."""
    if call not in _FORMS or not SETTINGS:
        raise Broken("there is no such call" if SETTINGS else "nothing is configured yet")
    check_fields(told, *_FORMS[call])
    if "at" in told:
        _check_reference(call, told["at"])
    for at in told.get("functions", {}).values():
        _check_reference(call, at)
    if "environment" in told:
        _check_environment(told)
    _check_people(call, told)
    if call in _ORDER:
        stage = _STAGES.get(_key(told), "")
        if stage not in _ORDER[call][0]:
            if stage == "":
                raise Interrupted()
            raise Broken(f"the server is {stage}: it is not the turn of this")
        if stage == "" and len(_STAGES) >= _MOST_SERVERS:
            raise Broken("too many servers at once")


def begin(call, told):
    """The call, checked before, begins."""
    if call == "spawner.prepare":
        _STAGES[_key(told)] = "preparing"


def end(call, told, *, succeeded):
    """It has ended; what comes next may come."""
    following = _ORDER.get(call, ((), None))[1]
    if following is None:
        return
    if call == "spawner.prepare" and _STAGES.get(_key(told)) != "preparing":
        return  # stopped meanwhile
    if succeeded and following:
        _STAGES[_key(told)] = following
    else:
        _STAGES.pop(_key(told), None)
