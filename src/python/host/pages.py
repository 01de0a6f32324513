"""Functions of the configuration that pages ask: default_url, user_redirect_hook, named_server_limit_per_user,
template_vars."""
from jupyterhub_host.encode import REFERENCES, encode
from jupyterhub_host.objects import Handler, User, maybe_await


async def _with_handler(told):
    """default_url(handler), named_server_limit_per_user(handler)."""
    return encode(await maybe_await(REFERENCES[told["at"]](Handler(told["handler"]))))


async def _user_redirect(told):
    handler = Handler(told["handler"])
    hook = REFERENCES[told["at"]]
    return await maybe_await(hook(told["path"], handler.request, handler.current_user, told["base_url"]))


async def _template_vars(told):
    """{name: value} of those that are functions; each is called with the user or None."""
    user = User(told["visitor"]) if told["visitor"] else None
    values = {}
    for name, at in told["functions"].items():
        values[name] = encode(await maybe_await(REFERENCES[at](user)))
    return values


CALLS = {"page.ask": _with_handler, "page.user_redirect": _user_redirect, "page.template_vars": _template_vars}
