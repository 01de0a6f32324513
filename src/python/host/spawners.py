"""Spawner objects for the site's functions and classes: one for each server, from its start, or from its options form,
until it has stopped. The hub starts the process; here is what the site has a say in, in upstream's order
(reference spawner.md §3, §13)."""
import asyncio
import base64
import inspect

from jupyterhub_host import authenticator
from jupyterhub_host.base_classes import base_class
from jupyterhub_host.encode import decode, encode
from jupyterhub_host.objects import SETTINGS, Hub, User, log, maybe_await
from jupyterhub_host.traits import class_config, set_traits

_NOT_SENT_BACK = {
    "environment", "options_form", "options_from_form", "apply_user_options", "group_overrides", "pre_spawn_hook",
    "post_stop_hook", "auth_state_hook", "progress_ready_hook", "oauth_client_allowed_scopes", "server_token_scopes",
}  # fmt: skip
_LONGEST_WAIT = 20  # seconds that a question for the next progress event stays open


class Refused(Exception):
    status_code = 400

    def __init__(self, message):
        super().__init__()
        self.log_message = message


class PlainSpawner:
    """The spawner that functions see when the class is one of the hub's own. Its options are attributes."""

    def __init__(self, user, name):
        self.name = name
        self.authenticator = authenticator.CURRENT
        self.hub = Hub(SETTINGS["hub"])
        self.log = log
        self.api_token = self.oauth_client_id = ""
        self.server = self.orm_spawner = self.handler = self.db = None
        self.internal_ssl, self.cert_paths, self.will_resume = False, {}, False
        self.user, self.user_options = user, {}
        for option, told in SETTINGS["spawner"]["options"].items():
            setattr(self, option, decode(told["value"]))

    def __repr__(self):
        return f"<Spawner {self._log_name}>"

    @property
    def _log_name(self):
        return f"{self.user.name}:{self.name}" if self.name else self.user.name

    def template_namespace(self):
        return {"username": self.user.escaped_name, "base_url": self.server.base_url if self.server else "/"}

    def format_string(self, text):
        return text.format(**self.template_namespace())

    def get_args(self):
        return self.args

    def get_env(self):
        return hub_environment(self)


def hub_environment(spawner):
    """What the hub has put together, and Spawner.environment on top of it."""
    env = dict(getattr(spawner, "_hub_environment", {}))
    if _does(spawner, "template_namespace") or _does(spawner, "format_string"):
        for variable, option in _FORMATTED.items():
            if getattr(spawner, option, ""):
                env[variable] = spawner.format_string(getattr(spawner, option))
    for name, value in spawner.environment.items():
        env[name] = value(spawner) if callable(value) else value
    return env


class _OrmSpawner:
    def __init__(self, name):
        self.name, self.server, self.last_activity, self.user_options = name, None, None, {}


class _Place:
    """spawner.server while it runs."""

    def __init__(self, base_url):
        self.base_url, self.ip, self.port, self.proto, self.url = base_url, "", 0, "http", base_url


# Variables that carry options with {username} and the like in them.
_FORMATTED = {"JUPYTERHUB_ROOT_DIR": "notebook_dir", "JUPYTERHUB_DEFAULT_URL": "default_url"}

# What the hub does in place of a spawner class of the site. A method of these names would not be called, or not at
# the moments that its author knows; so the class is refused.
_REFUSED = (
    "_signal", "add_poll_callback", "get_url", "make_preexec_fn", "poll_and_notify", "start_polling", "stop_polling",
    "wait_for_death",
)  # fmt: skip


def _does(spawner, name):
    """The site's class has that method of its own."""
    return not isinstance(spawner, PlainSpawner) and authenticator._is_own(type(spawner), name)


def adapt(cls):
    """The base classes as this hub has them; a class that would not be used as it is written is an error."""
    for name in _REFUSED:
        if authenticator._is_own(cls, name):
            raise Refused(f"c.JupyterHub.spawner_class: {cls.__qualname__} has a method {name}() of its own ({_place(cls, name)}), "
                          "which this hub would not call: it starts, watches and stops the processes itself. Use the Python hub "
                          "for this spawner.")
    base = base_class(cls, "Spawner")
    if base is not None:
        base.get_env = hub_environment
        base.apply_group_overrides = _apply_group_overrides


def _place(cls, name):
    """file:line of a method."""
    for base in cls.__mro__:
        if name in vars(base):
            code = getattr(inspect.unwrap(vars(base)[name]), "__code__", None)
            return f"{code.co_filename}:{code.co_firstlineno}" if code else base.__module__
    return ""


class Known:
    def __init__(self, spawner):
        self.spawner = spawner
        self.started = False
        self.events, self.news, self.progress = [], asyncio.Event(), None


_KNOWN = {}
_MOST_KNOWN = 10_000


def _python_class():
    return SETTINGS["spawner"].get("class")


