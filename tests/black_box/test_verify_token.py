"""README.md, "Verify a token in your service": the Python and Node.js snippets as they stand there, but for the address.

First against a live Latchkey. Then against an issuer made here, which holds the keys and can sign any forgery; the first of its tokens is good.
"""

import base64
import hashlib
import hmac
import http.server
import json
import subprocess
import sys
import threading
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from conftest import PATIENCE, ROOT, Latchkey, pretty, snippet

LANGUAGES = {
    "python": {
        "mark": "import jwt",
        "file": "verify.py",
        "runner": [sys.executable, "-c", """
import json, sys, jwt
sys.path.insert(0, ".")
from verify import verify
for token in json.load(sys.stdin):
    try:
        print(json.dumps({"claims": verify(token)}))
    except jwt.PyJWTError as error:
        print(json.dumps({"refused": repr(error)}))
"""],
    },
    "js": {
        "mark": "from 'jose'",
        "file": "verify.mjs",
        "runner": ["node", "--input-type=module", "--eval", """
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
const { verify } = await import(pathToFileURL('verify.mjs').href);
for (const token of JSON.parse(readFileSync(0, 'utf8'))) {
  try {
    console.log(JSON.stringify({ claims: await verify(token) }));
  } catch (error) {
    if (!error.code?.startsWith('ERR_J')) throw error;
    console.log(JSON.stringify({ refused: String(error) }));
  }
}
"""],
    },
}


