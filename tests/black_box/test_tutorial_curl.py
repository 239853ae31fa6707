"""The curl lines of docs/tutorial.md, section 9: run by curl as they stand there, but for the port, with the answers that stand there."""

import json
import re
import subprocess

import pytest

from conftest import PATIENCE, ROOT, pretty

# What differs each time; its type must be that of the example. Every other value must be the same.
VARYING = {"id", "created_at", "updated_at", "last_login", "access_token", "refresh_token", "request_id"}

STEP = re.compile(
    r"^\*\*(?P<title>.+?)\*\* answers (?P<status>\d+):\n\n```sh\n(?P<line>curl .*?)^```\n\n```json\n(?P<answer>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
STEPS = [found.groupdict() for found in STEP.finditer((ROOT / "docs/tutorial.md").read_text())]


def test_the_document_has_all_the_lines():
    assert len(STEPS) == 8
    assert (ROOT / "docs/tutorial.md").read_text().count("\ncurl ") == len(STEPS), "a line that nobody runs"


@pytest.fixture(scope="module")
def told():
    """What a reader keeps from one step to the next."""
    return {}


@pytest.mark.parametrize("step", STEPS, ids=[step["title"] for step in STEPS])
def test_a_curl_line_gets_the_answer_that_is_printed(latchkey, told, step, tmp_path):
    line = step["line"].replace("http://localhost:8000", f"http://localhost:{latchkey.port}")
    if "YOUR_TOKEN_HERE" in line:
        line = line.replace("YOUR_TOKEN_HERE", told["access_token"])
    # The line stays as it is; that headers and status are shown too is the business of curl's own settings.
    (tmp_path / ".curlrc").write_text("silent\nshow-error\ninclude\n")
    done = subprocess.run(
        ["bash", "-c", line], env={"CURL_HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True, text=True, timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    head, body = done.stdout.replace("\r\n", "\n").split("\n\n", 1)
    status, *lines = head.splitlines()
    headers = {name.lower(): value for name, value in (header.split(": ", 1) for header in lines)}
    answer = json.loads(body)
    told.update(answer)

    assert status.split()[1] == step["status"], pretty(answer)
    assert (headers.get("www-authenticate") or "").startswith("Bearer") == (step["status"] == "401")
    kind = "application/problem+json" if int(step["status"]) >= 400 else "application/json"
    assert headers["content-type"].split(";")[0] == kind
    same(answer, json.loads(step["answer"]))


def same(answer, printed):
    """The same names, and under each the same value or, where it varies, the same type."""
    assert answer.keys() == printed.keys(), pretty(answer)
    for name, value in printed.items():
        if name in VARYING:
            assert type(answer[name]) is type(value), f"{name}: {pretty(answer)}"
        else:
            assert answer[name] == value, f"{name}: {pretty(answer)}"
