//! `run --alert`: from what a monitoring system posts to a playbook, with its inputs and the time of the detection.
//!
//! Owns the choice. One playbook whose `alerts` names the alert is taken, and why is said; more than one is
//! asked about or refused, none is refused: a wrong playbook costs more than a question.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use super::exit::{self, Failure};
use super::project::Project;
use super::{Global, find, machine, out};
use crate::playbook::Playbook;
use crate::text;
use crate::time::Timestamp;

mod body;

use body::Alert;

/// Bytes of a body; a large group of alerts has a tenth of it.
const CAP: u64 = 1024 * 1024;

/// What a run starts from.
#[derive(Default)]
pub(super) struct Start {
    /// The playbook's id.
    pub playbook: String,
    /// Why this one, for the record; nothing without an alert.
    pub why: Option<String>,
    /// What the alert says of inputs.
    pub values: BTreeMap<String, String>,
    /// Since when it fires.
    pub since: Option<Timestamp>,
}

/// The playbook that was named, or the one that an alert picks, with what the alert tells.
///
/// # Errors
/// The alert cannot be read or fires nothing; no playbook fits, or several and nobody can be asked.
pub(super) fn start(
    global: &Global,
    project: &Project,
    alert: Option<&str>,
    named: Option<&str>,
) -> Result<Start, Failure> {
    let Some(file) = alert else {
        return Ok(Start { playbook: named.unwrap_or_default().to_owned(), ..Start::default() });
    };
    let alert = read(file)?;
    let picked = pick(global, project, &alert, named)?;
    let (values, since) = (alert.labels, alert.since);
    Ok(Start { playbook: picked.playbook, why: Some(picked.why), values, since })
}

/// A playbook picked by an alert.
struct Picked {
    playbook: String,
    /// Why, for the record.
    why: String,
}

