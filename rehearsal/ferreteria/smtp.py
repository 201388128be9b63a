"""A mail server of the rehearsal: takes mail from who knows DIR/secrets/smtp_password, and keeps it in DIR/mail.

    smtp.py PORT DIR
"""

import base64
import os
import socketserver
import sys

folder = sys.argv[2]


class Handler(socketserver.StreamRequestHandler):
    timeout = 10

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        known = False
        self.say("220 rehearsal ESMTP")
        while line := self.rfile.readline().decode(errors="replace").strip():
            word, _, given = line.partition(" ")
            if word.upper() == "EHLO":
                self.say("250-rehearsal\r\n250 AUTH PLAIN")
            elif word.upper() == "AUTH":
                proof = given.split(" ")[1:]
                if not proof:
                    self.say("334 ")
                    proof = [self.rfile.readline().decode().strip()]
                with open(os.path.join(folder, "secrets", "smtp_password")) as file:
                    known = base64.b64decode(proof[0]).split(b"\0")[-1].decode() == file.read().rstrip("\n")
                self.say("235 ok" if known else "535 5.7.8 authentication failed")
            elif word.upper() in ("MAIL", "RCPT"):
                self.say("250 ok" if known else "530 5.7.0 authentication required")
            elif word.upper() == "DATA":
                self.say("354 go on")
                text = b""
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    text += part
                with open(os.path.join(folder, "mail"), "ab") as file:
                    file.write(text)
                self.say("250 taken")
            else:
                self.say("221 bye" if word.upper() == "QUIT" else "500 what?")
                if word.upper() == "QUIT":
                    return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
