use std::fs;

use super::*;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str, mode: u32) {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn vault(&self, references: &[(&str, &str)], env_file: Option<&str>) -> Vault {
        let each = |(name, reference): &(&str, &str)| ((*name).to_owned(), (*reference).to_owned());
        let base = self.0.path().to_path_buf();
        Vault::new(references.iter().map(each).collect(), base, env_file.map(PathBuf::from))
    }
}

fn resolve(vault: &mut Vault, name: &str) -> Result<String, String> {
    vault
        .resolve(name)
        .map(|value| value.expose_secret().to_owned())
        .map_err(|trouble| trouble.to_string())
}

#[test]
fn a_variable_is_found_and_its_absence_says_what_to_do() {
    let place = Place::new();
    // Cargo sets this one for every test.
    let references = [("set", "env:CARGO_MANIFEST_DIR"), ("unset", "env:MAYDAY_TEST_UNSET")];
    let mut vault = place.vault(&references, None);
    assert_eq!(resolve(&mut vault, "set").unwrap(), env!("CARGO_MANIFEST_DIR"));
    assert_eq!(
        resolve(&mut vault, "unset").unwrap_err(),
        "secret `unset`: $MAYDAY_TEST_UNSET is not set; set it: export MAYDAY_TEST_UNSET=..."
    );
}

#[test]
fn the_environments_own_file_goes_before_the_shell() {
    let place = Place::new();
    place.write("env", "CARGO_MANIFEST_DIR=from-file\n", 0o600);
    let references = [("a", "env:CARGO_MANIFEST_DIR"), ("b", "env:MAYDAY_TEST_UNSET")];
    let mut vault = place.vault(&references, Some("env"));
    assert_eq!(resolve(&mut vault, "a").unwrap(), "from-file");
    let fault = resolve(&mut vault, "b").unwrap_err();
    assert!(fault.contains("not set, nor is it in /") && fault.contains("/env;"), "{fault}");
    let mut vault = place.vault(&references, Some("gone"));
    let fault = resolve(&mut vault, "b").unwrap_err();
    assert!(fault.contains("/gone cannot be read: No such file"), "{fault}");
}

#[test]
fn a_command_gets_the_environments_variables_and_the_run() {
    let place = Place::new();
    let reference = [("a", "cmd:echo $SITE $MAYDAY_RUN_ID $MAYDAY_RUN_DIR")];
    let variables = ["SITE", "MAYDAY_RUN_ID"].map(|name| (name.to_owned(), "before".to_owned()));
    let mut vault = place.vault(&reference, None).with_variables(variables.to_vec());
    vault.bind("20261127-0200-abc", Path::new("/runs/x"));
    assert_eq!(resolve(&mut vault, "a").unwrap(), "before 20261127-0200-abc /runs/x");
}

#[test]
fn a_file_loses_its_line_end_and_warns_when_others_can_read_it() {
    let place = Place::new();
    place.write("private", "hunter2secret\r\n", 0o600);
    place.write("open", "hunter2secret\n", 0o644);
    let mut vault = place.vault(&[("a", "file:private"), ("b", "file:open")], None);
    assert_eq!(resolve(&mut vault, "a").unwrap(), "hunter2secret");
    assert!(vault.take_warnings().is_empty());
    assert_eq!(resolve(&mut vault, "b").unwrap(), "hunter2secret");
    let warnings = vault.take_warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].ends_with("/open can be read by others (mode 0644); see chmod 600"));
}

#[test]
fn a_file_that_cannot_serve_says_why() {
    let place = Place::new();
    place.write("empty", "\n", 0o600);
    place.write("large", &"x".repeat(100_000), 0o600);
    let references = [
        ("gone", "file:gone"),
        ("dir", "file:."),
        ("empty", "file:empty"),
        ("large", "file:large"),
    ];
    let mut vault = place.vault(&references, None);
    for (name, words) in [
        ("gone", "/gone cannot be read: No such file"),
        ("dir", " is not a regular file"),
        ("empty", "/empty is empty"),
        ("large", "/large is larger than 64 KiB"),
    ] {
        let fault = resolve(&mut vault, name).unwrap_err();
        assert!(
            fault.starts_with(&format!("secret `{name}`: ")) && fault.contains(words),
            "{fault}"
        );
    }
}

