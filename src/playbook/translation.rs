//! A playbook's words in another language: `NAME.es.yaml` beside `NAME.yaml`, by the ids of phases, inputs and steps.
//!
//! Only text for people is replaced; ids, commands, expressions and what must be typed stay. A sentence that is missing
//! stays as it is, and so does one whose `{{ }}` are not those of the original: a slip there must not stop a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::Playbook;
use crate::diagnostic::{Diagnostic, Level, SourceFile};
use crate::playbook::parse::{self, Source};
use places::places;

mod notes;
mod places;

pub use notes::{ENTRIES, notes, unusable};

/// The end of the file's name.
pub const ENDING: &str = ".es.yaml";

/// The field with the mark of the playbook's words as they were translated.
const OF: &str = "of";

/// Words by their place: `title`, `phases.contain`, `inputs.tables`, `steps.health.title`.
#[derive(Debug)]
pub struct Translation {
    words: BTreeMap<String, String>,
    of: Option<String>,
    source: Source,
}

impl Translation {
    /// Reads the file.
    ///
    /// # Errors
    /// It is no YAML of `place: words`: a note with its place.
    pub fn read(file: &Arc<SourceFile>) -> Result<Self, Diagnostic> {
        let parsed = parse::any(file);
        if let Some(fault) = parsed.faults.iter().find(|fault| fault.level == Level::Error) {
            return Err(notes::of_fault(&file.name, fault));
        }
        let Some(Value::Object(map)) = parsed.value else {
            return Err(unusable(&file.name, "it holds no `place: words`"));
        };
        let mut words = BTreeMap::new();
        map.iter().for_each(|(name, value)| flatten(name, value, &mut words));
        let of = words.remove(OF);
        Ok(Self { words, of, source: parsed.source })
    }

    /// Puts the words into the playbook.
    pub fn apply(&self, playbook: &mut Playbook) {
        places(playbook, &mut |place, text| {
            if let Some(words) = self.words.get(place).filter(|words| fits(words, text)) {
                words.clone_into(text);
            }
        });
    }
}

/// The text of every place.
fn texts(playbook: &Playbook) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    places(&mut playbook.clone(), &mut |place, text| {
        texts.insert(place.to_owned(), text.clone());
    });
    texts
}

/// Eight characters that are others when any word for people in the playbook is.
#[must_use]
pub fn mark(playbook: &Playbook) -> String {
    // FNV-1a: nobody gains anything by making two texts alike.
    let mut hash: u32 = 0x811c_9dc5;
    for (place, text) in texts(playbook) {
        for byte in format!("{place}\0{text}\0").bytes() {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
    format!("{hash:08x}")
}

fn flatten(place: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(name, value)| flatten(&format!("{place}.{name}"), value, into));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, value)| flatten(&format!("{place}.{index}"), value, into));
        }
        Value::String(text) => {
            into.insert(place.to_owned(), text.clone());
        }
        other => {
            into.insert(place.to_owned(), other.to_string());
        }
    }
}

/// Words that can stand for a text: not empty, with the same `{{ }}`.
fn fits(words: &str, text: &str) -> bool {
    !words.trim().is_empty() && gaps(words) == gaps(text)
}

/// What stands in the `{{ }}` and `{% %}` of a text, sorted, without the texts in them that are only shown; the rest of
/// a text whose braces do not close counts whole.
fn gaps(text: &str) -> Vec<String> {
    let gap = |rest: &str, end: &str| bare(rest.split_once(end).map_or(rest, |(gap, _)| gap));
    let mut gaps: Vec<String> = text.split("{{").skip(1).map(|rest| gap(rest, "}}")).collect();
    gaps.extend(text.split("{%").skip(1).map(|rest| gap(rest, "%}")));
    gaps.sort_unstable();
    gaps
}

