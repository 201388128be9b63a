//! What contacts read, in the language of whoever drives: the words of a message that no author wrote.

use crate::text::lang::Lang;

/// For whom it is enough to know.
pub(super) const fn inform(lang: Lang) -> &'static str {
    match lang {
        Lang::English => "For your information.",
        Lang::Spanish => "Para su información.",
    }
}

/// For whom is wanted.
pub(super) const fn join(lang: Lang) -> &'static str {
    match lang {
        Lang::English => "Not mitigated. Please join now.",
        Lang::Spanish => "Sin mitigar. Por favor, súmese ya.",
    }
}

/// A call that somebody answered.
pub(super) const fn taken(lang: Lang) -> &'static str {
    match lang {
        Lang::English => "Somebody has taken it.",
        Lang::Spanish => "Alguien ya se ocupa.",
    }
}

/// A call that is no longer one.
pub(super) const fn over(lang: Lang) -> &'static str {
    match lang {
        Lang::English => "It is over.",
        Lang::Spanish => "Ya terminó.",
    }
}

/// What is the matter, where, since when, what is asked, which run.
pub(super) fn call(lang: Lang, words: [&str; 4], since: Option<&str>) -> String {
    let [what, place, ask, run] = words;
    let (on, detected, name) = match lang {
        Lang::English => ("on", "detected", "Run"),
        Lang::Spanish => ("en", "detectado", "Ejecución"),
    };
    let since = since.map_or(String::new(), |at| format!(", {detected} {at}"));
    format!("{what} {on} {place}{since}. {ask} {name} {run}.")
}

/// The words of a drill.
pub(super) fn drill(lang: Lang, to: &str, words: &str) -> String {
    match lang {
        Lang::English => format!("DRILL, for {to}: {words}"),
        Lang::Spanish => format!("SIMULACRO, para {to}: {words}"),
    }
}
