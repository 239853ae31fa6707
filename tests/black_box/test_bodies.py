"""What the description promises of bodies, to the letter; `tests/api` has the hostile ones."""

import pytest
import requests

from conftest import PATIENCE

ACCOUNT = {"email": "body@example.com", "username": "body", "password": "password123"}


@pytest.fixture(scope="module")
def bearer(latchkey):
    return {"Authorization": f"Bearer {latchkey.token('keeper', 'password123')}"}


def send(latchkey, method, path, body, headers=None):
    return requests.request(method, f"{latchkey.url}{path}", json=body, headers=headers, timeout=PATIENCE)


def reasons(answer):
    """The status, and each refused field with its code."""
    assert answer.headers["Content-Type"] == "application/problem+json" and answer.json()["detail"], answer.text
    return answer.status_code, {error["field"]: error["code"] for error in answer.json().get("errors", [])}


@pytest.mark.parametrize("value", [None, True, 1, 1.5, ["body"], {"$ne": ""}], ids=repr)
def test_what_is_no_text_is_refused(latchkey, bearer, value):
    for name in ACCOUNT:
        assert reasons(send(latchkey, "POST", "/register", {**ACCOUNT, name: value})) == (422, {name: "wrong_type"})
    assert reasons(send(latchkey, "PATCH", "/users/me", {"username": value}, bearer)) == (422, {"username": "wrong_type"})
    for name in ["grant_type", "scope", "client_id", "password"]:
        body = {"username": "keeper", "password": "password123", name: value}
        assert reasons(send(latchkey, "POST", "/token", body)) == (422, {name: "wrong_type"})
    # null at /logout is no refresh token, so that the access token counts.
    for path in ["/refresh"] if value is None else ["/refresh", "/logout"]:
        assert reasons(send(latchkey, "POST", path, {"refresh_token": value})) == (422, {"refresh_token": "wrong_type"})


def test_a_password_is_sent_once_and_kept_within_bounds(latchkey, bearer):
    twice = {"current_password": "password123", "password": "password123"}
    assert reasons(send(latchkey, "DELETE", "/users/me", twice, bearer)) == (422, {"password": "invalid"})
    endless = {"current_password": "a" * 257}
    assert reasons(send(latchkey, "DELETE", "/users/me", endless, bearer)) == (422, {"current_password": "too_long"})
    assert reasons(send(latchkey, "PATCH", "/users/me", {"first_name": "Anna", **endless}, bearer)) == (422, {"current_password": "too_long"})
