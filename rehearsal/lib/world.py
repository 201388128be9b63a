"""The folder of one rehearsal: its state, secrets, processes and ports.

Owns where things lie and the locks around them. Must not know what any provider does.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time

MARK = "rehearsal.json"


class Trouble(Exception):
    """Something that a person must be told; ends the program."""

    def __init__(self, message, code=1, plain=False):
        super().__init__(message)
        self.code, self.plain = code, plain


class World:
    """One rehearsal that is up."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        try:
            with open(self.path(MARK)) as file:
                self.about = json.load(file)
        except FileNotFoundError:
            raise Trouble(f"no rehearsal is up in {folder}: run rehearsal/up {folder}") from None

    @classmethod
    def of_program(cls):
        """The rehearsal that the running stand-in belongs to: it is called as DIR/bin/NAME."""
        return cls(os.path.dirname(os.path.dirname(os.path.abspath(sys.argv[0]))))

    @property
    def base(self):
        """The folder that the user of PostgreSQL may look into."""
        return self.about["base"]

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    # State

    @contextlib.contextmanager
    def locked(self, name):
        """A JSON document, changed by one program at a time: `with world.locked("branches") as all:`"""
        path = self.path("state", f"{name}.json")
        with open(f"{path}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            document = self.state(name)
            before = json.dumps(document, sort_keys=True)
            yield document
            if json.dumps(document, sort_keys=True) != before:
                write(path, json.dumps(document, indent=1))

    def state(self, name):
        try:
            with open(self.path("state", f"{name}.json")) as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def secret(self, name):
        with open(self.path("secrets", name)) as file:
            return file.read().rstrip("\n")

    def keep_secret(self, name, value):
        write(self.path("secrets", name), value + "\n", 0o600)

    def log(self, *words):
        """What stand-ins were asked for, without values: tests and people look at it."""
        with open(self.path("calls.log"), "a") as file:
            file.write(" ".join(words) + "\n")

    def fault(self, tool, what):
        """A fault that somebody put there on purpose: DIR/faults/TOOL has lines `what: value`."""
        try:
            with open(self.path("faults", tool)) as file:
                lines = [line.rstrip("\n").partition(": ") for line in file]
        except FileNotFoundError:
            return None
        return next((value for key, _, value in lines if key == what), None)

    # Processes

    def start(self, name, argv, env=None):
        """Starts a process that outlives us, under a name. One that has the name is stopped first."""
        self.stop(name)
        log = open(self.path("log", f"{name}.log"), "ab")
        child = subprocess.Popen(
            argv, env=env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )
        log.close()
        write(self.path("procs", name), f"{child.pid} {born(child.pid)}")
        return child

    def running(self, name):
        """The process of that name, when it is still the one that was started."""
        try:
            with open(self.path("procs", name)) as file:
                pid, start = file.read().split()
        except (FileNotFoundError, ValueError):
            return None
        return int(pid) if born(int(pid)) == start else None

    def stop(self, name, how=signal.SIGTERM):
        pid = self.running(name)
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, how)
            if not wait(lambda: not alive(pid), 5):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                wait(lambda: not alive(pid), 5)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path("procs", name))


def write(path, text, mode=0o644):
    """Writes a file so that nobody sees half of it."""
    new = f"{path}.{os.getpid()}.new"
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
    os.rename(new, path)


def born(pid):
    """When a process began, in ticks since the boot: with its number, its identity. A zombie is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]


def alive(pid):
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return born(pid) is not None


def wait(holds, seconds, every=0.02):
    """Looks until it holds; false when it does not hold in time."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(every)
    return True


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def new_id(prefix, length=8):
    return prefix + secrets.token_hex(length)[: length * 2]


def remove(folder):
    shutil.rmtree(folder, ignore_errors=True)