/// An expression without spaces and without the texts that it gives: what is compared or passed to a filter stays.
fn bare(gap: &str) -> String {
    let compared = ["==", "!=", "<", ">", "(", "[", ","];
    let mut bare = String::new();
    let mut rest = gap.trim();
    while let Some(at) = rest.find(['\'', '"']) {
        let (before, from) = rest.split_at(at);
        let quote = &from[..1];
        let Some((text, behind)) = from[1..].split_once(quote) else { break };
        bare.extend(before.chars().filter(|c| !c.is_whitespace()));
        let word = before.split_whitespace().next_back().unwrap_or_default();
        let next = behind.trim_start();
        let stays = compared.iter().any(|sign| before.trim_end().ends_with(sign))
            || word == "in"
            || ["==", "!=", "in ", "not in", "<", ">"].iter().any(|sign| next.starts_with(sign));
        bare += &format!("'{}'", if stays { text } else { "" });
        rest = behind;
    }
    bare.extend(rest.chars().filter(|c| !c.is_whitespace()));
    bare
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::Action;

    const PLAYBOOK: &str = "
mayday: 1
id: p
title: Data loss
use_when: [Data is missing]
inputs: { table: { ask: Which table? } }
phases:
  - id: contain
    title: Contain
    steps:
      - { id: ok, title: \"Look at {{ table }}\", why: It is quick, confirm: \"Is it {{ table }}?\" }
      - { id: how, title: How, choose: { ask: How?, options: { fast: Fast, slow: Slow } } }
";

    fn playbook() -> Playbook {
        parse::playbook(&SourceFile::new("p.yaml", PLAYBOOK)).value.unwrap()
    }

    fn playbook_words(text: &str) -> Translation {
        Translation::read(&SourceFile::new("p.es.yaml", text)).unwrap()
    }

    fn codes(words: &Translation, playbook: &Playbook) -> Vec<&'static str> {
        notes(words, playbook).iter().map(|note| note.code.0).collect()
    }

    #[test]
    fn words_are_put_where_they_belong_and_keys_stay() {
        let text = "
title: Pérdida de datos
use_when: [Faltan datos]
inputs: { table: '¿Qué tabla?' }
phases: { contain: Contener }
steps:
  ok: { title: 'Mire {{table}}', why: Es rápido, ask: '¿Es {{ table }}?' }
  how: { title: Cómo, ask: '¿Cómo?', options: { fast: Rápido, slow: Lento } }
";
        let words = playbook_words(text);
        let mut playbook = playbook();
        assert_eq!(codes(&words, &playbook), Vec::<&str>::new());
        words.apply(&mut playbook);
        assert_eq!(playbook.head.title, "Pérdida de datos");
        assert_eq!(playbook.phases[0].head.title, "Contener");
        assert_eq!(playbook.phases[0].steps[0].common.title, "Mire {{table}}");
        let Action::Choose(choose) = &playbook.phases[0].steps[1].action else { unreachable!() };
        assert_eq!(choose.options[0], ("fast".to_owned(), "Rápido".to_owned()));
    }

    #[test]
    fn what_is_missing_does_not_fit_or_is_not_there_is_told_and_left() {
        let words = playbook_words(
            "title: ''\nof: 00000000\nsteps: { ok: { title: 'Mire {{ tabla }}' }, gone: { title: X } }",
        );
        let mut playbook = playbook();
        assert_eq!(codes(&words, &playbook), ["N210", "N211", "N212", "N213"]);
        let page = crate::diagnostic::render::human(&notes(&words, &playbook), false, 100);
        insta::assert_snapshot!(page);
        words.apply(&mut playbook);
        assert_eq!(playbook.head.title, "Data loss");
        assert_eq!(playbook.phases[0].steps[0].common.title, "Look at {{ table }}");
    }

    #[test]
    fn a_mark_tells_whether_the_playbook_changed_since() {
        let mut playbook = playbook();
        let before = mark(&playbook);
        let words = playbook_words(&format!("of: '{before}'\ntitle: T"));
        assert!(!codes(&words, &playbook).contains(&"N213"));
        playbook.phases[0].steps[0].common.why = Some("It is slow".into());
        assert_ne!(mark(&playbook), before);
        assert!(codes(&words, &playbook).contains(&"N213"));
    }

    #[test]
    fn texts_that_are_shown_may_differ_inside_of_braces_and_those_compared_may_not() {
        let text = "{{ 'up' if steps.a.status == 'ok' else \"down\" }} at {{ env.name }}";
        assert!(fits("{{ env.name }}: {{ 'bien' if steps.a.status=='ok' else 'mal' }}", text));
        assert!(!fits("{{ env.name }}: {{ 'bien' if steps.a.status == 'bien' else 'mal' }}", text));
        assert!(!fits("{{ env.name }}: {{ 'bien' if steps.b.status == 'ok' else 'mal' }}", text));
        assert!(!fits("{{ 'bien' if steps.a.status == 'ok' else 'mal' }}", text));
        assert!(!fits("{{ 'bien if steps.a.status == 'ok' else 'mal' }} {{ env.name }}", text));
        assert!(fits("{{ a | join(', ') }}", "{{ a|join(', ') }}"));
        assert!(!fits("{{ a | join(' y ') }}", "{{ a | join(', ') }}"));
    }

    #[test]
    fn what_cannot_be_read_is_a_note_with_its_place() {
        for (text, why) in [
            ("- a", "place: words"),
            ("", "nothing in the file"),
            ("title: [", ""),
            ("a: 1\na: 2", "twice"),
            ("x: \u{1b}[31m", "control"),
        ] {
            let note = Translation::read(&SourceFile::new("p.es.yaml", text)).unwrap_err();
            assert_eq!((note.code.0, note.level), ("N214", Level::Note), "{text}");
            assert!(note.message.starts_with("none of p.es.yaml is used: "), "{}", note.message);
            assert!(note.message.contains(why) || why == "place: words", "{}", note.message);
        }
    }
}
