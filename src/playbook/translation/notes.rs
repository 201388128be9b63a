//! What is said about a translation: always notes. A run shows the playbook's own words where a translation has none.

use crate::diagnostic::codes::Entry;
use crate::diagnostic::{Code, Diagnostic, Level, did_you_mean};
use crate::playbook::Playbook;

use super::{Translation, fits};

/// This many places are named; the others are counted.
const NAMED: usize = 3;

/// Their examples are `tests/fixtures/translation/CODE.es.yaml` and `CODE.good.es.yaml`, which a test reads.
macro_rules! notes {
    ($($name:ident $code:literal $title:literal $text:literal;)*) => {
        $(const $name: Code = Code($code);)*

        /// What `explain` knows about them, in the order of their codes.
        pub const ENTRIES: &[Entry] = &[$(Entry {
            code: $name,
            title: $title,
            text: $text,
            bad: include_str!(concat!("../../../tests/fixtures/translation/", $code, ".es.yaml")),
            good: include_str!(concat!("../../../tests/fixtures/translation/", $code, ".good.es.yaml")),
        },)*];
    };
}

notes! {
    MISSING "N210" "sentences without a translation"
        "`NAME.es.yaml` beside `NAME.yaml` has the playbook's words in Spanish. A session in Spanish shows the\nplaybook's own words for each sentence that the file lacks, so nothing is lost; but half of two\nlanguages is hard to read in a hurry. The message names the first places that have no words.";
    UNKNOWN "N211" "a translation of what is not there"
        "Words stand at a place that the playbook does not have: a step was renamed or removed, or the name is\nmisspelt. Nobody ever sees them. Places are named by ids: `title`, `use_when`, `not_for`, `phases.ID`, `inputs.NAME`,\n`checks.NAME`, `timers.ID`, `steps.ID.title`, `why`, `ask`, `options.KEY`, `message`, `else`, `verify`, `undo`, `evidence`,\nand `pass.ID`.";
    OTHER_GAPS "N212" "a translation with other values"
        "What stands in `{{ }}` is filled in when the sentence is shown. The translation has others than the\nplaybook's sentence, so its words are not used: a slip there must not say something untrue. Write the\nsame `{{ }}` in both; their order may differ.";
    OLDER "N213" "a translation of older words"
        "`of` in the translation is the mark of the playbook's words when they were translated. They have changed\nsince: the translation may say something else now. Read it against the playbook, then write the mark\nthat the message names. A file without `of` is never older.";
    UNUSABLE "N214" "a translation that cannot be used"
        "The file cannot be read, is no YAML of `place: words`, or there is no playbook beside it. None of its words\nare used; a session in Spanish shows the playbook's own.";
}

/// A file that is of no use, and why.
#[must_use]
pub fn unusable(name: &str, why: &str) -> Diagnostic {
    Diagnostic::new(UNUSABLE, format!("none of {name} is used: {why}"))
}

/// The fault that keeps a file from being used, as a note at its place.
pub(super) fn of_fault(name: &str, fault: &Diagnostic) -> Diagnostic {
    Diagnostic {
        code: UNUSABLE,
        level: Level::Note,
        message: format!("none of {name} is used: {}", fault.message),
        ..fault.clone()
    }
}

/// All that is to be said about a translation of this playbook.
#[must_use]
pub fn notes(words: &Translation, playbook: &Playbook) -> Vec<Diagnostic> {
    let file = &words.source.file;
    let at = |code, place: &str, message: String, label: &str| {
        let range = words.source.key(&path(place));
        Diagnostic::new(code, message).at(file, range, label)
    };
    let mut notes = Vec::new();
    let all = super::texts(playbook);
    let missing: Vec<&str> = all
        .keys()
        .map(String::as_str)
        .filter(|place| words.words.get(*place).is_none_or(|words| words.trim().is_empty()))
        .collect();
    if let Some((named, count)) = first(&missing) {
        let many = if count == 1 { "sentence has" } else { "sentences have" };
        let message = format!("{count} {many} no Spanish: {named}");
        let help = "the playbook's own words are shown there";
        notes.push(at(MISSING, missing[0], message, "").help(help));
    }
    for place in words.words.keys().filter(|place| !all.contains_key(*place)) {
        let note = at(UNKNOWN, place, format!("the playbook has no `{place}`"), "nobody sees this");
        let near = did_you_mean(place, all.keys().map(String::as_str));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        notes
            .push(note.help(help.unwrap_or_else(|| "take it out, or correct its name".to_owned())));
    }
    for (place, text) in &all {
        let Some(said) = words.words.get(place).filter(|said| !said.trim().is_empty()) else {
            continue;
        };
        if !fits(said, text) {
            let message = format!("other `{{{{ }}}}` than in the playbook: {place}");
            let help = format!("the playbook says: {text}");
            notes.push(at(OTHER_GAPS, place, message, "not used").help(help));
        }
    }
    let mark = super::mark(playbook);
    if let Some(of) = words.of.as_ref().filter(|of| **of != mark) {
        let message = format!("the playbook's words have changed since `{of}`");
        let help = format!("read the translation against them, then write `of: \"{mark}\"`");
        notes.push(at(OLDER, "of", message, "").help(help));
    }
    notes
}

fn first(places: &[&str]) -> Option<(String, usize)> {
    let named = places.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = places.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!places.is_empty()).then(|| (named + &more, places.len()))
}

/// `use_when.0` as the text of a file has it: `use_when[0]`.
fn path(place: &str) -> String {
    let mut path = String::new();
    for part in place.split('.') {
        match part.parse::<usize>() {
            Ok(index) => path += &format!("[{index}]"),
            Err(_) if path.is_empty() => part.clone_into(&mut path),
            Err(_) => path += &format!(".{part}"),
        }
    }
    path
}
