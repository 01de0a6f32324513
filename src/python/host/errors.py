"""An exception of the site's code, as the hub shows it: status, message, HTML.

Anything with a status_code counts as an HTTP error, so that tornado is not needed: tornado.web.HTTPError, and classes
of the site's own.
"""
import os
import subprocess
import traceback

from jupyterhub_host.objects import SETTINGS, log


def status_of(error):
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) and 400 <= status <= 599 else None


def _http_message(error):
    message = getattr(error, "log_message", None)
    arguments = getattr(error, "args", ())
    if message and arguments and "%" in message:
        try:
            return str(message) % arguments
        except (TypeError, ValueError):
            return str(message)
    return str(message or getattr(error, "reason", None) or "")


def _chain(error):
    seen = []
    while error is not None and error not in seen:
        seen.append(error)
        error = error.__cause__ or error.__context__
    return seen


def _tell_of_refusal(error):
    """Who reads the log of a site whose hooks need root learns that they do not have it."""
    if os.geteuid() == 0 or not any(isinstance(one, (PermissionError, subprocess.CalledProcessError)) for one in _chain(error)):
        return
    account = SETTINGS.get("account", {})
    if account.get("chosen"):
        advice = "c.JupyterHub.run_python_as chooses another account, root for example"
    else:
        advice = "only a hub that is started as root can run them as another"
    log.error("Functions and classes of the configuration run as account %s, which may not do this; %s", account.get("name"), advice)


def describe(error):
    """{"status", "message", "html", "type"}; prints the traceback unless the error was meant as an answer."""
    status = status_of(error)
    if status is None or status >= 500:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename.startswith("<jupyterhub "):
            trace = trace.tb_next
        traceback.print_exception(type(error), error, trace)
        _tell_of_refusal(error)
    message = getattr(error, "jupyterhub_message", None)
    if message is None:
        message = _http_message(error) if status else str(error)
    if isinstance(error, SystemExit):
        message = "it called sys.exit()"
    return {
        "status": status or 500,
        "message": str(message) or type(error).__name__,
        "html": str(getattr(error, "jupyterhub_html_message", "") or ""),
        "type": type(error).__name__,
    }
