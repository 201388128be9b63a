//! Blocks to phases and steps.

use super::commands::{self, Part};
use super::outline::{self, Block, Item};
use crate::effect::EffectClass;
use crate::playbook::check::guess;

/// Words in a heading above what one sees when the runbook applies, in lower case.
const SYMPTOMS: &[&str] = &["symptom", "síntoma", "sintoma", "when to use", "cuándo usar", "signs"];

/// Words in front of what a person looks at and answers, in lower case.
const CHECKS: &[&str] =
    &["verif", "check", "confirm", "ensure", "make sure", "comprob", "valid", "asegur", "revis"];

/// Our words above what a terminal printed; they title nothing.
const PRINTED: &str = "It printed:";

/// Words in front of a command in a sentence, in lower case.
const RUNS: &[&str] = &["run ", "execute ", "ejecut", "type ", "correr "];

/// A draft as data.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// The title, when the text has one.
    pub title: Option<String>,
    /// What one sees who needs it.
    pub use_when: Vec<String>,
    /// Words above the first phase.
    pub intro: Vec<String>,
    /// Words that wait for the next phase.
    words: Vec<String>,
    pub phases: Vec<Phase>,
}

#[derive(Debug, Default)]
pub(super) struct Phase {
    pub title: String,
    /// Words above it.
    pub words: Vec<String>,
    pub steps: Vec<Step>,
    /// Words behind its last step.
    pub after: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Step {
    pub title: String,
    /// Words above it.
    pub words: Vec<String>,
    pub action: Action,
    pub link: Option<String>,
}

#[derive(Debug)]
pub(super) enum Action {
    Shell(String, EffectClass),
    Sql(String, EffectClass),
    Manual(String),
    Confirm(String),
}

impl Action {
    /// mayday runs it.
    pub(super) fn is_executable(&self) -> bool {
        matches!(self, Self::Shell(..) | Self::Sql(..))
    }

    /// What it runs or says.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Shell(text, _)
            | Self::Sql(text, _)
            | Self::Manual(text)
            | Self::Confirm(text) => text,
        }
    }
}

/// Everything in its place.
pub(super) fn of(blocks: Vec<Block>) -> Sheet {
    let mut sheet = Sheet::default();
    let mut above: Vec<(usize, String)> = Vec::new();
    let mut phase = Phase::default();
    let mut of_symptoms = false;
    for block in blocks {
        match block {
            Block::Heading(1, title) if sheet.title.is_none() && above.is_empty() => {
                sheet.title = Some(title);
            }
            Block::Heading(level, title) => {
                close(&mut sheet, std::mem::take(&mut phase));
                above.retain(|(other, _)| *other < level);
                let parent = above.last().filter(|(level, _)| *level > 1);
                phase.title = match parent {
                    Some((_, parent)) => format!("{parent}: {title}"),
                    None => title.clone(),
                };
                let low = title.to_lowercase();
                of_symptoms = SYMPTOMS.iter().any(|word| low.contains(word));
                above.push((level, title));
            }
            Block::Item(item) if of_symptoms && item.below.is_empty() => {
                sheet.use_when.push(item.text);
            }
            block => phase.take(block, None),
        }
    }
    close(&mut sheet, phase);
    let waiting = std::mem::take(&mut sheet.words);
    if let Some(last) = sheet.phases.last_mut() {
        last.after.extend(waiting);
    } else {
        sheet
            .phases
            .push(Phase { steps: vec![reading("Read the runbook", &waiting)], ..Phase::default() });
    }
    sheet
}

/// A phase with steps is one; words alone are read as a step; a bare heading stands above what follows.
fn close(sheet: &mut Sheet, mut phase: Phase) {
    if phase.steps.is_empty() && !phase.after.is_empty() {
        if phase.title.is_empty() {
            sheet.words.append(&mut phase.after);
            return;
        }
        let words = std::mem::take(&mut phase.after);
        phase.steps.push(reading(&format!("Read: {}", phase.title), &words));
    }
    if phase.steps.is_empty() {
        if !phase.title.is_empty() {
            sheet.words.push(phase.title);
        }
        return;
    }
    let waiting = std::mem::take(&mut sheet.words);
    if sheet.phases.is_empty() {
        sheet.intro = waiting;
    } else {
        phase.words = waiting;
    }
    sheet.phases.push(phase);
}

fn reading(title: &str, words: &[String]) -> Step {
    let text = words.join("\n\n");
    // A heading without a word below it says no more than that there is something to read.
    let text = if text.trim().is_empty() { title.to_owned() } else { text };
    Step { title: title.to_owned(), words: Vec::new(), action: Action::Manual(text), link: None }
}

impl Phase {
    /// Puts a block where it belongs; `title` is what the item above says.
    fn take(&mut self, block: Block, title: Option<&str>) {
        match block {
            Block::Heading(_, words) | Block::Prose(words) => self.after.push(words),
            Block::Code { language, text } => self.code(&language, &text, title),
            Block::Item(item) => self.item(item),
        }
    }

    /// A step below the words above it. What its title says already is not said again, and the colon in front
    /// of a command is no part of a title.
    fn step(&mut self, title: String, action: Action) {
        let bare = |text: &str| text.trim().trim_end_matches(':').trim_end().to_owned();
        let title = Some(bare(&title)).filter(|bare| !bare.is_empty()).unwrap_or(title);
        let mut words = std::mem::take(&mut self.after);
        words.retain(|words| bare(words) != title);
        self.steps.push(Step { title, words, action, link: None });
    }

