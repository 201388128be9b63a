//! `mayday show ID`: one playbook as a person reads it.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::exit::{self, Failure};
use super::project::Project;
use super::{Global, machine, out};
use crate::book::page::About;
use crate::config::Config;
use crate::plan::class_of;
use crate::playbook::{Cadence, DrillHead, Playbook, Step};
use crate::ui::card::Card;
use crate::ui::lang::Lang;

/// Flags of `show`.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  mayday show quickstart/data-loss\n  mayday show sev2-data-loss --format md\n  \
        mayday show sev2-data-loss --format html > paper.html"
)]
pub struct ShowArgs {
    /// The playbook's id
    playbook: String,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
enum Format {
    /// Plain text
    Text,
    /// A page of Markdown, as in the book
    Md,
    /// The same page as one HTML file to print, with boxes to tick
    Html,
    /// JSON
    Json,
}

/// One playbook, as text.
pub(super) fn one(global: &Global, id: &str) -> Result<u8, Failure> {
    show(global, &ShowArgs { playbook: id.to_owned(), format: Format::Text })
}

pub(super) fn show(global: &Global, args: &ShowArgs) -> Result<u8, Failure> {
    let project = Project::open(global.config.as_deref())?;
    let lang = machine::lang(global);
    let library = project.library_in(lang);
    let Some(playbook) = library.get(&args.playbook) else {
        return Err(super::missing::playbook(&project, &args.playbook));
    };
    match args.format {
        Format::Json => {
            let line = as_json(playbook);
            out::json(&line.to_string());
        }
        Format::Text => lines(playbook, &project.config_value(), lang),
        Format::Md => out::data(&page_of(playbook, &project, lang)),
        Format::Html => {
            let page = page_of(playbook, &project, lang);
            out::data(&crate::book::print::document(&playbook.head.title, &page, lang));
        }
    }
    Ok(exit::DONE)
}

/// The page of the book, on its own: it links to no other.
fn page_of(playbook: &Playbook, project: &Project, lang: Lang) -> String {
    let id = &playbook.head.id;
    let parsed = project
        .playbooks
        .iter()
        .find(|parsed| parsed.value.as_ref().is_some_and(|it| it.head.id == *id));
    let last_drill = super::book::last_drill(&super::drill::shelf::all(&project.base), id)
        .map(|last| lang.under("paper", &last));
    let about = About {
        config: &project.config_value(),
        library: &project.library_in(lang),
        file: parsed.map_or("", |parsed| &parsed.source.file.name),
        last_drill: last_drill.as_deref(),
        rehearsed: None,
        link: &|_| None,
        lang,
    };
    crate::book::page::page(playbook, &about)
}

fn lines(playbook: &Playbook, config: &Config, lang: Lang) {
    let head = &playbook.head;
    let say = |words: &str| out::line(&lang.say(words));
    out::line(&format!("{}: {}\n", head.id, head.title));
    let severity = super::list::severity(head.severity, config);
    let span = |span: Option<crate::time::Span>| span.map_or("none".to_owned(), |s| s.to_string());
    let (rto, rpo) = (span(head.objectives.rto), span(head.objectives.rpo));
    say(&format!("{severity}; RTO {rto}; RPO {rpo}"));
    if let Some(owner) = &head.owner {
        let reviewed = head.reviewed.as_deref().unwrap_or("never");
        say(&format!("Owner {owner}; reviewed {reviewed}"));
    }
    for symptom in &head.use_when {
        say(&format!("- Use when: {symptom}"));
    }
    for not_for in &head.not_for {
        say(&format!("- Not for: {} -> {}", not_for.condition, not_for.instead));
    }
    for (name, input) in &head.inputs {
        let ask = input.ask.as_deref().unwrap_or_default();
        say(&format!("- Input {name}: {ask}"));
    }
    if let Some(drill) = &playbook.drill {
        say(&format!("- Drill: {}", drill_line(&drill.head)));
    }
    let mut number = 0;
    for phase in &playbook.phases {
        if phase.head.immediate {
            say("\nFIRST, NOW:");
        }
        if !phase.head.title.is_empty() {
            let budget = phase.head.budget.map_or(String::new(), |b| format!(" ({b})"));
            out::line(&format!("\n{}{budget}", phase.head.title));
        }
        for step in &phase.steps {
            number += 1;
            show_step(number, step, lang);
        }
    }
}

/// `on sandbox, quarterly, signed off by devops_lead`.
fn drill_line(head: &DrillHead) -> String {
    let cadence = head.cadence.map_or("when wanted", |cadence| match cadence {
        Cadence::Weekly => "weekly",
        Cadence::Monthly => "monthly",
        Cadence::Quarterly => "quarterly",
        Cadence::Yearly => "yearly",
    });
    let mut line = format!("on {}, {cadence}", head.environments.join(" or "));
    if !head.sign_off.is_empty() {
        line += &format!(", signed off by {}", head.sign_off.join(" and "));
    }
    line
}

fn show_step(number: usize, step: &Step, lang: Lang) {
    let class = class_of(&step.common, &step.action);
    out::line(&format!("\n{number}. {} [{}]", step.common.title, step.common.id));
    let card = Card::of(step, class, &str::to_owned);
    for line in card.lines(None, machine::width(), lang) {
        out::line(&line);
    }
}

fn as_json(playbook: &Playbook) -> serde_json::Value {
    let head = &playbook.head;
    let step = |step: &Step| {
        json!({
            "id": step.common.id, "title": step.common.title, "why": step.common.why,
            "action": step.action.key(), "effect": class_of(&step.common, &step.action).word(),
            "target": step.common.target, "when": step.common.when,
            "undo": step.undo.is_some(), "verify": step.verify.len(),
        })
    };
    let phases: Vec<_> = playbook
        .phases
        .iter()
        .map(|phase| {
            json!({
                "id": phase.head.id, "title": phase.head.title, "budget": phase.head.budget,
                "steps": phase.steps.iter().map(step).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "id": head.id, "title": head.title, "severity": head.severity, "owner": head.owner,
        "use_when": head.use_when, "rto": head.objectives.rto, "rpo": head.objectives.rpo,
        "inputs": head.inputs.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        "phases": phases, "drill": playbook.drill.is_some(),
    })
}
