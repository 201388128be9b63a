//! The way through a playbook as rows from top to bottom: what is asked, what is done, what leads away.
//!
//! Owns what the picture shows and the same in words; [`super::figure`] only draws it. A row is one thing a
//! reader decides or does; what leads away from the straight way stands beside it.

use crate::effect::EffectClass;
use crate::plan::class_of;
use crate::playbook::{MenuItem, OnFail, Phase, Playbook, Step};
use crate::steps::{Action, Part};
use crate::ui::lang::Lang;

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Where it begins.
    Start,
    /// Something that is answered.
    Question,
    /// Something that is done.
    Work,
    /// Where it ends.
    End,
}

/// One thing from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub shape: Shape,
    /// What it says.
    pub says: String,
    /// More about it, smaller.
    pub note: String,
    /// The answer that leads to the row below; empty where nothing is asked.
    pub on: &'static str,
    /// What leads away to the side.
    pub exit: Option<Exit>,
    /// The answer and the row that it leads to, where rows are passed over.
    pub skip: Option<(&'static str, usize)>,
}

/// A way out to the side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The answer that takes it.
    pub on: &'static str,
    /// Where it leads.
    pub to: String,
    /// The playbook that it leads to.
    pub playbook: Option<String>,
}

/// The rows of a playbook.
#[must_use]
pub fn rows(playbook: &Playbook, lang: Lang) -> Vec<Row> {
    let say = |words: &str| lang.under("paper", words);
    let head = &playbook.head;
    let mut rows = vec![row(Shape::Start, head.title.clone(), String::new())];
    for not_for in &head.not_for {
        let exit = Exit {
            on: "yes",
            to: say(&format!("use {}", not_for.instead)),
            playbook: Some(not_for.instead.clone()),
        };
        rows.push(Row {
            on: "no",
            exit: Some(exit),
            ..row(Shape::Question, as_question(&not_for.condition, lang), String::new())
        });
    }
    for (index, phase) in playbook.phases.iter().enumerate() {
        phase_rows(&mut rows, index, phase, playbook, lang);
    }
    let end = head
        .objectives
        .ends
        .as_deref()
        .map_or_else(|| say("Every step is done"), |ends| end_words(ends, playbook, lang));
    let rto = head.objectives.rto.map_or_else(String::new, |rto| say(&format!("within {rto}")));
    rows.push(row(Shape::End, end, rto));
    rows
}

fn row(shape: Shape, says: String, note: String) -> Row {
    Row { shape, says, note, on: "", exit: None, skip: None }
}

fn as_question(condition: &str, lang: Lang) -> String {
    let begin = if lang == Lang::Spanish && !condition.starts_with('¿') { "¿" } else { "" };
    format!("{begin}{}?", condition.trim_end_matches(['.', '?']))
}

fn phase_rows(rows: &mut Vec<Row>, index: usize, phase: &Phase, playbook: &Playbook, lang: Lang) {
    let gate = phase.head.when.as_ref().map(|when| {
        rows.push(Row { on: "holds", ..row(Shape::Question, when.clone(), String::new()) });
        rows.len() - 1
    });
    let says = match phase.head.title.as_str() {
        "" => lang.under("paper", "The steps"),
        title => format!("{}. {title}", index + 1),
    };
    rows.push(row(Shape::Work, says, phase_note(phase, lang)));
    for step in &phase.steps {
        rows.extend(deciding(step, playbook, lang));
    }
    if let Some(gate) = gate {
        rows[gate].skip = Some(("does not hold", rows.len()));
    }
}

/// `3 steps, 1 DESTRUCTIVE, budget 3m`.
fn phase_note(phase: &Phase, lang: Lang) -> String {
    let say = |words: &str| lang.under("paper", words);
    let count = phase.steps.len();
    let mut note = vec![say(&format!("{count} {}", if count == 1 { "step" } else { "steps" }))];
    let of = |class| {
        phase.steps.iter().filter(|step| class_of(&step.common, &step.action) == class).count()
    };
    for (class, word) in
        [(EffectClass::Change, "change"), (EffectClass::Destructive, "DESTRUCTIVE")]
    {
        let count = of(class);
        if count > 0 {
            note.push(format!("{count} {}", say(word)));
        }
    }
    if phase.head.immediate {
        note.insert(0, say("first, now"));
    }
    if let Some(budget) = phase.head.budget {
        note.push(say(&format!("budget {budget}")));
    }
    note.join(", ")
}