    fn code(&mut self, language: &str, text: &str, title: Option<&str>) {
        if text.trim().is_empty() {
            return;
        }
        match language {
            "md" | "markdown" => {
                for block in outline::of(text) {
                    self.take(block, None);
                }
            }
            "sql" | "postgresql" | "mysql" | "plsql" => {
                let says = text.lines().find_map(|line| line.trim().strip_prefix("--"));
                let title = title.or(says).map_or_else(|| self.about("Run"), str::to_owned);
                if language != "sql" {
                    self.after.push(written_in(language));
                }
                let action = if guess::has_statement(text) {
                    Action::Sql(text.to_owned(), guess::statement(text))
                } else {
                    Action::Manual(text.trim_end().to_owned())
                };
                self.step(title, action);
            }
            _ if commands::is_shell(language, text) => {
                let mut title = title.map(str::to_owned);
                if matches!(language, "ksh" | "zsh") {
                    self.after.push(written_in(language));
                }
                for part in commands::parts(text) {
                    self.part(part, title.take());
                }
            }
            _ => {
                let title = title.map_or_else(|| self.about("Use"), str::to_owned);
                if !language.is_empty() {
                    self.after.push(written_in(language));
                }
                self.step(title, Action::Manual(text.trim_end().to_owned()));
            }
        }
    }

    fn part(&mut self, part: Part, title: Option<String>) {
        match part {
            Part::Script { text, says } => {
                let title = title.or(says).unwrap_or_else(|| self.of_command(&text));
                // What a template would read as its own cannot stand in a script.
                let action = if text.contains("{{") {
                    Action::Manual(text)
                } else {
                    let class = guess::script(&text);
                    Action::Shell(text, class)
                };
                self.step(title, action);
            }
            Part::Words(words) if !words.trim().is_empty() => {
                let first = words.lines().next().unwrap_or_default().to_owned();
                self.step(title.unwrap_or(first), Action::Manual(words));
            }
            Part::Words(_) => {}
            Part::Output(text) => self.after.push(format!("{PRINTED}\n{text}")),
        }
    }

    fn item(&mut self, item: Item) {
        let has_code = item.below.iter().any(|block| matches!(block, Block::Code { .. }));
        let is_step = item.numbered || item.ticked;
        if has_code {
            // Its words are the title of its commands; what does not fit into a title stays above.
            let title = first_line(&item.text);
            if !item.text.is_empty() {
                self.after.push(item.text.clone());
            }
            for block in item.below {
                self.take(
                    block,
                    Some(&title).filter(|title| !title.is_empty()).map(String::as_str),
                );
            }
            return;
        }
        if !is_step {
            self.after.push(format!("- {}", item.text));
        } else if let Some(command) = command_in(&item.text) {
            if item.text.lines().count() > 1 {
                self.after.push(item.text.clone());
            }
            let class = guess::script(&command);
            self.step(first_line(&item.text), Action::Shell(command, class));
        } else if !item.text.is_empty() {
            let low = item.text.trim_start_matches(['*', '_', ' ']).to_lowercase();
            let asks = item.ticked && CHECKS.iter().any(|word| low.starts_with(word));
            let text = item.text.clone();
            let action = if asks { Action::Confirm(text) } else { Action::Manual(text) };
            self.step(first_line(&item.text), action);
            if let Some(step) = self.steps.last_mut() {
                step.link = only_link(&item.text);
            }
        }
        for block in item.below {
            self.take(block, None);
        }
    }

    /// A title from the words above, or from a verb and the phase.
    fn about(&self, verb: &str) -> String {
        let above = self.after.last().map(|words| first_line(words));
        let above = above
            .filter(|line| line.ends_with(':') && line != PRINTED && line.chars().count() <= 90);
        above
            .unwrap_or_else(|| format!("{verb} what stands below {}", self.title).trim().to_owned())
    }

    fn of_command(&self, text: &str) -> String {
        let above = self.after.last().map(|words| first_line(words));
        if let Some(above) = above.filter(|line| line.ends_with(':') && line != PRINTED) {
            return above;
        }
        let line =
            text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        format!("Run {}", line.unwrap_or_default())
    }
}

/// What the fence said and no type of step does.
fn written_in(language: &str) -> String {
    format!("Written in {language}")
}

fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

/// "Run `systemctl restart app`": the command. One only, and behind a word that says to run it.
fn command_in(text: &str) -> Option<String> {
    let mut parts = text.split('`');
    let before = parts.next()?.trim_start_matches(['*', '_', ' ']).to_lowercase();
    let command = parts.next()?;
    let only = parts.next().is_some() && parts.next().is_none();
    let told = RUNS.iter().any(|word| before.starts_with(word));
    let fits = !command.trim().is_empty() && !command.contains("{{");
    (only && told && fits).then(|| command.to_owned())
}

/// The address of the only link in a text.
fn only_link(text: &str) -> Option<String> {
    let starts: Vec<usize> = text
        .match_indices("https://")
        .chain(text.match_indices("http://"))
        .map(|(at, _)| at)
        .collect();
    let [start] = starts[..] else { return None };
    let rest = &text[start..];
    let end =
        rest.find(|c: char| c.is_whitespace() || ")>]\"'`{}".contains(c)).unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches(['.', ',', ';']).to_owned())
}
