"""Who asks when scripts/fuzz-api.sh tries the API: nobody, a user, or an administrator (FUZZ_AS); and what is no fault.

Some requests end what they are made with: a session (`POST /logout`), an account (`DELETE /users/me`). The next one then comes from
somebody new, so that it is not merely refused.
"""

import itertools
import os
import subprocess

import requests
import schemathesis

URL, WHO = os.environ["FUZZ_URL"], os.environ["FUZZ_AS"]
NUMBERS = itertools.count(1)
PATIENCE = 60  # seconds

# Why a request that is right by its form is refused all the same: somebody else has the name, the password is another one, a rule
# about characters that a pattern cannot tell (such as those that do not show), a role that the operator has not named, a cursor that
# is not ours. The description cannot say it, so that `positive_data_acceptance` must not ask for it. Any other reason it must give.
BEYOND_ITS_FORM = {"taken", "wrong", "characters", "undefined", "invalid_cursor"}
# And these of the fields whose form is more than the description can say: a domain's name, a `-` in front, one password of two, a role's name.
BEYOND_ITS_PATTERN = {("email", "invalid"), ("username", "invalid"), ("password", "invalid"), ("roles", "invalid")}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps every failure but that one, and one more: what is no text becomes a field given twice in
    a form, which RFC 6749 §3.2 forbids."""
    if "positive_data_acceptance" not in failure.checks or response.status_code not in (400, 422):
        return True
    if case.media_type == "application/x-www-form-urlencoded" and any(isinstance(value, (list, dict)) for value in case.body.values()):
        return False
    problem = response.json()
    reasons = [(error["field"], error["code"]) for error in problem.get("errors", [])] or [("", problem["code"])]
    return not all(code in BEYOND_ITS_FORM or (field, code) in BEYOND_ITS_PATTERN for field, code in reasons)


@schemathesis.hook
def map_body(context, body):
    """Half of all usernames become ones of plain letters: of texts made up by chance hardly any is a name, and then nobody ever registers."""
    if isinstance(body, dict) and isinstance(name := body.get("username"), str) and len(name) % 2:
        body["username"] = "".join(character if character.isascii() and character.isalnum() else "x" for character in name)
    return body


class Person:
    """An account of its own, signed in."""

    def __init__(self):
        self.password = "fuzz-Harbour-71-lantern"
        name = f"fuzz-{WHO}-{os.getpid()}-{next(NUMBERS)}"
        if WHO == "admin":
            # By command, beside the running server; the environment is the server's.
            command = ["user", "add", name, f"{name}@example.com", "--role", "admin", "--password-stdin"]
            subprocess.run(
                [os.environ["FUZZ_BINARY"], *command], input=self.password, text=True, check=True, capture_output=True, timeout=PATIENCE
            )
        else:
            account = {"email": f"{name}@example.com", "username": name, "password": self.password}
            requests.post(f"{URL}/register", json=account, timeout=PATIENCE).raise_for_status()
        answer = requests.post(f"{URL}/token", data={"username": name, "password": self.password}, timeout=PATIENCE)
        answer.raise_for_status()
        self.token = answer.json()["access_token"]


if WHO != "nobody":

    @schemathesis.auth(refresh_interval=None)
    class Somebody:
        now = None

        def get(self, case, context):
            if Somebody.now is None:
                Somebody.now = Person()
            return Somebody.now

        def set(self, case, person, context):
            case.headers["Authorization"] = f"Bearer {person.token}"
            # No tool could guess the password, and then would never get past it. Where it may be left out, it may be empty.
            if isinstance(case.body, dict):
                least = 0 if case.method.upper() in ("PUT", "PATCH") else 1
                for name in ("current_password", "password") if case.path == "/users/me" else ("current_password",):
                    if isinstance(case.body.get(name), str) and least <= len(case.body[name]) <= 256:
                        case.body[name] = person.password

    @schemathesis.hook
    def after_call(context, case, response):
        person = Somebody.now
        if person is None or response.request.headers.get("Authorization") != f"Bearer {person.token}":
            return
        done, method = response.status_code < 300, case.method.upper()
        if response.status_code == 401 or done and (method, case.path) in [("POST", "/logout"), ("DELETE", "/users/me")]:
            Somebody.now = None
        elif done and (method, case.path) == ("POST", "/users/me/password"):
            person.password = case.body["new_password"]
