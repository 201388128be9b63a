//! Says what is wrong with playbooks and the configuration: every fault of every file, at once.
//!
//! Owns the order of work: each file is laid out once ([`book`]), each script, statement and
//! expression is read once, and every rule looks at it. A rule is a row of [`rules`]: its code, its
//! words for `explain`, its examples and its function. No IO: the caller loads the files and says
//! what day it is.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use crate::config::Config;
use crate::diagnostic::codes::Entry;
use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::Playbook;
use crate::playbook::parse::{Parsed, Source};
use crate::steps::Part;
use crate::template::Fault;
use crate::template::shape::{self, Shape};
use crate::time::Timestamp;

mod book;
mod effects;
pub mod guess;
mod looking;
mod rules;
mod scope;
pub mod shell;
mod sql;

use book::{Book, Piece, Site};
use scope::Names;

/// What is looked at together: references between files are followed inside it.
#[derive(Clone, Copy)]
pub struct Set<'a> {
    /// All playbooks of the project, also those that the caller will not show faults of.
    pub playbooks: &'a [Parsed<Playbook>],
    /// mayday.yaml; without one, references into it are not looked at.
    pub config: Option<&'a Parsed<Config>>,
    /// Now, for review dates.
    pub today: Timestamp,
}

/// Every fault of every file, those of reading included, file by file from top to bottom.
#[must_use]
pub fn check(set: &Set<'_>) -> Vec<Diagnostic> {
    let scene = Scene::new(*set);
    let mut all = Vec::new();
    if let Some(config) = set.config {
        let mut faults = config.faults.clone();
        for rule in rules::all() {
            if let (Look::Config(look), Some(value)) = (rule.look, &config.value) {
                look(&scene, value, &mut Found::new(rule, &config.source, &mut faults));
            }
        }
        rules::tokens::look(&config.source.file, config.value.as_ref(), &mut faults);
        all.append(&mut sorted(faults));
    }
    for (index, parsed) in set.playbooks.iter().enumerate() {
        let mut faults = parsed.faults.clone();
        if let Some((book, names)) = scene.books.get(index).and_then(Option::as_ref) {
            look_at(&scene, book, names, &mut faults);
        }
        rules::tokens::look(&parsed.source.file, None, &mut faults);
        all.append(&mut sorted(faults));
    }
    all
}

/// The page of every rule, for the catalogue.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    static ENTRIES: LazyLock<Vec<Entry>> =
        LazyLock::new(|| rules::all().map(Rule::entry).collect());
    ENTRIES.iter()
}

/// From top to bottom; where two rules say the same of one place, once.
fn sorted(mut faults: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let place = |fault: &Diagnostic| {
        fault.labels.first().map_or((0, 0), |label| (label.range.start, label.range.end))
    };
    faults.sort_by_key(|fault| (place(fault), fault.code));
    faults.dedup();
    faults
}

/// All files, laid out, and what is known across them.
pub(crate) struct Scene<'a> {
    set: Set<'a>,
    books: Vec<Option<(Book<'a>, Names)>>,
    by_id: HashMap<&'a str, &'a Playbook>,
}

impl<'a> Scene<'a> {
    fn new(set: Set<'a>) -> Self {
        let values = || set.playbooks.iter().filter_map(|parsed| parsed.value.as_ref());
        let by_id: HashMap<_, _> = values().map(|book| (book.head.id.as_str(), book)).collect();
        let lay_out = |parsed| {
            let book = book::lay_out(parsed)?;
            let names = Names::of(&book, &by_id);
            Some((book, names))
        };
        let books = set.playbooks.iter().map(lay_out).collect();
        Self { set, books, by_id }
    }

    fn config(&self) -> Option<&'a Config> {
        self.set.config.and_then(|parsed| parsed.value.as_ref())
    }
}

/// One rule: a row of the catalogue.
pub(crate) struct Rule {
    code: &'static str,
    title: &'static str,
    why: &'static str,
    bad: &'static str,
    good: &'static str,
    look: Look,
}

impl Rule {
    fn entry(&self) -> Entry {
        Entry {
            code: Code(self.code),
            title: self.title,
            text: self.why,
            bad: example(self.bad),
            good: example(self.good),
        }
    }
}