/// The row of a step at which the way may turn, if it may.
fn deciding(step: &Step, playbook: &Playbook, lang: Lang) -> Option<Row> {
    let say = |words: &str| lang.under("paper", words);
    let title = &step.common.title;
    if let Action::Choose(choose) = &step.action {
        let options: Vec<&str> = choose.options.iter().map(|(_, label)| label.as_str()).collect();
        return Some(row(Shape::Question, choose.ask.clone(), options.join(" / ")));
    }
    let exit = turn(step, playbook, lang);
    if let Some(exit) = exit {
        let says =
            if step.common.killer { say(&format!("Must hold: {title}")) } else { title.clone() };
        return Some(Row {
            on: "passes",
            exit: Some(exit),
            ..row(Shape::Question, says, String::new())
        });
    }
    if let Action::Include(_) = &step.action {
        let mut includes = row(Shape::Work, title.clone(), String::new());
        step.action.parts(&mut |_, part| {
            if let Part::Playbook(id) = part {
                includes.note = say(&format!("the steps of {id}"));
            }
        });
        return Some(includes);
    }
    None
}

/// Where a step that does not pass leads, when the playbook says so.
fn turn(step: &Step, playbook: &Playbook, lang: Lang) -> Option<Exit> {
    let say = |words: &str| lang.under("paper", words);
    let OnFail::Menu(items) = &step.common.on_fail else {
        let words = say("stop, or a typed reason and a second person");
        return step.common.killer.then_some(Exit { on: "fails", to: words, playbook: None });
    };
    let handoff = items.iter().find_map(|item| match item {
        MenuItem::Handoff(id) => Some(id.clone()),
        _ => None,
    });
    let turns =
        items.iter().any(|item| matches!(item, MenuItem::SwitchTo(_) | MenuItem::Handoff(_)));
    let words: Vec<String> = items.iter().map(|item| choice(item, playbook, lang)).collect();
    (turns || step.common.killer).then(|| Exit {
        on: "fails",
        to: words.join(&format!(", {} ", say("or"))),
        playbook: handoff,
    })
}

/// A choice of a failure menu, in words.
#[must_use]
pub fn choice(item: &MenuItem, playbook: &Playbook, lang: Lang) -> String {
    let words = match item {
        MenuItem::Retry => "try again".to_owned(),
        MenuItem::Check => "look again".to_owned(),
        MenuItem::ByHand => "done by hand".to_owned(),
        MenuItem::Skip => "skip, with a reason".to_owned(),
        MenuItem::Edit => "change inputs, then try again".to_owned(),
        MenuItem::UndoBack => "undo steps back to an earlier one".to_owned(),
        MenuItem::Shell => "take over in a shell".to_owned(),
        MenuItem::SwitchTo(id) => {
            let found = playbook.phases.iter().position(|phase| phase.head.id == *id);
            let name =
                |index: usize| format!("{}. {}", index + 1, playbook.phases[index].head.title);
            format!("go on at {}", found.map_or_else(|| id.clone(), name))
        }
        MenuItem::Handoff(id) => format!("hand over to {id}"),
        MenuItem::Escalate => "escalate".to_owned(),
        MenuItem::Stop => "stop".to_owned(),
        MenuItem::Abort => "abort".to_owned(),
    };
    lang.under("paper", &words)
}

/// What ends the objective, in words.
#[must_use]
pub fn end_words(ends: &str, playbook: &Playbook, lang: Lang) -> String {
    let say = |words: &str| lang.under("paper", words);
    if let Some(id) = ends.strip_prefix("step:") {
        let title = playbook
            .steps()
            .find(|step| step.common.id == id)
            .map(|step| step.common.title.clone());
        return title.unwrap_or_else(|| say(&format!("Step {id} passes")));
    }
    ends.strip_prefix("milestone:").map_or_else(
        || ends.to_owned(),
        |milestone| say(&format!("The incident is {}", say(milestone))),
    )
}

/// The same in words: what stands in a row and where each answer leads.
#[must_use]
pub fn sentences(rows: &[Row], lang: Lang) -> Vec<(String, Option<&Exit>)> {
    let say = |words: &str| lang.under("paper", words);
    let number = |index: usize| index + 1;
    rows.iter()
        .map(|row| {
            let says = row.says.trim_end();
            let stop = if says.ends_with(['.', '?', '!']) { "" } else { "." };
            let mut words = format!("{says}{stop}");
            if !row.note.is_empty() {
                words += &format!(" ({})", row.note);
            }
            if !row.on.is_empty() {
                words += &format!(" {}: {}.", capital(&say(row.on)), say("go on"));
            }
            if let Some((on, to)) = row.skip {
                let to = say(&format!("go to {}", number(to)));
                words += &format!(" {}: {to}.", capital(&say(on)));
            }
            if let Some(exit) = &row.exit {
                words += &format!(" {}: {}.", capital(&say(exit.on)), exit.to);
            }
            (words, row.exit.as_ref())
        })
        .collect()
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
