"""The object called c in a configuration file.

Follows the semantics of traitlets' Config without needing traitlets: sections spring into being when named, an option
that was never set reads as a recorder of append(), update() and so on, to be replayed on the option's default later.
Beside each value stands the place where it was written, so that messages can name file and line.
"""
import copy
import sys

_HOST_FILES = ("<jupyterhub ", "<string>")
CONFIG_FILES = set()  # absolute paths of the files being evaluated


def call_site():
    """File and line of the innermost frame that belongs to a configuration file, else to anybody but this program."""
    frame, fallback = sys._getframe(1), None
    while frame is not None:
        name = frame.f_code.co_filename
        if name in CONFIG_FILES:
            return name, frame.f_lineno
        if fallback is None and not name.startswith(_HOST_FILES):
            fallback = name, frame.f_lineno
        frame = frame.f_back
    return fallback or ("", 0)


def is_section_name(key):
    """Sections begin with a capital letter, as class names do."""
    return isinstance(key, str) and bool(key) and key[0].upper() == key[0] and not key.startswith("_")


class LazyConfigValue:
    """Records changes to a container whose initial value is not known yet."""

    def __init__(self):
        self.appended, self.prepended, self.inserted, self.updated = [], [], [], None

    def append(self, obj):
        self.appended.append(obj)

    def extend(self, other):
        self.appended.extend(other)

    def prepend(self, other):
        self.prepended[:0] = other

    def insert(self, index, other):
        if not isinstance(index, int):
            raise TypeError("An integer is required")
        self.inserted.append((index, other))

    def update(self, other):
        if self.updated is None:
            self.updated = {} if isinstance(other, dict) else set()
        self.updated.update(other)

    def add(self, obj):
        self.update({obj})

    def merge_into(self, earlier):
        """This recorder, which is the later one, on top of an earlier recorder or container."""
        if not isinstance(earlier, LazyConfigValue):
            return self.get_value(earlier)
        merged = LazyConfigValue()
        merged.appended = earlier.appended + self.appended
        merged.prepended = self.prepended + earlier.prepended
        merged.inserted = earlier.inserted + self.inserted
        for part in (earlier.updated, self.updated):
            if part is not None:
                merged.update(part)
        return merged

    def get_value(self, initial):
        value = copy.deepcopy(initial)
        if isinstance(value, list):
            for index, obj in self.inserted:
                value.insert(index, obj)
            value[:0] = self.prepended
            value.extend(self.appended)
        elif isinstance(value, (dict, set)) and self.updated:
            value.update(self.updated)
        return value

    def to_dict(self):
        parts = {"update": self.updated, "extend": self.appended, "prepend": self.prepended, "inserts": self.inserted}
        return {name: part for name, part in parts.items() if part}

    def __repr__(self):
        return f"<LazyConfigValue {self.to_dict()!r}>"


class Config(dict):
    """A dictionary whose items are attributes too; origins[key] is the (file, line) of the last assignment."""

    def __init__(self, *args, **kwargs):
        object.__setattr__(self, "origins", {})
        dict.__init__(self)
        self.update(*args, **kwargs)

    def merge(self, other):
        """Takes over everything from other; common sections are merged, changes are replayed on earlier containers."""
        origins = other.origins if isinstance(other, Config) else {}  # traitlets' own answers every name with a value
        for key, value in other.items():
            mine = dict.get(self, key)
            if is_section_name(key) and isinstance(value, dict):
                if key not in self:
                    dict.__setitem__(self, key, Config())
                dict.__getitem__(self, key).merge(value)
                continue
            if key in self and isinstance(value, LazyConfigValue):
                value = value.merge_into(mine)
            dict.__setitem__(self, key, value)
            self.origins[key] = origins.get(key) or call_site()

    _merge = merge

    def update(self, *args, **kwargs):
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key, default=None):
        if key not in self:
            self[key] = default
        return self[key]

    def copy(self):
        return copy.copy(self)

    def __copy__(self):
        new = Config()
        dict.update(new, self)
        new.origins.update(self.origins)
        return new

    def __deepcopy__(self, memo):
        new = Config()
        for key, value in self.items():
            if isinstance(value, (Config, LazyConfigValue)):
                value = copy.deepcopy(value, memo)
            elif type(value) in (dict, list, set, tuple):
                value = copy.copy(value)
            dict.__setitem__(new, key, value)
        new.origins.update(self.origins)
        return new

    def __contains__(self, key):
        if isinstance(key, str) and "." in key:
            first, rest = key.split(".", 1)
            return dict.__contains__(self, first) and rest in self[first]
        return dict.__contains__(self, key)

    has_key = __contains__

    def __getitem__(self, key):
        if dict.__contains__(self, key):
            return dict.__getitem__(self, key)
        if not is_section_name(key) and str(key).startswith("_"):
            raise KeyError(key)
        value = Config() if is_section_name(key) else LazyConfigValue()
        dict.__setitem__(self, key, value)
        self.origins[key] = call_site()
        return value

    def __setitem__(self, key, value):
        if is_section_name(key) and not isinstance(value, Config):
            if not isinstance(value, dict):
                raise ValueError(
                    f"values whose keys begin with an uppercase char must be Config instances: {key!r}, {value!r}"
                )
            value = Config(value)
        dict.__setitem__(self, key, value)
        self.origins[key] = call_site()

    def __getattr__(self, key):
        if key.startswith("__"):
            raise AttributeError(key)
        try:
            return self[key]
        except KeyError as error:
            raise AttributeError(key) from error

    def __setattr__(self, key, value):
        self[key] = value

    def __delattr__(self, key):
        try:
            dict.__delitem__(self, key)
        except KeyError as error:
            raise AttributeError(key) from error
