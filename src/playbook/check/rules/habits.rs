//! Habits from other languages in an expression that cannot be read, and what is written here instead.

use crate::steps::Part;

/// What to write instead; nothing when no habit is seen.
pub(super) fn help(part: &Part<'_>) -> &'static str {
    let (text, expression) = match part {
        Part::Expression(text) | Part::Condition(text) => (*text, true),
        Part::Words(text) | Part::Url(text) => (*text, false),
        _ => return "",
    };
    if !expression {
        let open = text.matches("{{").count() > text.matches("}}").count();
        return if open { "close it with `}}`" } else { "" };
    }
    let bare = outside_quotes(text);
    let bare = bare.as_str();
    let held = [
        ("{{", "it is an expression already: write it without `{{ }}`"),
        ("${", "write the name alone, without `${ }`"),
        ("$", "write the name alone, without `$`"),
        ("&&", "write `and`"),
        ("||", "write `or`"),
        ("===", "write `==`"),
        ("!==", "write `!=`"),
        ("=~", "write `'part' in text`: there are no patterns in expressions"),
        (" -eq ", "write `==`"),
        (" -gt ", "write `>`"),
        (" -lt ", "write `<`"),
    ];
    if let Some((_, help)) = held.iter().find(|(sign, _)| bare.contains(sign)) {
        return help;
    }
    if bare.replace("!=", "").contains('!') {
        return "write `not`";
    }
    let compared =
        ["==", "!=", "<=", ">="].iter().fold(bare.to_owned(), |bare, sign| bare.replace(sign, ""));
    if compared.contains('=') && !bare.contains('(') { "compare with `==`" } else { "" }
}

/// What to write instead of a filter that Jinja or another tool has.
pub(super) fn filter(name: &str) -> Option<&'static str> {
    Some(match name {
        "list" => "leave it out: filters such as `map` give a list already",
        "count" | "size" => "write `length`",
        "strip" => "write `trim`",
        "tojson" | "to_json" => "write `json`",
        "from_json" | "parse_json" => "write `fromjson`",
        "bool" | "boolean" => "compare it: `x == 'true'`",
        "quote" | "shellquote" | "escape" | "e" => {
            "leave it out: values reach commands as variables, statements as parameters"
        }
        "d" => "write `default`",
        _ => return None,
    })
}

/// The expression without what stands in quotes.
fn outside_quotes(text: &str) -> String {
    let mut open = None;
    let mut bare = String::new();
    for c in text.chars() {
        match open {
            Some(quote) if c == quote => open = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => open = Some(c),
            None => bare.push(c),
        }
    }
    bare
}
