"""The fields of the hub's calls: which JSON each may be. Data stays data: nothing here, or after it, makes anything but
texts, numbers, lists and dictionaries of what was sent."""

_DEEPEST = 64
_MOST_ITEMS = 200_000
_LONGEST_TEXT = 1 << 20
_MOST_ANSWERS = 8


class Broken(Exception):
    """A message of the hub breaks a rule; its words are the reason."""

    status_code = 403

    def __init__(self, reason):
        super().__init__()
        self.log_message = reason


def _text(value):
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT


def _plain(value):
    return _text(value) and "\0" not in value


def _flag(value):
    return isinstance(value, bool)


def _number(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _port(value):
    return _number(value) and value < 65536


def _scope_options(value):
    return isinstance(value, list) and all(item in ("server_token_scopes", "oauth_client_allowed_scopes") for item in value)


def _texts(value):
    return isinstance(value, list) and all(map(_plain, value))


def _dictionary(value):
    return isinstance(value, dict)


def _variables(value):
    return isinstance(value, dict) and all(_plain(name) and _plain(text) for name, text in value.items())


def _functions(value):
    return isinstance(value, dict) and all(map(_text, value.values()))


def _state(value):
    return isinstance(value, dict) and ("pid" not in value or _number(value["pid"]) and value["pid"] > 1)


def _record(needed, more):
    def fits(value):
        return isinstance(value, dict) and not _problem(value, needed, more)

    return fits


def _or_null(check):
    return lambda value: value is None or check(value)


def _anything(_):
    return True


def _fields_of_form(value):
    return isinstance(value, dict) and all(isinstance(texts, list) and all(map(_text, texts)) for texts in value.values())


_PERSON = {"id": _number, "name": _plain, "admin": _flag, "url": _plain}
_MORE_OF_PERSON = {"base_url": _plain, "groups": _texts, "auth_state": _anything}
_person = _record(_PERSON, _MORE_OF_PERSON)
_REQUEST = {name: _text for name in ("method", "uri", "path", "query", "host", "protocol", "remote_ip")}
_request = _record({**_REQUEST, "headers": _variables, "user": _or_null(_person)}, {"fields": _fields_of_form})
_MODEL = {"admin": _or_null(_flag), "auth_state": _anything, "groups": _or_null(_texts), "roles": _anything}
_model = _record({"name": _plain}, _MODEL)

_rules = _or_null(_record({"allow_all": _flag, "allowed_users": _texts}, {}))
_answer = _record({"username": _text, "password": _text, "name": _or_null(_plain)}, {})


def _answers(value):
    return isinstance(value, list) and len(value) <= _MOST_ANSWERS and all(map(_answer, value))


_FIELDS = {
    "answers": _answers, "api_token": _plain, "at": _text, "base_path": _plain, "base_url": _plain, "environment": _variables,
    "event": _dictionary, "form": _dictionary, "functions": _functions, "handler": _request, "index": _number, "ip": _plain,
    "model": _model, "name": _plain, "oauth_client_id": _plain, "options": _scope_options, "path": _text, "port": _port, "query": _flag,
    "rules": _rules, "spelling": _text, "state": _state, "user": _person, "user_options": _dictionary, "visitor": _or_null(_person),
}  # fmt: skip


def _problem(value, needed, more):
    for name in needed:
        if name not in value:
            return f"{name} is missing"
    for name, item in value.items():
        check = needed.get(name) or more.get(name)
        if check is None:
            return f"{name[:64]!r} does not belong there"
        if not check(item):
            return f"{name} is not what it must be"
    return ""


def _check_size(value):
    """Not recursive: the nesting is what is looked at."""
    level, items = [value], 0
    for _ in range(_DEEPEST):
        level = [item for part in level for item in (part.values() if isinstance(part, dict) else part)
                 if isinstance(item, (dict, list))]  # fmt: skip
        items += sum(map(len, level))
        if items > _MOST_ITEMS:
            raise Broken("it is too large")
        if not level:
            return
    raise Broken("it is nested too deeply")


def check_fields(told, needed, more):
    """Broken when told is no dictionary with all fields of the text needed, and beside them at most those of more."""
    if not isinstance(told, dict):
        raise Broken("it brings no fields")
    _check_size(told)
    problem = _problem(told, *({name: _FIELDS[name] for name in text.split()} for text in (needed, more)))
    if problem:
        raise Broken(problem)
