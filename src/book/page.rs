//! A playbook as one page of Markdown: read on a screen, or printed and followed by hand.
//!
//! Owns the order of the page: when to use it, what is promised, who is told, what is needed, the way through
//! it, the steps, its drill. What it says of a step is in [`super::step`].

use super::flow::{end_words, rows, sentences};
use super::mark::{code, text};
use super::{drill, figure, people, step};
use crate::config::{Config, Danger};
use crate::plan::Library;
use crate::playbook::{Head, Playbook};
use crate::report::drill::freshness;
use crate::severity::{Escalation, EscalationKind, built_in_matrix};
use crate::time::Span;
use crate::ui::lang::Lang;

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
    /// The language of the page; what the playbook says is in its own.
    pub lang: Lang,
}

impl About<'_> {
    /// Words of the page, with somebody's inside them as they are.
    pub(super) fn say(&self, words: &str) -> String {
        self.lang.under("paper", words)
    }
}

/// The page.
#[must_use]
pub fn page(playbook: &Playbook, about: &About<'_>) -> String {
    let head = &playbook.head;
    let mut page = format!("# {}\n\n", text(&head.title));
    introduction(&mut page, playbook, about);
    paper(&mut page, head, about);
    symptoms(&mut page, head, about);
    promises(&mut page, playbook, about);
    people::people(&mut page, playbook, about);
    needs(&mut page, head, about);
    way(&mut page, playbook, about);
    phases(&mut page, playbook, about);
    if let Some(rehearsal) = &playbook.drill {
        drill::section(&mut page, &head.id, rehearsal, about);
    }
    page
}

/// The page of another playbook, or its name where it has no page.
pub(super) fn playbook_link(id: &str, about: &About<'_>) -> String {
    (about.link)(id).map_or_else(|| code(id), |address| format!("[{}](<{address}>)", code(id)))
}

