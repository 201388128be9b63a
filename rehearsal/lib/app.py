"""The application of the rehearsal: what Bloom's users see, small.

    app.py PORT HOST            serves the reservations of $DATABASE_URL
    app.py PORT HOST FOLDER     serves a folder of files and nothing else, as a static deploy does

Every answer comes from the database of its environment at that moment; nothing is kept. psql is underneath.
"""

import http.server
import json
import os
import subprocess
import sys
import urllib.parse


def variables(url):
    """The variables of libpq for a URL; so that no command line holds a password."""
    parts = urllib.parse.urlsplit(url)
    plain = lambda text: urllib.parse.unquote(text or "")
    mode = dict(urllib.parse.parse_qsl(parts.query)).get("sslmode", "prefer")
    return {
        "PATH": "/usr/bin:/bin", "PGHOST": parts.hostname or "", "PGPORT": str(parts.port or 5432),
        "PGUSER": plain(parts.username), "PGPASSWORD": plain(parts.password),
        "PGDATABASE": plain(parts.path.lstrip("/")), "PGSSLMODE": mode, "PGCONNECT_TIMEOUT": "3",
        "PGAPPNAME": "bloom-api",
    }


class NoDatabase(Exception):
    pass


def query(statement, **values):
    """The rows of a statement as objects. `:'name'` in it is a value."""
    argv = ["psql", "-XAtqw", "-v", "ON_ERROR_STOP=1"]
    for name, value in values.items():
        argv += ["-v", f"{name}={value}"]
    script = f"WITH answer AS ({statement}) SELECT row_to_json(answer) FROM answer;"
    done = subprocess.run(
        argv, input=script, env=variables(os.environ.get("DATABASE_URL", "")), capture_output=True, text=True,
        timeout=10,
    )
    if done.returncode != 0:
        print(done.stderr.strip(), file=sys.stderr, flush=True)
        raise NoDatabase(done.stderr.strip().splitlines()[-1] if done.stderr else "psql failed")
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask(method, path, given):
    """Status and document of one request."""
    if path == "/api/health":
        return 200, {"status": "ok", "db": "connected", "now": query("SELECT now() AS t")[0]["t"]}
    if path == "/api/reservations" and method == "GET":
        return 200, query("SELECT count(*) AS total, max(id) AS newest FROM reservations")[0]
    if path == "/api/reservations" and method == "POST":
        return 201, query(
            'INSERT INTO reservations ("clinicId", "clientId", date, status) VALUES '
            "(:'clinic'::int, :'client'::int, now() + interval '1 day', :'status') RETURNING id",
            clinic=int(given["clinicId"]), client=int(given["clientId"]), status=str(given.get("status", "booked")),
        )[0]
    if path.startswith("/api/reservations/") and method == "DELETE":
        number = int(path.rsplit("/", 1)[1])
        query("DELETE FROM reservations WHERE id = :'number'::int RETURNING id", number=number)
        return 200, {"deleted": number}
    if path == "/api/login" and method == "POST":
        found = query("SELECT id, role FROM users WHERE email = :'email'", email=given["email"])
        return (200, found[0]) if found else (401, {"error": "unknown user"})
    if path == "/api/payments" and method == "POST":
        if given.get("mode") != "test":
            return 403, {"error": "a rehearsal takes payments in test mode only"}
        return 201, query(
            'INSERT INTO payments ("reservationId", amount, mode) VALUES '
            "(:'reservation'::int, :'amount'::numeric, 'test') RETURNING id",
            reservation=int(given["reservationId"]), amount=given["amount"],
        )[0]
    if path == "/api/report":
        return 200, query('SELECT count(*) AS payments, sum(amount) AS paid FROM payments')[0]
    return 404, {"error": "there is no such page"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = None

    def answer(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        path = self.path.partition("?")[0]
        if self.folder is not None:
            return self.say(*self.file(path))
        if self.ill():
            return self.say(503, b'{"status": "ill", "db": "unknown"}', "application/json")
        try:
            status, document = ask(self.command, path, json.loads(body or b"{}"))
        except NoDatabase as why:
            status, document = 503, {"status": "error", "db": "unreachable", "why": str(why)}
        except (KeyError, ValueError, subprocess.TimeoutExpired) as why:
            status, document = 400, {"error": f"{type(why).__name__}: {why}"}
        self.say(status, json.dumps(document).encode(), "application/json")

    def ill(self):
        """A fault that somebody put there on purpose: DIR/faults/app has a line `sick: HOST`."""
        host, _, folder = sys.argv[2].partition("@")
        try:
            with open(os.path.join(folder, "faults", "app")) as file:
                return f"sick: {host}" in file.read().splitlines()
        except FileNotFoundError:
            return False

    do_GET = do_POST = do_DELETE = answer

    def file(self, path):
        # A static host serves a folder; the last word of a path is enough here.
        name = os.path.basename(path) or "index.html"
        if not os.path.isfile(os.path.join(self.folder, name)):
            return 404, b"not found\n", "text/plain"
        with open(os.path.join(self.folder, name), "rb") as file:
            return 200, file.read(), "text/html; charset=utf-8"

    def say(self, status, body, kind):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *words):
        pass


if __name__ == "__main__":
    Handler.folder = sys.argv[3] if len(sys.argv) > 3 else None
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
