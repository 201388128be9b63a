"""Where the application is served: one process a host (`netlify`, `vercel`, `compose`), on a port that stays.

Owns deploys: each has the environment or the files of the moment it was made, as with the real providers. A
change of a variable reaches the application with the next deploy, not before.
"""

import datetime
import os
import shutil
import sys
import urllib.parse


from world import Trouble, answers, free_port, new_id, wait

LIB = os.path.dirname(os.path.abspath(__file__))
PYTHON = sys.executable


def set_up(world, host, variables):
    """A host with its first deploy, which is published."""
    with world.locked("hosting") as hosts:
        hosts[host] = {"port": free_port(), "env": variables, "deploys": [], "published": None, "locked": False}
    deploy(world, host)


def url(world, host):
    return f"http://127.0.0.1:{find(world, host)['port']}"


def find(world, host):
    hosts = world.state("hosting")
    if host not in hosts:
        raise Trouble(f"nothing is served by {host} in this rehearsal")
    return hosts[host]


def deploy(world, host, folder=None, title=None):
    """A new deploy, of files or of the application with the variables of now; published at once."""
    name = new_id("", 12)
    created = datetime.datetime.now(datetime.timezone.utc).isoformat()
    made = {"id": name, "env": dict(find(world, host)["env"]), "title": title, "created": created}
    if folder is not None:
        if not os.path.isdir(folder):
            raise Trouble(f"{folder} is no folder")
        made["folder"] = world.path("deploys", name)
        shutil.copytree(folder, made["folder"])
    with world.locked("hosting") as hosts:
        hosts[host]["deploys"].append(made)
    publish(world, host, name)
    return name


def publish(world, host, name):
    """Serves one of the deploys from now on."""
    site = find(world, host)
    made = next((made for made in site["deploys"] if made["id"] == name), None)
    if made is None:
        raise Trouble(f"there is no deploy {name}")
    argv = [PYTHON, os.path.join(LIB, "app.py"), str(site["port"]), f"{host}@{world.folder}"]
    if made.get("folder"):
        argv.append(made["folder"])
    world.start(f"app-{host}", argv, {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), **made["env"]})
    if not wait(lambda: answers(site["port"]), 20):
        raise Trouble(f"the deploy {name} of {host} does not come up: see {world.path('log')}")
    with world.locked("hosting") as hosts:
        hosts[host]["published"] = name


def set_variable(world, host, name, value):
    with world.locked("hosting") as hosts:
        hosts[host]["env"][name] = value


def lock(world, host, locked):
    with world.locked("hosting") as hosts:
        hosts[host]["locked"] = locked


def say_log(world, host):
    """The last lines that the application wrote."""
    try:
        with open(world.path("log", f"app-{host}.log")) as file:
            print("".join(file.readlines()[-50:]), end="")
    except FileNotFoundError:
        pass


def shown_url(text):
    """A URL without its password."""
    parts = urllib.parse.urlsplit(text)
    return f"{parts.scheme}://{parts.hostname}:{parts.port}{parts.path}"
