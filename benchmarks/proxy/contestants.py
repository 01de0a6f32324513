"""The proxies that are compared, each with one worker on CPU 0 unless told otherwise, all in front of the same target."""
import os
import pathlib
import subprocess
import time
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "build/benchmarks"
NPM = FOLDER / "npm/node_modules/.bin/configurable-http-proxy"
TOKEN = "benchmark-token"
TARGET_PORT = 9700

NGINX = """
daemon off; master_process off; worker_processes {workers}; pid {folder}/nginx.pid; error_log {folder}/nginx.log warn;
events {{ worker_connections 19000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp;
    uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
    keepalive_requests 100000000; proxy_read_timeout 1h;
    map $http_upgrade $connection_header {{ default upgrade; '' ''; }}
    upstream target {{ server 127.0.0.1:{target}; keepalive 512; keepalive_requests 100000000; }}
    server {{
        listen 127.0.0.1:{port}; listen 127.0.0.1:{tls_port} ssl;
        ssl_certificate {folder}/tls.crt; ssl_certificate_key {folder}/tls.key; ssl_protocols TLSv1.3;
        location / {{
            proxy_pass http://target; proxy_http_version 1.1; proxy_buffering {buffering};
            proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_header;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Port $server_port;
        }}
    }}
}}
"""
HAPROXY = """
global
    nbthread {workers}
    no strict-limits
    maxconn 9500
defaults
    mode http
    option forwardfor
    option splice-auto
    option http-keep-alive
    http-reuse always
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
frontend front
    bind 127.0.0.1:{port}
    bind 127.0.0.1:{tls_port} ssl crt {folder}/tls.pem ssl-min-ver TLSv1.3
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(Host)]
    http-request set-header X-Forwarded-Port %[dst_port]
    default_backend target
backend target
    server one 127.0.0.1:{target} pool-max-conn 512
"""


# The key of every comparison, and one that costs its server far more than the client.
KEYS = {"tls": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "rsa": ["rsa:8192"]}


def make_certificates():
    for name, key in KEYS.items():
        if not (FOLDER / f"{name}.pem").exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-days", "3650", "-subj", "/CN=localhost",
                            "-keyout", FOLDER / f"{name}.key", "-out", FOLDER / f"{name}.crt"], check=True, capture_output=True)
            (FOLDER / f"{name}.pem").write_bytes((FOLDER / f"{name}.crt").read_bytes() + (FOLDER / f"{name}.key").read_bytes())


def install_npm():
    if not NPM.exists():
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", FOLDER / "npm", "configurable-http-proxy@5.3.0"], check=True)


class Contestant:
    """A proxy that runs."""

    def __init__(self, name, port, command, tls_command=None, cpus="0", api_port=None):
        self.name, self.port, self.tls_port, self.api_port = name, port, port + 1, api_port
        self.processes = [self._start(cpus, command)]
        if tls_command:
            self.processes.append(self._start(cpus, tls_command))
        self.pid, self.tls_pid = self.processes[0].pid, self.processes[-1].pid
        self.url, self.tls_url = f"http://127.0.0.1:{self.port}", f"https://127.0.0.1:{self.tls_port}"
        for _ in range(100):
            try:
                urllib.request.urlopen(self.url + "/small", timeout=5).read()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"{name} does not answer: see {FOLDER}/{name}.log")

    def _start(self, cpus, command):
        with open(FOLDER / f"{self.name}.log", "ab") as log:
            return subprocess.Popen(["taskset", "-c", cpus, *map(str, command)], cwd=FOLDER, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    env={**os.environ, "CONFIGPROXY_AUTH_TOKEN": TOKEN})

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)


def chp(command, port, *more, key="tls"):
    """Both programs of that name take the same options; TLS is a process of its own."""
    soft_limit = ["prlimit", "--nofile=1024:"]  # the usual one, which both raise by themselves
    base = [*soft_limit, *command, "--ip", "127.0.0.1", "--default-target", f"http://127.0.0.1:{TARGET_PORT}", "--log-level", "warn", *more]
    return ([*base, "--port", port, "--api-port", port + 2],
            [*base, "--port", port + 1, "--api-port", port + 3, "--ssl-key", f"{key}.key", "--ssl-cert", f"{key}.crt"])


def ours(workers=1, cpus="0", port=9710, key="tls"):
    command = chp([REPOSITORY / "build/release/bin/configurable-http-proxy"], port, "--workers", workers, key=key)
    return Contestant("this project", port, *command, cpus=cpus, api_port=port + 2)


def npm():
    install_npm()
    return Contestant("npm", 9720, *chp([NPM], 9720), api_port=9722)


def nginx():
    (FOLDER / "tmp").mkdir(exist_ok=True)
    (FOLDER / "nginx.conf").write_text(NGINX.format(workers=1, folder=FOLDER, target=TARGET_PORT, port=9730, tls_port=9731, buffering="on"))
    return Contestant("nginx", 9730, ["/usr/sbin/nginx", "-p", FOLDER, "-c", FOLDER / "nginx.conf", "-e", FOLDER / "nginx.log"])


def haproxy():
    (FOLDER / "haproxy.cfg").write_text(HAPROXY.format(workers=1, folder=FOLDER, target=TARGET_PORT, port=9740, tls_port=9741))
    return Contestant("HAProxy", 9740, ["/usr/sbin/haproxy", "-db", "-f", FOLDER / "haproxy.cfg"])


ALL = {"this project": ours, "nginx": nginx, "HAProxy": haproxy, "npm": npm}
