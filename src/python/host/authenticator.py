"""The authenticator for the site's functions and classes: an object of a Python class, or one that only carries the
options of the hub's own class."""
from jupyterhub_host import base_classes
from jupyterhub_host.encode import REFERENCES, decode
from jupyterhub_host.objects import SETTINGS, Handler, User, log, maybe_await
from jupyterhub_host.traits import class_config, set_traits

CURRENT = None
_TRAITS = (
    "admin_users", "allow_existing_users", "allowed_users", "auth_refresh_age", "auto_login", "auto_login_oauth2_authorize",
    "blocked_users", "custom_html", "delete_invalid_users", "enable_auth_state", "login_service", "manage_groups", "manage_roles",
    "otp_prompt", "refresh_pre_spawn", "refresh_pre_stop", "request_otp", "reset_managed_roles_on_startup", "username_map",
    "username_pattern",
    # of LocalAuthenticator and PAMAuthenticator
    "admin_groups", "allowed_groups", "check_account", "create_system_users", "open_sessions",
    "pam_normalize_username", "service", "uids",
)  # fmt: skip
_HOOKS = ("add_user", "delete_user", "get_custom_html", "load_managed_roles", "refresh_user")
# A class that overrides one of these has its whole login done here, in upstream's order; else the hub takes the steps.
_OWN_STEPS = (
    "check_allowed", "check_allowed_groups", "check_blocked_users", "get_authenticated_user", "is_admin", "normalize_username",
    "run_post_auth_hook", "validate_username",
)  # fmt: skip
_OF_ADD_USER = ("add_user", "add_system_user", "system_user_exists")


class PlainAuthenticator:
    """What functions see when the class is one of the hub's own. Its options are attributes."""

    def __init__(self):
        self.log = log
        for option, told in SETTINGS["authenticator"]["options"].items():
            setattr(self, option, decode(told["value"]))


def make():
    """Makes CURRENT; what the hub should know of a Python class comes back."""
    global CURRENT
    cls = SETTINGS["authenticator"].get("class")
    if cls is None:
        CURRENT = PlainAuthenticator()
        return {}
    base_classes.adapt(cls)
    CURRENT = cls(config=class_config(cls, SETTINGS["authenticator"]["options"]))
    set_traits(CURRENT, SETTINGS["authenticator"]["options"])
    if _is_own(cls, "check_allow_config"):
        CURRENT.check_allow_config()
    told = {"allow_all": bool(getattr(CURRENT, "allow_all", False))}
    told["traits"] = {name: _plain(getattr(CURRENT, name)) for name in _TRAITS if hasattr(CURRENT, name)}
    if _is_own(cls, "add_user_cmd"):
        told["traits"]["add_user_cmd"] = _plain(CURRENT.add_user_cmd)
    if _is_own(cls, "normalize_username"):
        for name in ("admin_users", "allowed_users"):
            told["traits"][name] = sorted({CURRENT.normalize_username(user) for user in getattr(CURRENT, name)})
    told["own_hooks"] = [name for name in _HOOKS if _is_own(cls, name)]
    if any(_is_own(cls, name) for name in _OF_ADD_USER) and "add_user" not in told["own_hooks"]:
        told["own_hooks"].append("add_user")
    told["own_steps"] = sorted(_own_steps())
    told["authenticate"] = _is_own(cls, "authenticate") or base_classes.lets_nobody_in(cls)
    told["own_handlers"] = _is_own(cls, "get_handlers")
    for method in ("login_url", "logout_url"):
        if _is_own(cls, method):
            told[method] = str(getattr(CURRENT, method)(SETTINGS["hub"]["base_url"]))
    return told


def _plain(value):
    """A trait's value as JSON has it; null for what it has no word for."""
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value if isinstance(value, (bool, int, float, str)) else None


async def managed_roles():
    """The roles that the class keeps, asked for once at the start; none when it does not manage roles."""
    told = SETTINGS["authenticator"]["options"].get("manage_roles", {})
    if not getattr(CURRENT, "manage_roles", told.get("value", False)) or not _is_own(type(CURRENT), "load_managed_roles"):
        return []
    return [_plain(dict(role)) for role in await maybe_await(CURRENT.load_managed_roles())]


def _is_own(cls, name):
    """The site's class, not the package jupyterhub, defines it."""
    for base in cls.__mro__:
        if name in vars(base):
            return not base.__module__.startswith("jupyterhub.")
    return False


def _own_steps():
    return {name for name in _OWN_STEPS if _is_own(type(CURRENT), name)}


async def _authenticate(told):
    """The model of somebody who may try to enter, or, when the class has steps of its own, who may enter; null for
    nobody; {"ask": {"username", "password"}} when the class wants to know what PAM says."""
    handler = Handler(told["handler"])
    fields = told["handler"].get("fields")  # none: nothing was typed, the request may tell
    data = None if fields is None else {name: values[-1] for name, values in fields.items()}
    whole = bool(_own_steps())
    step = CURRENT.get_authenticated_user if whole else CURRENT.authenticate
    try:
        with base_classes.login(told["rules"] or {}, told["answers"]):
            model = await maybe_await(step(handler, data))
    except base_classes.AskPam as question:
        return {"ask": question.credentials}
    if not model:
        return None
    model = {"name": model} if isinstance(model, str) else dict(model)
    if model.get("groups") is not None:
        model["groups"] = list(model["groups"])
    if whole:
        model["allowed"] = True
    return model


async def _normalize(told):
    return str(await maybe_await(CURRENT.normalize_username(told["spelling"])))


async def _post_auth(told):
    hook = REFERENCES[told["at"]]
    return await maybe_await(hook(CURRENT, Handler(told["handler"]), told["model"])) or None


async def _call(method, *arguments):
    function = getattr(CURRENT, method, None)
    if function is not None and _is_own(type(CURRENT), method):
        await maybe_await(function(*arguments))


async def _add_user(told):
    await maybe_await(CURRENT.add_user(User(told["user"])))


async def _delete_user(told):
    await maybe_await(CURRENT.delete_user(User(told["user"])))


async def _refresh_user(told):
    """{"fresh": false}, {"fresh": true}, or with the "model" of now; "auth_state" where the function saved one."""
    user = User(told["user"])
    answer = await maybe_await(CURRENT.refresh_user(user, Handler(told["handler"])))
    result = {"fresh": bool(answer)}
    if isinstance(answer, dict) and answer:
        model = dict(answer)
        model["name"] = user.name
        if model.get("groups") is not None:
            model["groups"] = list(model["groups"])
        if "auth_state" not in model and user.saved_auth_state is not None:
            model["auth_state"] = user.saved_auth_state["state"]
        result["model"] = model
    elif answer and user.saved_auth_state is not None:
        result["model"] = {"name": user.name, "auth_state": user.saved_auth_state["state"]}
    return result


async def _custom_html(told):
    return str(await maybe_await(CURRENT.get_custom_html(told["base_url"])) or "")


async def pre_spawn_start(user, spawner):
    await _call("pre_spawn_start", user, spawner)


async def post_spawn_stop(user, spawner):
    await _call("post_spawn_stop", user, spawner)


CALLS = {
    "authenticator.authenticate": _authenticate,
    "authenticator.normalize": _normalize,
    "authenticator.post_auth": _post_auth,
    "authenticator.add_user": _add_user,
    "authenticator.delete_user": _delete_user,
    "authenticator.refresh_user": _refresh_user,
    "authenticator.custom_html": _custom_html,
}
