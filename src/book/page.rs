//! A playbook as one page of Markdown: read on a screen, or printed and followed by hand.
//!
//! Owns the order of the page: when to use it, what is promised, who is told, what is needed, the way through
//! it, the steps, its drill. What it says of a step is in [`super::step`].

use super::flow::{end_words, rows, sentences};
use super::mark::{code, text};
use super::{drill, figure, step};
use crate::config::{Config, Danger};
use crate::plan::Library;
use crate::playbook::{Head, Playbook};
use crate::report::drill::freshness;
use crate::severity::{Escalation, EscalationKind, built_in_matrix};
use crate::time::Span;

/// How the picture, the boxes and the blanks look, on a screen and on paper.
pub const STYLE: &str = include_str!("page.css");

/// What a page is made of beside the playbook.
pub struct About<'a> {
    /// The configuration of its project.
    pub config: &'a Config,
    /// All playbooks of its project.
    pub library: &'a Library,
    /// Where the playbook stands, as one writes it.
    pub file: &'a str,
    /// Its newest drill on record, in words.
    pub last_drill: Option<&'a str>,
    /// The day on which tests last rehearsed it, `2026-01-20`.
    pub rehearsed: Option<&'a str>,
    /// The address of another playbook's page, where it has one.
    pub link: &'a dyn Fn(&str) -> Option<String>,
}

/// The page.
#[must_use]
pub fn page(playbook: &Playbook, about: &About<'_>) -> String {
    let head = &playbook.head;
    let mut page = format!("# {}\n\n", text(&head.title));
    introduction(&mut page, playbook, about);
    paper(&mut page, head);
    symptoms(&mut page, head, about);
    promises(&mut page, playbook, about);
    needs(&mut page, head);
    way(&mut page, playbook, about);
    phases(&mut page, playbook, about);
    if let Some(rehearsal) = &playbook.drill {
        drill::section(&mut page, &head.id, rehearsal);
    }
    page
}

/// The page of another playbook, or its name where it has no page.
pub(super) fn playbook_link(id: &str, about: &About<'_>) -> String {
    (about.link)(id).map_or_else(|| code(id), |address| format!("[{}](<{address}>)", code(id)))
}

fn introduction(page: &mut String, playbook: &Playbook, about: &About<'_>) {
    let head = &playbook.head;
    page.push_str(&format!("{}, {}\n\n", code(&head.id), severity(head, about.config)));
    let mut say = |label: &str, words: &str| page.push_str(&format!("- **{label}**: {words}\n"));
    for (name, environment) in &about.config.environments {
        let danger =
            if environment.danger == Danger::High { " (a mistake costs much here)" } else { "" };
        say(
            "Begin it",
            &format!("{}{danger}", code(&format!("mayday run {} --env {name}", head.id))),
        );
    }
    if about.config.environments.is_empty() {
        say("Begin it", &code(&format!("mayday run {}", head.id)));
    }
    if let Some(owner) = &head.owner {
        say("Owner", &text(owner));
    }
    let every = head.review_every.map_or_else(String::new, |every| {
        let days = every.millis() / Span::from_mins(24 * 60).millis();
        let words = if days > 0 { freshness::days(every) } else { every.to_string() };
        format!(", to be read again every {words}")
    });
    let reviewed = head.reviewed.as_deref().map_or_else(|| "never".to_owned(), text);
    say("Last read against reality", &format!("{reviewed}{every}"));
    let last = about.last_drill.map_or_else(
        || {
            if playbook.drill.is_some() {
                "none on record".to_owned()
            } else {
                "none: it has no drill".to_owned()
            }
        },
        text,
    );
    say("Last drill", &last);
    if let Some(day) = about.rehearsed {
        say("Last rehearsed by tests", &text(day));
    }
    say("File", &code(about.file));
}

fn severity(head: &Head, config: &Config) -> String {
    let Some(severity) = head.severity else { return "no severity".to_owned() };
    text(&config.severity_names().shown(severity))
}

/// What is filled in by hand at the top of a printed page.
fn paper(page: &mut String, head: &Head) {
    let blank = "______________________";
    page.push_str("\n<div class=\"mayday-paper\">\n\n");
    page.push_str(&format!(
        "**On paper.** Began {blank} Led by {blank} Impact since {blank} Detected {blank}\n\n"
    ));
    for (name, input) in &head.inputs {
        let ask = input.ask.as_deref().unwrap_or(name);
        page.push_str(&format!("{} ({}): {blank}{blank}\n\n", text(ask), code(name)));
    }
    page.push_str("</div>\n");
}

fn symptoms(page: &mut String, head: &Head, about: &About<'_>) {
    if head.use_when.is_empty() && head.not_for.is_empty() && head.alerts.is_empty() {
        return;
    }
    page.push_str("\n## When to use it\n\n");
    for symptom in &head.use_when {
        page.push_str(&format!("- {}\n", text(symptom)));
    }
    if !head.alerts.is_empty() {
        let alerts: Vec<String> = head.alerts.iter().map(|alert| code(alert)).collect();
        page.push_str(&format!("- An alert: {}\n", alerts.join(", ")));
    }
    for not_for in &head.not_for {
        let other = playbook_link(&not_for.instead, about);
        page.push_str(&format!("- **Not for** {}: use {other}\n", text(&not_for.condition)));
    }
}

