"""Other ways to the object called c than the name itself: traitlets.config.get_config(), Application.instance().config
and JupyterHub.instance().config give the configuration that is being evaluated, and later the evaluated one.

The packages traitlets and jupyterhub are not imported for that; what a file, or a module that it uses, imports of them
is changed at that moment.
"""
import importlib.abc
import importlib.machinery
import logging
import sys

_MODULE = "traitlets.config.application"
_LOADING = []  # the file that is being evaluated, and those that load it with load_subconfig


class _Application:
    """What there is of the application object that classes and files ask for."""

    name = "jupyterhub"

    @property
    def config(self):
        return _LOADING[-1]

    @config.setter
    def config(self, more):
        self.update_config(more)

    def update_config(self, more):
        if more is not self.config:
            self.config.merge(more)

    @property
    def log(self):
        return logging.getLogger("JupyterHub")

    def __getattr__(self, name):
        raise AttributeError(f"the application has no {name} here: of it, Python sees only config and log")


_APPLICATION = _Application()


def begin(config):
    """config is c from now on, until end()."""
    _LOADING.append(config)


def end():
    """The outermost configuration stays: functions and classes may ask for it while the hub runs."""
    if len(_LOADING) > 1:
        _LOADING.pop()


def _is_the_hub(cls, application):
    return cls is application or (cls.__name__ == "JupyterHub" and cls.__module__ == "jupyterhub.app")


def _change(module):
    application = module.Application
    instance, initialized = application.instance.__func__, application.initialized.__func__

    def our_instance(cls, *args, **kwargs):
        return _APPLICATION if _is_the_hub(cls, application) else instance(cls, *args, **kwargs)

    def our_initialized(cls):
        return _is_the_hub(cls, application) or initialized(cls)

    application.instance, application.initialized = classmethod(our_instance), classmethod(our_initialized)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the one module as everybody does, and has it changed when it has been loaded."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != _MODULE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def load_and_change(module):
            load(module)
            _change(module)

        spec.loader.exec_module = load_and_change
        return spec


def install():
    if _MODULE in sys.modules:
        _change(sys.modules[_MODULE])
    else:
        sys.meta_path.insert(0, _Finder())
