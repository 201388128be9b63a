//! What is rehearsed is what runs in earnest: each playbook that is shipped, bound to `production`, reaches every step
//! with the places of production, with secrets as names only, and is step by step what the rehearsal runs.

use std::collections::BTreeMap;
use std::path::Path;

use mayday::config::Config;
use mayday::diagnostic::SourceFile;
use mayday::playbook::{Playbook, parse};

use super::shipped::{playbooks, teams};
use crate::support::desk::{Desk, ROOT};

/// What stands in front of an action: a command or a request, a question, a condition, words, a wait.
const ACTIONS: [&str; 7] = ["$ ", "? ", "holds  ", "says   ", "tells  ", "wait ", "SKIP  "];

fn config(team: &str) -> Config {
    let path = Path::new(ROOT).join("playbooks").join(team).join("mayday.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    parse::config(&SourceFile::new(path.to_string_lossy(), text)).value.unwrap()
}

/// A desk whose PATH has nothing but programs that say that they were called.
struct Trapped(Desk);

impl Trapped {
    fn new() -> Self {
        let desk = Desk::new();
        let called = desk.path("called");
        for name in ["sh", "bash", "cat", "psql", "neonctl", "ssh", "aws", "netlify", "vercel"] {
            let script = format!("#!/bin/sh\necho {name} >> {}\n", called.display());
            desk.write(&format!("traps/{name}"), &script);
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(desk.path("traps").join(name), mode).unwrap();
        }
        Self(desk)
    }

    /// A dry run. Nothing was called, and no run was recorded.
    fn dry(&self, team: &str, book: &Playbook, place: &str, more: &[&str]) -> Dry {
        let file = format!("playbooks/{team}/mayday.yaml");
        let id = &book.head.id;
        let words = ["--config", &file, "run", id, "--env", place, "--dry-run", "--no-input"];
        let mut command = self.0.command(&[&words[..], more].concat());
        command.env("PATH", self.0.path("traps"));
        for (secret, from) in config(team).secrets {
            if let (Some(name), true) = (from.strip_prefix("env:"), more.contains(&"--inputs")) {
                command.env(name, format!("canary-of-{secret}"));
            }
        }
        let said = crate::support::desk::Said::from(command.output().unwrap());
        said.is(0, &["Nothing was run, written or connected to."]);
        assert!(!self.0.path("called").exists(), "{id}: a program was called");
        assert!(!self.0.path("state").exists(), "{id}: a run was recorded");
        assert!(!said.all().contains("canary-of-"), "{id}: a secret was resolved\n{}", said.all());
        Dry::of(&said.out, id)
    }

    /// The inputs that the playbook's own drill gives, as a file.
    fn inputs(&self, book: &Playbook) -> String {
        let answers = book.drill.iter().flat_map(|drill| &drill.head.answers);
        // What only the drill knows is a moment: some time ago.
        let known = |value: &serde_json::Value| match value.as_str() {
            Some(text) if text.contains("{{") => "2026-01-15T10:00:00Z".into(),
            _ => value.clone(),
        };
        let inputs: BTreeMap<&str, serde_json::Value> = answers
            .filter(|(name, _)| book.head.inputs.iter().any(|(input, _)| input == name))
            .map(|(name, value)| (name.as_str(), known(value)))
            .collect();
        self.0.write("inputs.yaml", &serde_json::to_string(&inputs).unwrap());
        self.0.path("inputs.yaml").to_string_lossy().into_owned()
    }
}

/// A dry run: its steps in their order, each a title and its lines.
struct Dry {
    id: String,
    steps: Vec<(String, Vec<String>)>,
}

impl Dry {
    fn of(text: &str, id: &str) -> Self {
        let mut steps: Vec<(String, Vec<String>)> = Vec::new();
        let mut of = 0;
        for line in text.lines() {
            let number = line.split_once('/').and_then(|(at, _)| at.trim().parse::<usize>().ok());
            if let (Some(number), false) = (number, line.starts_with("        ")) {
                assert_eq!(number, steps.len() + 1, "{id}: {line}");
                let (count, title) = line.split_once('/').unwrap().1.split_once(' ').unwrap();
                of = count.parse().unwrap();
                steps.push((title.to_owned(), Vec::new()));
            } else if let (Some(line), Some((_, lines))) =
                (line.strip_prefix("        "), steps.last_mut())
            {
                lines.push(line.to_owned());
            }
        }
        assert_eq!(steps.len(), of, "{id}: it does not reach every step");
        Self { id: id.to_owned(), steps }
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().flat_map(|(_, lines)| lines.iter().map(String::as_str))
    }

    /// Variables of commands that are no part of the playbook.
    fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_name = |name: &&str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        self.lines().filter_map(move |line| line.split_once('=').filter(|(name, _)| is_name(name)))
    }
}

