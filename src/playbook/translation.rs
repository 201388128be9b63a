//! A playbook's words in another language: `NAME.es.yaml` beside `NAME.yaml`, by the ids of phases, inputs and steps.
//!
//! Only text for people is replaced; ids, commands, expressions and what must be typed stay. A sentence that is missing
//! stays as it is, and so does one whose `{{ }}` are not those of the original: a slip there must not stop a run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Drill, Playbook, Step};
use crate::playbook::parse;
use crate::steps::Action;

/// The end of the file's name.
pub const ENDING: &str = ".es.yaml";

/// Words by their place: `title`, `phases.contain`, `inputs.tables`, `steps.health.title`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Translation {
    words: BTreeMap<String, String>,
}

impl Translation {
    /// Reads the file.
    ///
    /// # Errors
    /// It is no YAML of `name: value`; a sentence with its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut words = BTreeMap::new();
        for (name, value) in parse::values(name, text)? {
            flatten(&name, &value, &mut words);
        }
        Ok(Self { words })
    }

    /// Puts the words into the playbook.
    pub fn apply(&self, playbook: &mut Playbook) {
        places(playbook, &mut |place, text| {
            if let Some(words) = self.words.get(place).filter(|words| fits(words, text)) {
                words.clone_into(text);
            }
        });
    }

    /// The places that stay as they are: without a translation, or with one that does not fit.
    #[must_use]
    pub fn missing(&self, playbook: &Playbook) -> Vec<String> {
        let mut missing = Vec::new();
        places(&mut playbook.clone(), &mut |place, text| {
            if !self.words.get(place).is_some_and(|words| fits(words, text)) {
                missing.push(place.to_owned());
            }
        });
        missing
    }

    /// The places that the playbook does not have.
    #[must_use]
    pub fn unknown(&self, playbook: &Playbook) -> Vec<String> {
        let mut known = BTreeSet::new();
        places(&mut playbook.clone(), &mut |place, _| {
            known.insert(place.to_owned());
        });
        self.words.keys().filter(|place| !known.contains(*place)).cloned().collect()
    }
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

/// What stands in the `{{ }}` of a text, sorted; the rest of a text whose braces do not close counts whole.
fn gaps(text: &str) -> Vec<&str> {
    let mut gaps: Vec<&str> = text
        .split("{{")
        .skip(1)
        .map(|rest| rest.split_once("}}").map_or(rest, |(gap, _)| gap.trim()))
        .collect();
    gaps.extend(text.split("{%").skip(1));
    gaps.sort_unstable();
    gaps
}

/// Every text for people, with its place.
fn places(playbook: &mut Playbook, visit: &mut dyn FnMut(&str, &mut String)) {
    visit("title", &mut playbook.head.title);
    for (index, symptom) in playbook.head.use_when.iter_mut().enumerate() {
        visit(&format!("use_when.{index}"), symptom);
    }
    for (name, input) in &mut playbook.head.inputs {
        if let Some(ask) = &mut input.ask {
            visit(&format!("inputs.{name}"), ask);
        }
    }
    for phase in &mut playbook.phases {
        if !phase.head.title.is_empty() {
            visit(&format!("phases.{}", phase.head.id), &mut phase.head.title);
        }
        phase.steps.iter_mut().for_each(|step| of_step(step, visit));
    }
    if let Some(Drill { setup, inject, cleanup, .. }) = &mut playbook.drill {
        let steps = setup.iter_mut().chain(inject).chain(cleanup);
        steps.for_each(|step| of_step(step, visit));
    }
}

fn of_step(step: &mut Step, visit: &mut dyn FnMut(&str, &mut String)) {
    let at = |field: &str| format!("steps.{}.{field}", step.common.id);
    let (title, why, ask) = (at("title"), at("why"), at("ask"));
    visit(&title, &mut step.common.title);
    if let Some(text) = &mut step.common.why {
        visit(&why, text);
    }
    if let Some(text) = step.common.confirm.as_mut().and_then(|gate| gate.ask.as_mut()) {
        visit(&ask, text);
    }
    match &mut step.action {
        Action::Confirm(confirm) => visit(&ask, &mut confirm.0.ask),
        Action::Ask(question) => visit(&ask, &mut question.0.question),
        Action::Manual(manual) => visit(&ask, &mut manual.0.instructions),
        Action::Choose(choose) => {
            visit(&ask, &mut choose.ask);
            for (key, label) in &mut choose.options {
                visit(&format!("steps.{}.options.{key}", step.common.id), label);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;

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
        let words = Translation::parse("p.es.yaml", text).unwrap();
        let mut playbook = playbook();
        assert_eq!(words.missing(&playbook), Vec::<String>::new());
        assert_eq!(words.unknown(&playbook), Vec::<String>::new());
        words.apply(&mut playbook);
        assert_eq!(playbook.head.title, "Pérdida de datos");
        assert_eq!(playbook.phases[0].head.title, "Contener");
        assert_eq!(playbook.phases[0].steps[0].common.title, "Mire {{table}}");
        let Action::Choose(choose) = &playbook.phases[0].steps[1].action else { unreachable!() };
        assert_eq!(choose.options[0], ("fast".to_owned(), "Rápido".to_owned()));
    }

    #[test]
    fn what_is_missing_does_not_fit_or_is_not_there_is_told_and_left() {
        let text = "title: ''\nsteps: { ok: { title: 'Mire {{ tabla }}' }, gone: { title: X } }";
        let words = Translation::parse("p.es.yaml", text).unwrap();
        let mut playbook = playbook();
        assert_eq!(words.unknown(&playbook), ["steps.gone.title"]);
        let missing = words.missing(&playbook);
        assert!(missing.contains(&"title".to_owned()), "{missing:?}");
        assert!(missing.contains(&"steps.ok.title".to_owned()), "{missing:?}");
        words.apply(&mut playbook);
        assert_eq!(playbook.head.title, "Data loss");
        assert_eq!(playbook.phases[0].steps[0].common.title, "Look at {{ table }}");
        assert!(Translation::parse("p.es.yaml", "- a").is_err());
    }
}
