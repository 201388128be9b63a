//! What well-known commands do to the world: the table behind the rules on declared effects.
//!
//! Knows only what a command line tells. A command that is not in here is believed.

use super::shell::Command;
use crate::effect::EffectClass::{self, Change, Destructive};

/// Programs that always do the same.
const PROGRAMS: &[(EffectClass, &[&str])] = &[
    (Destructive, &["dd", "shred", "wipefs", "truncate", "dropdb", "dropuser", "fdisk", "parted"]),
    (
        Change,
        &[
            "mv", "cp", "ln", "mkdir", "rmdir", "touch", "chmod", "chown", "install", "createdb",
            "kill", "pkill", "killall", "reboot", "shutdown", "poweroff", "useradd", "usermod",
            "apt", "apt-get", "yum", "dnf", "apk", "unzip", "rsync", "scp",
        ],
    ),
];

/// Words behind a program, in order and from the start of its plain words, and what they do.
const VERBS: &[(&str, EffectClass, &[&str])] = &[
    ("terraform", Destructive, &["destroy"]),
    ("terraform", Change, &["apply", "import", "taint", "state rm", "state mv"]),
    ("tofu", Destructive, &["destroy"]),
    ("tofu", Change, &["apply", "import"]),
    ("pulumi", Destructive, &["destroy"]),
    ("pulumi", Change, &["up"]),
    ("kubectl", Destructive, &["delete"]),
    (
        "kubectl",
        Change,
        &[
            "apply",
            "scale",
            "patch",
            "set",
            "edit",
            "cordon",
            "uncordon",
            "drain",
            "create",
            "replace",
            "annotate",
            "label",
            "rollout restart",
            "rollout undo",
            "taint",
        ],
    ),
    ("helm", Destructive, &["uninstall", "delete"]),
    ("helm", Change, &["upgrade", "install", "rollback"]),
    (
        "docker",
        Destructive,
        &["rm", "rmi", "volume rm", "system prune", "volume prune", "image rm"],
    ),
    (
        "docker",
        Change,
        &[
            "restart",
            "stop",
            "start",
            "kill",
            "run",
            "compose up",
            "compose restart",
            "compose down",
            "compose stop",
            "compose start",
            "push",
            "tag",
        ],
    ),
    ("docker-compose", Change, &["up", "restart", "down", "stop", "start"]),
    ("git", Change, &["push", "commit", "revert", "merge", "checkout", "pull", "rebase", "stash"]),
    ("gcloud", Destructive, &["sql instances delete", "compute instances delete"]),
    (
        "neonctl",
        Destructive,
        &["projects delete", "databases delete", "branches restore", "roles delete"],
    ),
    (
        "neonctl",
        Change,
        &["branches create", "branches delete", "branches reset", "snapshots create"],
    ),
    ("netlify", Change, &["deploy", "env:set", "env:import", "env:unset"]),
    (
        "vercel",
        Change,
        &["deploy", "promote", "rollback", "redeploy", "env add", "env rm", "env update"],
    ),
    ("prisma", Destructive, &["migrate reset", "migrate dev"]),
    ("prisma", Change, &["migrate deploy", "migrate resolve", "db push"]),
    ("alembic", Destructive, &["downgrade"]),
    ("alembic", Change, &["upgrade", "stamp"]),
    ("flyway", Destructive, &["clean"]),
    ("flyway", Change, &["migrate", "repair"]),
    (
        "systemctl",
        Change,
        &["stop", "start", "restart", "reload", "enable", "disable", "mask", "kill"],
    ),
    ("gh", Change, &["workflow run", "pr merge", "release create", "secret set", "variable set"]),
    ("redis-cli", Destructive, &["FLUSHALL", "FLUSHDB", "flushall", "flushdb"]),
];

/// What a command does, and the words that tell so; `None` when it only looks or is not known.
#[must_use]
pub fn of(command: &Command) -> Option<(EffectClass, String)> {
    let program = command.program();
    let by_program = PROGRAMS.iter().find(|(_, names)| names.contains(&program));
    let told = by_program.map(|(class, _)| (*class, program.to_owned()));
    special(command)
        .or_else(|| told.filter(|_| !works_on_scratch(command)))
        .or_else(|| by_verb(command))
        .or_else(|| writes_a_file(command))
}

fn by_verb(command: &Command) -> Option<(EffectClass, String)> {
    let words: Vec<&str> = command.plain().collect();
    let program = command.program();
    let said = |verb: &str| {
        let verb: Vec<&str> = verb.split(' ').collect();
        // A value of an option may stand in front: `kubectl -n web delete pod`.
        (0..words.len().min(4)).any(|at| words[at..].starts_with(&verb))
    };
    let rows = VERBS.iter().filter(|(name, ..)| *name == program);
    let verbs = rows.flat_map(|(_, class, verbs)| verbs.iter().map(|verb| (*class, *verb)));
    // The longest fits best: `compose restart` before `restart`.
    let best = verbs.filter(|(_, verb)| said(verb)).max_by_key(|(_, verb)| verb.len());
    best.map(|(class, verb)| (class, format!("{program} {verb}")))
}

