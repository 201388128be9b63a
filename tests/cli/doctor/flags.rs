//! Flags against the help of what is installed: letters, subcommands, packages, helps that are none.

use super::{HERE, desk_with, line, program, says};

#[test]
fn letters_are_looked_for_alone_together_and_with_values() {
    let steps = "
  - {id: a, title: A, effect: read, shell: 'pack -xzf a.gz; pack -Fc b; pack -xQ c; pack -w'}
  - {id: b, title: B, effect: read, shell: 'reach -Tq -p22 x'}";
    let desk = desk_with(HERE, "requires: {tools: [pack, reach]}", steps);
    let help = "cat <<'E'\nUsage: pack [OPTION]...\n  -x, --extract       get\n  -z, --gzip          zip\n  \
                -f, --file=ARCHIVE  from\n  -F, --format=c|d    which\nE";
    program(&desk, "pack", help);
    program(&desk, "reach", "echo 'usage: reach [-46Tq] [-p port] host' >&2; exit 1");
    let said = desk.mayday(&["doctor"]);
    said.is(4, &[]);
    says(&said, "FAIL", "flags", "pack", "does not know -w -xQ:");
    // A usage line on the error stream of a program that ends badly is a help, too.
    says(&said, "OK", "flags", "reach", "-Tq -p22");
}

#[test]
fn what_npx_runs_is_asked_where_it_is_installed_and_never_fetched() {
    let steps = "
  - {id: a, title: A, effect: change, shell: 'npx -y prisma@7 migrate deploy --schema x --gone'}
  - {id: b, title: B, effect: change, shell: 'npx neonctl branches list --project-id x'}
  - {id: c, title: C, effect: change, shell: 'npx homemade --soft'}";
    let desk = desk_with(HERE, "", steps);
    program(&desk, "npx", "touch fetched");
    desk.write(
        "node_modules/.bin/prisma",
        "#!/bin/sh\necho \"$*\" >> asked\necho '  --schema  a file'\n",
    );
    std::process::Command::new("chmod")
        .arg("+x")
        .arg(desk.path("node_modules/.bin/prisma"))
        .status()
        .unwrap();
    let said = desk.mayday(&["doctor"]);
    said.is(4, &[]);
    says(&said, "OK", "tool", "npx", "/bin/npx");
    says(&said, "FAIL", "flags", "npx prisma migrate deploy", "does not know --gone:");
    says(&said, "SKIP", "flags", "npx neonctl branches list", "npx fetches it when the step runs");
    says(&said, "SKIP", "flags", "npx homemade", "nobody knows what its words and --help would do");
    let asked = std::fs::read_to_string(desk.path("asked")).unwrap();
    assert!(
        asked.lines().all(|line| line == "migrate deploy --help" || line == "--help"),
        "{asked}"
    );
    assert!(!desk.path("fetched").exists(), "npx was run");
}

#[test]
fn subcommands_are_asked_and_flags_of_all_of_them_are_known() {
    // As the pages of `aws` come: letters struck over, a pager that must not wait, global flags on another page.
    let aws = r#"[ "$PAGER" = cat ] || exit 9
case "$*" in
  "s3 cp help") printf 'N\010NA\010A\n   [-\010--\010-r\010recursive]\n   [--acl <value>]\n' ;;
  "help") printf 'GLOBAL OPTIONS\n  --profile (string)\n  Available Commands\n' ;;
  "rds "*) echo 'The config profile could not be found' >&2; exit 255 ;;
esac"#;
    let docker = r"printf 'Commands:\n  run   Run\n      --debug   more\n'";
    let steps = "
  - {id: a, title: A, effect: read, shell: 'aws s3 cp a b --recursive --profile x'}
  - {id: b, title: B, effect: read, shell: 'aws s3 cp a b --recursiv'}
  - {id: c, title: C, effect: read, shell: 'aws rds wait db-instance-available --id x'}
  - {id: d, title: D, effect: read, shell: 'aws --profile x s3 rm --hidden'}
  - {id: e, title: E, effect: change, shell: 'docker compose up --build'}";
    let desk = desk_with(HERE, "", steps);
    program(&desk, "aws", aws);
    program(&desk, "docker", docker);
    let said = desk.mayday(&["doctor"]);
    said.is(4, &[]);
    says(&said, "FAIL", "flags", "aws s3 cp", "does not know --recursiv:");
    says(
        &said,
        "SKIP",
        "flags",
        "aws rds wait",
        "its help is none: The config profile could not be found",
    );
    says(&said, "FAIL", "flags", "docker compose up", "it knows no `compose up`");
    assert!(line(&said, "flags", "aws").contains("--profile"), "{}", said.all());
}

#[test]
fn flags_that_every_subcommand_takes_may_stand_in_front_of_it() {
    let kubectl = r"case $* in options) printf '  -n, --namespace=x: which\n' ;; *) printf '  -o, --output=x: how\n' ;; esac";
    let steps = "
  - {id: a, title: A, effect: read, shell: 'kubectl -n x get pods'}
  - {id: b, title: B, effect: read, shell: 'kubectl get pods -n x'}
  - {id: c, title: C, effect: read, shell: 'kubectl get jobs -z x'}";
    let desk = desk_with(HERE, "", steps);
    program(&desk, "kubectl", kubectl);
    let said = desk.mayday(&["doctor"]);
    said.is(4, &[]);
    says(&said, "OK", "flags", "kubectl", "-n");
    says(&said, "OK", "flags", "kubectl get pods", "-n");
    says(&said, "FAIL", "flags", "kubectl get jobs", "does not know -z:");
}

#[test]
fn a_help_that_hangs_floods_or_ends_badly_is_bounded_and_told_as_it_is() {
    let steps = "
  - {id: a, title: A, effect: read, shell: 'hangs --flag'}
  - {id: b, title: B, effect: read, shell: 'floods --flag'}
  - {id: c, title: C, effect: read, shell: 'fails --flag'}
  - {id: d, title: D, effect: read, shell: 'silent --flag'}";
    let desk = desk_with(HERE, "requires: {tools: [hangs, floods, fails, silent]}", steps);
    program(&desk, "hangs", "echo '  --flag'; sleep 600");
    program(&desk, "floods", "head -c 3000000 /dev/zero | tr '\\0' 'x'; echo ' --flag'");
    program(&desk, "fails", "echo 'unknown option --help, see -v' >&2; exit 2");
    program(&desk, "silent", "exit 0");
    let said = desk.mayday(&["doctor", "--limit", "2s"]);
    said.is(0, &[]);
    says(&said, "SKIP", "flags", "hangs", "its help cannot be read: no answer within 2s");
    says(&said, "SKIP", "flags", "floods", "its help is longer than 1024 KiB");
    says(
        &said,
        "SKIP",
        "flags",
        "fails",
        "ends with an error and does not name --flag: try it by hand",
    );
    says(&said, "SKIP", "flags", "silent", "its help names no flags");
}
