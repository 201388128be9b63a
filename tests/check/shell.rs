//! What is read from commands and statements: at least three that raise a code, three that do not.

use super::*;

/// Code, commands that raise it, commands that do not.
const SHELL: &[(&str, &[&str], &[&str])] = &[
    (
        "W120",
        &[
            "psql \"$DATABASE_URL\" -c 'SELECT 1'",
            "curl -fu \"bot:$API_TOKEN\" https://x",
            "mysql -p$DB_PASSWORD -e 'SELECT 1'",
        ],
        &[
            "PGPASSWORD=\"$DB_PASSWORD\" psql -X -c 'SELECT 1'",
            "printf '%s' \"$API_TOKEN\" | tool login --stdin",
            "test -n \"$API_TOKEN\"",
        ],
    ),
    (
        "W121",
        &["echo $DATABASE_URL", "printenv API_TOKEN", "printf '%s' \"$DB_PASSWORD\""],
        &[
            "echo \"$HOSTNAME\"",
            "echo \"${#API_TOKEN}\"",
            "printf %s \"$API_TOKEN\" | tool login",
            "echo '$DATABASE_URL'",
        ],
    ),
    (
        "W122",
        &["psql -X < dump.sql", "cat dump.sql | psql -X", "psql -X -f dump.sql"],
        &["psql -X -c 'SELECT 1'", "psql -Xv ON_ERROR_STOP=1 -f dump.sql", "echo psql -f dump.sql"],
    ),
    (
        "W123",
        &[
            "a || true",
            "a 2>/dev/null || echo none",
            "a; true",
            "set +e\na",
            "a || :",
            "if b; then a || echo no; fi",
        ],
        &[
            "a || exit 1",
            "echo 'a || true'",
            "a || { echo no >&2; exit 1; }",
            "if a; then b; fi",
            "a # || true",
        ],
    ),
    (
        "W124",
        &[
            "less x",
            "a | more",
            "watch -n 30 'curl x'",
            "open https://x",
            "npx prisma studio",
            "ssh host uptime",
            "docker exec -it db psql -c x",
            "psql -X",
            "tail -f log",
            "sudo vim /etc/hosts",
        ],
        &[
            "echo less",
            "cat watch",
            "ssh -o BatchMode=yes host uptime",
            "docker compose exec -T db psql -X -c x",
            "psql -X -Atc 'SELECT 1'",
            "tail -n 9 log",
            "top -b -n 1",
            "cat <<'E'\nless x\nE",
        ],
    ),
    (
        "W125",
        &["curl https://x", "curl -sS https://x | jq .a", "timeout 5 curl -L https://x"],
        &[
            "curl -fsS https://x",
            "curl --fail https://x",
            "curl -s -o /tmp/b -w '%{http_code}' https://x",
            "echo curl",
        ],
    ),
    (
        "W126",
        &["pg_dump --data-only", "pg_dump -a -t clients | gzip -c", "pg_dump --data-only > x.sql"],
        &[
            "pg_dump --data-only | grep -v setval",
            "pg_dump -s",
            "pg_dump -Fc -f \"$MAYDAY_RUN_DIR/x\"",
        ],
    ),
    (
        "W128",
        &["rm -rf \"$dir/\"", "rm -rf $dir/*", "rm -r ${dir}/cache"],
        &["rm -rf \"${dir:?}/\"", "rm -rf \"$dir\"", "echo rm -rf $dir/", "rm -rf build"],
    ),
    (
        "W129",
        &["psql -X < x.sql.gz", "psql -X -f x.sql.gz", "mysql < x.sql.zst"],
        &["gunzip -c x.sql.gz | psql -X", "psql -X -f x.sql", "ls x.sql.gz"],
    ),
    ("W134", &["printenv", "env", "set -x\na"], &["env A=1 a", "printenv HOME", "set -eu\na"]),
    (
        "W135",
        &["psql -X < recovery_*.sql", "a < b?", "cat < *.txt"],
        &["psql -X < recovery.sql", "a < \"*.txt\"", "cat *.txt"],
    ),
    (
        "N201",
        &["a $name", "a x$name", "a ${name}"],
        &["a \"$name\"", "a '$name'", "x=$name", "[[ -n $name ]]"],
    ),
    (
        "N205",
        &["sleep 5", "while ! a; do sleep 1; done", "sleep 5 && a"],
        &["echo sleep", "a --sleep", "a # sleep 5"],
    ),
];

