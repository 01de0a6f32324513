"""A kernel of a running notebook server, over REST and WebSocket with the browser's cookies: what a notebook page does."""
import json
import time
import uuid
from urllib.parse import quote, urlsplit

import requests
import websocket


class Kernel:
    def __init__(self, browser, kernel_id=None):
        self.browser = browser
        self.base = f"/user/{quote(browser.name)}/"
        self.session = uuid.uuid4().hex  # the server keeps messages for this session while no socket is open
        self.socket = None
        if kernel_id is None:
            reply = browser.request("POST", self.base + "api/kernels", json={"name": "python3"}, headers=self.headers())
            assert reply.status_code == 201, (reply.status_code, reply.text)
            kernel_id = reply.json()["id"]
        self.id = kernel_id
        self.connect()

    def headers(self):
        return {"X-XSRFToken": self.browser.xsrf(self.base), "Referer": self.browser.hub.url + self.base + "tree"}

    def connect(self, seconds=10):
        """Opens the WebSocket, again after a cut; tries until it succeeds."""
        url = self.browser.hub.url + self.base + f"api/kernels/{self.id}/channels?session_id={self.session}"
        prepared = self.browser.session.prepare_request(requests.Request("GET", url))
        end = time.monotonic() + seconds
        while True:
            try:
                self.socket = websocket.create_connection(
                    url.replace("http://", "ws://", 1), timeout=30, origin=self.browser.hub.url,
                    cookie=prepared.headers.get("Cookie"), host=urlsplit(url).netloc)
                return
            except (OSError, websocket.WebSocketException):
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def status_for_strangers(self, **credentials):
        """What somebody with other credentials (cookie=, header=) is answered who wants to open this kernel's WebSocket."""
        url = self.browser.hub.url + self.base + f"api/kernels/{self.id}/channels"
        try:
            websocket.create_connection(url.replace("http://", "ws://", 1), timeout=30, origin=self.browser.hub.url, **credentials).close()
            return 101
        except websocket.WebSocketBadStatusException as refusal:
            return refusal.status_code

    def start(self, code):
        """Sends code to be run; returns the id of the request."""
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": self.session, "version": "5.3",
                  "date": "2026-01-01T00:00:00Z"}
        self.socket.send(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "channel": "shell", "buffers": [],
                                     "content": {"code": code, "silent": False, "store_history": False, "user_expressions": {},
                                                 "allow_stdin": False, "stop_on_error": True}}))
        return header["msg_id"]

    def output(self, request, seconds=30):
        """What the code printed, once it printed a whole line; OSError or WebSocketException when the socket is cut."""
        text = ""
        end = time.monotonic() + seconds
        while not text.endswith("\n"):
            self.socket.settimeout(max(0.1, end - time.monotonic()))
            message = json.loads(self.socket.recv() or "null")
            if message is None:
                raise ConnectionError("the WebSocket was closed")
            if message["parent_header"].get("msg_id") == request and message["msg_type"] == "stream":
                text += message["content"]["text"]
            assert message["msg_type"] != "error" or message["parent_header"].get("msg_id") != request, message["content"]
        return text

    def output_through_cuts(self, request, seconds=30):
        """Like output, but opens the WebSocket again when it is cut, as the notebook page does."""
        end = time.monotonic() + seconds
        while True:
            try:
                return self.output(request, end - time.monotonic())
            except (OSError, websocket.WebSocketConnectionClosedException):
                assert time.monotonic() < end, "no output from the kernel"
                self.connect()

    def run(self, code):
        return self.output(self.start(code))

    def close(self):
        if self.socket:
            self.socket.close()
