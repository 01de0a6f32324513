"""A person's browser as far as HTTP goes: cookies, forms, redirects, event streams; no JavaScript."""
import html.parser
import json
import time
from urllib.parse import quote, urljoin, urlsplit

import requests

from .waiting import until


class Page(html.parser.HTMLParser):
    """Forms with their fields, links, and the text a reader sees."""

    def __init__(self, markup):
        super().__init__()
        self.forms, self.links, self._text, self._hidden, self._form = [], [], [], 0, None
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag in ("script", "style"):
            self._hidden += 1
        elif tag == "form":
            self._form = {"action": a.get("action") or "", "method": (a.get("method") or "get").upper(), "fields": {}}
            self.forms.append(self._form)
        elif tag == "input" and self._form is not None and a.get("name"):
            self._form["fields"][a["name"]] = a.get("value") or ""
        elif tag == "a" and a.get("href"):
            self.links.append(a["href"])

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self._hidden -= 1
        elif tag == "form":
            self._form = None

    def handle_data(self, data):
        if not self._hidden:
            self._text.append(data)

    @property
    def text(self):
        return " ".join("".join(self._text).split())

    def form_with(self, field):
        return next(form for form in self.forms if field in form["fields"])


class Browser:
    def __init__(self, hub):
        self.hub = hub
        self.session = requests.Session()
        self.session.trust_env = False
        self.name = None

    # -- requests
    def request(self, method, path, **options):
        options.setdefault("timeout", 60)
        return self.session.request(method, urljoin(self.hub.url, path), **options)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def submit(self, reply, field, **values):
        """Fills in and sends the form of the page that has that field."""
        form = Page(reply.text).form_with(field)
        return self.request(form["method"], urljoin(reply.url, form["action"]), data={**form["fields"], **values})

    def xsrf(self, path):
        """The anti-forgery cookie a page at that path sees first (servers and the hub each set their own)."""
        fitting = [c for c in self.session.cookies if c.name == "_xsrf" and path.startswith(c.path)]
        return max(fitting, key=lambda c: len(c.path)).value if fitting else ""

    def api(self, method, path, **options):
        """A REST call of the hub's pages: login cookie and anti-forgery token."""
        headers = {"X-XSRFToken": self.xsrf("/hub/api"), "Referer": self.hub.url + "/hub/home",
                   "Sec-Fetch-Site": "same-origin", **options.pop("headers", {})}
        return self.request(method, "/hub/api" + path, headers=headers, **options)

    # -- what a person does
    def login(self, account, password=None, next="/hub/home"):
        """Fills in the login form; returns the page one ends on (by default not the one that starts one's server)."""
        reply = self.get("/hub/login" + (f"?next={quote(next, safe='')}" if next else ""))
        assert reply.status_code == 200, reply.text
        reply = self.submit(reply, "password", username=account.name, password=account.password if password is None else password)
        self.name = account.name
        return reply

    def logged_in(self):
        return self.api("GET", "/user").status_code == 200

    def model(self):
        reply = self.api("GET", f"/users/{quote(self.name)}")
        assert reply.status_code == 200, (reply.status_code, reply.text)
        return reply.json()

    def server_ready(self):
        return bool(self.model()["servers"].get("", {}).get("ready"))

    def click_start(self):
        """The Start button: leads to the progress page, or to the page that says why not."""
        return self.get(f"/hub/spawn/{quote(self.name)}")

    def progress(self, seconds=60):
        """Events of the progress stream until it ends, as the progress page receives them."""
        events = []
        end = time.monotonic() + seconds
        with self.api("GET", f"/users/{quote(self.name)}/server/progress", stream=True, timeout=seconds,
                      headers={"Accept": "text/event-stream"}) as reply:
            assert reply.status_code == 200, (reply.status_code, reply.text)
            assert reply.headers["Content-Type"].startswith("text/event-stream")
            for line in reply.iter_lines(chunk_size=1):
                assert time.monotonic() < end, f"the progress stream did not end: {events}"
                if line.startswith(b"data:"):
                    events.append(json.loads(line[5:]))
                    if events[-1].get("ready") or events[-1].get("failed"):
                        break
        return events

    def start_server(self):
        """Start, watch the progress, be at the server; fails when it does not become ready."""
        page = self.click_start()
        assert page.status_code == 200, (page.status_code, Page(page.text).text)
        if not self.server_ready():
            last = self.progress()[-1]
            assert last.get("ready"), last
        return self.open_server()

    def open_server(self):
        """Opens one's notebook in the browser, through the hub's OAuth."""
        reply = self.get(f"/user/{quote(self.name)}/tree")
        assert reply.status_code == 200, (reply.status_code, Page(reply.text).text)
        assert urlsplit(reply.url).path.startswith(f"/user/{quote(self.name)}/"), reply.url
        return reply

    def stop_server(self):
        reply = self.api("DELETE", f"/users/{quote(self.name)}/server")
        assert reply.status_code in (202, 204), (reply.status_code, reply.text)
        until(lambda: not self.model()["servers"].get(""), 30, "the server to stop")

    def failure_page(self):
        """Status and text of the page that says why the last start failed (the progress page, once the start is over)."""
        until(lambda: not self.pending(), 60, "the start to end")
        reply = self.get(f"/hub/spawn-pending/{quote(self.name)}")
        return reply.status_code, Page(reply.text).text

    def pending(self):
        model = self.model()
        return model["pending"] or any(server["pending"] for server in model["servers"].values())
