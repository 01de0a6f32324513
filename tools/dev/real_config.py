# Everybody with an account and a password on this machine may log in; the servers run under their accounts.
c = get_config()  # noqa: F821
c.Authenticator.allow_all = True
# c.Authenticator.admin_users = {"ada"}
# c.Authenticator.allowed_users = {"ada", "bob"}

# Ctrl-C ends the hub alone: notebooks and their connections go on, and the next start finds them again (`./dev stop` ends all).
# With True, which is what a hub does unless told otherwise, it ends everything.
c.JupyterHub.cleanup_servers = False
c.JupyterHub.cleanup_proxy = False
