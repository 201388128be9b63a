//! From text to a playbook, with the place of every node and every fault at once.
//!
//! Owns the order of reading: characters, then one guarding pass over the YAML (`scan`), then values
//! from what it kept (`value`), then each part by its own type (`decode`, `build`). What the parts mean
//! together is for `playbook::check`.

use std::sync::Arc;

use serde_yaml::{Mapping, Value};

use super::Playbook;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Level, SourceFile};
use crate::severity::Names;

mod build;
mod decode;
pub mod entries;
mod foreign;
mod scan;
mod slip;
mod source;
mod text;
mod value;
mod words;

pub use source::Source;
pub use text::read_source;
/// What a file may hold; more is refused with its place.
pub mod limits {
    pub use super::build::MAX_STEPS;
    pub use super::decode::MAX_FAULTS;
    pub use super::scan::{MAX_DEPTH, MAX_EXPANDED_BYTES, MAX_NODES, MAX_SCALAR};
    pub use super::text::MAX_BYTES;
}

/// What reading a file gave.
#[derive(Debug)]
pub struct Parsed<T> {
    /// The value, whenever enough could be read to check further. With errors among `faults` it has
    /// stand-ins: look at [`Source::broken`] before saying more about a place.
    pub value: Option<T>,
    /// The file and the places in it.
    pub source: Source,
    /// Every fault, in the order of the file.
    pub faults: Vec<Diagnostic>,
}

/// Reads a playbook that stands alone: its severity has no name of a project's own.
#[must_use]
pub fn playbook(file: &Arc<SourceFile>) -> Parsed<Playbook> {
    playbook_of(file, &Names::default())
}

/// Reads a playbook of a project that calls its severities so.
#[must_use]
pub fn playbook_of(file: &Arc<SourceFile>, names: &Names) -> Parsed<Playbook> {
    let start = "start with `mayday: 1`; `mayday new` writes a first one";
    read(file, start, |cx, document| Some(build::playbook(cx, document, names)))
}

/// Reads a configuration.
#[must_use]
pub fn config(file: &Arc<SourceFile>) -> Parsed<Config> {
    let start =
        "start with `environments:`; where there is no mayday.yaml, `mayday new` writes one";
    read(file, start, |cx, mut document| {
        document.shift_remove("<<");
        cx.map(document, "", &[])
    })
}

/// Reads a file of values, `name: value` a line, under the same guards as a playbook.
///
/// # Errors
/// The first fault, as a sentence with its line and column.
pub fn values(name: &str, text: &str) -> Result<Vec<(String, serde_json::Value)>, String> {
    let file = SourceFile::new(name, text);
    let parsed = any(&file);
    if let Some(fault) = parsed.faults.iter().find(|fault| fault.level == Level::Error) {
        let at = fault.labels.first().map_or(0, |label| label.range.start);
        let (line, column) = file.line_column(at);
        return Err(format!("{name}:{line}:{column}: {}", fault.message));
    }
    match parsed.value {
        Some(serde_json::Value::Object(map)) => Ok(map.into_iter().collect()),
        _ => Err("it holds no `name: value`".to_owned()),
    }
}

/// Reads a file of any fields under the same guards as a playbook.
#[must_use]
pub fn any(file: &Arc<SourceFile>) -> Parsed<serde_json::Value> {
    let start = "write `key: value`, each on a line of its own";
    read(file, start, |_, document| serde_json::to_value(document).ok())
}

fn read<T>(
    file: &Arc<SourceFile>,
    start: &str,
    build: impl FnOnce(&mut decode::Decoder<'_>, Mapping) -> Option<T>,
) -> Parsed<T> {
    let mut source = Source::new(file);
    let mut faults = text::check(file);
    let mut value = None;
    if faults.is_empty()
        && scan::scan(&mut source, &mut faults).is_ok()
        && let Some(document) = document(&source, start, &mut faults)
    {
        let mut cx = decode::Decoder { source: &mut source, faults: &mut faults };
        value = build(&mut cx, document);
    }
    settle(&mut faults);
    Parsed { value, source, faults }
}

/// Files up to this size are read by the YAML library too. Larger ones are written by programs, and a
/// second reading would take more time and memory than all the rest.
const SECOND_OPINION: usize = 256 << 10;

/// The map that the document is; `start` says how to begin one. The YAML library must accept what the scan accepted: what two readers
/// take, others take too.
fn document(source: &Source, start: &str, faults: &mut Vec<Diagnostic>) -> Option<Mapping> {
    let file = &source.file;
    if file.text.len() <= SECOND_OPINION
        && let Err(error) = serde_yaml::from_str::<serde::de::IgnoredAny>(&file.text)
    {
        let at = error.location().map_or(0, |place| text::byte_of(file, &place));
        faults.push(text::syntax(file, at, &error.to_string()));
        return None;
    }
    let (message, range, label) = match value::value(source) {
        Value::Mapping(map) => return Some(map),
        Value::Null => ("nothing in the file", 0..0, ""),
        _ => ("the file holds no fields", source.value(""), "expected `key: value`"),
    };
    let fault = Diagnostic::new(entries::EMPTY_FILE, message).at(file, range, label).help(start);
    faults.push(fault);
    None
}

/// Puts faults into the order of the file, and takes out what another fault at the same place says
/// better.
fn settle(faults: &mut Vec<Diagnostic>) {
    let place = |fault: &Diagnostic| fault.labels.first().map(|label| label.range.clone());
    let errors: std::collections::HashSet<_> = faults
        .iter()
        .filter(|fault| fault.level == Level::Error)
        .filter_map(|fault| place(fault).map(|range| (range.start, range.end)))
        .collect();
    faults.retain(|fault| {
        fault.level == Level::Error
            || place(fault).is_none_or(|range| !errors.contains(&(range.start, range.end)))
    });
    faults.sort_by_key(|fault| place(fault).map_or((0, 0), |range| (range.start, range.end)));
}
