//! Every fenced block of README and the book is executed or checked by its kind, and so is each command in a line.
//!
//! `console`: each `$ command` runs at a desk with a finished drill and an open run, or (below, with the reason) its flags are
//! held against the program; `yaml`: checked as a playbook, as mayday.yaml, or as the part of one that it is;
//! `sh`: syntax, and the commands of mayday in it; `json`: parsed; `text`: a screen, a formula. A block without a
//! kind is a fault.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::desk::{Desk, ROOT};

/// Commands of `console` blocks that are not run, and why; their flags are checked. The list may only shrink:
/// an entry that no page has any more is a fault.
const NOT_RUN: &[(&str, &str)] = &[
    (
        "mayday drill run quickstart/data-loss --env sandbox",
        "asks a person; README runs it with --no-input",
    ),
    ("mayday run sev2-data-loss --env production", "asks a person"),
    ("mayday run sev2-data-loss --env production --lang es", "asks a person"),
    ("mayday check --deny warnings", "warns of a review that is due by the day"),
    ("mayday resume --assume import=done", "wants a run with an unknown outcome"),
    ("mayday resume --assume import=not-done", "wants a run with an unknown outcome"),
    ("mayday status --watch", "goes on until the run ends"),
    ("mayday ack RUN CODE", "wants an open question"),
    (
        "mayday drill run lost --env lab --inject back=fail --inject find=slow:30s",
        "wants a playbook that its page invents",
    ),
    ("mayday drill run lost --env lab --no-input --json", "wants a playbook that its page invents"),
    ("mayday doctor", "looks at the machine that it runs on"),
    ("mayday doctor --env production", "wants an environment of production"),
    ("mayday doctor --env production sev2-data-loss", "wants an environment of production"),
    ("mayday check --online --env production", "wants an environment of production"),
    ("mayday notify --test", "wants contacts that answer"),
    ("mayday notify --test oncall", "wants contacts that answer"),
    ("mayday run --alert alert.json --env production", "wants the alert of a monitoring system"),
    ("mayday run --alert - --env staging --dry-run", "wants the alert of a monitoring system"),
    ("mayday drill signoff 20261122-1820-p2c --by maria --key ~/.ssh/id_ed25519", "wants a key"),
    ("mayday drill signoff 20261122-1820-p2c --allowed-signers signers", "wants a key"),
    ("mayday drill compare 20260822-0900-k3x 20261122-1820-p2c", "wants two drills"),
];

/// Commands of `console` blocks that end with another code than 0 at the desk, as their page says.
const ENDS_WITH: &[(&str, i32)] = &[
    // A fresh draft has its blanks.
    ("mayday report --check postmortem.md", 12),
    ("mayday drill due --fail", 9),
];

/// Programs that a page may show beside mayday.
const PROGRAMS: &[&str] = &[
    "cd", "curl", "cargo", "printf", "openssl", "base64", "jq", "git", "mdbook", "less", "lp",
    "set", "mkdir", "cp", "export", "tail",
];

/// A fenced block.
struct Block {
    place: String,
    kind: String,
    text: String,
}

/// README and every page of the book, by name.
fn documents() -> Vec<(String, String)> {
    let folder = std::fs::read_dir(Path::new(ROOT).join("book")).unwrap();
    let names =
        folder.map(|entry| format!("book/{}", entry.unwrap().file_name().to_str().unwrap()));
    let mut names: Vec<String> =
        names.filter(|name| Path::new(name).extension().is_some_and(|end| end == "md")).collect();
    names.push("README.md".to_owned());
    names.sort();
    assert!(names.len() > 15);
    names
        .into_iter()
        .map(|name| (name.clone(), std::fs::read_to_string(Path::new(ROOT).join(name)).unwrap()))
        .collect()
}

fn blocks(name: &str, document: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut fence: Option<usize> = None;
    for (number, line) in document.lines().enumerate() {
        let bare = line.trim_start();
        match fence {
            None if bare.starts_with("```") => {
                fence = Some(line.len() - bare.len());
                let place = format!("{name}:{}", number + 1);
                found.push(Block { place, kind: bare[3..].trim().to_owned(), text: String::new() });
            }
            Some(_) if bare == "```" => fence = None,
            Some(indent) => {
                let block = found.last_mut().unwrap();
                block.text.push_str(line.get(indent..).unwrap_or_default());
                block.text.push('\n');
            }
            None => {}
        }
    }
    assert_eq!(fence, None, "{name}: a block without an end");
    found
}

