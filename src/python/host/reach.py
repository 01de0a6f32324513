"""What the live functions and classes of the configuration would reach beside their own work: pages of the hub, a
database session. Python that reaches neither may run as root beside a hub that is not (decision 0014).

Looks at the code, runs none of it: functions, the functions that they name, methods of classes, what closures hold. In
doubt something is found.
"""
import dis
import functools
import os
import sys
import types

from jupyterhub_host.values import CONFIG_FILES

_LIBRARIES = ("jupyterhub", "traitlets", "tornado")  # what they do by themselves is none of the site's doing
_MOST_OBJECTS = 50_000
_PLAIN = (str, bytes, int, float, complex, type(None), type(...), types.BuiltinFunctionType)
_HEAP_TYPE = 1 << 9  # in __flags__: made by a class statement
_NO_ATTRIBUTE = ("_GLOBAL", "_NAME", "_FAST", "_DEREF", "_CONST", "_CLOSURE")


def _folders():
    found = [os.path.dirname(os.__file__)]
    for name in _LIBRARIES:
        found += getattr(sys.modules.get(name), "__path__", [])
    return tuple(folder.rstrip("/") + "/" for folder in found)


def _package(file):
    """The package that a file below site-packages belongs to; "" for files of the site."""
    for folder in ("/site-packages/", "/dist-packages/"):
        if folder in file:
            return file.split(folder, 1)[1].split("/", 1)[0].removesuffix(".py")
    return ""


class _Search:
    def __init__(self, packages):
        self.packages = packages  # those that the configuration has taken something from
        self.folders = _folders()
        self.seen, self.waiting = {}, []
        self.texts = set()  # constants of the code

    def look_at(self, value):
        if id(value) not in self.seen and not isinstance(value, _PLAIN):
            self.seen[id(value)] = value  # kept alive: a number must not mean another object later
            self.waiting.append(value)

    def is_the_sites(self, file):
        if file in CONFIG_FILES:
            return True
        if file.startswith("<"):
            return not file.startswith(("<frozen", "<jupyterhub "))
        package = _package(file)
        return package in self.packages if package else not file.startswith(self.folders)

    def first_use(self, value):
        """Where code that value leads to uses a database session; "" when nowhere."""
        self.look_at(value)
        while self.waiting:
            if len(self.seen) > _MOST_OBJECTS:
                return "too much code to look through"
            found = self.step(self.waiting.pop())
            if found:
                return found
        return ""

    def step(self, value):
        if isinstance(value, types.FunctionType):
            return self.function(value)
        if isinstance(value, types.MethodType):
            self.look_at(value.__func__)
            self.look_at(value.__self__)
        elif isinstance(value, (staticmethod, classmethod)):
            self.look_at(value.__func__)
        elif isinstance(value, property):
            self.all_of((value.fget, value.fset, value.fdel))
        elif isinstance(value, functools.partial):
            self.all_of((value.func, *value.args, *value.keywords.values()))
        elif isinstance(value, type):
            for base in value.__mro__:
                self.all_of(vars(base).values())
        elif isinstance(value, dict):
            self.all_of(value.values())
        elif isinstance(value, (list, tuple, set, frozenset)):
            self.all_of(value)
        elif not isinstance(value, types.ModuleType):
            self.instance(value)
        return ""

    def all_of(self, values):
        for value in list(values):
            self.look_at(value)

    def instance(self, value):
        """An object that can be called, or that a function holds: its methods, and what it holds itself."""
        cls, held = type(value), getattr(value, "__dict__", {})
        self.look_at(held.get("__wrapped__"))
        if cls.__module__ == "builtins":  # also classes of the configuration file itself
            ours = bool(cls.__flags__ & _HEAP_TYPE)
        else:
            file = getattr(sys.modules.get(cls.__module__), "__file__", None)
            ours = file is not None and self.is_the_sites(file)
        if ours:
            self.look_at(cls)
            self.all_of(held.values())

    def function(self, function):
        """Also of others' functions what they hold: decorators come from libraries."""
        self.all_of((getattr(function, "__wrapped__", None), function.__kwdefaults__, function.__defaults__))
        for cell in function.__closure__ or ():
            try:
                self.look_at(cell.cell_contents)
            except ValueError:  # not filled yet
                pass
        if not self.is_the_sites(function.__code__.co_filename):
            return ""
        return self.code(function.__code__, function.__globals__)

    def code(self, code, names):
        for constant in code.co_consts:
            self.texts.update(text for text in (constant if isinstance(constant, tuple) else (constant,)) if isinstance(text, str))
        found = _use_in(code)
        if found:
            return found
        self.named(code.co_names, names, set())
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                found = self.code(constant, names)
                if found:
                    return found
        return ""


    def named(self, attributes, names, modules):
        """What a name of the code may mean: in its module, or in a module that another name of it means."""
        for attribute in attributes:
            value = names.get(attribute)
            if not isinstance(value, types.ModuleType):
                self.look_at(value)
            elif value.__name__ not in modules:
                modules.add(value.__name__)
                self.named(attributes, vars(value), modules)


def _use_in(code):
    by_name = "db" in code.co_consts and {"getattr", "setattr", "attrgetter"}.intersection(code.co_names)
    if by_name or "db" in code.co_names and any(map(_is_db_attribute, dis.get_instructions(code))):
        return f"{code.co_filename}:{code.co_firstlineno}"
    return ""


def _is_db_attribute(instruction):
    return instruction.argval == "db" and not instruction.opname.endswith(_NO_ATTRIBUTE)


def _has_pages(value):
    for base in getattr(value, "__mro__", ()):
        if "get_handlers" in vars(base):
            return not base.__module__.startswith("jupyterhub.")
    return False


def _packages(values):
    found = set()
    for value in values:
        for part in getattr(value, "__mro__", (value,)):
            module = getattr(part, "__module__", None) or type(part).__module__
            found.add(module.split(".")[0])
    return found.difference(_LIBRARIES, ("builtins",))


def not_as_root(references, config):
    """Why what the file left alive should not run as root, for the log; "" when nothing speaks against it."""
    extra = dict.get(dict.get(config, "JupyterHub", {}), "extra_handlers")
    if extra:
        return "c.JupyterHub.extra_handlers adds pages"
    for at, value in references.items():
        if _has_pages(value):
            return f"c.{at} has pages of its own (get_handlers)"
    search = _Search(_packages(references.values()))
    for at, value in references.items():
        place = search.first_use(value)
        if place:
            return f"c.{at} uses a database session (db, {place})"
    return ""


def texts_in(values):
    """The texts that the code of these functions and classes mentions."""
    search = _Search(_packages(values))
    search.all_of(values)
    while search.waiting and len(search.seen) <= _MOST_OBJECTS:
        search.step(search.waiting.pop())
    return search.texts
