"""Bloom in small: its database with data and history, its pooler, its application on three hosts.

Owns what a rehearsal consists of when it comes up, and how all of it ends.
"""

import glob
import json
import os
import shutil
import signal
import sys

import hosting
import prisma
from postgres import Server, as_user, own
from world import answers, free_port, remove, wait, write

DATABASE = "neondb"
# The role of migrations, backups and operators; the application has one of its own, with fewer rights.
OWNER = "neondb_owner"
APP = "bloom_app"
# Connections that the application's role may have: enough for it, few enough to be used up in a rehearsal.
APP_CONNECTIONS = 12

TOKENS = ["neon_api_key", "netlify_token", "vercel_token", "gh_token"]


def main_server(world):
    """The server behind Neon's default branch."""
    return Server(os.path.join(world.base, "neon-main"))


def set_up(world, token):
    for name in TOKENS:
        world.keep_secret(name, token(24))
    # What a URL has to encode stands in the passwords, so that nothing works by luck.
    passwords = {role: token(9) + "@:/%" for role in (OWNER, APP)}
    for role, password in passwords.items():
        world.keep_secret(f"password_{role}", password)
    shutil.copytree(os.path.join(world.about["here"], "bloom"), world.path("repo"))
    server = Server.made(os.path.join(world.base, "neon-main"))
    server.start()
    fill(server, passwords)
    server.stop()
    server.save()
    server.start()
    world.keep_secret("db_url", server.url(OWNER, passwords[OWNER], DATABASE))
    pool(world, server)
    with world.locked("neon") as neon:
        neon["project"] = "bloom-rehearsal-001"
        neon["retention"] = 6 * 3600
        neon["branches"] = {"br-main-0001": {"name": "main", "server": "neon-main", "default": True}}
    app_url = server.url(APP, passwords[APP], DATABASE)
    for host in ("netlify", "vercel", "compose"):
        hosting.set_up(world, host, {"DATABASE_URL": app_url})
    write(world.path("repo", ".env"), f"DATABASE_URL={app_url}\n", 0o600)
    world.keep_secret("api_url", hosting.url(world, "netlify"))
    world.keep_secret("vercel_url", hosting.url(world, "vercel"))
    world.keep_secret("compose_url", hosting.url(world, "compose"))
    status_page(world)
    set_up_bucket(world)
    # What a step finds in the environment in production: tokens, beside the variables of mayday.yaml.
    tokens = {"NEON_API_KEY": "neon_api_key", "NETLIFY_AUTH_TOKEN": "netlify_token", "VERCEL_TOKEN": "vercel_token",
              "GH_TOKEN": "gh_token", "DATABASE_URL": "db_url"}
    lines = [f"{variable}='{world.secret(name)}'\n" for variable, name in tokens.items()]
    write(world.path("env"), "".join(lines), 0o600)


def fill(server, passwords):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "bloom_data.sql")) as file:
        data = file.read()
    quoted = {role: password.replace("'", "''") for role, password in passwords.items()}
    server.psql(
        f"CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE PASSWORD '{quoted[OWNER]}';\n"
        f"CREATE ROLE {APP} LOGIN CONNECTION LIMIT {APP_CONNECTIONS} PASSWORD '{quoted[APP]}';\n"
        f"GRANT pg_monitor, pg_signal_backend TO {OWNER};\n"
        f"GRANT {APP} TO {OWNER};\n"
        f"CREATE DATABASE {DATABASE} OWNER {OWNER};\n"
    )
    for database in ("template1", DATABASE):
        server.psql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements;", database)
    server.psql(f"GRANT EXECUTE ON FUNCTION pg_control_system() TO {OWNER};\n", DATABASE)
    server.psql(prisma.TABLE, DATABASE, OWNER)
    here = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bloom")
    for name, script, checksum in prisma.migrations(here):
        server.psql(script + prisma.applied(name, checksum), DATABASE, OWNER)
    server.psql(
        data + f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP};\n"
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP};\n"
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP};\n"
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {APP};\n"
        "ANALYZE;\n",
        DATABASE, OWNER,
    )


def pool(world, server):
    """PgBouncer in front of the main server, in transaction mode, as Neon's pooler is."""
    program = "/usr/sbin/pgbouncer"
    if not os.path.exists(program):
        return
    port, folder = free_port(), os.path.join(world.base, "pooler")
    os.mkdir(folder)
    hashes = server.psql(f"SELECT rolname, rolpassword FROM pg_authid WHERE rolname IN ('{OWNER}', '{APP}')")
    users = "".join('"%s" "%s"\n' % tuple(line.split("|", 1)) for line in hashes.splitlines())
    write(os.path.join(folder, "users"), users, 0o600)
    write(
        os.path.join(folder, "pgbouncer.ini"),
        f"[databases]\n{DATABASE} = host=127.0.0.1 port={server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nauth_type = scram-sha-256\nauth_file = {folder}/users\npool_mode = transaction\n"
        "max_client_conn = 1000\ndefault_pool_size = 8\nignore_startup_parameters = extra_float_digits,options\n",
    )
    for path in (folder, os.path.join(folder, "users"), os.path.join(folder, "pgbouncer.ini")):
        own(path)
    world.start("pooler", as_user([program, os.path.join(folder, "pgbouncer.ini")]))
    wait(lambda: answers(port), 10)
    write(os.path.join(folder, "port"), str(port))


def pooler_port(world):
    try:
        with open(os.path.join(world.base, "pooler", "port")) as file:
            return int(file.read())
    except FileNotFoundError:
        return None


def status_page(world):
    """The provider's status page: a file that a person, or a drill, may change."""
    folder = world.path("status")
    os.mkdir(folder)
    write(os.path.join(folder, "status.json"), '{"status": {"indicator": "none", "description": "All Systems Operational"}}\n')
    port = free_port()
    world.start("status", [sys.executable, os.path.join(hosting.LIB, "app.py"), str(port), "status", folder])
    wait(lambda: answers(port), 20)
    world.keep_secret("status_url", f"http://127.0.0.1:{port}")


def take_down(world):
    """Ends everything; nothing of the rehearsal is left."""
    for name in sorted(os.listdir(world.path("procs"))):
        if name != "janitor":
            world.stop(name)
    stop_servers(world.base)
    remove(world.base)
    # Without its mark the janitor, if it is not us, ends by itself; so it goes first.
    if world.running("janitor") != os.getpid():
        world.stop("janitor", signal.SIGKILL)
    remove(world.folder)


def set_up_bucket(world):
    """The bucket for backups, with the lifecycle rules of the backup strategy as they were written."""
    os.mkdir(world.path("bucket", "bloom-backups"))
    rules = {"Rules": [{
        "ID": "TransitionToGlacier", "Status": "Enabled", "Filter": {"Prefix": ""},
        "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}], "Expiration": {"Days": 365},
    }]}
    write(world.path("state", "lifecycle-bloom-backups.json"), json.dumps(rules))


def stop_servers(base):
    for data in glob.glob(os.path.join(base, "*", "data")):
        Server(os.path.dirname(data)).stop("immediate")


def summary(world):
    yield f"application  {world.secret('api_url')}/api/health"
    yield f"database     {hosting.shown_url(world.secret('db_url'))}"
    yield f"stand-ins    {', '.join(sorted(os.listdir(world.path('bin'))))}"
    yield f"bucket       {world.path('bucket')}"