/// The words of a command line, with the quotes of a shell.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ' ') => words.push(String::new()),
            (_, c) => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The commands of a line: of a pipe each, without where the output goes and without a comment.
fn commands(line: &str) -> Vec<String> {
    let line = line.split(" # ").next().unwrap();
    let pieces = line.split(" | ").flat_map(|piece| piece.split(" && "));
    pieces
        .map(|piece| piece.split(" > ").next().unwrap().trim().to_owned())
        .filter(|piece| !piece.is_empty())
        .collect()
}

/// What is wrong with the flags of a command of mayday, or with the program it names.
fn flags(desk: &Desk, command: &str) -> Option<String> {
    let all = words(command);
    let all: Vec<&str> = all
        .iter()
        .map(String::as_str)
        .skip_while(|word| word.contains('=') && !word.starts_with('-'))
        .collect();
    match all.as_slice() {
        ["mayday", rest @ ..] | ["cargo", "run", "--", rest @ ..] => {
            // Words are taken in their order, so a flag that is not there is told before the help.
            let said = desk.mayday(&[rest, &["--help"]].concat());
            (said.code != Some(0)).then(|| format!("`{command}`: {}", said.all()))
        }
        [script, ..] if script.contains('/') && Path::new(ROOT).join(script).is_file() => None,
        [program, ..] if PROGRAMS.contains(program) => None,
        _ => Some(format!("`{command}`: not known how to check this")),
    }
}

/// A command with the run of this desk in the place of the one that a page names.
fn of_this_run(command: &str, run: &str) -> Vec<String> {
    let is_run = |word: &str| {
        word.len() == run.len() && word.starts_with("202") && word.matches('-').count() == 2
    };
    words(command)
        .into_iter()
        .skip(1)
        .map(|word| if is_run(&word) { run.to_owned() } else { word })
        .collect()
}

