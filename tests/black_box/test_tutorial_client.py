"""The tutorial's four tests and its script, step by step, by a client that knows the address and nothing else."""

import requests

from conftest import PATIENCE

ACCOUNT = {"email": "test@example.com", "username": "testuser", "password": "password123"}
CREDENTIALS = {"username": ACCOUNT["username"], "password": ACCOUNT["password"]}


def post(latchkey, path, **body):
    return requests.post(f"{latchkey.url}{path}", timeout=PATIENCE, **body)


def protected(latchkey, token):
    return requests.get(f"{latchkey.url}/protected", headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)


def test_register(latchkey):
    answer = post(latchkey, "/register", json=ACCOUNT)
    assert answer.status_code == 200
    account = answer.json()
    assert (account["email"], account["username"]) == (ACCOUNT["email"], ACCOUNT["username"])
    assert account["is_active"] is True and isinstance(account["id"], int)
    assert not [name for name in account if "password" in name]
    assert ACCOUNT["password"] not in answer.text and "$argon2" not in answer.text


def test_login(latchkey):
    answer = post(latchkey, "/token", data=CREDENTIALS)
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["access_token"].count(".") == 2
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_protected_route(latchkey):
    token = post(latchkey, "/token", data=CREDENTIALS).json()["access_token"]
    answer = protected(latchkey, token)
    assert answer.status_code == 200
    assert ACCOUNT["username"] in answer.json()["message"]


def test_invalid_token(latchkey):
    answer = protected(latchkey, "invalid_token")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert isinstance(answer.json()["detail"], str)


def test_the_script_runs_again_on_the_same_database(latchkey):
    """It registers the same person each time, is told so, and goes on with a token."""
    again = post(latchkey, "/register", json=ACCOUNT)
    assert again.status_code == 400
    assert {fault["field"] for fault in again.json()["errors"]} == {"email", "username"}
    token = post(latchkey, "/token", data=CREDENTIALS).json().get("access_token")
    assert protected(latchkey, token).status_code == 200


def test_what_the_tutorial_calls_invalid_is_422(latchkey):
    for wrong in [{"email": "no address"}, {"username": "not a name!"}, {"password": "short"}]:
        answer = post(latchkey, "/register", json={**ACCOUNT, "email": "other@example.com", "username": "other", **wrong})
        assert answer.status_code == 422, answer.text
        assert [fault["field"] for fault in answer.json()["errors"]] == list(wrong)


def test_the_additional_endpoints(latchkey):
    account = {"email": "second@example.com", "username": "second", "password": "password123"}
    assert post(latchkey, "/register", json=account).status_code == 200
    pair = post(latchkey, "/token", data={"username": "second", "password": "password123"}).json()
    bearer = {"Authorization": f"Bearer {pair['access_token']}"}
    me = f"{latchkey.url}/users/me"

    changed = requests.put(me, json={"first_name": "Anna", "email": "new@example.com"}, headers=bearer, timeout=PATIENCE)
    assert changed.status_code == 200, changed.text
    assert (changed.json()["first_name"], changed.json()["email"]) == ("Anna", "new@example.com")

    renewed = post(latchkey, "/refresh", json={"refresh_token": pair["refresh_token"]})
    assert renewed.status_code == 200 and renewed.json()["refresh_token"] != pair["refresh_token"]
    in_the_address = post(latchkey, f"/refresh?refresh_token={renewed.json()['refresh_token']}")
    assert in_the_address.status_code == 400 and in_the_address.json()["code"] == "token_in_query"

    deleted = requests.delete(me, headers=bearer, timeout=PATIENCE)
    assert deleted.status_code == 200 and deleted.json()["message"]
    assert requests.get(me, headers=bearer, timeout=PATIENCE).status_code == 401
