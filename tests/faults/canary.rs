//! Secrets are nowhere but where they are used, and the memory that holds them is nobody else's (T11, T12).

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mayday::secret::{Redactor, SecretValue};

use crate::cli::{Beside, CONFIG, desk_with, files, until};
use crate::faults::{Row, always, is_root};
use crate::support::desk::Said;
use crate::support::process::driver_and_keeper;

/// A step of each effect that waits to be looked at.
fn waits(effect: &str) -> String {
    format!(
        "  - {{id: {effect}, title: Wait, effect: {effect}, secrets: {{KEY: key}}, shell: 'ulimit -Sc > limit; touch {effect}; while ! test -e go; do sleep 0.02; done'}}\n"
    )
}

#[test]
fn nobody_else_looks_into_memory_and_no_core_is_dumped() {
    let mut row = Row::new("T12", "memory of a driver: not dumpable, no core", always(2));
    for effect in ["read", "change"] {
        let config = format!("{CONFIG}secrets: {{key: 'env:KEY'}}\n");
        let desk = desk_with(&config, "", &waits(effect));
        for folder in ["", "state"] {
            let path = desk.path(folder);
            std::fs::create_dir_all(&path).unwrap();
            if is_root() {
                std::os::unix::fs::chown(&path, Some(65534), Some(65534)).unwrap();
            }
        }
        let mut command = desk.command_as_nobody(&["run", "p"]);
        command.env("KEY", "kanarie-in-memory");
        let run = Beside::start(command);
        until("the step runs", || desk.path(effect).exists());
        // The driver, and for a change its keeper.
        let ours = driver_and_keeper(run.pid().as_raw_pid());
        assert_eq!(ours.len(), if effect == "read" { 1 } else { 2 }, "{ours:?}");
        let process = &ours[0];
        for process in &ours {
            // The kernel gives the files of a process that may not be dumped to root, whoever runs it.
            assert_eq!(process.join("mem").metadata().unwrap().uid(), 0);
        }
        let limits = std::fs::read_to_string(process.join("limits")).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
        assert_eq!(std::fs::read_to_string(desk.path("limit")).unwrap().trim(), "0");
        desk.write("go", "");
        run.end().is(0, &[]);
        row.pass();
    }
}

/// Secrets of many shapes: quotes, spaces, URLs, keys of several lines, other scripts, what patterns obey.
fn secrets() -> Vec<String> {
    let mut all: Vec<String> = [
        "hunter2-canary",
        "p@ss/w0rd+with space",
        "it's \"quoted\" $HOME `x` \\ end",
        "pässwörd-ünïcode-漢字",
        "+++.*[a-z]{3}(x|y)+++",
        "sk_live_51H8xQ2eZvKYlo2C",
        "100%&<tag>=?#;,canary",
        "aaaaaaaaaaaa",
        "0123456789012345",
        "-----BEGIN KEY-----\nMIIEvQIBADANBgkqcanary\nhkiG9w0BAQEFAASCcanary\n-----END KEY-----",
        "postgres://app:s3cr%2Ft-canary@db.example:5432/app?sslmode=require",
        "mysql://root:another@other/canary@10.0.0.1/x",
        "host=db user=app password='top canary 1' port=5432",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl",
        "{\"key\": \"canary\\\\n\"}",
        "'; DROP TABLE canary; --",
        "$(touch canary)",
        "{{ canary }}{% x %}",
        "canary\ttab\tseparated",
        "<script>canary</script>",
        "🐤🐤🐤canary",
        "C:\\canary\\x\\y",
        "~/.ssh/canary|>x<|",
        "xxxxxxxxx=canary==",
    ]
    .map(str::to_owned)
    .to_vec();
    all.push(format!("long-{}", "canary0123".repeat(40)));
    all
}

