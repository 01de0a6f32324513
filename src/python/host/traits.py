"""The configuration for classes that are made with traitlets: Python spawners and authenticators."""
from jupyterhub_host import evaluate
from jupyterhub_host.encode import decode
from jupyterhub_host.values import Config, LazyConfigValue

_configs = {}


def _convert(value, config_class, lazy_class):
    if isinstance(value, Config):
        made = config_class()
        for key, item in value.items():
            made[key] = _convert(item, config_class, lazy_class)
        return made
    if isinstance(value, LazyConfigValue):
        made = lazy_class()
        made.extend(value.appended)
        made.prepend(value.prepended)
        for index, item in value.inserted:
            made.insert(index, item)
        if value.updated is not None:
            made.update(value.updated)
        return made
    return value


def class_config(cls, options):
    """What was evaluated, as traitlets wants it; without options that the hub knows and an older class does not, which
    it would complain about."""
    if cls in _configs:
        return _configs[cls]
    from traitlets.config.loader import Config as TheirConfig
    from traitlets.config.loader import LazyConfigValue as TheirLazy

    config = _configs[cls] = _convert(evaluate.EVALUATED, TheirConfig, TheirLazy)
    traits = cls.class_trait_names()
    for base in cls.__mro__:
        section = config.get(base.__name__, {})
        for name in [name for name in section if name in options and name not in traits]:
            del section[name]
    return config


def set_traits(instance, options):
    """What the hub has by other ways than the file (command line, JSON) counts for the object, too."""
    for name, told in options.items():
        if told["set"] and instance.has_trait(name):
            value = decode(told["value"])
            if not callable(value) and not callable(getattr(instance, name)):
                setattr(instance, name, value)
