# A demonstration: every name gets in with every password, and all servers run under your own account.
# Whoever can open it acts as you: it listens on this machine only, and even there everybody can.
import os

c = get_config()  # noqa: F821
c.JupyterHub.ip = "127.0.0.1"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {"admin"}
c.JupyterHub.template_vars = {"announcement_login": "A demonstration: any name, any password. <code>admin</code> is the administrator."}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(os.getcwd(), "home", "{username}")
if os.getuid() == 0:
    c.Spawner.args = ["--allow-root"]
