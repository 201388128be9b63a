//! What doctor leaves behind: no process when it is told to stop, no secret anywhere, no step.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::{desk_with, program, says};
use crate::cli::until;
use crate::support::desk::{Desk, Said};
use crate::support::http;

#[test]
fn a_signal_ends_what_is_asked_and_leaves_no_process_behind() {
    let config = "
default_environment: here
secrets: {slow: 'cmd:echo $$ > secret.pid; sleep 600; echo never'}
environments: {here: {danger: low, path: [bin]}}
";
    let steps = "
  - {id: a, title: A, effect: read, shell: 'tool --flag', secrets: {S: slow}}";
    let ends = [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)];
    for (signal, code) in ends {
        for (with, pid) in
            [(config.to_owned(), "secret.pid"), (config.replace("sleep 600;", ""), "tool.pid")]
        {
            let desk = desk_with(&with, "requires: {tools: [tool >= 2]}", steps);
            program(&desk, "tool", "echo $$ > tool.pid; sleep 600");
            let mut command = desk.command(&["doctor", "--limit", "10m"]);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let child = command.spawn().unwrap();
            let pid = desk.path(pid);
            until("the question is asked", || number(&pid).is_some());
            kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), signal)
                .unwrap();
            let said = Said::from(child.wait_with_output().unwrap());
            said.is(code, &["interrupted", "nothing that was asked is left running"]);
            assert_eq!(said.out, "", "half of it is nothing to go by");
            for file in ["secret.pid", "tool.pid"] {
                gone(&desk.path(file));
            }
        }
    }
}

fn number(file: &Path) -> Option<Pid> {
    Pid::from_raw(std::fs::read_to_string(file).ok()?.trim().parse().ok()?)
}

/// The whole group that this process led is gone; the kernel may take a moment to bury it.
fn gone(file: &Path) {
    let Some(pid) = number(file) else { return };
    until("it is gone", || test_kill_process(pid).is_err());
    until("its group is gone", || rustix::process::test_kill_process_group(pid).is_err());
}

#[test]
fn no_secret_is_in_anything_that_is_written_or_said() {
    let canaries = [
        "kanarie-env-Qz81",
        "kanarie-cmd-Qz82",
        "kanarie-trace-Qz83",
        "kanarie-url-Qz84",
        "kanarie-head-Qz85",
    ];
    let [plain, printed, traced, url, head] = canaries;
    let server = http::Server::answering(move |asked| {
        // A service that repeats what it was given, and its own address.
        let line = asked.line.clone();
        ("500 Broken", format!("X-Seen: {line}\r\n"), line)
    });
    let config = "
default_environment: here
secrets:
  plain: env:PLAIN
  printed: 'cmd:cat vault'
  traced: 'cmd:set -x; VALUE=$(cat traced); echo \"$VALUE\"; test \"$VALUE\" = good'
  missing: env:NOT_HERE
  address: env:ADDRESS
  head: env:HEAD_VALUE
environments: {here: {danger: low, path: [bin], targets: {api: {type: http, base_url: 'secret:address'}, db: {type: postgres, url: 'secret:plain'}}}}
";
    let steps = "
  - {id: a, title: A, effect: read, target: db, secrets: {A: plain, B: printed, C: traced, D: missing}, shell: 'tool --flag \"$A\"'}
  - {id: b, title: B, target: api, effect: read, http: {get: /x, headers: {Authorization: 'secret:head'}}}";
    let desk = desk_with(config, "requires: {tools: [tool >= 2], secrets: [plain]}", steps);
    desk.write("vault", printed);
    desk.write("traced", traced);
    // A tool that prints what it finds in its environment.
    program(&desk, "tool", "env; echo 'tool 1.0 --flag'");
    let before = written(&desk);
    for words in [&["doctor"][..], &["check", "--online"]] {
        for format in ["human", "json", "github"] {
            let all = [words, &["--limit", "5s", "--format", format]].concat();
            let mut command = desk.command(&all);
            command
                .env("PLAIN", format!("postgres://me:{plain}@127.0.0.1:1/x"))
                .env("HEAD_VALUE", head);
            command.env("ADDRESS", server.url(&format!("/{url}")));
            let said = Said::from(command.output().unwrap());
            said.is(4, &[]);
            for canary in canaries {
                assert!(!said.all().contains(canary), "{canary}\n{}", said.all());
            }
            if format == "human" && words == ["doctor"] {
                says(&said, "OK", "secret", "printed", "can be had");
                says(&said, "FAIL", "secret", "missing", "$NOT_HERE is not set");
                says(&said, "FAIL", "secret", "traced", "failed (exit status: 1): + test");
                says(&said, "FAIL", "url", "api/x", "answers 500");
            }
        }
    }
    assert!(server.asked().iter().any(|asked| asked.line.contains(url)), "the address was used");
    let after = written(&desk);
    assert_eq!(before, after, "something was written");
}

/// Every file of the desk with its bytes.
fn written(desk: &Desk) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = crate::cli::files(&desk.path(""));
    files.sort();
    files.into_iter().map(|file| (file.clone(), std::fs::read(file).unwrap())).collect()
}

#[test]
fn the_conditions_that_stop_a_drill_are_among_what_is_looked_at() {
    let config = "
default_environment: here
secrets: {key: 'env:STOP_KEY'}
environments: {here: {danger: low, path: [bin], targets: {watch: {type: http, base_url: 'http://127.0.0.1:1'}}}}
";
    let steps = "
  - {id: a, title: A, pause: 1s}
drill:
  environments: [here]
  setup: [{id: s, title: S, effect: change, shell: 'true'}]
  inject: [{id: i, title: I, effect: change, shell: 'true'}]
  stop_if:
    - {id: full, title: Full, secrets: {K: key}, shell: 'watcher --now'}
    - {id: seen, title: Seen, target: watch, http: {get: /stop}}
  pass: [{id: p, must: true, points: 1, shell: 'true'}]
  cleanup: [{id: c, title: C, effect: change, shell: 'true'}]";
    let desk = desk_with(config, "", steps);
    let said = desk.mayday(&["doctor"]);
    said.is(4, &[]);
    says(&said, "FAIL", "secret", "key", "$STOP_KEY is not set");
    says(&said, "SKIP", "tool", "watcher", "is not on PATH");
    says(&said, "FAIL", "url", "watch/stop", "127.0.0.1");
}