/// Commands and statements that are more than `effect: read`.
const CHANGES: &[&str] = &[
    "rm -rf /srv/data",
    "dd if=a of=/dev/sda",
    "mkfs.ext4 /dev/sda",
    "truncate -s 0 log",
    "dropdb app",
    "terraform destroy",
    "kubectl -n web delete pod api",
    "git push --force",
    "git reset --hard HEAD~1",
    "aws rds delete-db-instance --x y",
    "aws s3 rm s3://b/k",
    "aws s3 cp a s3://b/k",
    "echo x > status.txt",
    "docker compose restart api",
    "npx prisma migrate deploy",
    "systemctl stop api",
    "curl -f -X POST x",
    "curl -f -d a=b x",
    "find . -name x -delete",
    "sudo -u app rm -r cache",
    "sed -i s/a/b/ f",
    "psql -X -c 'DELETE FROM t'",
    "psql -X <<E\nTRUNCATE t;\nE",
    "sqlite3 a.db 'DROP TABLE t'",
    "bash -c 'rm -rf x'",
    "crontab -r",
    "redis-cli FLUSHALL",
    "helm rollback api",
    "gunzip x.gz",
    "ssh -o BatchMode=yes h 'cd a && rm -rf b'",
    "alembic downgrade -1",
    "rsync --delete a b",
];
/// Commands that only look.
const LOOKS: &[&str] = &[
    "echo 'rm -rf /'",
    "grep -r DROP .",
    "ls > /dev/null",
    "date -u",
    "git log -n 5",
    "kubectl get pods",
    "terraform plan",
    "aws s3 ls s3://b",
    "aws s3 cp s3://b/k /tmp/k",
    "aws rds describe-db-instances",
    "curl -fsS https://x",
    "psql -X -c 'SELECT 1'",
    "gzip -t x.gz",
    "gunzip -c x.gz | head",
    "docker ps",
    "cat <<'E'\nrm -rf x\nE",
    "a > /tmp/x",
    "a > \"$MAYDAY_RUN_DIR/x\"",
    "a 2>&1 | tail -n 3",
    "rm -f /tmp/x",
    "systemctl is-active api",
    "npx prisma migrate status",
    "helm list",
    "a # > x",
    "[[ a > b ]]",
];

fn said(effect: &str, command: &str) -> BTreeSet<&'static str> {
    let lines = format!("      {}\n", command.replace('\n', "\n      "));
    let source = format!(
        "mayday: 1\nid: x\ntitle: T\nsteps:\n  - id: a\n    title: A\n    effect: {effect}\n    shell: |\n{lines}"
    );
    codes(&look(&[text("x.yaml", &source)], None))
}

#[test]
fn each_rule_on_commands_has_three_that_raise_it_and_three_that_do_not() {
    let mut wrong = Vec::new();
    for (code, bad, good) in SHELL {
        assert!(bad.len() >= 3 && good.len() >= 3, "{code}");
        let silent = bad.iter().filter(|command| !said("read", command).contains(code));
        wrong.extend(silent.map(|command| format!("{code} is not raised by: {command}")));
        let loud = good.iter().filter(|command| said("read", command).contains(code));
        wrong.extend(loud.map(|command| format!("{code} is raised by: {command}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_effect_that_is_too_low_is_seen_and_a_true_one_is_left_alone() {
    let mut wrong = Vec::new();
    let low = CHANGES.iter().filter(|command| !said("read", command).contains("W100"));
    wrong.extend(low.map(|command| format!("not seen: {command}")));
    let fine = LOOKS.iter().filter(|command| said("read", command).contains("W100"));
    wrong.extend(fine.map(|command| format!("wrongly seen: {command}")));
    let top = CHANGES.iter().filter(|command| said("destructive", command).contains("W100"));
    wrong.extend(top.map(|command| format!("destructive is never too low: {command}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
