//! Which template a report is made with, and in which language its sentences are.

use std::path::Path;

use crate::cli::exit::{self, Failure};
use crate::cli::out;
use crate::report::shipped::{self, SHIPPED};
use crate::ui::lang::Lang;

/// A template and its language.
pub(super) struct Chosen {
    pub name: String,
    pub text: String,
    pub spanish: bool,
}

/// A shipped template by its name, or a file; without a name the post-mortem. In Spanish a name means the Spanish one,
/// where there is one. A document that is there already keeps the language that it is in.
///
/// # Errors
/// There is no such template, or it cannot be read; it is not to be had in the language of the document.
pub(super) fn choose(
    named: Option<&str>,
    lang: Lang,
    there: Option<(&Path, Lang)>,
) -> Result<Chosen, Failure> {
    let asked = named.unwrap_or("postmortem");
    let Some((file, kept)) = there else { return found(asked, lang) };
    let (asked_for, kept_name) = match kept {
        Lang::Spanish => (shipped::is_spanish(asked) || lang == kept, asked.to_owned()),
        Lang::English => (!shipped::is_spanish(asked) && lang == kept, shipped::in_english(asked)),
    };
    let mut chosen = found(&kept_name, kept)?;
    if shipped::named(&kept_name).is_none() {
        chosen.spanish = kept == Lang::Spanish;
    } else if chosen.spanish != (kept == Lang::Spanish) {
        return Err(Failure::new(
            exit::PRECONDITION,
            format!(
                "bring {} up to date: it is in {}, and {asked} is not; it is as it was",
                file.display(),
                name(kept)
            ),
        )
        .hint("name another file with `-o`"));
    }
    if !asked_for {
        out::tell(
            lang,
            &format!(
                "NOTE  {} is in {} and stays so; for another language name another file with -o",
                file.display(),
                name(kept)
            ),
        );
    }
    Ok(chosen)
}

const fn name(lang: Lang) -> &'static str {
    match lang {
        Lang::English => "English",
        Lang::Spanish => "Spanish",
    }
}

fn found(asked: &str, lang: Lang) -> Result<Chosen, Failure> {
    let wanted = (lang == Lang::Spanish).then(|| shipped::in_spanish(asked)).flatten();
    let asked = wanted.as_deref().unwrap_or(asked);
    if let Some((name, text)) = shipped::named(asked) {
        let spanish = shipped::is_spanish(asked);
        if lang == Lang::Spanish && !spanish {
            out::tell(lang, &format!("NOTE  {asked} is in English: there is no Spanish one"));
        }
        return Ok(Chosen { name, text: text.to_owned(), spanish });
    }
    let text = std::fs::read_to_string(asked).map_err(|error| {
        let names: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
        Failure::new(exit::PRECONDITION, format!("read template {asked}: {error}"))
            .hint(format!("a file, or one of {}", names.join(", ")))
    })?;
    let spanish = lang == Lang::Spanish || shipped::is_spanish(asked);
    Ok(Chosen { name: asked.to_owned(), text, spanish })
}

/// The draft that a run leaves behind.
pub(super) fn draft(lang: Lang) -> (&'static str, &'static str) {
    let name = if lang == Lang::Spanish { "postmortem.es" } else { "postmortem" };
    SHIPPED
        .iter()
        .find(|(known, _)| *known == name)
        .copied()
        .unwrap_or(("postmortem", crate::report::POSTMORTEM))
}
