"""The example service in Flask. ../gin does the same work, answer for answer."""

import hashlib
import hmac
import json

from flask import Flask, Response, request

# What a password costs to check, in both services. Both spend it in native
# code (OpenSSL here, Go's crypto there), so the frameworks make the difference.
ROUNDS = 1000
SALT = b"plimsoll"
LOGINS = {"t": "secret", "anna": "hunter2"}


def password_hash(password):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), SALT, ROUNDS).hex()


HASHES = {user: password_hash(password) for user, password in LOGINS.items()}

app = Flask(__name__)


def answer(body, status=200):
    return Response(
        json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=False),
        status,
        content_type="application/json; charset=utf-8",
    )


@app.get("/health")
def health():
    return answer({"status": "ok"})


@app.get("/user/<name>")
def user(name):
    if not (name.isascii() and name.isdigit() and len(name) <= 9):
        return answer({"error": "the id of a user is a number"}, 400)
    tag = hashlib.sha256(name.encode()).hexdigest()
    return answer({"id": int(name), "name": "user-" + str(int(name)), "tag": tag})


def credentials(text):
    """The user and password in a JSON object; None when it is anything else."""
    try:
        body = json.loads(text)
        found = body["user"], body["password"]
    except (ValueError, TypeError, KeyError):
        return None
    return found if all(isinstance(f, str) for f in found) else None


@app.post("/login")
def login():
    found = credentials(request.get_data())
    if found is None:
        return answer({"error": "expected a JSON object with user and password"}, 400)
    name, password = found
    hashed = password_hash(password)
    if not hmac.compare_digest(hashed, HASHES.get(name, "")):
        return answer({"error": "unknown user or wrong password"}, 401)
    return answer({"token": hashlib.sha256((name + hashed).encode()).hexdigest(), "user": name})


@app.errorhandler(404)
def not_found(_):
    return answer({"error": "not found"}, 404)


@app.errorhandler(405)
def not_allowed(_):
    return answer({"error": "method not allowed"}, 405)
