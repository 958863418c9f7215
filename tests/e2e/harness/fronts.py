# SPDX-License-Identifier: Apache-2.0
"""Web servers in front of a gateway: where they listen, and how the suite
starts an nginx and a lighttpd of its own on ports nobody else uses."""

import os
import pathlib
import shutil
import socket
import subprocess
from dataclasses import dataclass

from .check import Failed, wait_until
from .process import stop

DEPLOY = pathlib.Path(__file__).resolve().parents[3] / "deploy"


@dataclass
class Front:
    """A place to send HTTP to."""

    name: str
    port: int
    kind: str                 # nginx or lighttpd
    address: str = "127.0.0.1"
    host: str = "localhost"

    @property
    def authority(self):
        return f"{self.host}:{self.port}"

    @property
    def origin(self):
        return f"https://{self.authority}"


NGINX = """\
daemon off;
user www-data;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log info;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    proxy_temp_path {folder}/nginx-proxy;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    ssl_certificate {folder}/cert.pem;
    ssl_certificate_key {folder}/cert.pem;
    include gatehouse/http.conf;
    upstream gatehouse {{ server unix:{socket}; keepalive 32; }}
    server {{
        listen 127.0.0.1:{strict} ssl http2;
        server_name localhost;
        location / {{ include gatehouse/pass.conf; }}
        include gatehouse/unavailable.conf;
    }}
    server {{
        listen 127.0.0.1:{lax} ssl http2;
        server_name localhost;
        underscores_in_headers on;
        ignore_invalid_headers off;
        location / {{
            fastcgi_pass gatehouse;
            fastcgi_keep_conn on;
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_param REQUEST_URI $request_uri;
            fastcgi_param CONTENT_TYPE $content_type;
            fastcgi_param CONTENT_LENGTH $content_length;
            fastcgi_param SERVER_PROTOCOL $server_protocol;
            fastcgi_param REMOTE_ADDR $remote_addr;
            fastcgi_param REMOTE_USER $remote_user;
            fastcgi_param HTTPS $https;
        }}
    }}
{verdict}}}
"""

# nginx carries the traffic itself and asks for each request; WebSockets too.
VERDICT = """\
    map $http_upgrade $suite_connection {{ "" ""; default upgrade; }}
    server {{
        listen 127.0.0.1:{port} ssl http2;
        server_name localhost;
{locations}        location / {{ include gatehouse/pass.conf; }}
        include gatehouse/verdict.conf;
        include gatehouse/unavailable.conf;
    }}
"""
VERDICT_LOCATION = """\
        location /{name}/ {{
            include gatehouse/ask.conf;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $suite_connection;
            proxy_pass http://unix:{socket}:;
        }}
"""

LIGHTTPD = """\
var.gatehouse_socket = "{socket}"
include "gatehouse-lighttpd/gatehouse.conf"
server.document-root = "{folder}/empty"
server.bind = "127.0.0.1"
server.port = {port}
server.username = "www-data"
server.groupname = "www-data"
server.upload-dirs = ("{folder}/uploads")
ssl.engine = "enable"
ssl.pemfile = "{folder}/cert.pem"
"""


# lighttpd carries the traffic itself and asks for each request; there is one
# application that speaks FastCGI, inside another.
AUTHORIZER = """\
var.gatehouse_folder = "{folder}/gatehouse-lighttpd"
include "gatehouse-lighttpd/verdict.conf"
{conditions}\
$HTTP["url"] =~ "^/asked/fastcgi/" {{
    include "gatehouse-lighttpd/ask.conf"
    fastcgi.server += ("/asked/fastcgi/" => ((
        "socket" => "{folder}/fastcgi.app", "check-local" => "disable",
        "disable-time" => 0)))
}}
"""
CONDITION = """\
$HTTP["url"] =~ "^/{name}/" {{
    include "gatehouse-lighttpd/ask.conf"
    proxy.server = ("" => (("socket" => "{socket}",
        "check-local" => "disable")))
    proxy.header = ("upgrade" => "enable")
}}
"""


def make_certificate(folder):
    """A self-signed key and certificate in one file."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-keyout", f"{folder}/key.pem", "-out",
         f"{folder}/crt.pem"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(f"{folder}/cert.pem", "wb") as both:
        for part in ("key.pem", "crt.pem"):
            with open(f"{folder}/{part}", "rb") as one:
                both.write(one.read())


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class WebServers:
    """One nginx and one lighttpd, and a second lighttpd that asks. nginx has two servers: one made of the
    sample configuration, and a lax one that a careless operator could have
    written: no second wall, every field name let through."""

    def __init__(self, folder, gateway_socket, ports, sockets=None):
        self.folder = folder
        self.socket = gateway_socket
        self.ports = ports          # nginx, lax nginx, lighttpd, and with
                                    # sockets where nginx and lighttpd ask
        self.sockets = sockets or {}  # of applications, by name
        self.processes = []

    def start(self):
        strict, lax, lighty = self.ports[:3]
        make_certificate(self.folder)
        shutil.copytree(DEPLOY / "nginx", f"{self.folder}/gatehouse")
        shutil.copytree(DEPLOY / "lighttpd",
                        f"{self.folder}/gatehouse-lighttpd")
        os.mkdir(f"{self.folder}/empty")
        os.mkdir(f"{self.folder}/uploads")
        os.chmod(f"{self.folder}/uploads", 0o777)
        self.write("nginx.conf", NGINX.format(
            folder=self.folder, socket=self.socket, strict=strict, lax=lax,
            verdict=self.verdict()))
        self.write("lighttpd.conf", LIGHTTPD.format(
            folder=self.folder, socket=self.socket, port=lighty))
        self.run("nginx", "-c", f"{self.folder}/nginx.conf",
                 "-e", f"{self.folder}/nginx.log")
        self.run("lighttpd", "-D", "-f", f"{self.folder}/lighttpd.conf")
        if self.sockets:
            self.write("asking.conf", self.asking())
            self.run("lighttpd", "-D", "-f", f"{self.folder}/asking.conf")
        for port in self.ports:
            wait_until(f"own web server on {port}",
                       lambda port=port: self.is_up(port), 10)

    def verdict(self):
        """The server whose locations ask, when there is one."""
        if not self.sockets:
            return ""
        locations = "".join(
            VERDICT_LOCATION.format(name=name, socket=path)
            for name, path in self.sockets.items())
        return VERDICT.format(port=self.ports[3], locations=locations)

    def asking(self):
        """The lighttpd that asks."""
        conditions = "".join(CONDITION.format(name=name, socket=path)
                             for name, path in self.sockets.items())
        plain = LIGHTTPD.format(folder=self.folder, socket=self.socket,
                                port=self.ports[4])
        return plain + AUTHORIZER.format(folder=self.folder,
                                         conditions=conditions)

    def is_up(self, port):
        for process in self.processes:
            if process.poll() is not None:
                raise Failed(f"{process.args[0]} exited, see {self.folder}")
        return is_listening(port)

    def write(self, name, text):
        with open(f"{self.folder}/{name}", "w", encoding="ascii") as file:
            file.write(text)

    def run(self, *command):
        path = "/usr/sbin:/usr/bin:/sbin:/bin"
        with open(f"{self.folder}/{command[0]}.out", "ab") as out:
            self.processes.append(subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={**os.environ, "PATH": path}, start_new_session=True))

    def stop(self):
        for process in self.processes:
            stop(process)
        self.processes = []
