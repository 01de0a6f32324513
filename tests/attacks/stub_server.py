"""The smallest single-user server: answers everything, and writes its environment where the test finds it."""
import http.server
import json
import os
from urllib.parse import urlsplit

with open("environment.json", "w", encoding="utf-8") as file:
    json.dump({**dict(os.environ), "cwd": os.getcwd()}, file)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps({"user": os.environ["JUPYTERHUB_USER"], "server": os.environ.get("JUPYTERHUB_SERVER_NAME", ""),
                           "path": self.path}).encode()
        self.send_response(200)
        self.send_header("X-JupyterHub-Version", "5.5.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


url = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
http.server.ThreadingHTTPServer((url.hostname, url.port), Handler).serve_forever()
