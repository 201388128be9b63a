//! The page of the book on templates of one's own.

use super::{Field, Holds, example, groups};
use crate::report::{CONTEXT_VERSION, ReportTrouble, render};

const BEFORE: &str = include_str!("before.md");

/// The page: what a template may do, every field, and for each group a template with what it gives.
///
/// # Errors
/// The template of a group cannot be filled in with the examples.
pub fn page() -> Result<String, ReportTrouble> {
    let example = example();
    let mut page = BEFORE.replace("{version}", &CONTEXT_VERSION.to_string());
    for group in groups() {
        page.push_str(&format!(
            "\n### {}\n\n| field | type | unit | meaning | example |\n|---|---|---|---|---|\n",
            group.title
        ));
        group.fields.iter().for_each(|field| page.push_str(&row(field)));
        let gives = render(&group.template, group.title, &example)?;
        page.push_str(&format!(
            "\nA template, and what it gives with the examples above:\n\n```jinja\n{}```\n\n```text\n{}\n```\n",
            group.template,
            gives.trim_end()
        ));
    }
    Ok(page)
}

fn row(field: &Field) -> String {
    let (holds, unit) = match &field.holds {
        Holds::Text => ("text".to_owned(), ""),
        Holds::OneOf(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            (words.join(", "), "")
        }
        Holds::Time => ("time".to_owned(), "UTC"),
        Holds::Millis => ("number".to_owned(), "ms"),
        Holds::Percent => ("number".to_owned(), "%"),
        Holds::Bytes => ("number".to_owned(), "bytes"),
        Holds::Count => ("number".to_owned(), ""),
        Holds::Event => ("number".to_owned(), "event"),
        Holds::Bool => ("true, false".to_owned(), ""),
        Holds::Texts => ("list of texts".to_owned(), ""),
        Holds::Object => ("fields".to_owned(), ""),
        Holds::Rows => ("list".to_owned(), ""),
    };
    let none = if field.nullable { ", or none" } else { "" };
    let example = field.example.as_ref().map(|value| code(&value.to_string())).unwrap_or_default();
    format!("| `{}` | {holds}{none} | {unit} | {} | {example} |\n", field.path, field.meaning)
}

/// As code in a cell of a table.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}