def judge(language, issuer, tokens, algorithm="EdDSA"):
    """What the snippet says of each token, in a process of its own. README says to write another algorithm for EdDSA."""
    how = LANGUAGES[language]
    text = snippet(language, how["mark"])
    assert text.count("https://accounts.example.com") == 1
    # Below the project's root, where Node.js finds node_modules.
    folder = ROOT / "target/black-box" / language
    folder.mkdir(parents=True, exist_ok=True)
    text = text.replace("EdDSA", algorithm).replace("https://accounts.example.com", issuer)
    (folder / how["file"]).write_text(text)
    done = subprocess.run(
        how["runner"], cwd=folder, input=json.dumps(tokens), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_access_token_of_latchkey_verifies_offline(latchkey, language):
    token = latchkey.token(f"reader-{language}", "password123")
    [verdict] = judge(language, latchkey.url, [token])
    claims = verdict.get("claims")
    assert claims, verdict
    assert claims["iss"] == claims["aud"] == latchkey.url
    assert claims["sub"].isdigit() and claims["username"] == f"reader-{language}" and claims["roles"] == ["user"]
    assert claims["iat"] == claims["nbf"] == claims["auth_time"] and claims["exp"] == claims["iat"] + 600
    assert abs(claims["iat"] - time.time()) < 60
    for name in ["jti", "sid", "client_id"]:
        assert isinstance(claims[name], str) and claims[name], pretty(claims)
    header = jwt.get_unverified_header(token)
    assert (header["typ"], header["alg"]) == ("at+jwt", "EdDSA") and header["kid"]


@pytest.fixture(scope="module", params=["ES256", "RS256"])
def with_algorithm(request, tmp_path_factory):
    """A server that signs in another way, and the name of that way."""
    server = Latchkey(tmp_path_factory.mktemp("latchkey"), "--algorithm", request.param)
    yield server, request.param
    server.end()


@pytest.mark.parametrize("language", LANGUAGES)
def test_jwt_7_tokens_of_other_algorithms_verify_through_the_published_keys(with_algorithm, language):
    server, algorithm = with_algorithm
    token = server.token(f"reader-{language}", "password123")
    assert jwt.get_unverified_header(token)["alg"] == algorithm
    [good] = judge(language, server.url, [token], algorithm)
    assert good.get("claims", {}).get("username") == f"reader-{language}", good
    [other] = judge(language, server.url, [token])
    assert "refused" in other, "a verifier of EdDSA takes nothing else"


@pytest.mark.parametrize("language", LANGUAGES)
def test_jwt_4_a_changed_token_of_latchkey_is_refused(latchkey, language):
    token = latchkey.token(f"forger-{language}", "password123")
    head, claims, signature = token.split(".")
    richer = json.loads(base64.urlsafe_b64decode(claims + "=="))
    richer["roles"] = ["admin", "user"]
    verdicts = judge(language, latchkey.url, [
        token,
        ".".join([head, encoded(richer), signature]),
        ".".join([encoded({"alg": "none", "typ": "at+jwt"}), claims, ""]),
        f"{head}.{claims}",
        "invalid_token",
    ])
    assert ["claims" in verdict for verdict in verdicts] == [True, False, False, False, False], pretty(verdicts)


class Issuer:
    """Publishes two keys, Ed25519 and P-256, as Latchkey does, and signs whatever it is told to."""

    def __init__(self):
        self.key, self.other = ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
        self.stranger = ed25519.Ed25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes_raw()
        numbers = self.other.public_key().public_numbers()
        keys = {"keys": [
            {"kty": "OKP", "crv": "Ed25519", "kid": "first", "alg": "EdDSA", "use": "sig", "x": encoded(self.public)},
            {"kty": "EC", "crv": "P-256", "kid": "second", "alg": "ES256", "use": "sig",
             "x": encoded(numbers.x.to_bytes(32)), "y": encoded(numbers.y.to_bytes(32))},
        ]}

        class Keys(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(keys).encode()
                self.send_response(200 if self.path == "/.well-known/jwks.json" else 404)
                self.send_header("content-type", "application/jwk-set+json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keys)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def token(self, header=None, key=None, algorithm="EdDSA", without=None, **claims):
        """A token that is good but for what is asked for."""
        now = int(time.time())
        good = {"iss": self.url, "aud": self.url, "sub": "42", "iat": now, "nbf": now, "exp": now + 600,
                "jti": "j", "sid": "s", "username": "anna", "roles": ["user"]}
        body = {name: value for name, value in {**good, **claims}.items() if name != without}
        head = {"typ": "at+jwt", "kid": "first", **(header or {}), "alg": algorithm}
        signed = ".".join([encoded({name: value for name, value in head.items() if value is not None}), encoded(body)])
        return f"{signed}.{encoded(self.signature(key or self.key, signed.encode()))}"

    def signature(self, key, signed):
        if key == b"":
            return b""
        if isinstance(key, bytes):
            return hmac.digest(key, signed, hashlib.sha256)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).sign(signed, key)
        return key.sign(signed)

    def forgeries(self):
        now = int(time.time())
        return {
            "another audience": self.token(aud="https://elsewhere.example.com"),
            "another issuer": self.token(iss="https://elsewhere.example.com"),
            "expired": self.token(exp=now - 30),
            "not valid yet": self.token(nbf=now + 300),
            "no end": self.token(without="exp"),
            "an end that is no time": self.token(exp="never"),
            "no audience": self.token(without="aud"),
            "no issuer": self.token(without="iss"),
            "no subject": self.token(without="sub"),
            "an ID token": self.token({"typ": "JWT"}),
            "no type": self.token({"typ": None}),
            "no signature": self.token(key=b"", algorithm="none"),
            "the public key as a secret": self.token(key=self.public, algorithm="HS256"),
            "a stranger's key": self.token(key=self.stranger),
            "an unknown key": self.token({"kid": "third"}, key=self.stranger),
            "a key for another algorithm": self.token({"kid": "second"}, key=self.other, algorithm="ES256"),
            "a key in the token": self.token({"kid": None, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": encoded(
                self.stranger.public_key().public_bytes_raw())}}, key=self.stranger),
        }


def encoded(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def issuer():
    made = Issuer()
    yield made
    made.server.shutdown()


@pytest.mark.parametrize("language", LANGUAGES)
def test_jwt_1_forged_tokens_are_refused(issuer, language):
    forgeries = issuer.forgeries()
    good, *verdicts = judge(language, issuer.url, [issuer.token(), *forgeries.values()])
    assert good.get("claims", {}).get("sub") == "42", good
    believed = [name for name, verdict in zip(forgeries, verdicts, strict=True) if "refused" not in verdict]
    assert not believed
