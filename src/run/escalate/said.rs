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
    // What an author wrote for a timer may have no end of its own.
    let end = if ask.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{what} {on} {place}{since}. {ask}{end} {name} {run}.")
}

/// The words of a drill.
pub(super) fn drill(lang: Lang, to: &str, words: &str) -> String {
    match lang {
        Lang::English => format!("DRILL, for {to}: {words}"),
        Lang::Spanish => format!("SIMULACRO, para {to}: {words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_author_wrote_ends_before_the_run_is_named() {
        let said = |ask| call(Lang::English, ["SEV-1 Down", "prod", ask, "r"], None);
        assert_eq!(said("Call the vendor"), "SEV-1 Down on prod. Call the vendor. Run r.");
        assert_eq!(said("Call them!"), "SEV-1 Down on prod. Call them! Run r.");
    }
}
