"""Who asks when scripts/fuzz-api.sh tries the API: nobody, a user, or an administrator (FUZZ_AS).

Some requests end what they are made with: a session (`POST /logout`), an account (`DELETE /users/me`). The next one then comes from
somebody new, so that it is not merely refused.
"""

import itertools
import os
import subprocess

import requests
import schemathesis

URL, WHO = os.environ["FUZZ_URL"], os.environ["FUZZ_AS"]
PASSWORD = "fuzz-Harbour-71-lantern"
NUMBERS = itertools.count(1)
PATIENCE = 60  # seconds


def new_user(name):
    account = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
    requests.post(f"{URL}/register", json=account, timeout=PATIENCE).raise_for_status()


def new_admin(name):
    """By command, beside the running server; the environment is the server's."""
    command = [os.environ["FUZZ_BINARY"], "user", "add", name, f"{name}@example.com", "--role", "admin", "--password-stdin"]
    subprocess.run(command, input=f"{PASSWORD}\n", text=True, check=True, capture_output=True, timeout=PATIENCE)


def new_token():
    name = f"fuzz-{WHO}-{os.getpid()}-{next(NUMBERS)}"
    {"user": new_user, "admin": new_admin}[WHO](name)
    answer = requests.post(f"{URL}/token", data={"username": name, "password": PASSWORD}, timeout=PATIENCE)
    answer.raise_for_status()
    return answer.json()["access_token"]


if WHO != "nobody":

    @schemathesis.auth(refresh_interval=None)
    class Somebody:
        token = None

        def get(self, case, context):
            if Somebody.token is None:
                Somebody.token = new_token()
            return Somebody.token

        def set(self, case, token, context):
            case.headers["Authorization"] = f"Bearer {token}"

    @schemathesis.hook
    def after_call(context, case, response):
        sent = (response.request.headers.get("Authorization") or "").removeprefix("Bearer ")
        ended = case.method.upper() in ("POST", "DELETE") and case.path in ("/logout", "/users/me") and response.status_code < 300
        if sent == Somebody.token and (ended or response.status_code == 401):
            Somebody.token = None