fn promises(page: &mut String, playbook: &Playbook, about: &About<'_>) {
    let head = &playbook.head;
    let objectives = &head.objectives;
    page.push_str("\n## What is promised, and who is told\n\n| what | how long | counts from | until |\n|---|---|---|---|\n");
    if let Some(rto) = objectives.rto {
        let from = objectives.starts.as_deref().unwrap_or("impact");
        let ends = objectives
            .ends
            .as_deref()
            .map_or_else(|| "the last step".to_owned(), |ends| end_words(ends, playbook));
        let hold =
            objectives.hold.map_or_else(String::new, |hold| format!(", and it lasts {hold}"));
        page.push_str(&format!(
            "| service is back (RTO) | {rto} | {} | {}{hold} |\n",
            text(from),
            text(&ends)
        ));
    }
    if let Some(rpo) = objectives.rpo {
        page.push_str(&format!("| data that may be lost (RPO) | {rpo} | | |\n"));
    }
    let matrix = built_in_matrix();
    let policy = head.severity.and_then(|severity| {
        about.config.severities.get(&severity).or_else(|| matrix.get(&severity))
    });
    if let Some(policy) = policy {
        page.push_str(&format!(
            "| somebody has taken it | {} | detected | acknowledged |\n",
            policy.response
        ));
    }
    let rungs = head.escalation.as_ref().or_else(|| policy.map(|policy| &policy.escalation));
    for rung in rungs.into_iter().flatten() {
        page.push_str(&format!(
            "| {} | {} | detected | {} |\n",
            told(rung),
            rung.after,
            until(rung)
        ));
    }
    for (name, timer) in &head.timers {
        let from = timer.from.as_deref().unwrap_or("detected");
        let until = timer.unless.as_deref().unwrap_or_default();
        page.push_str(&format!(
            "| {} ({}) | {} | {} | {} |\n",
            text(&timer.say),
            code(name),
            timer.after,
            text(from),
            text(until)
        ));
    }
}

fn told(rung: &Escalation) -> String {
    let to = text(&rung.to.join(", "));
    match rung.kind {
        EscalationKind::Inform => format!("tell {to}"),
        EscalationKind::Engage => format!("call in {to}"),
    }
}

fn until(rung: &Escalation) -> String {
    rung.unless
        .map_or_else(|| "always".to_owned(), |unless| format!("unless {unless:?}").to_lowercase())
}

fn needs(page: &mut String, head: &Head) {
    let requires = &head.requires;
    if requires.tools.is_empty()
        && requires.secrets.is_empty()
        && requires.targets.is_empty()
        && head.inputs.is_empty()
    {
        return;
    }
    page.push_str("\n## What must be there\n\n");
    let list = |names: &mut dyn Iterator<Item = String>| {
        names.map(|name| code(&name)).collect::<Vec<_>>().join(", ")
    };
    let targets = requires.targets.iter().map(|(name, kind)| format!("{name}: {}", kind.word()));
    for (label, names) in [
        ("Programs", list(&mut requires.tools.iter().cloned())),
        ("Secrets", list(&mut requires.secrets.iter().cloned())),
        ("Targets", list(&mut targets.into_iter())),
    ] {
        if !names.is_empty() {
            page.push_str(&format!("- **{label}**: {names}\n"));
        }
    }
    for (name, input) in &head.inputs {
        let ask = input.ask.as_deref().unwrap_or(name);
        let default = input
            .default
            .as_ref()
            .map_or_else(String::new, |value| format!(", by default {}", code(&value.to_string())));
        page.push_str(&format!(
            "- **Asked at the start**: {} ({}{default})\n",
            text(ask),
            code(name)
        ));
    }
}

fn way(page: &mut String, playbook: &Playbook, about: &About<'_>) {
    let rows = rows(playbook);
    let title = format!("The way through {}", playbook.head.id);
    page.push_str("\n## The way through it\n\n<figure class=\"mayday-way\">");
    page.push_str(&figure::svg(&title, &rows));
    page.push_str("</figure>\n\nThe same in words:\n\n");
    for (index, (words, exit)) in sentences(&rows).into_iter().enumerate() {
        let other = exit.and_then(|exit| exit.playbook.as_deref()).and_then(|id| (about.link)(id));
        let other =
            other.map_or_else(String::new, |address| format!(" [To that page](<{address}>)."));
        page.push_str(&format!("{}. {}{other}\n", index + 1, text(&words)));
    }
}

fn phases(page: &mut String, playbook: &Playbook, about: &About<'_>) {
    let mut number = 0;
    for (index, phase) in playbook.phases.iter().enumerate() {
        let title = match phase.head.title.as_str() {
            "" => "The steps".to_owned(),
            title => format!("Phase {}: {}", index + 1, text(title)),
        };
        page.push_str(&format!("\n## {title}\n"));
        if phase.head.immediate {
            page.push_str("\n**First, now.**\n");
        }
        if let Some(when) = &phase.head.when {
            page.push_str(&format!(
                "\nOnly when {}; passed over when it does not hold.\n",
                code(when)
            ));
        }
        if let Some(budget) = phase.head.budget {
            page.push_str(&format!("\nIt may take {budget}.\n"));
        }
        for one in &phase.steps {
            number += 1;
            step::step(page, &number.to_string(), one, playbook, about);
        }
    }
}
