//! Files of `NAME=value` lines, as shells and compose files read them.

use std::collections::HashMap;
use std::path::Path;

use super::read_small;
use crate::secret::SecretValue;

/// Every variable of a file; the last line for a name wins. The error fits after the file's name and
/// repeats no value.
pub(super) fn read(path: &Path) -> Result<HashMap<String, SecretValue>, String> {
    let (text, _) = read_small(path)?;
    parse(&text)
}

fn parse(text: &str) -> Result<HashMap<String, SecretValue>, String> {
    let mut all = HashMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else {
            return Err(format!("has no `=` on line {}", number + 1));
        };
        all.insert(name.trim().to_owned(), SecretValue::from(unquoted(value.trim())));
    }
    Ok(all)
}

/// A value without its quotes; without quotes, ` #` starts a comment.
fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote)
            && let Some((inner, _)) = inner.rsplit_once(quote)
        {
            return inner.to_owned();
        }
    }
    value.split_once(" #").map_or(value, |(value, _)| value.trim_end()).to_owned()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn lines_are_read_as_shells_read_them() {
        let all = parse(
            "# comment\n\nA=plain\nexport B='a # b'\nC=\"x=y\" # note\n D = spaced # note\nA=last\nE=\n",
        )
        .unwrap();
        let value = |name: &str| all[name].expose_secret();
        assert_eq!((value("A"), value("B"), value("C")), ("last", "a # b", "x=y"));
        assert_eq!((value("D"), value("E")), ("spaced", ""));
    }

    #[test]
    fn a_fault_names_the_line_and_not_its_text() {
        assert_eq!(parse("A=1\nhunter2secret\n").unwrap_err(), "has no `=` on line 2");
    }
}