def _make(user, name):
    cls = _python_class()
    if cls is None:
        return PlainSpawner(user, name)
    spawner = cls(
        user=user, hub=Hub(SETTINGS["hub"]), orm_spawner=_OrmSpawner(name), authenticator=authenticator.CURRENT,
        config=class_config(cls, SETTINGS["spawner"]["options"]),
    )  # fmt: skip
    set_traits(spawner, SETTINGS["spawner"]["options"])
    return spawner


def _make_room():
    """Spawners of forms that nobody has sent go first."""
    if len(_KNOWN) >= _MOST_KNOWN:
        del _KNOWN[next((key for key, known in _KNOWN.items() if not known.started), next(iter(_KNOWN)))]


def obtain(told, begins=False):
    """The server's spawner; a new one for each start, unless the options form has made it already."""
    user = User(told["user"])
    key = user.id, told["name"]
    known = _KNOWN.get(key)
    if known is None or (begins and known.started):
        _make_room()
        known = _KNOWN[key] = Known(_make(user, told["name"]))
    known.started = known.started or begins
    spawner = known.spawner
    spawner.user = user
    user.spawners = {name: other.spawner for (number, name), other in _KNOWN.items() if number == user.id}
    if "user_options" in told:
        spawner.user_options = told["user_options"]  # as it came: what people have chosen is data
    for name in ("api_token", "oauth_client_id"):
        if name in told:
            setattr(spawner, name, told[name])
    return known


def _merge(base, more):
    for key, value in more.items():
        if value is None:
            base.pop(key, None)
        elif isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


async def _apply_group_overrides(spawner):
    overrides = spawner_option(spawner, "group_overrides")
    if callable(overrides):
        overrides = await maybe_await(overrides(spawner))
    groups = {group.name for group in spawner.user.groups}
    for key in sorted(overrides or {}):
        entry = overrides[key]
        if not groups.intersection(entry["groups"]):
            continue
        for name, value in entry["spawner_override"].items():
            if callable(value):
                value = await maybe_await(value(spawner))
            present = getattr(spawner, name, None)
            if isinstance(value, dict) and isinstance(present, dict):
                merged = dict(present)
                _merge(merged, value)
                value = merged
            setattr(spawner, name, value)


async def _apply_user_options(spawner):
    apply, options = spawner_option(spawner, "apply_user_options"), spawner.user_options
    if not options:
        return
    if apply is None:
        log.warning("%s has user_options, but Spawner.apply_user_options is not set", spawner.user.name)
        return
    if callable(apply):
        try:
            await maybe_await(apply(spawner, options))
        except Exception as error:
            if hasattr(error, "status_code"):
                raise
            log.exception("apply_user_options failed")
            raise Refused(f"These options cannot be used: {error}") from error
        return
    for name, value in options.items():
        if name in apply:
            setattr(spawner, apply[name], value)
        else:
            log.warning("The option %r of %s is not known to Spawner.apply_user_options", name, spawner.user.name)


def spawner_option(spawner, name):
    """An option that older classes of the package jupyterhub lack is there, too."""
    if hasattr(spawner, name):
        return getattr(spawner, name)
    told = SETTINGS["spawner"]["options"].get(name)
    return decode(told["value"]) if told else None


def _changes(spawner):
    """The options that now differ from what the hub has."""
    changed = {}
    for name, told in SETTINGS["spawner"]["options"].items():
        if name in _NOT_SENT_BACK or not hasattr(spawner, name):
            continue
        value = encode(getattr(spawner, name))
        plain = told["value"]
        if value != plain and not (isinstance(value, dict) and "$live" in value):
            changed[name] = value
    return changed


async def _scopes(told):
    """Values of oauth_client_allowed_scopes and server_token_scopes, where they are functions."""
    spawner = obtain(told, begins=True).spawner
    values = {}
    for name in told["options"]:
        value = spawner_option(spawner, name)
        values[name] = list(await maybe_await(value(spawner)) if callable(value) else value)
    return values


async def _run(spawner, option, *arguments):
    """A hook, by the method run_… of the site's class where it has one."""
    if _does(spawner, f"run_{option}"):
        return await maybe_await(getattr(spawner, f"run_{option}")(*arguments))
    hook = spawner_option(spawner, option)
    return None if hook is None else await maybe_await(hook(spawner, *arguments))


async def _prepare(told):
    known = obtain(told, begins=not told.get("begun"))
    spawner = known.spawner
    spawner._hub_environment = told.get("environment", {})
    spawner.server = _Place(told["base_path"]) if isinstance(spawner, PlainSpawner) else None
    user = spawner.user
    if _does(spawner, "clear_state"):
        spawner.clear_state()
    await authenticator.pre_spawn_start(user, spawner)
    await _run(spawner, "auth_state_hook", await user.get_auth_state())
    if _does(spawner, "apply_group_overrides"):
        await maybe_await(spawner.apply_group_overrides())
    else:
        await _apply_group_overrides(spawner)
    await _apply_user_options(spawner)
    await _run(spawner, "pre_spawn_hook")
    answer = {"changes": _changes(spawner)}
    if user.saved_auth_state is not None:
        answer["auth_state"] = user.saved_auth_state["state"]
    return answer