/// The part of a fixture below its frame.
fn example(fixture: &'static str) -> &'static str {
    fixture.split_once("# ---\n").map_or(fixture, |(_, example)| example)
}

/// What a rule looks at.
#[derive(Clone, Copy)]
pub(crate) enum Look {
    /// mayday.yaml.
    Config(fn(&Scene<'_>, &Config, &mut Found<'_>)),
    /// A playbook as a whole.
    Book(fn(&In<'_>, &mut Found<'_>)),
    /// An action in its place.
    Site(fn(&In<'_>, &Site<'_>, &mut Found<'_>)),
    /// One part.
    Piece(fn(&In<'_>, &Spot<'_>, &mut Found<'_>)),
    /// A whole script.
    Script(fn(&In<'_>, &Spot<'_>, &shell::Script, &mut Found<'_>)),
    /// A command of a script.
    Command(fn(&In<'_>, &Spot<'_>, &shell::Command, &mut Found<'_>)),
    /// A SQL statement.
    Statement(fn(&In<'_>, &Spot<'_>, &sql::Statement, &mut Found<'_>)),
    /// An expression, or what is wrong with its syntax.
    Shape(fn(&In<'_>, &Spot<'_>, Result<&Shape, &Fault>, &mut Found<'_>)),
    /// Raised by a rule of the same file.
    Told,
}

/// Where a rule is: the playbook and all that is known around it.
pub(crate) struct In<'a> {
    scene: &'a Scene<'a>,
    book: &'a Book<'a>,
    names: &'a Names,
}

/// One part in its site.
pub(crate) struct Spot<'a> {
    site: &'a Site<'a>,
    piece: &'a Piece<'a>,
    /// The word that holds what is looked at, when it is SQL inside a command.
    word: Option<Range<usize>>,
}

/// Takes what a rule finds.
pub(crate) struct Found<'a> {
    code: &'static str,
    source: &'a Source,
    faults: &'a mut Vec<Diagnostic>,
}

impl<'a> Found<'a> {
    fn new(rule: &Rule, source: &'a Source, faults: &'a mut Vec<Diagnostic>) -> Self {
        Self { code: rule.code, source, faults }
    }

    /// A fault at a range of the file; `label` and `help` may be empty.
    fn add(&mut self, range: Range<usize>, message: impl Into<String>, label: &str, help: &str) {
        self.add_as(self.code, range, message, label, help);
    }

    /// The same, under the code of a sibling rule.
    fn add_as(
        &mut self,
        code: &'static str,
        range: Range<usize>,
        message: impl Into<String>,
        label: &str,
        help: &str,
    ) {
        let fault = Diagnostic::new(Code(code), message).at(&self.source.file, range, label);
        self.faults.push(if help.is_empty() { fault } else { fault.help(help) });
    }

    /// A second place for the last fault.
    fn also(&mut self, range: Range<usize>, label: &str) {
        if let Some(last) = self.faults.pop() {
            self.faults.push(last.at(&self.source.file, range, label));
        }
    }

    fn key(&self, path: &str) -> Range<usize> {
        self.source.key(path)
    }

    fn value(&self, path: &str) -> Range<usize> {
        self.source.value(path)
    }

    /// The place of a part of a spot's text. Short forms have no key of their own.
    fn within(&self, spot: &Spot<'_>, inner: Range<usize>) -> Range<usize> {
        let path = &spot.piece.path;
        let inner = spot.word.clone().unwrap_or(inner);
        if self.source.has(path) {
            let long = format!("{path}.from");
            return self.source.within(if self.source.has(&long) { &long } else { path }, inner);
        }
        match path.rfind(['.', '[']) {
            Some(at) if self.source.has(&path[..at]) => self.source.within(&path[..at], inner),
            _ => self.source.value(path),
        }
    }
}

/// Shows one playbook to every rule.
fn look_at<'a>(scene: &Scene<'a>, book: &Book<'a>, names: &Names, faults: &mut Vec<Diagnostic>) {
    let around = In { scene, book, names };
    for rule in rules::all() {
        let found = &mut Found::new(rule, book.source, faults);
        match rule.look {
            Look::Book(look) => look(&around, found),
            Look::Site(look) => book.sites.iter().for_each(|site| look(&around, site, found)),
            _ => {}
        }
    }
    for site in &book.sites {
        for piece in &site.pieces {
            let spot = Spot { site, piece, word: None };
            look_at_piece(&around, &spot, faults);
        }
    }
}

fn look_at_piece(around: &In<'_>, spot: &Spot<'_>, faults: &mut Vec<Diagnostic>) {
    let source = around.book.source;
    for rule in rules::all() {
        if let Look::Piece(look) = rule.look {
            look(around, spot, &mut Found::new(rule, source, faults));
        }
    }
    match spot.piece.part {
        Part::Script(text) => look_at_script(around, spot, text, faults),
        Part::Statement(text) => look_at_statements(around, spot, text, faults),
        Part::Expression(text) | Part::Condition(text) => {
            let read = shape::of_expression(text);
            look_at_shape(around, spot, read.as_ref(), faults);
        }
        Part::Words(text) | Part::Url(text) => match shape::of_text(text) {
            Ok(shapes) => {
                for shape in &shapes {
                    look_at_shape(around, spot, Ok(shape), faults);
                }
            }
            Err(fault) => look_at_shape(around, spot, Err(&fault), faults),
        },
        _ => {}
    }
}

fn look_at_shape(
    around: &In<'_>,
    spot: &Spot<'_>,
    read: Result<&Shape, &Fault>,
    faults: &mut Vec<Diagnostic>,
) {
    for rule in rules::all() {
        if let Look::Shape(look) = rule.look {
            look(around, spot, read, &mut Found::new(rule, around.book.source, faults));
        }
    }
}

fn look_at_script(around: &In<'_>, spot: &Spot<'_>, text: &str, faults: &mut Vec<Diagnostic>) {
    let script = shell::scan(text);
    for rule in rules::all() {
        let found = &mut Found::new(rule, around.book.source, faults);
        match rule.look {
            Look::Script(look) => look(around, spot, &script, found),
            Look::Command(look) => {
                script.commands.iter().for_each(|command| look(around, spot, command, found));
            }
            _ => {}
        }
    }
    for command in &script.commands {
        for (word, text) in command.inner_sql() {
            let spot = Spot { site: spot.site, piece: spot.piece, word: Some(word) };
            look_at_statements(around, &spot, text, faults);
        }
    }
}

fn look_at_statements(around: &In<'_>, spot: &Spot<'_>, text: &str, faults: &mut Vec<Diagnostic>) {
    for statement in sql::statements(text) {
        for rule in rules::all() {
            if let Look::Statement(look) = rule.look {
                let found = &mut Found::new(rule, around.book.source, faults);
                look(around, spot, &statement, found);
            }
        }
    }
}
