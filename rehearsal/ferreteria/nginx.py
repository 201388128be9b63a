"""The front of Ferreteria in a rehearsal: TLS with the certificate of the machine; SIGHUP takes a new one.

    nginx.py PORT FOLDER
"""

import http.server
import os
import signal
import ssl
import sys

port, folder = int(sys.argv[1]), sys.argv[2]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


def load(*_):
    context.load_cert_chain(os.path.join(folder, "fullchain.pem"), os.path.join(folder, "privkey.pem"))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def get_request(self):
        connection, address = self.socket.accept()
        connection.settimeout(5)
        return context.wrap_socket(connection, server_side=True), address


load()
signal.signal(signal.SIGHUP, load)
Server(("127.0.0.1", port), Handler).serve_forever()
