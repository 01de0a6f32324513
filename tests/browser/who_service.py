"""A service as sites write them: tornado and the client code of the Python package jupyterhub. It says who is there.

All it needs to know of the hub is in its environment, as for every service."""
import os

from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from jupyterhub.utils import url_path_join
from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler, authenticated

# Asks the hub at every visit, so that a logout is noticed at once.
HubOAuth.instance(cache_max_age=0)
PREFIX = os.environ["JUPYTERHUB_SERVICE_PREFIX"]


class Who(HubOAuthenticated, RequestHandler):
    @authenticated
    def get(self):
        user = self.get_current_user()
        self.write(f"<p id=who>{user['name']} of {', '.join(user['groups']) or 'no group'}</p><p id=scopes>{' '.join(user['scopes'])}</p>")


if __name__ == "__main__":
    routes = [(PREFIX, Who), (url_path_join(PREFIX, "oauth_callback"), HubOAuthCallbackHandler)]
    Application(routes, cookie_secret=os.urandom(32)).listen(int(os.environ["PORT"]), "127.0.0.1")
    IOLoop.current().start()
