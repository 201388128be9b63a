"""Ferreteria in small: one machine (`tandil.site`) with a checkout, containers, a database, TLS, backups.

Owns what the machine has when it comes up and what its containers are: an image is a copy of the checkout, a
container a process, the volume of the database a cluster. `ssh` is what leads to the machine.
"""

import os
import shutil
import subprocess
import sys
import textwrap

from postgres import Server, own, run
from world import Trouble, answers, free_port, new_id, remove, wait, write

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIB = os.path.join(HERE, "lib")
OWN = os.path.join(HERE, "ferreteria")
HOST, NAME = "tandil.site", "ferreteria"
SERVICES = ("db", "web", "nginx")


def home(world):
    return world.path("hosts", HOST)


def checkout(world):
    return os.path.join(home(world), NAME)


def database(world):
    return Server(os.path.join(world.base, "ferreteria-db"))


def set_up(world, token):
    for name in ("smtp_password", "probe_a_token", "probe_b_token"):
        world.keep_secret(name, token(12))
    world.keep_secret("password_db", token(9) + "@:/%")
    with world.locked(NAME) as state:
        state.update(images={}, tags={}, ports={service: free_port() for service in (*SERVICES, "smtp")}, running=[])
    os.mkdir(home(world))
    repository(world)
    volume(world)
    database(world).start()
    on_machine(world, "docker compose -f docker-compose.prod.yml build web")
    certificate(world, 60)
    on_machine(world, "docker compose -f docker-compose.prod.yml up -d")
    on_machine(world, "docker compose -f docker-compose.prod.yml exec -T web alembic upgrade head")
    with open(os.path.join(OWN, "data.sql")) as file:
        tokens = {f"probe_{name}_token": world.secret(f"probe_{name}_token") for name in "ab"}
        database(world).psql("".join(f"\\set {k} '{v}'\n" for k, v in tokens.items()) + file.read(), NAME, NAME)
    os.mkdir(os.path.join(checkout(world), "backups"))
    mail(world)
    port = world.state(NAME)["ports"]
    write(os.path.join(world.path("secrets"), "db_url"), database(world).url(NAME, world.secret("password_db"), NAME) + "\n", 0o600)
    world.keep_secret("web_url", f"http://127.0.0.1:{port['web']}")
    world.keep_secret("tls_url", f"https://127.0.0.1:{port['nginx']}")
    world.keep_secret("smtp_url", f"smtp://127.0.0.1:{port['smtp']}")


def repository(world):
    """The repository with a tag for each release below `releases`, each on top of the one before."""
    origin, work = world.path("hosts", "origin.git"), checkout(world)
    git(world, None, "init", "-q", "--bare", "-b", "main", origin)
    git(world, None, "clone", "-q", origin, work)
    for release in sorted(os.listdir(os.path.join(OWN, "releases"))):
        shutil.copytree(os.path.join(OWN, "releases", release), work, copy_function=shutil.copy, dirs_exist_ok=True)
        git(world, work, "add", "-A")
        git(world, work, "commit", "-q", "-m", f"Release {release}")
        git(world, work, "tag", "-a", release, "-m", release)
    git(world, work, "push", "-q", "origin", "HEAD:main", "--tags")
    git(world, work, "checkout", "-q", "v1.0.0")


def git(world, folder, *words):
    env = {
        "HOME": world.folder, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "rehearsal", "GIT_COMMITTER_NAME": "rehearsal",
        "GIT_AUTHOR_EMAIL": "rehearsal@example.invalid", "GIT_COMMITTER_EMAIL": "rehearsal@example.invalid",
    }
    return run(["git", *(["-C", folder] if folder else []), *words], env={**env, "PATH": os.environ.get("PATH", "/usr/bin:/bin")})


