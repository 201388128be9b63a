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

/// The tools of this machine: flags that playbooks use are known to their helps, others are not.
#[test]
fn installed_tools_are_asked_in_their_own_way() {
    let table = [
        ("openssl", "openssl dgst -sha256 -binary x", "openssl dgst", "-binary -sha256"),
        ("openssl", "openssl dgst -binry x", "openssl dgst", "does not know -binry:"),
        (
            "openssl",
            "openssl x509 -noout -enddate -checkend 60",
            "openssl x509",
            "-checkend -enddate -noout",
        ),
        (
            "openssl",
            "openssl x509 -noout -checkends 60",
            "openssl x509",
            "does not know -checkends:",
        ),
        (
            "openssl",
            "openssl s_client -connect x:1 -servername y",
            "openssl s_client",
            "-connect -servername",
        ),
        ("git", "git fetch -q --tags origin", "git fetch", "--tags -q"),
        ("git", "git fetch --tag-all", "git fetch", "does not know --tag-all:"),
        ("git", "git describe --tags --always HEAD", "git describe", "--always --tags"),
        ("git", "git rev-parse -q --verify x", "git rev-parse", "try it by hand"),
        (
            "git",
            "git deploy --now",
            "git deploy",
            "nobody knows what these words and --help would do",
        ),
        ("tar", "tar -xzf a --zstd", "tar", "--zstd -xzf"),
        ("tar", "tar --zstdd", "tar", "does not know --zstdd:"),
        ("gzip", "gzip -dc a", "gzip", "-dc"),
        ("gzip", "gzip --tst a", "gzip", "does not know --tst:"),
        ("sha256sum", "sha256sum --status -c a", "sha256sum", "--status -c"),
        ("pg_restore", "pg_restore --list --no-owner -f - a", "pg_restore", "--list --no-owner -f"),
        ("pg_restore", "pg_restore --lists a", "pg_restore", "does not know --lists:"),
        ("cut", "cut -d ' ' -f 1", "cut", "-d -f"),
        ("tr", "tr -dc 0-9", "tr", "-dc"),
        ("wc", "wc -l", "wc", "-l"),
        ("wc", "wc --linez", "wc", "does not know --linez:"),
        ("rm", "rm -rf -- x", "rm", "-rf"),
        ("ls", "ls -tr1 x", "ls", "-tr1"),
        ("mkdir", "mkdir -pm 700 x", "mkdir", "-pm"),
    ];
    let installed = |tool: &str| {
        std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|at| at.join(tool).is_file())
    };
    let mut tried = 0;
    // Scripts of one tool are one question: each is asked alone.
    for (tool, script, subject, says_so) in table.iter().filter(|(tool, ..)| installed(tool)) {
        let step = format!("\n  - {{id: a, title: A, effect: read, shell: \"{script}\"}}");
        let config = HERE.replace(", path: [bin]", "");
        let desk = desk_with(&config, &format!("requires: {{tools: [{tool}]}}"), &step);
        let said = desk.mayday(&["doctor"]);
        let outcome = match *says_so {
            words if words.contains("does not know") => "FAIL",
            words if words.contains("nobody knows") || words.contains("by hand") => "SKIP",
            _ => "OK",
        };
        says(&said, outcome, "flags", subject, says_so);
        tried += 1;
    }
    assert!(tried > 10, "{tried} were tried");
}

#[test]
fn no_help_is_asked_in_a_way_that_would_run_what_a_step_runs() {
    let docker = r#"echo "$*" >> asked; printf '  --rm   Remove it\n  -t, --tty   A terminal\n'"#;
    let steps = "
  - {id: a, title: A, effect: change, shell: 'docker run alpine --version'}
  - {id: b, title: B, effect: change, shell: 'docker exec web -t psql'}
  - {id: c, title: C, effect: change, shell: 'docker compose exec web -T psql'}";
    let desk = desk_with(HERE, "", steps);
    program(&desk, "docker", docker);
    desk.mayday(&["doctor"]);
    let asked = std::fs::read_to_string(desk.path("asked")).unwrap();
    let mut asked: Vec<&str> = asked.lines().collect();
    asked.sort_unstable();
    asked.dedup();
    assert!(
        !asked.is_empty()
            && asked.iter().all(|line| !line.contains("alpine") && !line.contains("web")),
        "{asked:?}"
    );
}