#[test]
fn a_command_gives_its_stdout_and_its_failure_never_shows_it() {
    let place = Place::new();
    place.write("value", "hunter2secret\n", 0o600);
    let references = [
        ("good", "cmd:cat value"),
        ("bad", "cmd:cat value; echo 'vault is sealed' >&2; exit 3"),
        ("quiet", "cmd:exit 1"),
        ("flood", "cmd:yes"),
    ];
    let mut vault = place.vault(&references, None);
    assert_eq!(resolve(&mut vault, "good").unwrap(), "hunter2secret");
    let fault = resolve(&mut vault, "bad").unwrap_err();
    assert!(fault.ends_with("failed (exit status: 3): vault is sealed"), "{fault}");
    assert!(!fault.contains("hunter2secret"));
    assert!(resolve(&mut vault, "quiet").unwrap_err().ends_with("failed (exit status: 1)"));
}

#[test]
fn a_command_that_does_not_end_is_ended_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let argv = ["sh", "-c", "sleep 1000 & echo $! > child; yes"].map(str::to_owned);
    let aside = Aside {
        argv: &argv,
        env: &[],
        stdin: "",
        dir: Some(folder.path()),
        limit: Span::from_millis(200),
        cap: aside::OUTPUT_CAP,
        stop: None,
    };
    assert!(matches!(aside::run(&aside), Err(Fault::Late)));
    let child = fs::read_to_string(folder.path().join("child")).unwrap();
    assert!(ends(child.trim().parse().unwrap()), "its child still runs");
}

/// True when the process is gone, or goes within a time that only a running one outlasts.
fn ends(process: i32) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let process = rustix::process::Pid::from_raw(process).unwrap();
    let flags = rustix::process::PidfdFlags::empty();
    let Ok(handle) = rustix::process::pidfd_open(process, flags) else { return true };
    let patience = Timespec { tv_sec: 30, tv_nsec: 0 };
    poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&patience)).unwrap() == 1
}

#[test]
fn names_and_references_that_mean_nothing_are_refused() {
    let place = Place::new();
    let references = [("prod_db", "env:X"), ("odd", "vault:kv/db"), ("bare", "hunter2secret")];
    let mut vault = place.vault(&references, None);
    assert_eq!(
        resolve(&mut vault, "prod_bd").unwrap_err(),
        "secret `prod_bd` is not one of `secrets:` in mayday.yaml; did you mean `prod_db`?"
    );
    for name in ["odd", "bare"] {
        let fault = resolve(&mut vault, name).unwrap_err();
        assert!(fault.contains("env:NAME, file:PATH, cmd:COMMAND or prompt"), "{fault}");
        assert!(!fault.contains("hunter2secret"));
    }
}

#[test]
fn a_value_too_short_to_be_hidden_is_refused() {
    let place = Place::new();
    let mut vault =
        place.vault(&[("pin", "cmd:printf 12345"), ("code", "cmd:printf 123456")], None);
    let why = resolve(&mut vault, "pin").unwrap_err();
    assert!(why.starts_with("secret `pin`: it is shorter than 6 characters"), "{why}");
    assert!(!why.contains("12345"), "{why}");
    assert_eq!(resolve(&mut vault, "code").unwrap(), "123456");
}

#[test]
fn what_is_typed_is_kept_and_hidden_at_once() {
    let place = Place::new();
    let mut vault = place.vault(&[("pass", "prompt")], None);
    assert!(vault.needs_prompt("pass"));
    assert!(matches!(vault.resolve("pass"), Err(Trouble::Prompt { .. })));
    let redactor = vault.redactor();
    vault.keep("pass", "hunter2secret".to_owned().into());
    assert!(!vault.needs_prompt("pass"));
    assert_eq!(resolve(&mut vault, "pass").unwrap(), "hunter2secret");
    assert_eq!(redactor.lock().unwrap().redact("it is hunter2secret"), "it is [redacted:pass]");
    vault.keep("pin", "1234".to_owned().into());
    assert!(vault.take_warnings()[0].contains("`pin` is shorter than 6 characters"));
}
