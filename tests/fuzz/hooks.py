"""Who asks when scripts/fuzz-api.sh tries the API: nobody, a user, or an administrator (FUZZ_AS); and what is no fault.

Some requests end what they are made with: a session (`POST /logout`), an account (`DELETE /users/me`). The next one then comes from
somebody new, so that it is not merely refused.
"""

import itertools
import os
import subprocess

import requests
import schemathesis
from schemathesis import GenerationMode

URL, WHO = os.environ["FUZZ_URL"], os.environ["FUZZ_AS"]
NUMBERS = itertools.count(1)
PATIENCE = 60  # seconds

# At these two, what is right by its form is refused all the same, because somebody has the name, the password is another one, or a
# rule of the address or the name says more than a pattern can. The issue of the API leaves `positive_data_acceptance` out there; any
# other reason must still be in the description.
BY_NAME = {"/register", "/token"}
BEYOND_ITS_FORM = {"taken", "characters", ("email", "invalid"), ("username", "invalid")}
# They look like letters and do not show.
FILLERS = "\u115f\u1160\u3164\uffa0"


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps every failure but that one, and that a name was guessed at too often: the examples have one for all."""
    if "positive_data_acceptance" in failure.checks and case.path == "/token" and response.status_code == 429:
        return False
    if "positive_data_acceptance" not in failure.checks or case.path not in BY_NAME or response.status_code not in (400, 422):
        return True
    if doubled(case):
        return False
    errors = response.json().get("errors", [])
    return not errors or not all(error["code"] in BEYOND_ITS_FORM or (error["field"], error["code"]) in BEYOND_ITS_FORM for error in errors)


def doubled(case):
    """What is no text becomes a field given twice in a form, which RFC 6749 §3.2 forbids."""
    return case.media_type == "application/x-www-form-urlencoded" and any(isinstance(value, (list, dict)) for value in case.body.values())


@schemathesis.hook
def map_body(context, body):
    """Half of all usernames become ones of plain letters: of texts made up by chance hardly any is a name, and then nobody ever registers."""
    if isinstance(body, dict) and isinstance(name := body.get("username"), str) and len(name) % 2:
        body["username"] = "".join(character if character.isascii() and character.isalnum() else "x" for character in name)
    return body


def visible(text):
    return "".join(character for character in text if character.isalnum() and character not in FILLERS)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes of input that the description allows what the server takes, where the description cannot say all of it: a name that nobody
    has, letters that show, roles that there are, a cursor of the same list. Input that it does not allow stays as it is."""
    # Only now: the request before this one may have changed it.
    if WHO != "nobody" and case.path not in BY_NAME and Somebody.now is not None:
        knows_the_password(case, Somebody.now)
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE or case.path in BY_NAME:
        return
    if isinstance(case.query, dict):
        case.query.pop("cursor", None)
        if isinstance(search := case.query.get("search"), str):
            case.query["search"] = visible(search)
    if not isinstance(case.body, dict):
        return
    if doubled(case):
        case.body = {name: value for name, value in case.body.items() if isinstance(value, str)}
    new_names = {"email": "{}@example.com", "username": "{}"}
    for name in new_names.keys() & case.body.keys():
        case.body[name] = new_names[name].format(f"fuzz-new-{WHO}-{os.getpid()}-{next(NUMBERS)}")
    for name in {"first_name", "last_name"} & case.body.keys():
        case.body[name] = case.body[name] and visible(case.body[name])
    if isinstance(roles := case.body.get("roles"), list):
        case.body["roles"] = [role for role in roles if role in ("user", "admin")]
    if "current_password" in case.body and case.path == "/users/me" and case.method.upper() == "DELETE":
        case.body.pop("password", None)


def knows_the_password(case, person):
    """No tool could guess the password, and then would never get past it. Where it may be left out, it may be empty."""
    if isinstance(case.body, dict):
        least = 0 if case.method.upper() in ("PUT", "PATCH") else 1
        for name in ("current_password", "password") if case.path == "/users/me" else ("current_password",):
            if isinstance(case.body.get(name), str) and least <= len(case.body[name]) <= 256:
                case.body[name] = person.password


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