#[test]
fn every_command_of_the_pages_runs_or_has_flags_that_are_there() {
    let (mut seen, mut ran, mut faults) = (BTreeSet::new(), 0, Vec::new());
    let (desk, run) = practised();
    for (name, document) in documents() {
        // What README and the first drill show is held line by line against what is printed, in `readme`.
        let elsewhere = name == "README.md" || name == "book/first-drill.md";
        for block in blocks(&name, &document)
            .iter()
            .filter(|block| matches!(block.kind.as_str(), "console" | "sh"))
        {
            let console = block.kind == "console";
            let lines = block
                .text
                .lines()
                .filter_map(|line| if console { line.strip_prefix("$ ") } else { Some(line) });
            if !console {
                let syntax = Command::new("bash").args(["-n", "-c", &block.text]).output().unwrap();
                assert!(
                    syntax.status.success(),
                    "{}: {}",
                    block.place,
                    String::from_utf8_lossy(&syntax.stderr)
                );
            }
            for command in lines.flat_map(commands) {
                let known = NOT_RUN.iter().find(|(known, _)| *known == command);
                seen.extend(known.map(|(known, _)| *known));
                if !console || elsewhere || known.is_some() || !command.starts_with("mayday ") {
                    faults.extend(
                        flags(&desk, &command).map(|fault| format!("{}: {fault}", block.place)),
                    );
                    continue;
                }
                ran += 1;
                let arguments = of_this_run(&command, &run);
                let said = desk.mayday(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
                let code = ENDS_WITH
                    .iter()
                    .find(|(known, _)| *known == command)
                    .map_or(0, |(_, code)| *code);
                if said.code != Some(code) {
                    faults.push(format!(
                        "{}: `{command}` ended with {:?}: {}",
                        block.place,
                        said.code,
                        said.all()
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    let stale: Vec<_> = NOT_RUN.iter().filter(|(known, _)| !seen.contains(known)).collect();
    assert!(stale.is_empty(), "no page has these any more: {stale:#?}");
    assert!(ran > 15, "only {ran} commands were run");
}

/// A desk with a finished drill, a runbook to import and a picture to keep.
fn practised() -> (Desk, String) {
    let desk = Desk::new();
    desk.mayday(&["drill", "run", "quickstart/data-loss", "--env", "sandbox", "--no-input"])
        .is(0, &["PASS"]);
    desk.write(
        "wiki/database-down.md",
        "# The database is down\n\n1. Run `systemctl status postgresql`.\n",
    );
    desk.write("lag.png", "a picture");
    desk.write("our.md.j2", "{{ run.id }}\n");
    let run = desk.newest();
    // And an incident that is open: it waits for an answer.
    desk.write("playbooks/open.yaml", "mayday: 1\nid: open\ntitle: Open\nreviewed: \"2026-11-01\"\nseverity: SEV-2\nsteps:\n  - { id: go_on, title: Go on, confirm: Go on? }\n");
    desk.mayday(&["run", "open", "--env", "sandbox", "--no-input"]).is(7, &["go_on"]);
    (desk, run)
}

#[test]
fn every_command_in_a_line_is_one_that_there_is() {
    let desk = Desk::with(&[]);
    let mut all = BTreeSet::new();
    for (name, document) in documents() {
        let mut inside = false;
        for line in document.lines() {
            if line.trim_start().starts_with("```") {
                inside = !inside;
            }
            let spans = line.split('`').skip(1).step_by(2).filter(|_| !inside);
            all.extend(
                spans
                    .filter(|span| span.starts_with("mayday "))
                    .map(|span| (span.to_owned(), name.clone())),
            );
        }
    }
    let faults: Vec<String> = all
        .iter()
        .filter_map(|(command, name)| Some(format!("{name}: {}", flags(&desk, command)?)))
        .collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(all.len() > 30, "only {} commands were found", all.len());
}

/// The names at the top of a schema.
fn fields(schema: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(Path::new(ROOT).join("schema").join(schema)).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    schema["properties"].as_object().unwrap().keys().cloned().collect()
}

/// A configuration with all that the parts on the pages refer to.
const AROUND: &str = include_str!("around.yaml");

/// A part of a playbook or of mayday.yaml as a whole project, or nothing when it is neither.
fn project(text: &str) -> Option<(String, String)> {
    let tops: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
        .filter_map(|line| line.split_once(':').map(|(top, _)| top))
        .collect();
    let indent = |text: &str, by: &str| {
        let lines: Vec<String> = text.lines().map(|line| format!("{by}{line}")).collect();
        lines.join("\n") + "\n"
    };
    let head = "mayday: 1\nid: part\ntitle: A part\nreviewed: \"2026-11-01\"\n";
    let dummy = |id: &str| format!("  - {{ id: {id}, title: Go on, confirm: Go on? }}\n");
    let all_in = |fields: &BTreeSet<String>| {
        !tops.is_empty() && tops.iter().all(|top| fields.contains(*top))
    };
    let around = |playbook: String| Some((AROUND.to_owned(), playbook));
    if text.starts_with("- ") {
        return around(format!("{head}steps:\n{}", indent(text, "  ")));
    }
    if tops.first() == Some(&"mayday") {
        return around(text.to_owned());
    }
    if all_in(&fields("config.v1.json")) {
        return Some((text.to_owned(), format!("{head}steps:\n{}", dummy("go_on"))));
    }
    if all_in(&fields("playbook.v1.json")) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let of = |piece: &str| piece.split(|c| !is_name(c)).next().unwrap().to_owned();
        let pieces = text.split("step:").skip(1).chain(text.split("answers: { ").skip(1));
        let mut named: BTreeSet<String> = pieces.map(of).filter(|name| !name.is_empty()).collect();
        if named.is_empty() {
            named.insert("go_on".to_owned());
        }
        let steps: String = if tops.contains(&"steps") || tops.contains(&"phases") {
            String::new()
        } else {
            format!("steps:\n{}", named.iter().map(|name| dummy(name)).collect::<String>())
        };
        return around(format!("{head}{text}{steps}"));
    }
    if text.contains("danger:") {
        return Some((
            format!("secrets: {{ db_url: \"env:DB_URL\" }}\nenvironments:\n{}", indent(text, "  ")),
            format!("{head}steps:\n{}", dummy("go_on")),
        ));
    }
    let action = tops.first().is_some_and(|top| mayday::steps::Action::KEYS.contains(top));
    action.then(|| {
        (
            AROUND.to_owned(),
            format!("{head}steps:\n  - id: part\n    title: A part\n{}", indent(text, "    ")),
        )
    })
}

/// What is wrong with a block of YAML.
fn yaml(text: &str) -> Option<String> {
    if text.starts_with("of: ") {
        return translation(text);
    }
    let Some((config, playbook)) = project(text) else {
        return Some("not known how to check this".to_owned());
    };
    let desk = Desk::with(&[("mayday.yaml", &config), ("playbooks/part.yaml", &playbook)]);
    let said = desk.mayday(&["check"]);
    (said.code != Some(0)).then(|| said.all())
}

/// What is wrong with the words of a playbook in another language: it names places that this playbook has.
fn translation(text: &str) -> Option<String> {
    let playbook = "mayday: 1
id: part
title: A part
reviewed: \"2026-11-01\"
inputs: { incident_time: { ask: When?, type: datetime, check: { that: \"value < now\", else: Later. } } }
phases:
  - id: contain
    title: Contain
    steps:
      - { id: health, title: Wait, why: It is needed, confirm: Is it? }
      - { id: stopped, title: Stopped, choose: { ask: Is it?, options: { yes_stopped: \"Yes\", unknown: Unknown } } }
      - id: dump
        title: Keep it
        effect: change
        shell: \"true\"
        verify: [{ title: It is whole, shell: \"true\", that: exit_code == 0 }]
        undo: { title: Remove it, effect: change, shell: \"true\" }
drill: { environments: [lab], pass: [{ id: recovered, title: All is back, that: run.elapsed > 0 }] }
";
    let files = [("playbooks/part.yaml", playbook), ("playbooks/part.es.yaml", text)];
    let desk = Desk::with(&[&[("mayday.yaml", AROUND)], &files[..]].concat());
    let said = desk.mayday(&["check", "--format", "json"]).all();
    let wrong = ["N211", "N212", "N214"].iter().find(|code| said.contains(*code));
    wrong.map(|code| format!("{code}: {said}"))
}

#[test]
fn every_block_has_a_kind_and_holds_what_its_kind_promises() {
    let (mut faults, mut yamls) = (Vec::new(), 0);
    for (name, document) in documents() {
        for block in blocks(&name, &document) {
            let fault = match block.kind.as_str() {
                "yaml" => {
                    yamls += 1;
                    yaml(&block.text)
                }
                "json" => {
                    serde_json::from_str::<Value>(&block.text).err().map(|error| error.to_string())
                }
                // Commands have a test of their own, templates one beside the reports.
                "text"
                    if block.text.contains("\n$ mayday") || block.text.starts_with("$ mayday") =>
                {
                    Some("a command that nothing runs: make it a console block".to_owned())
                }
                "console" | "sh" | "text" => None,
                "jinja" if name == "book/template-context.md" => None,
                other => Some(format!("a block of the kind `{other}`")),
            };
            faults.extend(fault.map(|fault| format!("{}: {fault}", block.place)));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(yamls >= 10, "only {yamls} blocks of YAML");
}

#[test]
fn every_link_between_the_pages_leads_somewhere_and_every_page_is_in_the_summary() {
    let summary = std::fs::read_to_string(Path::new(ROOT).join("book/SUMMARY.md")).unwrap();
    for (name, document) in documents() {
        let page = name.trim_start_matches("book/");
        if name != "README.md" && page != "SUMMARY.md" {
            assert!(summary.contains(&format!("({page})")), "{name} is not in the summary");
        }
        let folder = Path::new(ROOT).join(&name).parent().unwrap().to_owned();
        for link in document.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            let local = !target.is_empty() && !target.contains(':') && !target.starts_with('<');
            assert!(!local || folder.join(target).exists(), "{name}: {link} leads nowhere");
        }
    }
}

#[test]
fn a_wrong_block_of_any_kind_is_found() {
    let desk = Desk::new();
    assert!(flags(&desk, "mayday list --sideways").is_some());
    assert!(flags(&desk, "mayday show --format pdf x").is_some());
    assert!(flags(&desk, "rm -rf /").is_some());
    assert_eq!(flags(&desk, "mayday show x --format html"), None);
    assert!(yaml("steps:\n  - { id: a, title: A, shell: ls }\n").unwrap().contains("effect"));
    assert!(yaml("- { id: a, title: A, efect: read, shell: ls }\n").is_some());
    assert!(yaml("environments: { x: { danger: none } }\n").is_some());
    assert!(yaml("nothing: known\n").is_some());
    assert!(yaml("of: '1'\nsteps: { gone: { title: X } }\n").unwrap().contains("N211"));
    assert_eq!(yaml("of: '1'\nsteps: { health: { title: X } }\n"), None);
    assert_eq!(yaml("- { id: a, title: A, effect: read, shell: ls }\n"), None);
    assert_eq!(blocks("x", "a\n  ```yaml\n  b: c\n  ```\n")[0].text, "b: c\n");
    assert_eq!(
        commands("curl -s x | mayday run --alert - > out # why"),
        ["curl -s x", "mayday run --alert -"]
    );
}
