"""Ferreteria in a rehearsal: stock of several tenants, each behind its own token."""

import http.server
import json
import os

from app import NoDatabase, query

VERSION = "1.3.0"


def health():
    query("SELECT 1 AS one")
    return 200, {"status": "healthy", "database": "connected", "version": VERSION}


def ask(path, token):
    if path == "/health":
        return health()
    tenant = query("SELECT id FROM tenant WHERE probe_token = :'token'", token=token)
    if not tenant:
        return 401, {"error": "unknown token"}
    if path == "/api/products":
        return 200, query("SELECT count(*) AS products, min(id) AS first FROM product WHERE tenant_id = :'t'::int", t=tenant[0]["id"])[0]
    if path.startswith("/api/products/"):
        found = query(
            "SELECT id, sku FROM product WHERE tenant_id = :'t'::int AND id = :'id'::int", t=tenant[0]["id"],
            id=int(path.rsplit("/", 1)[1]),
        )
        return (200, found[0]) if found else (404, {"error": "not found"})
    return 404, {"error": "there is no such page"}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            status, document = ask(self.path, self.headers.get("authorization", "").removeprefix("Bearer "))
        except NoDatabase as why:
            print(f"ERROR in app: {why}", flush=True)
            status, document = 503, {"status": "unhealthy", "database": "disconnected"}
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
