//! How a scripted effect ends.

use serde_json::json;

use crate::effect::{Effect, Ending, Facts, FailKind, Output};
use crate::time::Span;

/// How an effect ends, and after how long.
#[derive(Clone, Debug)]
pub enum Reply {
    /// With this output, unless its time limit passes first.
    Ends(Span, Output),
    /// With this output, after these lines.
    Says(Span, Vec<String>, Output),
    /// The operator types these lines, one after the other, until one is accepted.
    Types(Span, Vec<String>),
    /// Only its time limit or a cancel ends it.
    Never,
}

impl Reply {
    /// An effect that ends well after a second, with these facts.
    #[must_use]
    pub fn facts(facts: serde_json::Value) -> Self {
        let facts = match facts {
            serde_json::Value::Object(facts) => facts,
            _ => Facts::new(),
        };
        Self::Ends(Span::from_secs(1), Output::done(facts, Span::ZERO))
    }

    /// A command that ends after a second with this exit code and this output.
    #[must_use]
    pub fn exit(code: i32, stdout: &str) -> Self {
        let json: serde_json::Value = serde_json::from_str(stdout).unwrap_or_default();
        Self::facts(json!({ "exit_code": code, "stdout": stdout, "stderr": "", "json": json }))
    }

    /// A result with these rows.
    #[must_use]
    pub fn rows(rows: &serde_json::Value) -> Self {
        let count = rows.as_array().map_or(0, Vec::len);
        Self::facts(json!({ "rows": rows, "row_count": count, "rows_affected": 0 }))
    }

    /// An answer of a service.
    #[must_use]
    pub fn status(code: u16, body: &str) -> Self {
        let json: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        Self::facts(json!({ "status": code, "status_code": code, "body": body, "json": json }))
    }

    /// An effect that breaks off.
    #[must_use]
    pub fn fails(kind: FailKind, message: &str) -> Self {
        Self::Ends(Span::from_secs(1), Output::failed(kind, message))
    }

    /// An effect of which nobody can tell whether it happened.
    #[must_use]
    pub fn unknown(reason: &str) -> Self {
        let ending = Ending::Unknown { reason: reason.to_owned() };
        let output = Output { ending, ..Output::done(Facts::new(), Span::ZERO) };
        Self::Ends(Span::from_secs(1), output)
    }

    /// An operator who types this after a second.
    #[must_use]
    pub fn types(text: &str) -> Self {
        Self::Types(Span::from_secs(1), vec![text.to_owned()])
    }

    /// The same, after another span.
    #[must_use]
    pub fn after(self, span: Span) -> Self {
        match self {
            Self::Ends(_, output) => Self::Ends(span, output),
            Self::Says(_, lines, output) => Self::Says(span, lines, output),
            Self::Types(_, typed) => Self::Types(span, typed),
            Self::Never => Self::Never,
        }
    }

    /// How an effect ends when the script says nothing: well, and a question is not answered.
    pub(super) fn usual(effect: &Effect) -> Self {
        match effect {
            Effect::Process(_) => Self::exit(0, ""),
            Effect::Sql(_) => Self::rows(&json!([])),
            Effect::SqlEnd(end) => Self::facts(json!({ "committed": end.commit })),
            Effect::Http(_) => Self::status(200, ""),
            Effect::Notify(_) => Self::facts(json!({ "delivered": true })),
            Effect::Keep(_) => Self::facts(json!({})),
            Effect::Recover(_) => Self::unknown("nobody saw its end"),
            Effect::Ask(_) => Self::Never,
        }
    }
}
