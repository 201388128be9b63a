//! A secret is nowhere but where it is used: not in the record, the words, the arguments of a process.

use super::{Beside, desk_with, files, until};
use crate::support::http;

const FROM_ENV: &str = "kanarie/env?1+Q==";
const FROM_FILE: &str = "kanarie-file-2-Zx";
const FROM_COMMAND: &str = "kanarie-command-3-Yw";
const CAPTURED: &str = "kanarie-captured-4-Vu";
const IN_URL: &str = "kanarie-url-5-Ts";

/// What a secret may look like in a file: as it is, base64, percent-encoded.
fn shapes(secret: &str) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let coded: String = secret
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let base64 = base64::engine::general_purpose::STANDARD_NO_PAD.encode(secret);
    [secret.to_owned(), base64, coded].map(String::into_bytes).to_vec()
}

fn holds(bytes: &[u8], secret: &[u8]) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret)
}

#[test]
fn no_secret_is_in_the_record_the_words_or_the_arguments() {
    let server = http::Server::start();
    let config = "
default_environment: here
secrets:
  from_env: 'env:FROM_ENV'
  from_file: 'file:secret.txt'
  from_command: 'cmd:./give'
  hook: 'env:HOOK'
environments: {here: {danger: low, targets: {api: {type: http, base_url: 'secret:hook'}}}}
";
    let steps = "
  - id: say
    title: Say all of them
    effect: read
    secrets: {A: from_env, B: from_file, C: from_command}
    shell: |
      for secret in \"$A\" \"$B\" \"$C\"; do
        echo \"$secret\"; echo \"key=$secret;\" >&2
        printf %s \"$secret\" | base64
        printf 'half %s' \"${secret%??}\"; sleep 0; printf '%s\\n' \"${secret#\"${secret%??}\"}\"
      done
      printf '%s%s\\n' kanarie%2Fenv%3F1 %2BQ%3D%3D
  - id: take
    title: Take one
    effect: read
    shell: rev token.txt
    capture: {token: {from: 'stdout | trim', secret: true}}
  - {id: give, title: Give it away, effect: read, shell: 'echo \"$T\"; echo \"$T\" | base64', secrets: {T: token}}
  - {id: call, title: Call, effect: read, target: api, http: {get: /, headers: {Authorization: {secret: from_file}}}}
  - {id: fail, title: Fail, effect: read, shell: 'echo \"$A\"; touch waits; while ! test -e go; do sleep 0.02; done; exit 1', secrets: {A: from_env}}";
    let steps = steps.replace(
        "headers: {Authorization: {secret: from_file}}",
        "headers: {Authorization: 'secret:from_file'}",
    );
    let desk = desk_with(config, "", &steps);
    desk.write("secret.txt", FROM_FILE);
    // Backwards: the file itself is no finding.
    desk.write("token.txt", &CAPTURED.chars().rev().collect::<String>());
    desk.write("give", &format!("#!/bin/sh\necho {FROM_COMMAND}\n"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode;
    std::fs::set_permissions(desk.path("give"), mode(0o700)).unwrap();
    std::fs::set_permissions(desk.path("secret.txt"), mode(0o600)).unwrap();
    let mut command = desk.command(&["run", "p", "--json"]);
    command.env("FROM_ENV", FROM_ENV).env("HOOK", server.url(&format!("/{IN_URL}")));
    let run = Beside::start(command);
    until("the last step runs", || desk.path("waits").exists());
    let lines = arguments();
    desk.write("go", "");
    let said = run.end();
    said.is(5, &["fail"]);
    assert!(
        server.asked()[0].line.contains(IN_URL)
            && server.asked()[0].headers.iter().any(|header| header.contains(FROM_FILE)),
        "{:?}",
        server.asked()
    );
    desk.mayday(&["export", &desk.newest(), "-o", "state/pack.zip"]).is(0, &[]);
    desk.mayday(&["report", "--format", "html", "-o", "state/report.html"]).is(0, &[]);
    let state = files(&desk.path("state"));
    assert!(state.iter().any(|file| file.ends_with("pack.zip")) && state.len() > 4, "{state:?}");
    let status = desk.mayday(&["status"]).all();
    let report = desk.mayday(&["report"]).all();
    for secret in [FROM_ENV, FROM_FILE, FROM_COMMAND, CAPTURED, IN_URL] {
        for shape in shapes(secret) {
            let shown = String::from_utf8_lossy(&shape).into_owned();
            for (what, text) in [
                ("stdout", &said.out),
                ("stderr", &said.err),
                ("status", &status),
                ("report", &report),
                ("arguments", &lines),
            ] {
                assert!(!holds(text.as_bytes(), &shape), "{what} holds {shown}:\n{text}");
            }
            for file in &state {
                assert!(
                    !holds(&std::fs::read(file).unwrap(), &shape),
                    "{} holds {shown}",
                    file.display()
                );
            }
        }
    }
}

/// The arguments of every process that can be seen.
fn arguments() -> String {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ") + "\n").collect()
}
