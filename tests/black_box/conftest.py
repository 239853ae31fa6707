"""Latchkey from outside: the real binary, its port, and what a client sees. `scripts/black-box.sh` runs it."""

import json
import os
import re
import select
import subprocess
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / os.environ.get("BINARY", "target/dist/latchkey")
PATIENCE = 60  # seconds; what is waited for takes milliseconds


class Latchkey:
    """A running server in development mode, with a data folder of its own."""

    def __init__(self, folder, *flags):
        self.folder = folder
        self.log = open(folder / "server.log", "wb")
        # Otherwise an empty environment: nothing of the developer's settings may reach a test. All tests come from one address.
        self.process = subprocess.Popen(
            [BINARY, "--listen", "127.0.0.1:0", *flags], cwd=folder, env={"LATCHKEY_SOURCE_ATTEMPTS": "100000"}, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if ready else ""
        found = re.search(r"http://\S+", line)
        assert found, f"the server did not start: {(folder / 'server.log').read_text()}"
        self.url = found[0]
        self.port = self.url.rsplit(":", 1)[1]

    def command(self, *arguments, stdin=""):
        """Runs a command beside the server; it must succeed."""
        done = subprocess.run(
            [BINARY, *arguments], cwd=self.folder, env={}, input=stdin, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def token(self, username, password):
        """Registers somebody and gives their access token."""
        account = {"email": f"{username}@example.com", "username": username, "password": password}
        registered = requests.post(f"{self.url}/register", json=account, timeout=PATIENCE)
        assert registered.status_code == 200, registered.text
        signed_in = requests.post(f"{self.url}/token", data={"username": username, "password": password}, timeout=PATIENCE)
        assert signed_in.status_code == 200, signed_in.text
        return signed_in.json()["access_token"]

    def end(self):
        """The polite end, which must be one."""
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        self.log.close()
        assert code == 0, (self.folder / "server.log").read_text()


@pytest.fixture(scope="module")
def latchkey(tmp_path_factory):
    """A fresh server for each file of tests."""
    server = Latchkey(tmp_path_factory.mktemp("latchkey"))
    yield server
    server.end()


def fenced(document, language):
    """The code blocks of a document in one language."""
    text = (ROOT / document).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def snippet(language, mark):
    """The one block of README.md in this language that holds `mark`."""
    [block] = [block for block in fenced("README.md", language) if mark in block]
    return block


def pretty(value):
    """For messages."""
    return json.dumps(value, indent=2, ensure_ascii=False)