def on_machine(world, command):
    """As the operator would do it: ssh to the machine, into the checkout."""
    done = subprocess.run(
        [world.path("bin", "ssh"), f"root@{HOST}", f"cd {NAME} && {command}"], text=True, capture_output=True,
        env={"PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise Trouble(f"{command}: {done.stdout}{done.stderr}")


# Containers


def volume(world):
    """An empty volume becomes a cluster with the role and the empty database, as the postgres image does it."""
    port = world.state(NAME)["ports"]["db"]
    server = database(world)
    server = Server.made(server.folder, settings=f"port = {port}\n")
    server.note(port=port)
    server.start()
    password = world.secret("password_db").replace("'", "''")
    server.psql(f"CREATE ROLE {NAME} LOGIN SUPERUSER PASSWORD '{password}';\nCREATE DATABASE {NAME} OWNER {NAME};\n")
    server.stop()


def lose_volume(world):
    database(world).stop("immediate")
    remove(database(world).folder)


def database_environment(world):
    """Inside the container of the database: the socket, and no password."""
    server = database(world)
    return {"PGHOST": server.folder, "PGPORT": str(server.port), "PGUSER": NAME}


def web_environment(world):
    return {
        "PYTHONPATH": LIB, "PYTHONDONTWRITEBYTECODE": "1", "PORT": str(world.state(NAME)["ports"]["web"]),
        "DATABASE_URL": f"postgresql://{NAME}:{quote(world.secret('password_db'))}@127.0.0.1:{world.state(NAME)['ports']['db']}/{NAME}",
    }


def quote(text):
    import urllib.parse
    return urllib.parse.quote(text, safe="")


def build(world):
    """The image of the checkout, as it is now."""
    image = new_id("img-", 6)
    folder = world.path("deploys", image)
    os.mkdir(folder)
    archive = subprocess.Popen(["git", "-C", checkout(world), "archive", "HEAD"], stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", folder], stdin=archive.stdout, check=True)
    if archive.wait() != 0:
        raise Trouble("the checkout cannot be archived")
    with world.locked(NAME) as state:
        state["images"][image] = {"folder": folder}
        state["tags"][f"{NAME}-web:latest"] = image
    return image


def image(world, name):
    state = world.state(NAME)
    number = state["tags"].get(name, name)
    if number not in state["images"]:
        raise Trouble(f"No such image: {name}")
    return number, state["images"][number]["folder"]


def up(world, service):
    state = world.state(NAME)
    port = state["ports"][service]
    if service == "db":
        if not os.path.exists(database(world).data):
            volume(world)
        if not database(world).running():
            database(world).start()
    elif service == "web":
        number, folder = image(world, f"{NAME}-web:latest")
        env = {"PATH": "/usr/bin:/bin", **web_environment(world)}
        world.start("web", [sys.executable, os.path.join(folder, "web.py"), world.folder], env)
        # Compose says `Started` when the process is; whether it is well is another question.
        wait(lambda: answers(port) or not world.running("web"), 20)
    else:
        world.start("nginx", [sys.executable, os.path.join(OWN, "nginx.py"), str(port), certificates(world)])
        wait(lambda: answers(port), 20)
    with world.locked(NAME) as state:
        state["running"] = sorted({*state["running"], service})


def stop(world, service):
    if service == "db":
        database(world).stop()
    else:
        world.stop(service)
    with world.locked(NAME) as state:
        state["running"] = [name for name in state["running"] if name != service]


def runs(world, service):
    if service == "db":
        return os.path.exists(database(world).data) and database(world).running()
    return world.running(service) is not None


# TLS and mail


def certificates(world):
    return os.path.join(home(world), "letsencrypt", "live", HOST)


def certificate(world, days):
    """A certificate that ends in so many days; one that ended is made by the day."""
    folder = certificates(world)
    os.makedirs(folder, exist_ok=True)
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={HOST}",
            "-days", str(days), "-keyout", os.path.join(folder, "privkey.pem.new"), "-out", os.path.join(folder, "fullchain.pem.new")]
    run(made)
    for name in ("privkey.pem", "fullchain.pem"):
        os.rename(os.path.join(folder, f"{name}.new"), os.path.join(folder, name))


def mail(world):
    world.start("smtp", [sys.executable, os.path.join(OWN, "smtp.py"), str(world.state(NAME)["ports"]["smtp"]), world.folder])
    wait(lambda: answers(world.state(NAME)["ports"]["smtp"]), 20)


def summary(world):
    yield f"application  {world.secret('web_url')}/health"
    yield f"machine      ssh root@{HOST}, below {home(world)}"
    yield f"stand-ins    {', '.join(sorted(os.listdir(world.path('bin'))))}"