/// Eleven ways in which a secret turns up: what is written, and the part of it that gives the secret away.
fn variants(secret: &str) -> [(Vec<u8>, String); 11] {
    use base64::Engine as _;
    let standard = base64::engine::general_purpose::STANDARD;
    let url = base64::engine::general_purpose::URL_SAFE;
    let json = serde_json::Value::from(secret).to_string();
    let hex = |upper: bool| {
        let digits = |byte: u8| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
        secret.bytes().map(digits).collect::<Vec<_>>().concat()
    };
    let percent = secret.bytes().fold(String::new(), |text, byte| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
            text + &char::from(byte).to_string()
        }
        byte => text + &format!("%{byte:02X}"),
    });
    // A part that is a secret too; where there is none, another way to write the whole.
    let part = match secret {
        key if key.contains('\n') => key.lines().nth(1).unwrap().to_owned(),
        url if url.contains("%2F") => "s3cr/t-canary".to_owned(),
        url if url.contains("another@other") => "another@other/canary".to_owned(),
        dsn if dsn.contains("password=") => "top canary 1".to_owned(),
        _ => hex(true),
    };
    // Of base64 only the characters that nothing but the secret decides.
    let encoded = |before: &str, text: String| {
        let (from, to) = ((before.len() * 8).div_ceil(6), (before.len() + secret.len()) * 8 / 6);
        (text.clone().into_bytes(), text[from..to].to_owned())
    };
    let same = |text: String| (text.clone().into_bytes(), text);
    [
        same(secret.to_owned()),
        same(json[1..json.len() - 1].to_owned()),
        same(percent),
        same(secret.replace('\'', "'\\''")),
        same(secret.replace('\'', "''")),
        encoded("", standard.encode(secret)),
        encoded("u", standard.encode(format!("u{secret}"))),
        encoded("us", standard.encode(format!("us{secret}"))),
        encoded("", url.encode(secret)),
        same(hex(false)),
        same(part),
    ]
}

/// A text in pieces, in the way of this pattern.
fn pieces(text: &[u8], pattern: usize) -> Vec<Vec<u8>> {
    let whole = text.len();
    let cuts: Vec<usize> = match pattern {
        0 => vec![],
        1 => (1..whole).collect(),
        2..8 => vec![pattern - 1],
        8..12 => vec![whole.saturating_sub(pattern - 7)],
        12..16 => (1..whole).filter(|at| at % (pattern - 10) == 0).collect(),
        16 => vec![whole / 2],
        17 => vec![whole / 3, whole * 2 / 3],
        18 => vec![1, whole.saturating_sub(1)],
        _ => vec![whole / 2, whole / 2 + 1],
    };
    let mut all = vec![Vec::new()];
    for (at, byte) in text.iter().enumerate() {
        if cuts.contains(&at) {
            all.push(Vec::new());
        }
        all.last_mut().unwrap().push(*byte);
    }
    all
}

/// A script that writes every variant of every secret, each piece with a write of its own.
fn script(pattern: usize) -> String {
    let octal = |piece: &[u8]| {
        piece.iter().map(|byte| format!("\\{byte:03o}")).collect::<Vec<_>>().concat()
    };
    // Enough beside them for a file of evidence of each stream.
    let mut text = "printf '%5000s\\n' .; printf '%5000s\\n' . >&2\n".to_owned();
    for (number, secret) in secrets().iter().enumerate() {
        for (written, _) in variants(secret) {
            let to = if (number + pattern).is_multiple_of(2) { "" } else { " >&2" };
            for piece in pieces(&written, pattern) {
                text += &format!("printf '{}'{to}\n", octal(&piece));
                if pattern == 2 && number % 5 == 0 {
                    text += "sleep 0.001\n";
                }
            }
            text += &format!("echo{to}\n");
        }
    }
    text
}

const PATTERNS: usize = 20;

