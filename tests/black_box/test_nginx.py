"""README.md, "Verify a token in your service": the nginx snippet as it stands there, but for the two addresses, in a real nginx."""

import http.server
import os
import shutil
import subprocess
import threading
import time

import pytest
import requests

from conftest import PATIENCE, snippet

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


class Service(http.server.BaseHTTPRequestHandler):
    """A service that knows nothing of tokens and counts who comes."""

    visits = 0

    def do_GET(self):
        type(self).visits += 1
        self.send_response(200)
        self.send_header("content-length", "7")
        self.end_headers()
        self.wfile.write(b"reports")

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def reports(latchkey, tmp_path_factory):
    """Asks nginx for /reports/; it listens on a socket file, so that no port can be taken."""
    folder = tmp_path_factory.mktemp("nginx")
    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    locations = snippet("nginx", "auth_request")
    for printed, here in [("127.0.0.1:8080", f"127.0.0.1:{service.server_port}"), ("127.0.0.1:3000", f"127.0.0.1:{latchkey.port}")]:
        assert locations.count(printed) == 1
        locations = locations.replace(printed, here)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {folder}/pid; error_log stderr warn; {"user root;" if os.getuid() == 0 else ""}
events {{ }}
http {{ access_log off; {temporary} server {{ listen unix:{folder}/socket; {locations} }} }}
""")
    with open(folder / "log", "wb") as log:
        nginx = subprocess.Popen([NGINX, "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"], stderr=log)

    def ask(*arguments):
        line = ["curl", "--silent", "--show-error", "--include", "--unix-socket", folder / "socket", *arguments, "http://x/reports/"]
        done = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE, check=True)
        return int(done.stdout.split()[1]), done.stdout.lower()

    until = time.monotonic() + PATIENCE
    while not (folder / "socket").exists():
        assert nginx.poll() is None and time.monotonic() < until, (folder / "log").read_text()
        time.sleep(0.02)
    yield ask
    nginx.terminate()
    nginx.wait(PATIENCE)
    service.shutdown()


def bearer(token):
    return ["--header", f"Authorization: Bearer {token}"]


def test_nginx_lets_in_who_has_a_token_and_nobody_else(latchkey, reports):
    token = latchkey.token("visitor", "password123")
    assert reports(*bearer(token))[0] == 200
    assert reports(*bearer(token), "--data", "a" * 100_000)[0] == 200, "the body is not Latchkey's business"
    visits = Service.visits
    status, answer = reports()
    assert status == 401 and "www-authenticate: bearer" in answer
    assert reports(*bearer("invalid_token"))[0] == 401
    assert reports(*bearer(token[:-4]))[0] == 401
    assert Service.visits == visits == 2, "a refused request does not reach the service"


def test_nginx_keeps_out_an_ended_session_and_a_disabled_account_at_once(latchkey, reports):
    ended, disabled = latchkey.token("gone", "password123"), latchkey.token("disabled", "password123")
    assert reports(*bearer(ended))[0] == reports(*bearer(disabled))[0] == 200
    headers = {"Authorization": f"Bearer {ended}"}
    assert requests.post(f"{latchkey.url}/logout", headers=headers, timeout=PATIENCE).status_code == 204
    latchkey.command("user", "disable", "disabled")
    visits = Service.visits
    assert reports(*bearer(ended))[0] == 401
    # Without the snippet's last lines this would be 500.
    assert reports(*bearer(disabled))[0] == 403
    assert Service.visits == visits
