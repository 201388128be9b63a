"""Prisma's migrations, as far as the playbooks use them: the table, what is applied, what is pending.

Source of the table and its meaning: `_prisma_migrations` as `prisma migrate deploy` makes it. A row without
`finished_at` and without `rolled_back_at` is a failed migration, and stops every later one.
"""

import glob
import hashlib
import os
import subprocess

import app
from world import Trouble

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


class Database:
    """The migrations table of one database."""

    def __init__(self, url):
        if not url:
            raise Trouble("Error: P1012: Environment variable not found: DATABASE_URL.")
        self.variables = app.variables(url)

    def psql(self, script):
        done = subprocess.run(
            ["psql", "-XAtqw", "-v", "ON_ERROR_STOP=1"], input=script, env=self.variables, capture_output=True, text=True
        )
        if done.returncode == 2:
            raise Trouble(f"Error: P1001: Can't reach database server: {done.stderr.strip()}")
        if done.returncode != 0:
            raise Trouble(done.stderr.strip())
        return done.stdout.splitlines()

    def rows(self):
        """Name -> `applied`, `failed` or `rolled back`, of the latest try of each migration."""
        if self.psql("SELECT to_regclass('_prisma_migrations')") == [""]:
            return {}
        lines = self.psql(
            "SELECT DISTINCT ON (migration_name) migration_name, CASE WHEN rolled_back_at IS NOT NULL THEN 'rolled back' "
            "WHEN finished_at IS NULL THEN 'failed' ELSE 'applied' END "
            "FROM _prisma_migrations ORDER BY migration_name, started_at DESC"
        )
        return dict(line.split("|") for line in lines)

    def state(self, repository):
        rows, local = self.rows(), [name for name, _, _ in migrations(repository)]
        pending = [name for name in local if rows.get(name) not in ("applied", "failed")]
        failed = [name for name, state in rows.items() if state == "failed"]
        return pending, failed, [name for name in rows if name not in local]

    def deploy(self, repository):
        pending, failed, _ = self.state(repository)
        if failed:
            raise Trouble(
                f"Error: P3009\n\nmigrate found failed migrations in the target database, new migrations will not be "
                f"applied.\nThe `{failed[0]}` migration failed"
            )
        self.psql(TABLE)
        for name, script, checksum in migrations(repository):
            if name not in pending:
                continue
            # A row for the try goes first and stays when the script fails, as with the real one.
            self.psql(f"INSERT INTO _prisma_migrations (checksum, migration_name) VALUES ('{checksum}', '{name}')")
            of_try = f"WHERE migration_name = '{name}' AND finished_at IS NULL AND rolled_back_at IS NULL"
            try:
                self.psql(script)
            except Trouble as trouble:
                words = str(trouble).replace("'", "''")
                self.psql(f"UPDATE _prisma_migrations SET logs = '{words}' {of_try}")
                raise Trouble(f"Error: P3018\n\nA migration failed to apply.\nMigration name: {name}\n{trouble}") from None
            self.psql(f"UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 {of_try}")
        return pending

    def resolve(self, name, flag):
        if self.rows().get(name) != "failed":
            raise Trouble(f"Error: P3012\n\nMigration `{name}` cannot be resolved because it is not in a failed state.")
        what = "finished_at" if flag == "--applied" else "rolled_back_at"
        self.psql(f"UPDATE _prisma_migrations SET {what} = now() WHERE migration_name = '{name}' AND finished_at IS NULL")
