//! What serde says about a value, taken apart and put into words for an author.

/// A fault that a decoder met, as far as it has a known form.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// A key that the map does not have, and those that it has.
    UnknownField { field: String, known: Vec<String> },
    /// A key that must be there.
    MissingField { field: String },
    /// A word that is not one of those known.
    UnknownVariant { word: String, known: Vec<String> },
    /// Something else than what was expected; both in an author's words.
    WrongType { found: String, expected: String },
    /// Words of our own.
    Other(String),
}

impl Said {
    /// Takes a message of serde's apart. Its forms are part of serde's documented behaviour: the
    /// provided methods of `serde::de::Error`.
    pub(super) fn from_message(message: &str) -> Self {
        if let Some(rest) = message.strip_prefix("unknown field `") {
            let (field, known) = rest.split_once('`').unwrap_or((rest, ""));
            return Self::UnknownField { field: field.to_owned(), known: quoted(known) };
        }
        if let Some(field) = message.strip_prefix("missing field `") {
            return Self::MissingField { field: field.trim_end_matches('`').to_owned() };
        }
        if let Some(rest) = message.strip_prefix("unknown variant `") {
            // The word is the author's and may hold a backtick: cut at the last place possible.
            let at = rest.rfind("`, expected ").unwrap_or(rest.len());
            let (word, known) = rest.split_at(at);
            return Self::UnknownVariant {
                word: word.to_owned(),
                known: quoted(known.trim_start_matches('`')),
            };
        }
        let kinds = ["invalid type: ", "invalid value: ", "invalid length "];
        if let Some(rest) = kinds.iter().find_map(|kind| message.strip_prefix(kind))
            && let Some((found, expected)) = rest.rsplit_once(", expected ")
        {
            return Self::WrongType {
                found: found_words(found),
                expected: expected_words(expected),
            };
        }
        Self::Other(message.to_owned())
    }
}

/// The words between backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn found_words(found: &str) -> String {
    let inner = |prefix: &str, close: &str| {
        found.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(close))
    };
    if let Some(text) = inner("string \"", "\"") {
        return format!("the text \"{}\"", short(text));
    }
    if let Some(number) = inner("integer `", "`").or_else(|| inner("floating point `", "`")) {
        return format!("the number {number}");
    }
    if let Some(word) = inner("boolean `", "`") {
        return word.to_owned();
    }
    match found {
        "unit value" | "Option value" => "nothing".to_owned(),
        "map" => "a map".to_owned(),
        "sequence" => "a list".to_owned(),
        other => other.to_owned(),
    }
}

fn expected_words(expected: &str) -> String {
    match expected {
        "a string" | "string" => "text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number".to_owned(),
        "a Value::Tagged enum" => "one word".to_owned(),
        other if other.starts_with("struct ") => "a map".to_owned(),
        other => other.to_owned(),
    }
}

/// The start of a text, for a message of one line.
pub(super) fn short(text: &str) -> String {
    /// Enough to recognise it.
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// `a`, `b` or `c`, in backticks.
pub(super) fn one_of(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
    }
}

/// The names, as many as a line of help can carry.
pub(super) fn some_of(names: &[String]) -> String {
    /// What a person takes in at a glance.
    const SHOWN: usize = 14;
    let rest = names.len().saturating_sub(SHOWN);
    if rest == 0 {
        return one_of(names);
    }
    let shown: Vec<String> = names[..SHOWN].iter().map(|name| format!("`{name}`")).collect();
    format!("{} and {rest} more: `mayday schema` prints all", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_serde_message_is_understood() {
        let said = Said::from_message("unknown field `efect`, expected one of `id`, `effect`");
        let known = vec!["id".to_owned(), "effect".to_owned()];
        assert_eq!(said, Said::UnknownField { field: "efect".to_owned(), known });
        let said = Said::from_message("missing field `id`");
        assert_eq!(said, Said::MissingField { field: "id".to_owned() });
        let said = Said::from_message("unknown variant `a`b`, expected `read` or `change`");
        let known = vec!["read".to_owned(), "change".to_owned()];
        assert_eq!(said, Said::UnknownVariant { word: "a`b".to_owned(), known });
        let said = Said::from_message("invalid type: string \"x, expected y\", expected u32");
        let found = "the text \"x, expected y\"".to_owned();
        assert_eq!(said, Said::WrongType { found, expected: "a whole number".to_owned() });
    }
}