/// Reads the body of a webhook from a file, or from standard input for `-`.
///
/// # Errors
/// It cannot be read, is no body that is known, or nothing is firing.
fn read(file: &str) -> Result<Alert, Failure> {
    let whence = if file == "-" { "standard input" } else { file };
    let failed = |why: String| {
        Failure::new(exit::USAGE, format!("read the alert from {whence}: {why}")).hint(
            "--alert takes the body that Alertmanager, Grafana or PagerDuty posts to a webhook",
        )
    };
    let mut bytes = Vec::new();
    let read = if file == "-" {
        std::io::stdin().take(CAP + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(CAP + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| failed(error.to_string()))?;
    if bytes.len() as u64 > CAP {
        return Err(failed(format!("it is larger than {} KiB", CAP / 1024)));
    }
    let json = serde_json::from_slice(&bytes)
        .map_err(|error| failed(format!("it is no JSON: {error}")))?;
    let alert = Alert::of(&json).map_err(failed)?;
    if alert.names.is_empty() {
        let message = format!("start a run for {}: nothing is firing", alert.system);
        return Err(Failure::new(exit::USAGE, message).hint(
            "the alert is resolved; to look into it all the same, name a playbook without --alert",
        ));
    }
    Ok(alert)
}

/// The playbook for an alert: the one that was named, or the one whose `alerts` fits.
///
/// # Errors
/// None fits, or more than one and nobody can be asked.
fn pick(
    global: &Global,
    project: &Project,
    alert: &Alert,
    named: Option<&str>,
) -> Result<Picked, Failure> {
    let playbooks: Vec<&Playbook> =
        project.playbooks.iter().filter_map(|parsed| parsed.value.as_ref()).collect();
    let what = alert.names.join(", ");
    let since = alert.since.map_or(String::new(), |at| format!(", since {}", at.date_clock()));
    out::talk(&format!("Alert {what} ({}){since}", alert.system));
    if let Some(named) = named {
        let fits =
            playbooks.iter().any(|book| book.head.id == named && fits(book, alert).is_some());
        let why = if fits { "its `alerts` names it" } else { "named on the command line" };
        if !fits {
            out::talk(&format!("  `alerts` of {named} does not name it; taken because you say so"));
        }
        return Ok(picked(named, alert, why));
    }
    let mut found: Vec<(&Playbook, Fit)> =
        playbooks.iter().filter_map(|book| Some((*book, fits(book, alert)?))).collect();
    // A name that is the alert's counts, words of a title only where there is none.
    if found.iter().any(|(_, fit)| fit.exact) {
        found.retain(|(_, fit)| fit.exact);
    }
    match found.as_slice() {
        [] => Err(none(&playbooks, alert)),
        [(book, fit)] => {
            say(book, &fit.name);
            Ok(picked(&book.head.id, alert, &format!("its `alerts` names {}", fit.name)))
        }
        several => choose(global, several, alert),
    }
}

fn picked(playbook: &str, alert: &Alert, why: &str) -> Picked {
    let since = alert.since.map_or(String::new(), |at| format!(", firing since {at}"));
    let what = alert.names.join(", ");
    let why = format!("Started by the alert {what} ({}{since}): {why}.", alert.system);
    Picked { playbook: playbook.to_owned(), why }
}

/// Why a playbook, and when not.
fn say(book: &Playbook, name: &str) {
    out::talk(&format!("  {}  {}: its `alerts` names {name}", book.head.id, book.head.title));
    for not_for in &book.head.not_for {
        out::talk(&format!("  not for: {} -> {}", not_for.condition, not_for.instead));
    }
}

/// How a playbook fits an alert.
struct Fit {
    /// The name in its `alerts`.
    name: String,
    /// It is the alert's name, not words in its title.
    exact: bool,
}

fn fits(book: &Playbook, alert: &Alert) -> Option<Fit> {
    let names = || book.head.alerts.iter();
    let fit = |name: &String, exact| Fit { name: name.clone(), exact };
    let same = |name: &&String| alert.names.iter().any(|fired| fired.eq_ignore_ascii_case(name));
    let said = |name: &&String| alert.titles.iter().any(|title| says(title, name));
    let exactly = names().find(same).map(|name| fit(name, true));
    exactly.or_else(|| names().find(said).map(|name| fit(name, false)))
}

/// True when a title has this name as whole words.
fn says(title: &str, name: &str) -> bool {
    let (title, name) = (title.to_lowercase(), name.trim().to_lowercase());
    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '-');
    !name.is_empty()
        && title.match_indices(&name).any(|(at, _)| {
            apart(title[..at].chars().next_back()) && apart(title[at + name.len()..].chars().next())
        })
}

/// More than one fits: asked on a terminal, refused elsewhere.
fn choose(global: &Global, several: &[(&Playbook, Fit)], alert: &Alert) -> Result<Picked, Failure> {
    for (book, fit) in several {
        say(book, &fit.name);
    }
    let ids: Vec<&str> = several.iter().map(|(book, _)| book.head.id.as_str()).collect();
    if machine::attended(global) {
        let chosen = super::pick::one_of("Which one?", &ids)?;
        return match chosen {
            Some(id) => Ok(picked(&id, alert, "chosen by the operator among those that name it")),
            None => Err(Failure::new(exit::STOPPED, "pick a playbook: none was chosen")
                .hint("nothing was run")),
        };
    }
    let message = format!("pick a playbook for this alert: {} name it", ids.join(" and "));
    Err(Failure::new(exit::USAGE, message)
        .hint(format!("say which: mayday run {} --alert FILE", ids[0])))
}

/// No playbook names the alert: which come near by their words.
fn none(playbooks: &[&Playbook], alert: &Alert) -> Failure {
    let words: Vec<String> = alert.names.iter().chain(&alert.titles).cloned().collect();
    let near = find::ranked(playbooks.iter().copied(), &find::words(&words));
    for (_, book) in near.iter().take(3) {
        out::talk(&format!("  perhaps {}  {}", book.head.id, book.head.title));
    }
    let name = alert.names.first().map_or("", String::as_str);
    let message = format!("pick a playbook: no `alerts` names {}", alert.names.join(" or "));
    Failure::new(exit::USAGE, message).hint(format!(
        "name one: mayday run ID --alert FILE; and add `alerts: [\"{name}\"]` to it for the next time"
    ))
}

/// The names of inputs that a label could be for: `k8s.cluster-name` is `k8s_cluster_name`.
fn as_input(label: &str) -> String {
    let part = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    label.chars().map(part).collect()
}

/// What was taken from an alert and what was not, for the person who starts the run.
pub(super) fn tell(name: &str, value: &str, refused: Option<&str>) {
    let value = text::cut(value, 60);
    match refused {
        None => out::talk(&format!("  input {name} = {value} (from the alert)")),
        Some(why) => {
            out::talk(&format!("  input {name}: `{value}` of the alert is not taken: {why}"));
        }
    }
}

/// Names once each, in order.
fn once(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names.into_iter().filter(|name| !name.is_empty() && seen.insert(name.clone())).collect()
}
