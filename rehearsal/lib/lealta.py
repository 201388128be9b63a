"""Lealta in small: the production server of its provider, a staging server, the application on Vercel.

Owns what a rehearsal of Lealta has when it comes up. `repo` is a checkout of the application with its migrations.
"""

import os
import shutil

import hosting
import prisma
from postgres import Server
from world import write

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OWN = os.path.join(HERE, "lealta")
OWNER = "lealta_owner"


def set_up(world, token):
    world.keep_secret("vercel_token", token(24))
    shutil.copytree(os.path.join(OWN, "repo"), world.path("repo"))
    password = token(9) + "@:/%"
    for name, databases in (("production", ["lealta"]), ("staging", ["staging", "scratch"])):
        server = Server.made(os.path.join(world.base, name))
        server.start()
        quoted = password.replace("'", "''")
        server.psql(f"CREATE ROLE {OWNER} LOGIN CREATEDB PASSWORD '{quoted}';")
        for database in databases:
            server.psql(f"CREATE DATABASE {database} OWNER {OWNER};")
            world.keep_secret(f"{database}_url", server.url(OWNER, password, database))
        server.psql(f"GRANT EXECUTE ON FUNCTION pg_control_system() TO {OWNER};", databases[0])
    shutil.copy(world.path("secrets", "lealta_url"), world.path("secrets", "db_url"))
    production = Server(os.path.join(world.base, "production"))
    production.psql(prisma.TABLE, "lealta", OWNER)
    for name, script, checksum in prisma.migrations(world.path("repo")):
        production.psql(script + prisma.applied(name, checksum), "lealta", OWNER)
    with open(os.path.join(OWN, "data.sql")) as file:
        production.psql(file.read(), "lealta", OWNER)
    hosting.set_up(world, "vercel", {"DATABASE_URL": world.secret("lealta_url")})
    world.keep_secret("app_url", hosting.url(world, "vercel"))
    write(world.path("repo", ".env.example"), "DATABASE_URL=\n")


def summary(world):
    yield f"application  {world.secret('app_url')}/api/health"
    yield f"databases    lealta, staging, scratch; URLs below {world.path('secrets')}"
    yield f"stand-ins    {', '.join(sorted(os.listdir(world.path('bin'))))}"