#[test]
fn no_secret_in_any_form_reaches_any_sink() {
    let secrets = secrets();
    let names: Vec<String> = (0..secrets.len()).map(|number| format!("s{number:02}")).collect();
    let listed = |each: &dyn Fn(&str) -> String| {
        names.iter().map(|name| each(name)).collect::<Vec<_>>().join(", ")
    };
    let config = format!(
        "{CONFIG}secrets: {{{}}}\n",
        listed(&|name| format!("{name}: 'env:{}'", name.to_uppercase()))
    );
    let given = listed(&|name| format!("{}: {name}", name.to_uppercase()));
    let mut steps = String::new();
    for pattern in 0..PATTERNS {
        let effect = if pattern % 2 == 0 { "read" } else { "change" };
        steps += &format!(
            "  - {{id: say_{pattern}, title: Say, effect: {effect}, secrets: {{{given}}}, shell: '. ./say-{pattern}.sh'}}\n"
        );
    }
    steps += &format!(
        "  - {{id: fail, title: Fail, effect: read, secrets: {{{given}}}, shell: '. ./say-0.sh; exit 3'}}\n"
    );
    let desk = desk_with(&config, "", &steps);
    for pattern in 0..PATTERNS {
        desk.write(&format!("say-{pattern}.sh"), &script(pattern));
    }
    let command = |arguments: &[&str]| {
        let mut command = desk.command(arguments);
        for (name, secret) in names.iter().zip(&secrets) {
            command.env(name.to_uppercase(), secret);
        }
        command
    };
    let over = Arc::new(AtomicBool::new(false));
    let watch = std::thread::spawn({
        let over = Arc::clone(&over);
        move || {
            let mut seen = BTreeSet::new();
            while !over.load(Ordering::Relaxed) {
                seen.extend(arguments_of_all());
                rustix::event::poll(
                    &mut [],
                    Some(&rustix::time::Timespec { tv_sec: 0, tv_nsec: 2_000_000 }),
                )
                .unwrap();
            }
            seen.into_iter().collect::<Vec<_>>().join("\n")
        }
    });
    let run = Said::from(command(&["run", "p", "--json"]).output().unwrap());
    let dry = Said::from(command(&["run", "p", "--dry-run=probe"]).output().unwrap());
    over.store(true, Ordering::Relaxed);
    let arguments = watch.join().unwrap();
    run.is(5, &["fail", "[redacted:s24]"]);
    assert!(arguments.contains("say-19.sh") || arguments.contains("run p"), "{arguments}");
    let state = files(&desk.path("state"));
    let text_of = |wanted: &dyn Fn(&str) -> bool| {
        let chosen = state.iter().filter(|file| wanted(file.to_str().unwrap()));
        chosen
            .map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned())
            .collect::<String>()
    };
    let journal = text_of(&|file| file.ends_with("journal.jsonl"));
    let evidence = text_of(&|file| !file.ends_with("journal.jsonl"));
    let status = desk.mayday(&["status"]).all() + &desk.mayday(&["status", "--json"]).all();
    let report =
        desk.mayday(&["report"]).all() + &desk.mayday(&["report", "--format", "json"]).all();
    let failure = run.err.rsplit_once("FAIL").unwrap().1.to_owned();
    // All was written: the forms of each secret are marked in what is kept. Marks may touch and be one.
    for name in &names {
        let marks = evidence.matches(&format!("[redacted:{name}]")).count();
        assert!(marks >= 9 * PATTERNS, "{name}: {marks} marks");
        assert!(journal.contains(&format!("[redacted:{name}]")), "{name}");
    }
    let sinks: [(&str, &str); 9] = [
        ("journal", &journal),
        ("evidence", &evidence),
        ("screen", &run.err),
        ("--json", &run.out),
        ("report", &report),
        ("status", &status),
        ("error text", &failure),
        ("dry run", &dry.all()),
        ("arguments", &arguments),
    ];
    let mut row = Row::new(
        "T11",
        "25 secrets x 11 forms x 9 sinks x 20 ways to cut them: 0 seen",
        always(49_500),
    );
    for secret in &secrets {
        for (_, needle) in variants(secret) {
            for (sink, text) in sinks {
                assert!(!text.contains(&needle), "{sink} holds {needle}");
                for _ in 0..PATTERNS {
                    row.pass();
                }
            }
        }
    }
}

#[test]
fn no_cut_lets_a_secret_through() {
    let secrets = secrets();
    let values: Vec<SecretValue> =
        secrets.iter().map(|secret| SecretValue::from(secret.as_str())).collect();
    let (redactor, refused) = Redactor::new(values.iter().map(|value| ("key", value)));
    assert_eq!(refused, []);
    let mut row =
        Row::new("T11", "25 secrets x 11 forms, cut at every byte and in 20 ways", always(275));
    for secret in &secrets {
        for (written, needle) in variants(secret) {
            let whole = redactor.redact_bytes(&written).into_owned();
            assert!(!String::from_utf8_lossy(&whole).contains(&needle), "{needle}");
            let step = 1 + written.len() / 100;
            let single = (0..written.len())
                .step_by(step)
                .map(|at| vec![written[..at].to_vec(), written[at..].to_vec()]);
            for pieces in single.chain((0..PATTERNS).map(|pattern| pieces(&written, pattern))) {
                let mut stream = redactor.stream();
                let mut out = Vec::new();
                for piece in &pieces {
                    out.extend(stream.push(piece));
                }
                out.extend(stream.finish());
                assert_eq!(out, whole, "{needle}");
            }
            row.pass();
        }
    }
}

/// The arguments of every process that can be seen.
fn arguments_of_all() -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect()
}
