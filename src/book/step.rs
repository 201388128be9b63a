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
    page.push_str(&format!(
        "\n{level} {number}\\. {}\n\n{}",
        text(&common.title),
        tick(step, about)
    ));
    if let Some(why) = &common.why {
        page.push_str(&format!("{}\n\n", text(why)));
    }
    body(page, step, about);
    facts(page, step, playbook, about);
    step.action.parts(&mut |_, part| {
        if let Part::Playbook(id) = part {
            included(page, number, id, about);
        }
    });
}

/// The boxes and blanks of a paper checklist.
fn tick(step: &Step, about: &About<'_>) -> String {
    let mut answer = String::new();
    if matches!(step.action, Action::Ask(_))
        || step.common.evidence.as_ref().is_some_and(|e| e.ask.is_some())
    {
        answer = format!("<br>{} {BLANK}{BLANK}", about.say("answer"));
    }
    format!(
        "<p class=\"mayday-tick\">&#9744; {} &nbsp; &#9744; {} {BLANK} &nbsp; {} {BLANK} &nbsp; {} {BLANK}{answer}</p>\n\n",
        about.say("done"),
        about.say("skipped, why"),
        about.say("at"),
        about.say("by")
    )
}

/// What success is, where it is an expression or words of ours.
fn good_if(success: &str, about: &About<'_>) -> String {
    match success.strip_prefix("holds: ") {
        Some(expression) => about.say(&format!("holds: {}", code(expression))),
        None => text(&about.say(success)),
    }
}

/// What is run, asked or done.
fn body(page: &mut String, step: &Step, about: &About<'_>) {
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
        let words = match step.action {
            Action::Pause(_) | Action::Notify(_) => {
                let lines: Vec<String> = card.command.iter().map(|line| about.say(line)).collect();
                lines.join("\n")
            }
            _ => card.command.join("\n"),
        };
        page.push_str(&format!("{}\n", fence(language, &words)));
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
    let mut say = |label: &str, words: String| {
        page.push_str(&format!("- **{}**: {words}\n", about.say(label)));
    };
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
    let limit = card.time_limit.map(|limit| about.say(&format!("ended after {limit}")));
    let expected = common.expected.map(|span| about.say(&format!("takes about {span}")));
    let effect = [Some(text(&about.say(&card.place))), limit, expected];
    say("Effect", effect.into_iter().flatten().collect::<Vec<_>>().join(", "));
    if let Some(gate) = gate(step, class, about) {
        say("Asks first", gate);
    }
    if let Some(retry) = &common.retry {
        let every = retry.every.map_or_else(|| "5s".to_owned(), |every| every.to_string());
        say("Tries", about.say(&format!("{} times, {every} apart", retry.times)));
    }
    let own = card.success.len().saturating_sub(step.verify.len());
    let good: Vec<String> =
        card.success.iter().take(own).map(|success| good_if(success, about)).collect();
    if !good.is_empty() {
        say("Good if", good.join(&format!(", {} ", about.say("and"))));
    }
    for probe in &step.verify {
        say("Then look", looks(probe, about));
    }
    if card.changes {
        say("Undo", undo(step, about));
    }
    if let Some(fails) = fails(&common.on_fail, playbook, about) {
        say("If it does not work", fails);
    }
    if common.killer {
        say(
            "Cannot be passed over",
            about.say("skipping it takes a typed reason and a second person"),
        );
    }
    if let Some(crash) = &step.on_crash {
        say(
            "If mayday is killed meanwhile",
            about.say(&format!(
                "look: {}; it did happen if {}",
                looks(&crash.probe, about),
                code(&crash.done_if)
            )),
        );
    }
    if let Some(mark) = common.marks {
        say("Then the incident counts as", about.say(&format!("{mark:?}").to_lowercase()));
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
fn gate(step: &Step, class: EffectClass, about: &About<'_>) -> Option<String> {
    let asks = step.action.is_question() || matches!(step.action, Action::Notify(_));
    let Gate { ask, type_to_confirm, second_person } =
        step.common.confirm.clone().unwrap_or_default();
    let typed = match (type_to_confirm, class) {
        (Some(typed), _) => about.say(&format!("type {}", code(&typed))),
        _ if step.common.confirm.is_none() && asks => return None,
        (None, EffectClass::Destructive) => about.say(&format!("type {}", code(&step.common.id))),
        (None, EffectClass::Change) if step.common.confirm.is_none() => {
            about.say("Enter, or y where the danger is high")
        }
        (None, EffectClass::Read) if step.common.confirm.is_none() => return None,
        (None, _) => about.say("y"),
    };
    let ask = ask.map_or_else(String::new, |ask| format!("{} ", text(&ask)));
    let second = second_person.map_or_else(String::new, |when| {
        format!("; {}", about.say(&format!("a second person agrees when {}", code(&when))))
    });
    Some(format!("{ask}{typed}{second}"))
}

/// A check as a person makes it by hand: what it is, what to run, what must hold.
pub(super) fn looks(probe: &Probe, about: &About<'_>) -> String {
    let mut words: Vec<String> = probe.head.title.iter().map(|title| text(title)).collect();
    if let Some(action) = &probe.action {
        let lines = command(action, &str::to_owned);
        words.extend(lines.iter().flat_map(|lines| lines.lines()).map(code));
    }
    if let Some(that) = &probe.head.that {
        words.push(about.say(&format!("must hold: {}", code(that))));
    }
    words.join("<br>")
}

fn undo(step: &Step, about: &About<'_>) -> String {
    let Some(undo) = &step.undo else { return about.say("none: the playbook names no way back") };
    let title = undo.head.title.as_deref().map(text).unwrap_or_default();
    let commands = command(&undo.action, &str::to_owned);
    let commands: Vec<String> = commands.iter().flat_map(|lines| lines.lines()).map(code).collect();
    format!("{title} {}", commands.join("<br>")).trim_start().to_owned()
}

fn fails(rule: &OnFail, playbook: &Playbook, about: &About<'_>) -> Option<String> {
    let choice = |item| {
        let words = text(&super::flow::choice(item, playbook, about.lang));
        match item {
            crate::playbook::MenuItem::Handoff(id) => {
                about.say(&format!("hand over to {}", playbook_link(id, about)))
            }
            _ => words,
        }
    };
    match rule {
        OnFail::Ask => None,
        OnFail::Continue => Some(about.say("the run goes on; the failure stays visible")),
        OnFail::Stop => Some(about.say("the run stops; `mayday resume` goes on")),
        OnFail::Menu(items) => {
            let or = format!(", {} ", about.say("or"));
            Some(items.iter().map(choice).collect::<Vec<_>>().join(&or))
        }
    }
}

/// The steps of another playbook, numbered below the step that brings them in.
fn included(page: &mut String, number: &str, id: &str, about: &About<'_>) {
    let words = format!("The steps of {}:", playbook_link(id, about));
    page.push_str(&format!("\n{}\n", about.say(&words)));
    let Some(other) = about.library.get(id).filter(|_| number.split('.').count() < DEEPEST) else {
        return;
    };
    for (index, inner) in other.steps().enumerate() {
        step(page, &format!("{number}.{}", index + 1), inner, other, about);
    }
}