fn introduction(page: &mut String, playbook: &Playbook, about: &About<'_>) {
    let head = &playbook.head;
    page.push_str(&format!("{}, {}\n\n", code(&head.id), severity(head, about)));
    let mut say =
        |label: &str, words: &str| page.push_str(&format!("- **{}**: {words}\n", about.say(label)));
    for (name, environment) in &about.config.environments {
        let danger = if environment.danger == Danger::High {
            format!(" ({})", about.say("a mistake costs much here"))
        } else {
            String::new()
        };
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
        format!(", {}", about.say(&format!("to be read again every {}", about.say(&words))))
    });
    let reviewed = head.reviewed.as_deref().map_or_else(|| about.say("never"), text);
    say("Last read against reality", &format!("{reviewed}{every}"));
    let last = about.last_drill.map_or_else(
        || {
            if playbook.drill.is_some() {
                about.say("none on record")
            } else {
                about.say("none: it has no drill")
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

fn severity(head: &Head, about: &About<'_>) -> String {
    let Some(severity) = head.severity else { return about.say("no severity") };
    text(&about.config.severity_names().shown(severity))
}

/// What is filled in by hand at the top of a printed page.
fn paper(page: &mut String, head: &Head, about: &About<'_>) {
    let blank = "______________________";
    page.push_str("\n<div class=\"mayday-paper\">\n\n");
    page.push_str(&format!(
        "**{}** {} {blank} {} {blank} {} {blank} {} {blank}\n\n",
        about.say("On paper."),
        about.say("Began"),
        about.say("Led by"),
        about.say("Impact since"),
        about.say("Detected")
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
    page.push_str(&format!("\n## {}\n\n", about.say("When to use it")));
    for symptom in &head.use_when {
        page.push_str(&format!("- {}\n", text(symptom)));
    }
    if !head.alerts.is_empty() {
        let alerts: Vec<String> = head.alerts.iter().map(|alert| code(alert)).collect();
        page.push_str(&format!("- {}: {}\n", about.say("An alert"), alerts.join(", ")));
    }
    for not_for in &head.not_for {
        let other = playbook_link(&not_for.instead, about);
        let (not_for, words) = (about.say("Not for"), text(&not_for.condition));
        page.push_str(&format!(
            "- **{not_for}** {words}: {}\n",
            about.say(&format!("use {other}"))
        ));
    }
}

fn promises(page: &mut String, playbook: &Playbook, about: &About<'_>) {
    let head = &playbook.head;
    let objectives = &head.objectives;
    page.push_str(&format!(
        "\n## {}\n\n| {} | {} | {} | {} |\n|---|---|---|---|\n",
        about.say("What is promised, and who is told"),
        about.say("what"),
        about.say("how long"),
        about.say("counts from"),
        about.say("until")
    ));
    if let Some(rto) = objectives.rto {
        let from = objectives.starts.as_deref().unwrap_or("impact");
        let from = about.say(from);
        let ends = objectives.ends.as_deref().map_or_else(
            || about.say("the last step"),
            |ends| end_words(ends, playbook, about.lang),
        );
        let hold = objectives.hold.map_or_else(String::new, |hold| {
            format!(", {}", about.say(&format!("and it lasts {hold}")))
        });
        page.push_str(&format!(
            "| {} | {rto} | {} | {}{hold} |\n",
            about.say("service is back (RTO)"),
            text(&from),
            text(&ends)
        ));
    }
    if let Some(rpo) = objectives.rpo {
        page.push_str(&format!("| {} | {rpo} | | |\n", about.say("data that may be lost (RPO)")));
    }
    let matrix = built_in_matrix();
    let policy = head.severity.and_then(|severity| {
        about.config.severities.get(&severity).or_else(|| matrix.get(&severity))
    });
    if let Some(policy) = policy {
        page.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            about.say("somebody has taken it"),
            policy.response,
            about.say("detected"),
            about.say("acknowledged")
        ));
    }
    for rung in people::rungs(playbook, about) {
        page.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            about.say(&told(&rung)),
            rung.after,
            about.say("detected"),
            about.say(&until(&rung))
        ));
    }
    for (name, timer) in &head.timers {
        let from = about.say(timer.from.as_deref().unwrap_or("detected"));
        let until = timer.unless.as_deref().unwrap_or_default();
        page.push_str(&format!(
            "| {} ({}) | {} | {} | {} |\n",
            text(&timer.say),
            code(name),
            timer.after,
            text(&from),
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

fn needs(page: &mut String, head: &Head, about: &About<'_>) {
    let requires = &head.requires;
    if requires.tools.is_empty()
        && requires.secrets.is_empty()
        && requires.targets.is_empty()
        && head.inputs.is_empty()
    {
        return;
    }
    page.push_str(&format!("\n## {}\n\n", about.say("What must be there")));
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
            page.push_str(&format!("- **{}**: {names}\n", about.say(label)));
        }
    }
    for (name, input) in &head.inputs {
        let ask = input.ask.as_deref().unwrap_or(name);
        let default = input.default.as_ref().map_or_else(String::new, |value| {
            format!(", {}", about.say(&format!("by default {}", code(&value.to_string()))))
        });
        page.push_str(&format!(
            "- **{}**: {} ({}{default})\n",
            about.say("Asked at the start"),
            text(ask),
            code(name)
        ));
    }
}

fn way(page: &mut String, playbook: &Playbook, about: &About<'_>) {
    let rows = rows(playbook, about.lang);
    let title = about.say(&format!("The way through {}", playbook.head.id));
    page.push_str(&format!(
        "\n## {}\n\n<figure class=\"mayday-way\">",
        about.say("The way through it")
    ));
    page.push_str(&figure::svg(&title, &rows, about.lang));
    page.push_str(&format!("</figure>\n\n{}\n\n", about.say("The same in words:")));
    for (index, (words, exit)) in sentences(&rows, about.lang).into_iter().enumerate() {
        let other = exit.and_then(|exit| exit.playbook.as_deref()).and_then(|id| (about.link)(id));
        let other = other.map_or_else(String::new, |address| {
            format!(" [{}](<{address}>).", about.say("To that page"))
        });
        page.push_str(&format!("{}. {}{other}\n", index + 1, text(&words)));
    }
}

fn phases(page: &mut String, playbook: &Playbook, about: &About<'_>) {
    let mut number = 0;
    for (index, phase) in playbook.phases.iter().enumerate() {
        let title = match phase.head.title.as_str() {
            "" => about.say("The steps"),
            title => about.say(&format!("Phase {}: {}", index + 1, text(title))),
        };
        page.push_str(&format!("\n## {title}\n"));
        if phase.head.immediate {
            page.push_str(&format!("\n**{}**\n", about.say("First, now.")));
        }
        if let Some(when) = &phase.head.when {
            let words = format!("Only when {}; passed over when it does not hold.", code(when));
            page.push_str(&format!("\n{}\n", about.say(&words)));
        }
        if let Some(budget) = phase.head.budget {
            page.push_str(&format!("\n{}\n", about.say(&format!("It may take {budget}."))));
        }
        for one in &phase.steps {
            number += 1;
            step::step(page, &number.to_string(), one, playbook, about);
        }
    }
}
