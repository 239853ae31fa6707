"""Bodies that no form of ours would send: each is refused with its reason, and nothing of it is kept."""

import json

import pytest
import requests

from conftest import PATIENCE

ACCOUNT = {"email": "body@example.com", "username": "body", "password": "password123"}
HIDDEN = {"NUL": "a\0b", "a line break": "a\nb", "a direction": "a\u202eb", "no width": "a\u200bb", "a lone surrogate": "a\ud800b"}


@pytest.fixture(scope="module")
def bearer(latchkey):
    return {"Authorization": f"Bearer {latchkey.token('keeper', 'password123')}"}


def send(latchkey, method, path, body, headers=None):
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    return requests.request(method, f"{latchkey.url}{path}", data=data, headers=headers, timeout=PATIENCE)


def reasons(answer):
    """The status, and each refused field with its code."""
    assert answer.headers["Content-Type"] == "application/problem+json" and answer.json()["detail"], answer.text
    return answer.status_code, {error["field"]: error["code"] for error in answer.json().get("errors", [])}


@pytest.mark.parametrize("name", ["id", "roles", "is_active", "is_admin", "email_verified", "hashed_password", "password_hash", "created_at", "usrename"])
def test_reg_5_a_privileged_or_misspelt_field_is_refused(latchkey, bearer, name):
    for method, path, body in [("POST", "/register", ACCOUNT), ("PATCH", "/users/me", {"first_name": "Anna"}), ("PUT", "/users/me", {})]:
        assert reasons(send(latchkey, method, path, {**body, name: ["admin"]}, bearer)) == (422, {name: "unknown"})


@pytest.mark.parametrize("value", [None, True, 1, 1.5, ["body"], {"$ne": ""}], ids=repr)
def test_what_is_no_text_is_refused(latchkey, bearer, value):
    for name in ACCOUNT:
        assert reasons(send(latchkey, "POST", "/register", {**ACCOUNT, name: value})) == (422, {name: "wrong_type"})
    assert reasons(send(latchkey, "PATCH", "/users/me", {"username": value}, bearer)) == (422, {"username": "wrong_type"})
    for name in ["grant_type", "scope", "client_id", "password"]:
        body = {"username": "keeper", "password": "password123", name: value}
        assert reasons(send(latchkey, "POST", "/token", body)) == (422, {name: "wrong_type"})
    for path in ["/refresh", "/logout"]:
        assert reasons(send(latchkey, "POST", path, {"refresh_token": value})) == (422, {"refresh_token": "wrong_type"})


@pytest.mark.parametrize("name", HIDDEN)
def test_api_4_characters_that_do_not_show_are_refused(latchkey, bearer, name):
    text = HIDDEN[name]
    for field in ["email", "username", "first_name", "last_name"]:
        value = f"{text}@example.com" if field == "email" else text
        answer = send(latchkey, "POST", "/register", {**ACCOUNT, field: value})
        # A lone surrogate is no text in any encoding, so that nothing is read.
        assert reasons(answer) == ((400, {}) if name == "a lone surrogate" else (422, {field: "characters"})), field
    assert send(latchkey, "PATCH", "/users/me", {"last_name": text}, bearer).status_code in (400, 422)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"a"', b"{", b"{}{}", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"[" * 10_000, b'{"a":' * 40 + b"1" + b"}" * 40])
def test_what_is_no_object_is_400(latchkey, bearer, body):
    for method, path in [("POST", "/register"), ("POST", "/token"), ("POST", "/refresh"), ("PATCH", "/users/me"), ("POST", "/users/me/password")]:
        assert reasons(send(latchkey, method, path, body, bearer)) == (400, {}), path


def test_api_2_a_large_body_is_413_and_another_kind_415(latchkey, bearer):
    large = {**ACCOUNT, "first_name": "a" * 1_000_000}
    for method, path in [("POST", "/register"), ("POST", "/token"), ("POST", "/refresh"), ("POST", "/logout"), ("PATCH", "/users/me")]:
        assert reasons(send(latchkey, method, path, large, bearer)) == (413, {}), path
    for kind in ["text/plain", "application/xml", "multipart/form-data; boundary=a", "application/jsonp", ""]:
        for method, path in [("POST", "/token"), ("POST", "/refresh"), ("PATCH", "/users/me"), ("POST", "/users/me/password")]:
            assert reasons(send(latchkey, method, path, ACCOUNT, {**bearer, "Content-Type": kind})) == (415, {}), (path, kind)


def test_a_password_is_sent_once_and_kept_within_bounds(latchkey, bearer):
    twice = {"current_password": "password123", "password": "password123"}
    assert reasons(send(latchkey, "DELETE", "/users/me", twice, bearer)) == (422, {"password": "invalid"})
    endless = {"current_password": "a" * 257}
    assert reasons(send(latchkey, "DELETE", "/users/me", endless, bearer)) == (422, {"current_password": "too_long"})
    assert reasons(send(latchkey, "PATCH", "/users/me", {"first_name": "Anna", **endless}, bearer)) == (422, {"current_password": "too_long"})


def test_nothing_of_all_this_is_kept(latchkey, bearer):
    """The last of the file: the account is as it was made, and nobody has come along."""
    account = requests.get(f"{latchkey.url}/users/me", headers=bearer, timeout=PATIENCE).json()
    assert (account["username"], account["first_name"], account["last_name"]) == ("keeper", None, None)
    assert account["created_at"] == account["updated_at"] and account["roles"] == ["user"] and account["is_active"] is True
    assert [line.split()[0] for line in latchkey.command("user", "list").splitlines() if "@" in line] == ["keeper"]
