"""Prisma's migrations, as far as the playbooks use them: the table, what is applied, what is pending.

Source of the table and its meaning: `_prisma_migrations` as `prisma migrate deploy` makes it. A row without
`finished_at` and without `rolled_back_at` is a failed migration, and stops every later one.
"""

import glob
import hashlib
import os

TABLE = """CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id varchar(36) PRIMARY KEY DEFAULT gen_random_uuid()::text,
    checksum varchar(64) NOT NULL,
    finished_at timestamptz,
    migration_name varchar(255) NOT NULL,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
);
"""


def migrations(repository):
    """Name, script and checksum of each migration of a repository, in order."""
    for path in sorted(glob.glob(os.path.join(repository, "prisma", "migrations", "*", "migration.sql"))):
        with open(path) as file:
            script = file.read()
        yield os.path.basename(os.path.dirname(path)), script, hashlib.sha256(script.encode()).hexdigest()


def applied(name, checksum):
    return (
        "\nINSERT INTO _prisma_migrations (checksum, migration_name, finished_at, applied_steps_count) "
        f"VALUES ('{checksum}', '{name}', now(), 1);\n"
    )