/// Programs whose options decide.
fn special(command: &Command) -> Option<(EffectClass, String)> {
    let first = command.plain().next().unwrap_or_default().to_owned();
    let told = |class, what: &str| Some((class, what.to_owned()));
    match command.program() {
        "rm" if works_on_scratch(command) => None,
        "rm" if command.has(&["-r", "-R", "--recursive"]) => told(Destructive, "rm -r"),
        "rm" if command.arguments().iter().any(|word| word.pattern) => {
            told(Destructive, "rm with a pattern")
        }
        "rm" | "unlink" => told(Change, "rm"),
        name if name.starts_with("mkfs") => told(Destructive, name),
        "find" if command.says(&["-delete"]) => told(Destructive, "find -delete"),
        "rsync" if command.has(&["--delete"]) => told(Destructive, "rsync --delete"),
        "crontab" if command.has(&["-r"]) => told(Destructive, "crontab -r"),
        "sed" if command.has(&["-i", "--in-place"]) => told(Change, "sed -i"),
        "tee" if !works_on_scratch(command) => told(Change, "tee"),
        "gunzip" | "gzip" if !command.has(&["-c", "-t", "-l", "--stdout", "--test", "--list"]) => {
            (!command.is_fed()).then(|| (Change, command.program().to_owned()))
        }
        "git" => git(command),
        "docker" | "docker-compose"
            if command.says(&["down"]) && command.has(&["-v", "--volumes"]) =>
        {
            told(Destructive, "compose down -v")
        }
        "aws" => aws(command),
        "curl" | "wget" => request(command),
        "psql" if command.has(&["-f", "--file"]) || command.input_file().is_some() => {
            told(Change, "psql runs a file")
        }
        "pg_restore" if command.has(&["-c", "--clean"]) => told(Destructive, "pg_restore --clean"),
        "pg_restore" if command.has(&["-d", "--dbname"]) => told(Change, "pg_restore"),
        "prisma" if command.says(&["--force-reset"]) => told(Destructive, "prisma --force-reset"),
        "az" | "gcloud" if command.plain().any(|word| word == "delete") => {
            told(Destructive, &format!("{} {first} delete", command.program()))
        }
        _ => None,
    }
}

fn git(command: &Command) -> Option<(EffectClass, String)> {
    let words: Vec<&str> = command.plain().collect();
    let what = if words.contains(&"push") && command.has(&["--force", "-f", "--delete", "--mirror"])
    {
        "git push --force"
    } else if words.contains(&"reset") && command.says(&["--hard"]) {
        "git reset --hard"
    } else if words.contains(&"clean") && command.has(&["-f", "--force"]) {
        "git clean -f"
    } else {
        return None;
    };
    Some((Destructive, what.to_owned()))
}

/// `aws SERVICE VERB-THING`.
fn aws(command: &Command) -> Option<(EffectClass, String)> {
    let words: Vec<&str> = command.plain().collect();
    let (service, verb) = (*words.first()?, *words.get(1)?);
    let what = format!("aws {service} {verb}");
    let starts = |verbs: &[&str]| verbs.iter().any(|start| verb.starts_with(start));
    if service == "s3" {
        // `-` is no plain word: behind the object it is standard output, in front of it standard input.
        let place = |word: &str| word == "-" || word.starts_with("s3://");
        let last = command.arguments().iter().rfind(|word| place(&word.text));
        let downward = last.is_some_and(|last| last.text == "-");
        let upward = !downward && words.last().is_some_and(|last| last.starts_with("s3://"));
        return match verb {
            "rm" | "rb" => Some((Destructive, what)),
            "sync" if command.has(&["--delete"]) => Some((Destructive, format!("{what} --delete"))),
            "cp" | "sync" | "mv" if upward => Some((Change, what)),
            "mb" => Some((Change, what)),
            _ => None,
        };
    }
    if starts(&["delete-", "terminate-", "deregister-", "purge-"]) {
        return Some((Destructive, what));
    }
    let changes = [
        "create-",
        "put-",
        "update-",
        "modify-",
        "start-",
        "stop-",
        "reboot-",
        "restore-",
        "run-",
        "attach-",
        "detach-",
        "set-",
        "change-",
        "failover-",
        "promote-",
        "invoke",
        "copy-",
    ];
    starts(&changes).then_some((Change, what))
}

/// `curl -X POST`, `curl --data`.
fn request(command: &Command) -> Option<(EffectClass, String)> {
    let method =
        command.value_of(&["-X", "--request", "--method"]).map(|word| word.text.to_uppercase());
    let method = method.map(|m| m.rsplit('=').next().unwrap_or_default().to_owned());
    match method.as_deref() {
        Some("DELETE") => Some((Destructive, "DELETE request".to_owned())),
        Some(method @ ("POST" | "PUT" | "PATCH")) => Some((Change, format!("{method} request"))),
        Some(_) => None,
        None => {
            let data = [
                "-d",
                "--data",
                "--data-raw",
                "--data-binary",
                "--json",
                "-F",
                "--form",
                "--post-data",
            ];
            command.has(&data).then(|| (Change, "a request with data".to_owned()))
        }
    }
}

/// A redirection into a file that is named in the script.
fn writes_a_file(command: &Command) -> Option<(EffectClass, String)> {
    let file = command.output_files().find(|file| !is_scratch(&file.text))?;
    Some((Change, format!("writes `{}`", file.text)))
}

/// Everything it works on is scratch: temporary, or of the run itself.
fn works_on_scratch(command: &Command) -> bool {
    let mut files = command.plain().peekable();
    files.peek().is_some() && files.all(is_scratch)
}

/// Temporary files and those of the run. Written files behind a variable cannot be judged here.
fn is_scratch(path: &str) -> bool {
    path.starts_with("/tmp/")
        || (path.starts_with('$') && !path.contains('/') && !path.contains('*'))
        || path.starts_with("$MAYDAY_RUN_DIR")
}