async def _environment(told):
    """The last word on the environment, after the hooks: {"environment": {...}, "args": [...]}."""
    known = obtain(told)
    spawner = known.spawner
    spawner._hub_environment = told["environment"]
    if _python_class() is not None:
        spawner.ip, spawner.port = told["ip"], told["port"]
        known.progress = asyncio.ensure_future(_follow(known))
    env = await maybe_await(spawner.get_env())
    args = await maybe_await(spawner.get_args())
    return {
        "environment": {name: str(value) for name, value in env.items() if value is not None},
        "args": [str(argument) for argument in args],
    }


async def _follow(known):
    try:
        async for event in known.spawner.progress():
            known.events.append(encode(event))
            known.news.set()
            known.news = asyncio.Event()
    except Exception:
        log.exception("progress of %s failed", known.spawner.user.name)
    finally:
        known.events.append(None)
        known.news.set()


async def _next_progress(told):
    """Event number "index"; null when there are no more; {"again": true} when none came for a while."""
    known = obtain(told)
    while len(known.events) <= told["index"]:
        if known.progress is None or (known.events and known.events[-1] is None):
            return None
        try:
            await asyncio.wait_for(known.news.wait(), _LONGEST_WAIT)
        except asyncio.TimeoutError:
            return {"again": True}
    return known.events[told["index"]]


async def _state(told):
    """get_state() of a Python class, on top of what the hub knows of the process."""
    spawner = obtain(told).spawner
    if "pid" in told["state"] and hasattr(type(spawner), "pid"):
        spawner.pid = told["state"]["pid"]
    return encode(spawner.get_state())


async def _ready_event(told):
    spawner = obtain(told).spawner
    hook = spawner_option(spawner, "progress_ready_hook")
    event = await maybe_await(hook(spawner, told["event"]))
    return encode(event)


async def _stopped(told):
    """post_stop_hook, then the authenticator's post_spawn_stop; errors are for the log only."""
    known = obtain(told)
    spawner = known.spawner
    if known.progress is not None:
        known.progress.cancel()
    spawner.server, spawner.api_token = None, ""
    if hasattr(type(spawner), "pid"):
        spawner.pid = 0
    _KNOWN.pop((spawner.user.id, told["name"]), None)
    try:
        await _run(spawner, "post_stop_hook")
    except Exception:
        log.exception("post_stop_hook failed for %s", spawner.user.name)
    if hasattr(spawner, "clear_state"):
        spawner.clear_state()
    try:
        await authenticator.post_spawn_stop(spawner.user, spawner)
    except Exception:
        log.exception("post_spawn_stop failed for %s", spawner.user.name)


async def _delete_forever(told):
    """The server, or its user, is deleted: what the class keeps for it may go."""
    spawner = obtain(told).spawner
    _KNOWN.pop((spawner.user.id, told["name"]), None)
    await maybe_await(spawner.delete_forever())


async def _options_form(told):
    """The HTML of the form; functions see what auth_state_hook has set."""
    spawner = obtain(told).spawner
    await _run(spawner, "auth_state_hook", await spawner.user.get_auth_state())
    if _does(spawner, "get_options_form"):
        return str(await maybe_await(spawner.get_options_form()) or "")
    form = spawner.options_form
    return str(await maybe_await(form(spawner)) or "") if callable(form) else form


def _with_bytes(value):
    if isinstance(value, dict) and value.get("__jupyterhub_bytes__"):
        return base64.b64decode(value["data"])
    if isinstance(value, dict):
        return {key: _with_bytes(item) for key, item in value.items()}
    return [_with_bytes(item) for item in value] if isinstance(value, list) else value


def _without_bytes(value):
    if isinstance(value, (bytes, bytearray)):
        return {"__jupyterhub_bytes__": True, "data": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, dict):
        return {str(key): _without_bytes(item) for key, item in value.items()}
    return [_without_bytes(item) for item in value] if isinstance(value, (list, tuple, set)) else value


def _takes_spawner(function):
    try:
        return "spawner" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


async def _options_from_form(told):
    spawner = obtain(told).spawner
    form = _with_bytes(told["form"])
    method = "options_from_query" if told.get("query") else "run_options_from_form"
    if _does(spawner, method) or _does(spawner, "run_options_from_form"):
        parse = getattr(spawner, method if _does(spawner, method) else "run_options_from_form")
    else:
        parse = spawner.options_from_form
    options = parse(form, spawner=spawner) if _takes_spawner(parse) else parse(form)
    options = await maybe_await(options)
    if not isinstance(options, dict):
        raise TypeError(f"options_from_form must return a dictionary, not {type(options).__name__}")
    return _without_bytes(options)


CALLS = {
    "spawner.scopes": _scopes,
    "spawner.prepare": _prepare,
    "spawner.environment": _environment,
    "spawner.next_progress": _next_progress,
    "spawner.state": _state,
    "spawner.ready_event": _ready_event,
    "spawner.stopped": _stopped,
    "spawner.delete_forever": _delete_forever,
    "spawner.options_form": _options_form,
    "spawner.options_from_form": _options_from_form,
}
