"""Evaluates one configuration file and tells what came of it, as one JSON object."""
import importlib
import os
import sys
import traceback

from jupyterhub_host import application, guard
from jupyterhub_host.encode import REFERENCES, encode_sections
from jupyterhub_host.reach import not_as_root
from jupyterhub_host.values import CONFIG_FILES, Config


def _find(name, path):
    """The absolute path of a file, relative names looked up in path (default: the working directory); or None."""
    name = name.strip('"').strip("'")
    folders = [""] if path is None or os.path.isabs(name) else [path] if isinstance(path, str) else list(path)
    for folder in folders:
        candidate = os.path.expandvars(os.path.expanduser(os.path.join(folder, name)))
        if os.path.isfile(candidate):
            return os.path.abspath(candidate)
    return None


def _execute(file):
    config = Config()

    def load_subconfig(fname, path=None):
        """Merges another file at this point; a missing one is passed over."""
        found = _find(fname, path)
        if found is not None:
            guard.check(found)
            config.merge(_execute(found))

    CONFIG_FILES.add(file)
    namespace = {"c": config, "load_subconfig": load_subconfig, "get_config": lambda: config, "__file__": file}
    application.begin(config)
    try:
        with open(file, "rb") as source:
            exec(compile(source.read(), file, "exec"), namespace, namespace)
    finally:
        application.end()
    return config


def _print_traceback(error):
    """The traceback as the file's author wants it: without the frames of this program at the top."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith("<jupyterhub "):
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


def _where(error, file):
    """file:line of what went wrong, as near to the error as the configuration's own files come."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{error.filename}:{error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in CONFIG_FILES]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else file


def _exit_code(leave):
    if leave.code is None or isinstance(leave.code, int):
        return (leave.code or 0) & 0xFF
    print(leave.code, file=sys.stderr)
    return 1


def _import_classes(config):
    """c.JupyterHub.spawner_class = "package.module.Class": the class itself, if it is not the hub's own."""
    section = dict.get(config, "JupyterHub", {})
    for name in ("authenticator_class", "spawner_class"):
        path = dict.get(section, name)
        module, _, attribute = path.rpartition(".") if isinstance(path, str) else ("", "", "")
        if not module or module.split(".")[0] == "jupyterhub":
            continue
        try:
            found = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            print(f"{path} cannot be imported: {error}", file=sys.stderr)
            continue
        if isinstance(found, type):
            dict.__setitem__(section, name, found)


EVALUATED = None  # the object c, once the file has been evaluated


def evaluate(file):
    global EVALUATED
    try:
        file = os.path.abspath(file)
        application.install()
        EVALUATED = _execute(file)
        _import_classes(EVALUATED)
        answer = {"sections": encode_sections(EVALUATED)}
        if REFERENCES:
            answer["live"] = True
            answer["not_as_root"] = not_as_root(REFERENCES, EVALUATED)
        return answer
    except guard.Refused as refused:
        return {"refused": str(refused)}
    except SystemExit as leave:
        return {"exit": _exit_code(leave)}
    except BaseException as error:
        _print_traceback(error)
        text = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]
        return {"error": text, "where": _where(error, file)}
