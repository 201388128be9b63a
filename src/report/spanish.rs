//! The context of a report in Spanish: the sentences that the program made, field by field.
//!
//! Owns which fields hold sentences, and under which headings those stand (`text/spanish/record.txt`). What authors and
//! people wrote stays as it is, and so do the stable words that a template compares (`status`, `verdict`, `kind`).

use serde_json::Value;

use crate::text::spanish::under;

/// A field that holds sentences of ours: the list, the field, and the headings under which they stand.
const FIELDS: [(&str, &str, &[&str]); 59] = [
    ("responders", "note", &[]),
    ("notes", "text", &[]),
    ("messages", "message", &[]),
    ("decisions", "reason", &[]),
    ("milestones", "reason", &[]),
    ("responders", "role", &["role"]),
    ("responders", "who", &["who"]),
    ("milestones", "words", &["words"]),
    ("milestones", "source", &["words"]),
    ("durations", "words", &["duration"]),
    ("durations", "formula", &["duration"]),
    ("deadlines", "words", &["words"]),
    ("deadlines", "anchor", &["words"]),
    ("deadlines", "state_words", &["state", "words"]),
    ("escalations", "words", &["words"]),
    ("escalations", "state_words", &["state", "words"]),
    ("escalations/messages", "ending", &["words"]),
    ("messages", "cause_words", &["words"]),
    ("messages", "ending", &["words"]),
    ("ledger/parts", "words", &["part"]),
    ("steps", "who", &["who"]),
    ("recovery", "who", &["who"]),
    ("recovery", "outcome_words", &["outcome", "words"]),
    ("recovery", "against", &["outcome"]),
    ("leftovers", "fate", &["words"]),
    ("impact", "users_hurt_words", &["duration"]),
    ("deviations", "who", &["who"]),
    ("deviations", "what", &["deviation", "record"]),
    ("deviations", "reason", &["words"]),
    ("deviations", "settled", &["words", "settled"]),
    ("decisions", "who", &["who"]),
    ("decisions", "question", &["words"]),
    ("decisions", "answer", &["words"]),
    ("objections", "who", &["who"]),
    ("objections", "what", &["deviation"]),
    ("notes", "who", &["who"]),
    ("actions", "what", &["document"]),
    ("actions", "owner", &["who"]),
    ("actions", "by", &["who"]),
    ("factors", "what", &["deviation", "record"]),
    ("suggestions", "seen", &["suggestion"]),
    ("suggestions", "suggested", &["suggestion"]),
    ("earlier", "status_words", &["words"]),
    ("left_out", "where", &["document"]),
    ("drill/criteria", "held_words", &["document"]),
    ("drill/criteria", "measured", &["words"]),
    ("timeline", "who", &["who"]),
    ("", "warnings", &["warnings", "record", "words"]),
    ("", "summary", &["summary", "objective"]),
    ("", "names_words", &["document"]),
    ("drill", "reasons", &["reasons"]),
    ("went", "well", &["objective", "went"]),
    ("went", "hard", &["objective", "went"]),
    ("went", "lucky", &["went"]),
    ("record", "findings", &["words"]),
    ("run", "status_words", &["words"]),
    ("run", "operator", &["who"]),
    ("run", "people", &["who"]),
    ("document", "due_from", &["document"]),
];

/// Fields of which some values are those of authors and people: they may stay as they are.
const THEIRS: [&str; 11] = [
    "role", "source", "reason", "who", "question", "answer", "owner", "by", "people", "operator",
    "findings",
];

/// The context with its sentences in Spanish, and those for which there was none.
pub fn said(context: &mut Value) -> Vec<String> {
    let roles = context["names"] == "roles";
    let mut speaker = Speaker { unsaid: Vec::new(), roles };
    for row in context["timeline"].as_array_mut().into_iter().flatten() {
        let kind = format!("timeline.what:{}", row["type"].as_str().unwrap_or_default());
        speaker.text(&mut row["what"], &[kind.as_str(), "record", "message"], false);
    }
    for (list, field, headings) in FIELDS {
        let theirs = headings.is_empty()
            || THEIRS.contains(&field)
            || (list == "actions" && field == "what")
            || (list == "objections")
            || (list == "drill/criteria" && field == "measured");
        speaker.field(context, list, field, headings, theirs);
    }
    for one in ["rto", "rpo", "response"] {
        if let Some(objective) = context.pointer_mut(&format!("/objectives/{one}")) {
            speaker.text(&mut objective["words"], &["objective"], false);
            speaker.text(&mut objective["anchor"], &["words"], false);
        }
    }
    for (pointer, heading) in [
        ("/ledger/ends_with", "words"),
        ("/detection/source", "words"),
        ("/run/reason", "words"),
        ("/document/owner", "who"),
    ] {
        if let Some(value) = context.pointer_mut(pointer) {
            speaker.text(value, &[heading], true);
        }
    }
    context["language"] = "es".into();
    context["gantt"] = Some(super::gantt::gantt(context)).filter(|chart| !chart.is_empty()).into();
    speaker.unsaid
}

struct Speaker {
    unsaid: Vec<String>,
    /// People are called by their roles.
    roles: bool,
}

impl Speaker {
    /// A field of every row of a list, of an object, or of the context itself.
    fn field(&mut self, at: &mut Value, list: &str, field: &str, headings: &[&str], theirs: bool) {
        if let Value::Array(rows) = at {
            for row in rows {
                self.field(row, list, field, headings, theirs);
            }
            return;
        }
        let (first, rest) = list.split_once('/').unwrap_or((list, ""));
        if !first.is_empty() {
            if let Some(inner) = at.get_mut(first) {
                self.field(inner, rest, field, headings, theirs);
            }
            return;
        }
        match at.get_mut(field) {
            Some(Value::Array(texts)) => {
                for text in texts {
                    self.text(text, headings, theirs);
                }
            }
            Some(value) => self.text(value, headings, theirs),
            None => {}
        }
    }

    fn text(&mut self, value: &mut Value, headings: &[&str], theirs: bool) {
        let Value::String(text) = value else { return };
        if text.is_empty() || text == "mayday" {
            return;
        }
        let said = headings.iter().find_map(|heading| under(heading, text));
        if said.is_none() && !theirs {
            self.unsaid.push(format!("{}: {text}", headings.join(", ")));
        }
        let said = said.unwrap_or_else(|| std::mem::take(text));
        *text = if self.roles { roles(&said) } else { said };
    }
}

/// Roles that stand in a text in the place of names.
pub(super) fn roles(text: &str) -> String {
    [("operator ", "operador "), ("person ", "persona ")].iter().fold(
        text.to_owned(),
        |text, (english, spanish)| {
            let mut parts = text.split(english);
            let mut out = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                let number = part.starts_with(|c: char| c.is_ascii_digit());
                out.push_str(if number { spanish } else { english });
                out.push_str(part);
            }
            out
        },
    )
}