#[test]
fn each_playbook_reaches_every_step_in_production_and_resolves_no_secret() {
    let desk = Trapped::new();
    let mut seen = 0;
    for team in teams().iter().filter(|team| *team != "quickstart") {
        let config = config(team);
        let place = &config.environments["production"];
        let rehearsed = &config.environments["rehearsal"];
        assert!(place.setup.is_none() && place.teardown.is_none() && place.env_file.is_none());
        let folders = place.path.iter().map(|path| path.to_string_lossy());
        assert!(folders.into_iter().all(|path| !path.contains("rehears")), "{team}");
        for (name, target) in &place.targets {
            let addresses = [&target.url, &target.base_url, &target.path];
            for address in addresses.into_iter().flatten() {
                assert!(!address.contains("rehears"), "{team}: {name} is {address}");
            }
        }
        let hosts: Vec<&str> =
            place.targets.values().filter_map(|target| target.base_url.as_deref()).collect();
        for book in playbooks(team) {
            seen += 1;
            let given = ["--inputs", &desk.inputs(&book)];
            let with: &[&[&str]] =
                if book.head.inputs.is_empty() { &[&[]] } else { &[&[], &given] };
            for more in with {
                let dry = desk.dry(team, &book, "production", more);
                let id = &dry.id;
                for (title, lines) in &dry.steps {
                    let acts = |line: &String| ACTIONS.iter().any(|mark| line.starts_with(mark));
                    assert!(lines.iter().any(acts), "{id}: {title} shows no action: {lines:?}");
                    assert!(!title.contains("{{"), "{id}: {title}");
                }
                for line in dry.lines() {
                    assert!(!line.starts_with("not knowable"), "{id}: {line}");
                    let target = line.split_once(", target ").map(|(_, rest)| rest);
                    let target = target.map(|rest| rest.split(',').next().unwrap());
                    if let Some(target) = target.filter(|name| !name.contains(' ')) {
                        assert!(place.targets.contains_key(target), "{id}: {line}");
                    }
                    for verb in ["$ GET ", "$ POST ", "$ PUT ", "$ DELETE "] {
                        let Some(url) = line.strip_prefix(verb) else { continue };
                        if url.starts_with("FROM ") {
                            continue;
                        }
                        let ours = hosts.iter().any(|host| url.starts_with(&format!("{host}/")));
                        assert!(ours, "{id}: {line}");
                    }
                    for part in [".mayday-rehearsal", "127.0.0.1:", "localhost", "bloom.example"] {
                        // On their own machine the containers have that address.
                        let theirs = line.contains("http://127.0.0.1:8000") && team == "ferreteria";
                        assert!(theirs || !line.contains(part), "{id}: {line}");
                    }
                }
                for (name, value) in dry.variables() {
                    let only_rehearsed =
                        rehearsed.vars.contains_key(name) && !place.vars.contains_key(name);
                    assert!(!only_rehearsed, "{id}: {name} is one of the rehearsal");
                    if let Some(ours) = place.vars.get(name) {
                        assert_eq!(value, ours, "{id}: {name}");
                    }
                    if let Some(secret) = value.strip_prefix("‹secret ") {
                        assert!(!secret.starts_with("rehearsal_"), "{id}: {name}={value}");
                    }
                }
            }
        }
    }
    assert!(seen > 30, "{seen} playbooks");
}

/// What differs between the two is where it runs: addresses, folders, names of accounts. No step, no command,
/// no question and no condition.
#[test]
fn what_runs_in_production_is_what_is_rehearsed() {
    let desk = Trapped::new();
    for team in teams().iter().filter(|team| *team != "quickstart") {
        let config = config(team);
        let places: BTreeMap<&str, Vec<(String, String)>> = ["production", "rehearsal"]
            .into_iter()
            .map(|name| {
                let place = &config.environments[name];
                let mut words: Vec<(String, String)> = place
                    .vars
                    .iter()
                    .map(|(name, value)| (value.clone(), format!("${name}")))
                    .collect();
                // A plain word may stand in any text.
                words.retain(|(value, _)| value.contains(['/', '.', '-']));
                words.extend(place.targets.values().filter_map(|target| {
                    let url = target.base_url.clone().filter(|url| !url.starts_with("secret:"))?;
                    Some((url, String::new()))
                }));
                words.extend(
                    ["production", "rehearsal"].map(|name| (name.to_owned(), "<place>".to_owned())),
                );
                // The longest first: a folder before the one above it.
                words.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
                (name, words)
            })
            .collect();
        let neutral = |dry: &Dry, place: &str| -> Vec<String> {
            // Of a variable its name: its value is one of the place, or a moment.
            let variables: BTreeMap<String, &str> =
                dry.variables().map(|(name, value)| (format!("{name}={value}"), name)).collect();
            let of_place =
                |name: &str| config.environments.values().any(|e| e.vars.contains_key(name));
            let lines = dry.steps.iter().flat_map(|(title, lines)| {
                let lines = lines.iter().filter_map(|line| match variables.get(line) {
                    Some(name) if of_place(name) => None,
                    Some(name) => Some((*name).to_owned()),
                    None => Some(line.clone()),
                });
                std::iter::once(title.clone()).chain(lines)
            });
            let plain = |line: String| {
                let replaced = |line: String, (value, name): &(String, String)| {
                    line.replace(value.as_str(), name)
                };
                places[place].iter().fold(line, replaced)
            };
            lines.map(plain).collect()
        };
        for book in playbooks(team) {
            let inputs = desk.inputs(&book);
            let given = ["--inputs", inputs.as_str()];
            let of = |place: &str| neutral(&desk.dry(team, &book, place, &given), place);
            let (ours, theirs) = (of("production"), of("rehearsal"));
            let differs = ours.iter().zip(&theirs).find(|(a, b)| a != b);
            assert_eq!((differs, ours.len()), (None, theirs.len()), "{}", book.head.id);
        }
    }
}
