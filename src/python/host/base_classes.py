"""What the base classes of the package jupyterhub do here, whatever its version: the steps of a login as JupyterHub 5.5
takes them, with what the hub knows. A site's class that overrides one of them, and calls super(), so meets the rules
of this hub, not those of an older package (which let everybody in who had no rule).
"""
import contextlib

from jupyterhub_host.objects import maybe_await

RULES = {"allow_all": False, "allowed_users": frozenset()}  # what the hub allowed at the latest login
_ANSWERS = {}  # (name, password) of logins under way -> whom PAM let in, or None


class AskPam(BaseException):
    """Leaves everything, also a site's `except Exception`: the hub asks PAM and calls again with the answer."""

    def __init__(self, username, password):
        super().__init__("PAM is asked")
        self.credentials = {"username": username, "password": password}


def base_class(cls, name):
    """The package's own class of that name among the bases of cls, or None."""
    for base in cls.__mro__:
        if base.__name__ == name and base.__module__.startswith("jupyterhub."):
            return base
    return None


def _allows_all(authenticator):
    return bool(RULES["allow_all"])


def _check_allowed(self, username, authentication=None):
    return _allows_all(self) or username in self.allowed_users or username in RULES["allowed_users"]


def _check_allowed_or_group(self, username, authentication=None):
    return self.check_allowed_groups(username, authentication) or _check_allowed(self, username, authentication)


def _check_allowed_groups(self, username, authentication=None):
    """Primary groups count, too."""
    if not self.allowed_groups:
        return False
    try:
        gids = set(self._getgrouplist(username, self._getpwnam(username).pw_gid))
    except KeyError:
        return False
    for name in self.allowed_groups:
        try:
            if self._getgrnam(name).gr_gid in gids:
                return True
        except KeyError:
            self.log.error("No such group: [%s]", name)
    return False


async def _get_authenticated_user(self, handler, data):
    model = await maybe_await(self.authenticate(handler, data))
    if model is None:
        return None
    model = dict(model) if isinstance(model, dict) else {"name": model}
    if "name" not in model:
        raise ValueError(f"user missing a name: {model!r}")
    model.setdefault("auth_state", None)
    model.setdefault("admin", None)
    model["name"] = name = await maybe_await(self.normalize_username(model["name"]))
    if not await maybe_await(self.validate_username(name)):
        self.log.warning("Disallowing invalid username %r.", name)
        return None
    if not await maybe_await(self.check_blocked_users(name, model)):
        self.log.warning("User %r blocked. Stop authentication", name)
        return None
    if not (_allows_all(self) or await maybe_await(self.check_allowed(name, model))):
        self.log.warning("User %r not allowed.", name)
        return None
    if model["admin"] is None:
        model["admin"] = await maybe_await(self.is_admin(handler, model))
    return await maybe_await(self.run_post_auth_hook(handler, model))


async def _run_post_auth_hook(self, handler, auth_model):
    if self.post_auth_hook is not None:
        auth_model = await maybe_await(self.post_auth_hook(self, handler, auth_model))
    return auth_model


def _check_allow_config(self):
    """The hub itself warns when nobody can log in."""


async def _ask_pam(self, handler, data):
    """The hub's helper asks PAM, with root's rights and in a process of its own."""
    key = data["username"], data.get("password", "")
    if key not in _ANSWERS:
        raise AskPam(*key)
    return _ANSWERS[key]


async def _nothing(self, user, spawner):
    """PAM sessions are opened and closed by the process that becomes the server."""


_STEPS = {
    "Authenticator": {
        "get_authenticated_user": _get_authenticated_user,
        "run_post_auth_hook": _run_post_auth_hook,
        "check_allowed": _check_allowed,
        "check_allow_config": _check_allow_config,
    },
    "LocalAuthenticator": {"check_allowed": _check_allowed_or_group, "check_allowed_groups": _check_allowed_groups},
    "PAMAuthenticator": {"authenticate": _ask_pam, "pre_spawn_start": _nothing, "post_spawn_stop": _nothing},
}


def adapt(cls):
    """Puts these steps into the package's classes that cls is made of."""
    for name, steps in _STEPS.items():
        base = base_class(cls, name)
        if base is not None:
            for step, function in steps.items():
                setattr(base, step, function)


def lets_nobody_in(cls):
    """It has the authenticate() of the first base class, which knows nobody."""
    for base in cls.__mro__:
        if "authenticate" in vars(base):
            return base is base_class(cls, "Authenticator")
    return False


@contextlib.contextmanager
def login(rules, answers):
    """While a class of the site is asked: what the hub allows at this moment, and what PAM has said so far."""
    RULES["allow_all"] = bool(rules.get("allow_all"))
    RULES["allowed_users"] = frozenset(rules.get("allowed_users", ()))
    given = {(answer["username"], answer["password"]): answer["name"] for answer in answers}
    _ANSWERS.update(given)
    try:
        yield
    finally:
        for key in given:
            _ANSWERS.pop(key, None)
