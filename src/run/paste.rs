//! What an effect does, as text that can be pasted into a terminal elsewhere.
//!
//! Every value is quoted for the program that reads it: pasted, it is that value and nothing else. Secrets stand
//! as their names. Pure.

use serde_json::Value;

use crate::effect::{
    Effect, HttpEffect, ProcessEffect, SqlEffect, SqlParam, Target, TargetKind, Text,
};
use crate::steps::scan;

/// What the effect does, to be pasted.
#[must_use]
pub fn text(effect: &Effect) -> String {
    match effect {
        Effect::Process(effect) => command(effect),
        Effect::Sql(effect) => sql(effect),
        Effect::Http(effect) => request(effect),
        other => other.what(),
    }
}

/// One word for a shell: what stands there and nothing else, whatever it holds.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,@%+=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    // Control characters would be eaten or obeyed by the terminal that it is pasted into.
    let odd = |c: char| c.is_control() && c != '\n';
    if !text.chars().any(odd) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let mut quoted = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

fn value(text: &Text) -> String {
    match text {
        Text::Plain(text) => shell_word(text),
        // Quoted, so that a shell passes it on as it is and something says what is missing.
        Text::Secret(name) => shell_word(&format!("<secret {name}>")),
    }
}

fn command(effect: &ProcessEffect) -> String {
    let mut lines = vec![format!("cd {}", shell_word(&effect.cwd.to_string_lossy()))];
    if let Some(target) = &effect.target {
        lines.push(format!(
            "# the variables of target {} are set by mayday only: {}",
            target.name,
            place(target)
        ));
    }
    let folders: Vec<String> =
        effect.path.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let mut words = vec!["env".to_owned()];
    if !folders.is_empty() {
        words.push(format!("PATH={}:\"$PATH\"", shell_word(&folders.join(":"))));
    }
    words.extend(effect.env.iter().map(|(name, text)| format!("{name}={}", value(text))));
    words.extend(effect.argv.iter().map(|word| shell_word(word)));
    lines.push(words.join(" "));
    lines.join("\n")
}

fn place(target: &Target) -> String {
    format!("{} {}", target.kind.word(), target.address.shown())
}

fn request(effect: &HttpEffect) -> String {
    let mut words = vec!["curl -sS -X".to_owned(), shell_word(&effect.method)];
    for (name, text) in &effect.headers {
        let header = match text {
            Text::Plain(text) => format!("{name}: {text}"),
            Text::Secret(secret) => format!("{name}: <secret {secret}>"),
        };
        words.extend(["-H".to_owned(), shell_word(&header)]);
    }
    if let Some(body) = &effect.body {
        words.extend(["--data-binary".to_owned(), shell_word(body)]);
    }
    if effect.redirects > 0 {
        words.push(format!("-L --max-redirs {}", effect.redirects));
    }
    if effect.insecure {
        words.push("--insecure".to_owned());
    }
    let base = effect.base.as_ref().map(Text::shown).unwrap_or_default();
    let url = match &effect.url {
        Text::Plain(url) => format!("{base}{url}"),
        Text::Secret(name) => format!("<secret {name}>"),
    };
    words.push(shell_word(&url));
    words.join(" ")
}

/// Statements for the database's own client, each value written as a literal.
fn sql(effect: &SqlEffect) -> String {
    let mut lines = vec![format!("-- on {}: {}", effect.target.name, place(&effect.target))];
    let transaction = !effect.no_transaction && effect.statements.len() > 1;
    if transaction {
        lines.push("BEGIN;".to_owned());
    }
    for statement in &effect.statements {
        let filled = filled(statement, effect);
        lines.push(format!("{};", filled.trim().trim_end_matches(';')));
    }
    if transaction {
        lines.push("COMMIT;".to_owned());
    }
    lines.join("\n")
}

/// The statement with a literal for each parameter.
fn filled(statement: &str, effect: &SqlEffect) -> String {
    let kind = effect.target.kind;
    let (mut text, mut done) = (String::new(), 0);
    for found in scan(statement) {
        let value = match effect.params.get(&found.name) {
            Some(SqlParam::Value(value)) if found.identifier => identifier(value, kind),
            Some(SqlParam::Value(value)) => literal(value, kind),
            Some(SqlParam::Secret(name)) => literal(&format!("<secret {name}>").into(), kind),
            None => continue,
        };
        text.push_str(&statement[done..found.range.start]);
        text.push_str(&value);
        done = found.range.end;
    }
    text.push_str(&statement[done..]);
    text
}

fn identifier(value: &Value, kind: TargetKind) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match kind {
        TargetKind::Mysql => format!("`{}`", text.replace('`', "``")),
        _ => format!("\"{}\"", text.replace('"', "\"\"")),
    }
}

fn literal(value: &Value, kind: TargetKind) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(truth) => truth.to_string().to_uppercase(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            // A backslash begins an escape there.
            let text =
                if kind == TargetKind::Mysql { text.replace('\\', "\\\\") } else { text.clone() };
            format!("'{}'", text.replace('\'', "''"))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| literal(item, kind)).collect();
            format!("ARRAY[{}]", items.join(", "))
        }
        Value::Object(_) => literal(&Value::String(value.to_string()), kind),
    }
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn a_pasted_word_is_that_word_and_nothing_else() {
        assert_eq!(shell_word("eu-1"), "eu-1");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("a b; rm -rf $HOME"), "'a b; rm -rf $HOME'");
        assert_eq!(shell_word("it's"), "'it'\\''s'");
        assert_eq!(shell_word("a\u{1b}[31m'"), "$'a\\u001b[31m\\''");
    }
}
