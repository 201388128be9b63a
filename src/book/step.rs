//! One step on a page: what a person reads before doing it, and the line to tick on paper.

use super::mark::{code, fence, link, text};
use super::page::{About, playbook_link};
use crate::effect::EffectClass;
use crate::plan::class_of;
use crate::playbook::{Gate, OnFail, Playbook, Probe, Step};
use crate::steps::{Action, Part};
use crate::ui::card::{Card, command};

/// Included playbooks inside one another are written out so deep; `check` refuses circles.
const DEEPEST: usize = 5;
/// A blank to write into.
const BLANK: &str = "________________";

/// A step and, where it brings in another playbook's, those.
pub(super) fn step(
    page: &mut String,
    number: &str,
    step: &Step,
    playbook: &Playbook,
    about: &About<'_>,
) {
    let level = if number.contains('.') { "####" } else { "###" };
    let common = &step.common;
    page.push_str(&format!("\n{level} {number}\\. {}\n\n{}", text(&common.title), tick(step)));
    if let Some(why) = &common.why {
        page.push_str(&format!("{}\n\n", text(why)));
    }
    body(page, step);
    facts(page, step, playbook, about);
    step.action.parts(&mut |_, part| {
        if let Part::Playbook(id) = part {
            included(page, number, id, about);
        }
    });
}

/// The boxes and blanks of a paper checklist.
fn tick(step: &Step) -> String {
    let mut answer = String::new();
    if matches!(step.action, Action::Ask(_))
        || step.common.evidence.as_ref().is_some_and(|e| e.ask.is_some())
    {
        answer = format!("<br>answer {BLANK}{BLANK}");
    }
    format!(
        "<p class=\"mayday-tick\">&#9744; done &nbsp; &#9744; skipped, why {BLANK} &nbsp; at {BLANK} &nbsp; by {BLANK}{answer}</p>\n\n"
    )
}

/// What is run, asked or done.
fn body(page: &mut String, step: &Step) {
    if let Action::Choose(choose) = &step.action {
        page.push_str(&format!("{}\n\n", text(&choose.ask)));
        for (key, label) in &choose.options {
            page.push_str(&format!("- &#9744; {} ({})\n", text(label), code(key)));
        }
        page.push('\n');
        return;
    }
    let card = Card::of(step, class_of(&step.common, &step.action), &str::to_owned);
    let spoken = matches!(step.action, Action::Ask(_) | Action::Confirm(_) | Action::Manual(_));
    if spoken {
        for line in &card.command {
            page.push_str(&format!("{}\n\n", paragraphs(line)));
        }
    } else if !card.command.is_empty() && !matches!(step.action, Action::Include(_)) {
        let language = match step.action.key() {
            "shell" => "sh",
            "sql" => "sql",
            _ => "text",
        };
        page.push_str(&format!("{}\n", fence(language, &card.command.join("\n"))));
    }
}

/// Lines of an instruction stay lines.
fn paragraphs(words: &str) -> String {
    let lines: Vec<String> =
        words.lines().filter(|line| !line.trim().is_empty()).map(text).collect();
    lines.join("  \n")
}

fn facts(page: &mut String, step: &Step, playbook: &Playbook, about: &About<'_>) {
    let common = &step.common;
    let class = class_of(common, &step.action);
    let card = Card::of(step, class, &str::to_owned);
    let mut say = |label: &str, words: String| page.push_str(&format!("- **{label}**: {words}\n"));
    say("Name", code(&common.id));
    if let Some(when) = &common.when {
        say("Only when", code(when));
    }
    if let Some(each) = &common.for_each {
        say("Once for each of", code(each));
    }
    if let Some(role) = &common.role {
        say("Who", text(role));
    }
    let limit = card.time_limit.map_or_else(String::new, |limit| format!(", ended after {limit}"));
    let expected = common.expected.map_or_else(String::new, |span| format!(", takes about {span}"));
    say("Effect", format!("{}{limit}{expected}", text(&card.place)));
    if let Some(gate) = gate(step, class) {
        say("Asks first", gate);
    }
    if let Some(retry) = &common.retry {
        let every = retry.every.map_or_else(|| "5s".to_owned(), |every| every.to_string());
        say("Tries", format!("{} times, {every} apart", retry.times));
    }
    let own = card.success.len().saturating_sub(step.verify.len());
    let good: Vec<String> = card.success.iter().take(own).map(|success| code(success)).collect();
    if !good.is_empty() {
        say("Good if", good.join(", and "));
    }
    for probe in &step.verify {
        say("Then look", looks(probe));
    }
    if card.changes {
        say("Undo", undo(step));
    }
    if let Some(fails) = fails(&common.on_fail, playbook, about) {
        say("If it does not work", fails);
    }
    if common.killer {
        say(
            "Cannot be passed over",
            "skipping it takes a typed reason and a second person".to_owned(),
        );
    }
    if let Some(crash) = &step.on_crash {
        say(
            "If mayday is killed meanwhile",
            format!("look: {}; it did happen if {}", looks(&crash.probe), code(&crash.done_if)),
        );
    }
    if let Some(mark) = common.marks {
        say("Then the incident counts as", format!("{mark:?}").to_lowercase());
    }
    if !common.capture.is_empty() {
        let names: Vec<String> = common.capture.iter().map(|(name, _)| code(name)).collect();
        say("Gives later steps", names.join(", "));
    }
    if let Some(evidence) = &common.evidence {
        let mut kept: Vec<String> = evidence.files.iter().map(|file| code(file)).collect();
        kept.extend(evidence.ask.iter().map(|ask| text(ask)));
        say("Evidence", kept.join(", "));
    }
    if let Some(address) = &common.link {
        say("See", link(address));
    }
}

