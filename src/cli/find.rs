//! `mayday find`: which playbook answers a symptom.
//!
//! Owns the ranking. It forgives what a tired person types: case, endings, a letter wrong.

use clap::Args;
use serde_json::json;

use super::exit::{self, Failure};
use super::project::Project;
use super::{Global, list, machine, out};
use crate::playbook::Playbook;

/// Flags of `find`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday find \"missing reservations\"\n  \
    mayday find DatabaseDown\n  \
    mayday find guests cannot pay --json")]
pub struct FindArgs {
    /// Words of the symptom, the title, an alert or a tag
    #[arg(required = true)]
    words: Vec<String>,
    /// Only those of this severity, as `mayday list --severity`
    #[arg(long, value_name = "SEVERITY")]
    severity: Vec<String>,
    /// One line of JSON a playbook, the best first
    #[arg(long)]
    json: bool,
}

pub(super) fn find(global: &Global, args: &FindArgs) -> Result<u8, Failure> {
    let project = Project::open(global.config.as_deref())?;
    let wanted = words(&args.words);
    let library = project.library();
    let mut found = ranked(library.values(), &wanted);
    // Who works in another language finds by its words, too.
    let lang = machine::lang(global);
    let translated = project.library_in(lang);
    for (rank, playbook) in ranked(translated.values(), &wanted) {
        match found.iter_mut().find(|(_, known)| known.head.id == playbook.head.id) {
            Some(known) => *known = (known.0.max(rank), playbook),
            None => found.push((rank, playbook)),
        }
    }
    let asked = list::asked(&args.severity, &project.config_value())?;
    found.retain(|(_, playbook)| list::is_of(playbook, &asked));
    found.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    if found.is_empty() {
        out::tell(lang, "No playbook speaks of that. `mayday list` shows all of them.");
        return Ok(exit::USAGE);
    }
    for (rank, playbook) in found {
        let head = &playbook.head;
        if args.json {
            let not_for: Vec<_> = head
                .not_for
                .iter()
                .map(|not| json!({ "if": not.condition, "use": not.instead }))
                .collect();
            let line = json!({
                "id": head.id, "title": head.title, "rank": rank, "severity": head.severity,
                "use_when": head.use_when, "not_for": not_for, "alerts": head.alerts,
            });
            out::json(&line.to_string());
            continue;
        }
        out::line(&format!("{}  {}", head.id, head.title));
        for symptom in &head.use_when {
            out::line(&format!("    {}: {symptom}", lang.say("use when")));
        }
        for not_for in &head.not_for {
            let (label, not) = (lang.say("not for"), not_for);
            out::line(&format!("    {label}: {} -> {}", not.condition, not.instead));
        }
    }
    Ok(exit::DONE)
}

/// Words that say nothing about what is wrong.
const EMPTY: &[&str] = &[
    "a", "an", "and", "are", "at", "by", "can", "cannot", "do", "does", "for", "from", "has",
    "have", "i", "in", "is", "it", "not", "of", "on", "or", "our", "the", "their", "to", "was",
    "we", "with", "you", "al", "como", "con", "de", "del", "desde", "el", "en", "es", "está",
    "están", "esta", "estan", "ha", "hay", "la", "las", "le", "lo", "los", "muy", "no", "nos", "o",
    "para", "por", "porque", "puede", "pueden", "que", "se", "sin", "su", "sus", "un", "una", "y",
    "ya",
];

/// The words of a text, in lower case, without those that say nothing unless there are no others.
pub(super) fn words(texts: &[String]) -> Vec<String> {
    let all: Vec<String> = texts.iter().flat_map(|text| split(text)).collect();
    let telling: Vec<String> =
        all.iter().filter(|word| !EMPTY.contains(&word.as_str())).cloned().collect();
    if telling.is_empty() { all } else { telling }
}

fn split(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Playbooks that speak of these words, the best first.
pub(super) fn ranked<'p>(
    playbooks: impl Iterator<Item = &'p Playbook>,
    words: &[String],
) -> Vec<(u32, &'p Playbook)> {
    let mut found: Vec<(u32, &Playbook)> = playbooks
        .map(|playbook| (rank(playbook, words), playbook))
        .filter(|(rank, _)| *rank > 0)
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.head.id.cmp(&b.1.head.id)));
    found
}

/// How well a playbook answers: an alert's name counts most, then symptoms, then the rest.
fn rank(playbook: &Playbook, words: &[String]) -> u32 {
    let head = &playbook.head;
    let title = vec![head.id.clone(), head.title.clone()];
    let weighted = [(8, &head.alerts), (4, &head.use_when), (3, &title), (2, &head.tags)];
    let hits = words.iter().map(|word| {
        weighted.iter().map(|(weight, texts)| weight * closeness(texts, word)).sum::<u32>()
    });
    hits.sum()
}

/// 3 for the word itself, 2 for a part or another ending of it, 1 for a letter wrong, 0 for none.
fn closeness(texts: &[String], word: &str) -> u32 {
    let close = |other: &str| {
        let length = word.chars().count();
        if other == word {
            3
        } else if length > 2 && (other.contains(word) || stem(other) == stem(word)) {
            2
        } else {
            let slip = || crate::diagnostic::did_you_mean(word, [other]).is_some();
            u32::from(length > 4 && slip())
        }
    };
    let of = |text: &String| {
        let whole = text.to_lowercase();
        split(text).map(|other| close(&other)).max().unwrap_or(0).max(if whole == word {
            3
        } else {
            0
        })
    };
    texts.iter().map(of).max().unwrap_or(0)
}

/// A word without its ending: `bookings` and `booked` are about a `booking`.
fn stem(word: &str) -> &str {
    let ending = ["ings", "ing", "ions", "ion", "ies", "es", "ed", "s", "y", "e"]
        .into_iter()
        .find(|ending| word.strip_suffix(ending).is_some_and(|stem| stem.chars().count() > 3));
    ending.and_then(|ending| word.strip_suffix(ending)).unwrap_or(word)
}
