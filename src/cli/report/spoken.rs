//! A report in the language of whoever asks for it: which template, and the sentences of the record in it.
//!
//! Owns which texts of the context are sentences of ours. What people wrote and what programs printed stays as it is.

use serde_json::Value;

use crate::ui::lang::Lang;

/// Lists of the context and the field of their items that is a sentence of ours.
const SENTENCES: &[(&str, &str)] = &[("timeline", "what"), ("factors", "what")];

/// The template that is used without `--template`.
pub(super) const fn standard(lang: Lang) -> &'static str {
    match lang {
        Lang::English => "postmortem",
        Lang::Spanish => "postmortem.es",
    }
}

/// The language that a template is written in: a shipped one's own, else that of the screen.
pub(super) fn of_template(name: &str, is_shipped: bool, screen: Lang) -> Lang {
    match is_shipped {
        true if name.starts_with("postmortem.es") => Lang::Spanish,
        true => Lang::English,
        false => screen,
    }
}

/// Says the sentences of the record in a language.
pub(super) fn in_words_of(lang: Lang, context: &mut Value) {
    for (list, field) in SENTENCES {
        let items = context.get_mut(*list).and_then(Value::as_array_mut);
        for item in items.into_iter().flatten() {
            if let Some(Value::String(sentence)) = item.get_mut(*field) {
                *sentence = lang.say(sentence).into_owned();
            }
        }
    }
}