/// What stands in front of the step, by the rules of the gates.
fn gate(step: &Step, class: EffectClass) -> Option<String> {
    let asks = step.action.is_question() || matches!(step.action, Action::Notify(_));
    let Gate { ask, type_to_confirm, second_person } =
        step.common.confirm.clone().unwrap_or_default();
    let typed = match (type_to_confirm, class) {
        (Some(typed), _) => format!("type {}", code(&typed)),
        _ if step.common.confirm.is_none() && asks => return None,
        (None, EffectClass::Destructive) => format!("type {}", code(&step.common.id)),
        (None, EffectClass::Change) if step.common.confirm.is_none() => {
            "Enter, or y where the danger is high".to_owned()
        }
        (None, EffectClass::Read) if step.common.confirm.is_none() => return None,
        (None, _) => "y".to_owned(),
    };
    let ask = ask.map_or_else(String::new, |ask| format!("{} ", text(&ask)));
    let second = second_person
        .map_or_else(String::new, |when| format!("; a second person agrees when {}", code(&when)));
    Some(format!("{ask}{typed}{second}"))
}

/// A check as a person makes it by hand: what it is, what to run, what must hold.
pub(super) fn looks(probe: &Probe) -> String {
    let mut words: Vec<String> = probe.head.title.iter().map(|title| text(title)).collect();
    if let Some(action) = &probe.action {
        let lines = command(action, &str::to_owned);
        words.extend(lines.iter().flat_map(|lines| lines.lines()).map(code));
    }
    if let Some(that) = &probe.head.that {
        words.push(format!("must hold: {}", code(that)));
    }
    words.join("<br>")
}

fn undo(step: &Step) -> String {
    let Some(undo) = &step.undo else { return "none: the playbook names no way back".to_owned() };
    let title = undo.head.title.as_deref().map(text).unwrap_or_default();
    let commands = command(&undo.action, &str::to_owned);
    let commands: Vec<String> = commands.iter().flat_map(|lines| lines.lines()).map(code).collect();
    format!("{title} {}", commands.join("<br>")).trim_start().to_owned()
}

fn fails(rule: &OnFail, playbook: &Playbook, about: &About<'_>) -> Option<String> {
    let choice = |item| {
        let words = text(&super::flow::choice(item, playbook));
        match item {
            crate::playbook::MenuItem::Handoff(id) => {
                format!("hand over to {}", playbook_link(id, about))
            }
            _ => words,
        }
    };
    match rule {
        OnFail::Ask => None,
        OnFail::Continue => Some("the run goes on; the failure stays visible".to_owned()),
        OnFail::Stop => Some("the run stops; `mayday resume` goes on".to_owned()),
        OnFail::Menu(items) => Some(items.iter().map(choice).collect::<Vec<_>>().join(", or ")),
    }
}

/// The steps of another playbook, numbered below the step that brings them in.
fn included(page: &mut String, number: &str, id: &str, about: &About<'_>) {
    page.push_str(&format!("\nThe steps of {}:\n", playbook_link(id, about)));
    let Some(other) = about.library.get(id).filter(|_| number.split('.').count() < DEEPEST) else {
        return;
    };
    for (index, inner) in other.steps().enumerate() {
        step(page, &format!("{number}.{}", index + 1), inner, other, about);
    }
}
