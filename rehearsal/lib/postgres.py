"""PostgreSQL servers of a rehearsal: made, archived, recovered to a moment, stopped.

A server is a folder below the rehearsal's base: `data`, `log`, `about.json` with its port. Servers never run as
root: as `postgres` when we are root, otherwise as ourselves.
"""

import contextlib
import datetime
import glob
import json
import os
import pwd
import subprocess
import urllib.parse

from world import Trouble, free_port, remove, wait, write

SETTINGS = """
listen_addresses = '127.0.0.1'
fsync = off
shared_buffers = 16MB
max_connections = 40
log_line_prefix = '%m '
log_min_messages = warning
timezone = 'UTC'
wal_level = replica
archive_mode = on
shared_preload_libraries = 'pg_stat_statements'
"""


def programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"), key=lambda path: int(path.split("/")[4]))
    if not found:
        raise Trouble("no PostgreSQL server here: apt-get install postgresql")
    return os.path.dirname(found[-1])


def as_user(argv):
    """The words that run a program as the user of PostgreSQL."""
    if os.geteuid() != 0:
        return argv
    user = pwd.getpwnam("postgres")
    front = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
    return front + argv


def run(argv, **more):
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", **more.pop("env", {})}
    done = subprocess.run(
        argv, cwd="/", env=env, stdin=subprocess.DEVNULL if "input" not in more else None,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more,
    )
    if done.returncode != 0:
        raise Trouble(f"{os.path.basename(argv[0])} ended with {done.returncode}: {done.stderr.strip()[-600:]}")
    return done.stdout


def own(path):
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(path, user.pw_uid, user.pw_gid)


def initdb(data, superuser):
    run(as_user([
        os.path.join(programs(), "initdb"), "-D", data, "-U", superuser, "-E", "UTF8", "--no-locale", "--no-sync",
        "--auth-local=trust", "--auth-host=scram-sha-256",
    ]))


def copy_of_fresh(data, superuser):
    """Copies the cluster that an earlier rehearsal left for this, or makes it now; false where that cannot be."""
    owner = pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else os.geteuid()
    kept = f"/tmp/mayday-rehearsals-{owner}{programs().replace('/', '_')}-{superuser}"

    def ours():
        # Somebody else's folder of that name is not taken.
        with contextlib.suppress(FileNotFoundError):
            return os.lstat(kept).st_uid == owner and os.path.isdir(kept) and not os.path.islink(kept)

    if not ours():
        fresh = f"{data}.fresh"
        initdb(fresh, superuser)
        try:
            os.rename(fresh, kept)
        except OSError:
            # Another rehearsal was quicker.
            remove(fresh)
            if not ours():
                return False
    run(as_user(["cp", "-a", kept, data]))
    return True


