"""Values as JSON. What JSON has no word for is an object with one key that begins with "$" (src/config/value.hpp):

    {"$set": [...]}  {"$tuple": [...]}  {"$bytes": "6869"}  {"$path": "/srv"}  {"$number": "inf"}
    {"$dict": [[key, value], ...]}      a dictionary with keys that JSON or this list cannot carry
    {"$section": {...}}                 a section inside a section
    {"$lazy": {"update": ..., "extend": [...], "prepend": [...], "inserts": [[0, ...]]}}
    {"$handler": {"file": "/var/log/x"}}  {"$handler": {"stream": "stderr"}}     of the logging module
    {"$live": {"name": ..., "kind": "function" | "class" | "object", "at": ...}}   stays in Python: REFERENCES[at];
                                        a class has "bases" beside it, the names of itself and its bases
"""
import math
import os
import sys

from jupyterhub_host.values import Config, LazyConfigValue

_DEEPEST = 50
_EXACT = 2**63


REFERENCES = {}  # what the hub may ask for later: the place in the configuration -> the object


def _live(value, at):
    kind = "class" if isinstance(value, type) else "function" if callable(value) else "object"
    named = value if kind != "object" and hasattr(value, "__qualname__") else type(value)
    name = getattr(named, "__qualname__", str(named))
    module = getattr(named, "__module__", None)
    if kind == "class" and module not in (None, "builtins"):
        name = f"{module}.{name}"
    if at:
        REFERENCES[at] = value
    live = {"name": name, "kind": kind, "at": at}
    if kind == "class":
        live["bases"] = [base.__name__ for base in value.__mro__]
    return {"$live": live}


def _text(value):
    try:
        value.encode()
        return str.__str__(value)
    except UnicodeEncodeError:  # bytes of the environment that are not UTF-8
        return {"$bytes": value.encode("utf-8", "surrogateescape").hex()}


def _number(value):
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$number": repr(float(value))}
    return int(value) if -_EXACT <= value < _EXACT else {"$number": str(int(value))}


def _dictionary(value, depth, at):
    items = [(encode(k, depth, at), encode(v, depth, at and f"{at}[{k!r}]")) for k, v in value.items()]
    if all(isinstance(k, str) and not k.startswith("$") for k, _ in items):
        return dict(items)
    return {"$dict": [list(item) for item in items]}


def _elements(value, depth, at):
    return [encode(item, depth, at and f"{at}[{index}]") for index, item in enumerate(value)]


def _lazy(value, depth, at):
    return {"$lazy": {name: encode(part, depth, f"{at}.{name}") for name, part in value.to_dict().items()}}


def _ordered(value):
    """Elements of a set in a stable order, so that two starts show the same."""
    try:
        return sorted(value)
    except TypeError:
        return list(value)


_ENCODERS = (
    (str, lambda v, depth, at: _text(v)),
    ((bytes, bytearray), lambda v, depth, at: {"$bytes": bytes(v).hex()}),
    (bool, lambda v, depth, at: bool(v)),
    ((int, float), lambda v, depth, at: _number(v)),
    (LazyConfigValue, _lazy),
    (Config, lambda v, depth, at: {"$section": _dictionary(v, depth, at)}),
    (dict, _dictionary),
    (list, _elements),
    (tuple, lambda v, depth, at: {"$tuple": _elements(v, depth, at)}),
    ((set, frozenset), lambda v, depth, at: {"$set": _elements(_ordered(v), depth, at)}),
    (os.PathLike, lambda v, depth, at: {"$path": os.fsdecode(os.fspath(v))}),
)


def _log_handler(value):
    """A handler whose work the hub can do itself; None for any other object."""
    logging = sys.modules.get("logging")  # whoever made a handler has imported it
    if logging is None:
        return None
    kind = type(value)
    if kind is logging.FileHandler or f"{kind.__module__}.{kind.__qualname__}" == "logging.handlers.WatchedFileHandler":
        return {"$handler": {"file": os.path.abspath(value.baseFilename)}}
    if kind is logging.StreamHandler:
        for name in ("stderr", "stdout"):
            if value.stream is getattr(sys, name):
                return {"$handler": {"stream": name}}
    return None


def encode(value, depth=0, at=""):
    """at is the value's place in the configuration: what cannot leave Python is remembered under it."""
    if value is None:
        return None
    if depth < _DEEPEST and not isinstance(value, type):
        for types, encoder in _ENCODERS:
            if isinstance(value, types):
                return encoder(value, depth + 1, at)
    return _log_handler(value) or _live(value, at)


_TAGS = {
    "$set": lambda content: {decode(item) for item in content},
    "$tuple": lambda content: tuple(decode(item) for item in content),
    "$bytes": bytes.fromhex,
    "$path": str,
    "$number": lambda content: float(content) if content in ("inf", "-inf", "nan") else int(content),
    "$dict": lambda content: {decode(key): decode(item) for key, item in content},
    "$section": lambda content: {key: decode(item) for key, item in content.items()},
    "$live": lambda content: REFERENCES[content["at"]],
}


def decode(value):
    """The other way; a new container each time, so that nobody changes another's."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, content),) = value.items()
        if tag in _TAGS:
            return _TAGS[tag](content)
    return {key: decode(item) for key, item in value.items()}


def encode_sections(config):
    """{Class: {name: {"value", "file", "line"}}} of the whole configuration."""
    sections = {}
    for name, section in config.items():
        if not isinstance(section, Config):  # c.something = 1 belongs to no class
            section, origins = {name: section}, config.origins
            name = ""
        else:
            origins = section.origins
        target = sections.setdefault(name, {})
        for key, value in section.items():
            file, line = origins.get(key) or ("", 0)
            target[key] = {"value": encode(value, 0, f"{name}.{key}"), "file": file, "line": line}
    return sections
