"""API-3: requests that two readers could understand differently. No client library sends them, so they go out byte by byte."""

import contextlib
import socket

import pytest

from conftest import PATIENCE

CREDENTIALS = b"username=nobody&password=password123"
NEXT = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def post(*lines, body=CREDENTIALS):
    head = [b"POST /token HTTP/1.1", b"Host: localhost", b"Content-Type: application/x-www-form-urlencoded", *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def get(*lines, target=b"/healthz", version=b"HTTP/1.1"):
    return b"\r\n".join([b"GET " + target + b" " + version, b"Host: localhost", *lines]) + b"\r\n\r\n"


def chunked(body):
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


LENGTH = b"Content-Length: %d" % len(CREDENTIALS)
CHUNKS = b"Transfer-Encoding: chunked"

REFUSED = {
    "two lengths": (400, post(LENGTH, b"Content-Length: 4")),
    "a list of lengths": (400, post(LENGTH + b", 4")),
    "a signed length": (400, post(b"Content-Length: +36")),
    "an unknown coding": (400, post(b"Transfer-Encoding: xchunked", body=chunked(CREDENTIALS))),
    "chunks that are not the last coding": (400, post(b"Transfer-Encoding: chunked, gzip", body=chunked(CREDENTIALS))),
    "a chunk without a length": (400, post(CHUNKS, body=b"zz\r\n" + CREDENTIALS + b"\r\n0\r\n\r\n")),
    "a folded header": (400, get(b"X-Note: one", b" two")),
    "a space before the colon": (400, get(b"X-Note : one")),
    "NUL in a header": (400, get(b"X-Note: one\0two")),
    "a lone carriage return": (400, get(b"X-Note: one\rtwo")),
    "a byte that is no address": (400, get(target=b"/\xff")),
    "HTTP/0.9": (400, b"GET /healthz\r\n\r\n"),
    "HTTP/3.0": (400, get(version=b"HTTP/3.0")),
    "a header of 20 kB": (431, get(b"X-Note: " + b"a" * 20_000)),
    "150 headers": (431, get(*[b"X-Note: one"] * 150)),
    "an address of 70 kB": (431, get(target=b"/healthz?" + b"a" * 70_000)),
}


def exchange(latchkey, request):
    """The statuses of the answers to `request` and to one more behind it, until the server closes the connection."""
    answers = b""
    with socket.create_connection(("127.0.0.1", int(latchkey.port)), PATIENCE) as connection:
        # Who refuses a request need not read what is behind it; the answer is there all the same.
        with contextlib.suppress(ConnectionError):
            connection.sendall(request + NEXT)
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65536):
                answers += part
    return [int(answer[:3]) for answer in answers.split(b"HTTP/1.1 ")[1:]]


def test_what_is_sent_byte_by_byte_is_answered_like_any_other(latchkey):
    assert exchange(latchkey, get()) == [200, 200]
    assert exchange(latchkey, post(LENGTH)) == [401, 200]
    assert exchange(latchkey, post(CHUNKS, body=chunked(CREDENTIALS))) == [401, 200]


@pytest.mark.parametrize("name", REFUSED)
def test_api_3_an_ambiguous_request_is_refused_and_nothing_behind_it_is_read(latchkey, name):
    status, request = REFUSED[name]
    assert exchange(latchkey, request) == [status]


@pytest.mark.parametrize("lines", [(LENGTH, CHUNKS), (CHUNKS, LENGTH)], ids=["length first", "chunks first"])
def test_api_3_a_length_beside_chunks_smuggles_nothing(latchkey, lines):
    """The chunks count and the connection ends (RFC 9112 §6.1), so that what is behind them is never a request."""
    assert exchange(latchkey, post(*lines, body=chunked(CREDENTIALS))) == [401]


def test_api_3_a_key_or_field_given_twice_is_refused(latchkey):
    account = b'{"email": "a@example.com", "username": "anna", "username": "root", "password": "password123"}'
    request = b"POST /register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(account)
    assert exchange(latchkey, request + account) == [400, 200]
    twice = CREDENTIALS + b"&username=root"
    assert exchange(latchkey, post(b"Content-Length: %d" % len(twice), body=twice)) == [400, 200]


def test_api_3_two_tokens_are_none(latchkey):
    token = latchkey.token("twofold", "password123").encode()
    bearer = b"Authorization: Bearer " + token
    assert exchange(latchkey, get(bearer, target=b"/users/me")) == [200, 200]
    assert exchange(latchkey, get(bearer, b"Authorization: Bearer other", target=b"/users/me"))[0] in (400, 401)
    assert exchange(latchkey, get(b"Authorization: Bearer other", bearer, target=b"/users/me"))[0] in (400, 401)
