# Configuration of this machine's JupyterHub. `jupyterhub-native --help-all` explains every option.
c = get_config()  # noqa: F821

# Who may log in, with the password of an account of this machine. Without one of these nobody can.
# c.Authenticator.allow_all = True
# c.Authenticator.allowed_users = {"ada", "bob"}
# c.LocalAuthenticator.allowed_groups = {"students"}

# Who may act for others and manage people.
# c.Authenticator.admin_users = {"ada"}

# Public address; with certificates it becomes https.
# c.JupyterHub.bind_url = "http://:8000"
# c.JupyterHub.ssl_key = "/etc/jupyterhub-native/tls.key"
# c.JupyterHub.ssl_cert = "/etc/jupyterhub-native/tls.crt"

# Keep people's servers running while the hub is restarted or updated.
c.JupyterHub.cleanup_servers = False
