"""RDS instances of a rehearsal, each a PostgreSQL server of its own, and the secrets beside them."""

import json
import os
import re
import secrets

import postgres
from postgres import Server
from world import Trouble


def version():
    return re.search(r"\d+\.\d+", postgres.run([os.path.join(postgres.programs(), "postgres"), "--version"])).group()


def create(given):
    name = given["--db-instance-identifier"]
    with given.world.locked("rds") as instances:
        if name in instances:
            raise Trouble(f"An error occurred (DBInstanceAlreadyExists): DB instance {name} already exists", code=254)
        instances[name] = {
            "DBInstanceIdentifier": name, "DBInstanceStatus": "creating", "Engine": "postgres",
            "EngineVersion": given["--engine-version"], "DBName": given["--db-name"],
            "MasterUsername": given["--master-username"], "DeletionProtection": bool(given["--deletion-protection"]),
            "PubliclyAccessible": bool(given["--publicly-accessible"]),
            "MasterUserSecret": {"SecretArn": f"arn:aws:secretsmanager:us-east-1:000000000000:secret:rds-{name}", "SecretStatus": "creating"},
        }
        return instances[name]


def find(world, name):
    known = world.state("rds")
    if name not in known:
        raise Trouble(f"An error occurred (DBInstanceNotFound): DBInstance {name} not found.", code=254)
    return known[name]


def make_available(world, name):
    """The server is made when somebody waits for it; until then the instance is `creating`."""
    about = find(world, name)
    if about["DBInstanceStatus"] == "available":
        return
    server = Server.made(os.path.join(world.base, f"rds-{name}"), stranger=True)
    server.start()
    user, password = about["MasterUsername"], secrets.token_urlsafe(9) + "@:/%"
    server.psql(
        f"CREATE ROLE {user} LOGIN CREATEDB CREATEROLE PASSWORD '{password}';\n"
        f"GRANT pg_monitor, pg_signal_backend TO {user};\n"
        f"CREATE DATABASE {about['DBName']} OWNER {user};\n"
    )
    server.psql(f"GRANT EXECUTE ON FUNCTION pg_control_system() TO {user};\nCREATE EXTENSION pg_stat_statements;", about["DBName"])
    keep(world, about["MasterUserSecret"]["SecretArn"], json.dumps({"username": user, "password": password}))
    with world.locked("rds") as instances:
        instances[name]["DBInstanceStatus"] = "available"
        instances[name]["MasterUserSecret"]["SecretStatus"] = "active"
        instances[name]["Endpoint"] = {"Address": "127.0.0.1", "Port": server.port}


def protect(world, name, protected):
    find(world, name)
    with world.locked("rds") as instances:
        instances[name]["DeletionProtection"] = protected
        return instances[name]


def delete(world, name):
    about = find(world, name)
    if about["DeletionProtection"]:
        raise Trouble("An error occurred (InvalidParameterCombination): Cannot delete protected DB Instance", code=254)
    Server(os.path.join(world.base, f"rds-{name}")).remove()
    with world.locked("rds") as instances:
        del instances[name]
    return {**about, "DBInstanceStatus": "deleting"}


def file_of(identity):
    return "aws-" + re.sub(r"[^A-Za-z0-9-]", "_", identity)


def keep(world, identity, value):
    world.keep_secret(file_of(identity), value)


def secret(world, identity):
    try:
        return world.secret(file_of(identity))
    except FileNotFoundError:
        raise Trouble("An error occurred (ResourceNotFoundException): Secrets Manager can't find it", code=254) from None
