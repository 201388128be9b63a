//! What a drill came to, for programs: in `status --json`, and as the last line of a drill driven with `--json`.

use std::path::Path;

use serde_json::{Value, json};

use super::{shelf, signoff};
use crate::plan::{Mode, Plan};
use crate::report::drill::data::data as verdict;
use crate::run::state::Run;

/// Verdict, reasons, score, criteria, and where the record lies; `null` for a real run. A drill that can still go
/// on has no verdict.
pub(in crate::cli) fn data(run: &Run, plan: &Plan) -> Value {
    let Some(opened) = run.opened.as_ref().filter(|opened| opened.mode == Mode::Drill) else {
        return Value::Null;
    };
    let mut told = verdict(run, plan);
    if run.closed.is_none() {
        for field in ["verdict", "passed", "score"] {
            told[field] = Value::Null;
        }
        told["reasons"] = json!([]);
    }
    let filed = shelf::of_run(Path::new(&opened.base), &opened.run);
    let data = filed.as_ref().and_then(|filed| filed.file.as_deref());
    told["record"] = json!(data.map(|file| file.with_extension("md").display().to_string()));
    told["record_data"] = json!(data.map(|file| file.display().to_string()));
    let roles = match &filed {
        Some(filed) => signoff::standings(filed),
        None => signoff::wanted(&plan.sign_off)
            .into_iter()
            .map(|role| (role, (false, signoff::PENDING.to_owned())))
            .collect(),
    };
    let roles = roles
        .into_iter()
        .map(|(role, (holds, words))| json!({ "role": role, "holds": holds, "words": words }));
    told["sign_off"] = json!(roles.collect::<Vec<_>>());
    told
}

/// The last line of a drill that is driven with `--json`.
pub(super) fn line(run: &Run, plan: &Plan) -> String {
    let id = run.opened.as_ref().map(|opened| &opened.run);
    let line = json!({ "run": id, "drill": data(run, plan) }).to_string();
    format!("{}\n", crate::text::json(&line))
}