class Server:
    """One cluster in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.data = os.path.join(folder, "data")

    @property
    def about(self):
        with open(os.path.join(self.folder, "about.json")) as file:
            return json.load(file)

    @property
    def port(self):
        return self.about["port"]

    @classmethod
    def made(cls, folder, superuser="postgres", settings="", stranger=False):
        """A new cluster, not started. A `stranger` has a system identifier of its own; the others are copies of one
        that was made once on this machine, which takes a quarter of the time."""
        server = cls(folder)
        server.prepare()
        if stranger or not copy_of_fresh(server.data, superuser):
            initdb(server.data, superuser)
        server.keep(superuser)
        server.configure(settings)
        return server

    def prepare(self):
        for path in (self.folder, os.path.join(self.folder, "archive")):
            os.mkdir(path, 0o755)
            own(path)

    def keep(self, superuser):
        write(os.path.join(self.folder, "about.json"), json.dumps({"port": free_port(), "superuser": superuser}))

    def configure(self, settings=""):
        archive = os.path.join(self.folder, "archive")
        path = os.path.join(self.data, "conf.d")
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, "rehearsal.conf"), "w") as file:
            file.write(SETTINGS + f"port = {self.port}\nunix_socket_directories = '{self.folder}'\n")
            file.write(f"archive_command = 'cp %p {archive}/%f.new && mv {archive}/%f.new {archive}/%f'\n")
            file.write(settings)
        main = os.path.join(self.data, "postgresql.conf")
        with open(main) as file:
            known = "include_dir = 'conf.d'" in file.read().splitlines()
        if not known:
            with open(main, "a") as file:
                file.write("include_dir = 'conf.d'\n")

    def start(self, seconds=60):
        """Starts it and waits until it takes connections."""
        log = os.path.join(self.folder, "log")
        try:
            run(as_user([
                os.path.join(programs(), "pg_ctl"), "-D", self.data, "-l", log, "-w", "-t", str(seconds), "-s", "start",
            ]))
        except Trouble as trouble:
            raise Trouble(f"{trouble}\n{self.last_words()}") from None

    def stop(self, mode="fast"):
        if self.running():
            with contextlib.suppress(Trouble):
                run(as_user([os.path.join(programs(), "pg_ctl"), "-D", self.data, "-m", mode, "-w", "-s", "stop"]))

    def running(self):
        return os.path.exists(os.path.join(self.data, "postmaster.pid"))

    def remove(self):
        self.stop("immediate")
        remove(self.folder)

    def last_words(self):
        try:
            with open(os.path.join(self.folder, "log")) as file:
                return "".join(file.readlines()[-5:]).strip()
        except FileNotFoundError:
            return ""

    def psql(self, script, database="postgres", user=None):
        """What psql prints, unaligned, as the superuser over the socket."""
        return run(
            ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p", str(self.port),
             "-U", user or self.about["superuser"], "-d", database],
            input=script, env={"PGOPTIONS": "-c client_min_messages=warning"},
        ).rstrip("\n")

    def url(self, user, password, database):
        quote = lambda text: urllib.parse.quote(text, safe="")
        return f"postgresql://{quote(user)}:{quote(password)}@127.0.0.1:{self.port}/{database}?sslmode=prefer"

    # The past

    def save(self):
        """Keeps a copy of the stopped cluster: where its history begins."""
        run(as_user(["cp", "-a", "--reflink=auto", self.data, os.path.join(self.folder, "base")]))
        self.note(history_from=datetime.datetime.now(datetime.timezone.utc).isoformat())

    def note(self, **facts):
        write(os.path.join(self.folder, "about.json"), json.dumps({**self.about, **facts}))

    def recovered(self, folder, moment):
        """A server of its own with the data as it was at a moment (an aware datetime), started.

        The base copy and the archived log are replayed up to it, as for any point-in-time recovery."""
        began = datetime.datetime.fromisoformat(self.about["history_from"])
        if moment < began:
            raise Trouble(f"timestamp {stamp(moment)} precedes the beginning of history, {stamp(began)}")
        if moment > datetime.datetime.now(datetime.timezone.utc):
            raise Trouble(f"timestamp {stamp(moment)} is in the future")
        self.flush_log(moment)
        past = Server(folder)
        past.prepare()
        run(as_user(["cp", "-a", "--reflink=auto", os.path.join(self.folder, "base"), past.data]))
        past.keep(self.about["superuser"])
        past.configure(
            f"restore_command = 'cp {self.folder}/archive/%f %p'\n"
            f"recovery_target_time = '{stamp(moment)}'\n"
            "recovery_target_action = 'promote'\n"
        )
        signal = os.path.join(past.data, "recovery.signal")
        with open(signal, "w"):
            pass
        own(signal)
        try:
            past.start()
            in_recovery = lambda: past.psql("SELECT pg_is_in_recovery()") == "f"
            if not wait(in_recovery, 60, every=0.1):
                raise Trouble("the recovery did not end within a minute")
        except Trouble:
            past.remove()
            raise
        past.note(history_from=self.about["history_from"])
        return past

    def take_place_of(self, other, kept):
        """Takes the folder and the port of another server, whose cluster goes on in the folder `kept` on a port of its
        own. History begins anew for both."""
        address = other.port
        for server in (other, self):
            server.stop()
        os.rename(other.folder, kept)
        os.rename(self.folder, other.folder)
        for folder, port in ((kept, free_port()), (other.folder, address)):
            server = Server(folder)
            server.note(port=port)
            server.configure()
            remove(os.path.join(folder, "base"))
            server.save()
            server.start()

    def flush_log(self, moment):
        """Brings everything up to the moment, and one commit behind it, into the archive."""
        if not self.running():
            # A server that is down wrote its last segments to disk; nobody archives them.
            for segment in sorted(glob.glob(os.path.join(self.data, "pg_wal", "0" * 8 + "*"))):
                if len(os.path.basename(segment)) == 24:
                    run(as_user(["cp", segment, os.path.join(self.folder, "archive")]))
            return
        segment = self.psql(
            "SELECT pg_logical_emit_message(true, 'rehearsal', 'a commit behind the moment');\n"
            "SELECT pg_walfile_name(pg_switch_wal())"
        ).splitlines()[-1]
        path = os.path.join(self.folder, "archive", segment)
        if not wait(lambda: os.path.exists(path), 30):
            raise Trouble(f"the log segment {segment} was not archived within 30 s")


def stamp(moment):
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f+00")


def instant(text):
    """An RFC 3339 time, which must say its zone."""
    try:
        moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Trouble(f"`{text}` is not a timestamp") from None
    if moment.tzinfo is None:
        raise Trouble(f"`{text}` does not say its time zone")
    return moment
