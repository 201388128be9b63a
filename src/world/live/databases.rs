//! What the live world asks of databases, each question on a thread of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::LiveWorld;
use crate::effect::{
    EffectId, Ending, Facts, FailKind, Output, RecoverSql, SqlEffect, SqlParam, Target,
};
use crate::secret::Redactor;
use crate::time::Span;
use crate::world::sql;

impl LiveWorld {
    pub(super) fn sql(&mut self, id: EffectId, effect: SqlEffect) -> Result<(), Output> {
        let secret = |why| Output::failed(FailKind::Secret, why);
        let address = self.address(&effect.target).map_err(secret)?;
        let mut params = BTreeMap::new();
        for (name, param) in &effect.params {
            let value = match param {
                SqlParam::Value(value) => value.clone(),
                SqlParam::Secret(secret_name) => {
                    let value = self.secret(secret_name).map_err(secret)?;
                    Value::String(secrecy::ExposeSecret::expose_secret(&value).to_owned())
                }
            };
            params.insert(name.clone(), value);
        }
        let target =
            sql::Resolved { kind: effect.target.kind, name: effect.target.name.clone(), address };
        let application_name = format!("mayday/{}/{}", self.run_id, effect.step);
        let withhold = effect.withhold;
        let job = sql::Job { effect, params, target, application_name };
        let cancel = sql::Cancel::new();
        self.cancels.insert(id, cancel.clone());
        let sessions = Arc::clone(&self.sessions);
        let redactor = self.redactor_now();
        self.on_thread(id, "sql", move || {
            let mut output = sql::run(&job, id, &sessions, &cancel);
            if !withhold {
                hide(&redactor, &mut output);
            }
            output
        })
    }

    /// Asks the server of a database who it is: `system_identifier`, where it has one and the role may see it.
    /// Waits for the answer.
    ///
    /// # Errors
    /// It cannot be asked.
    pub fn who(&mut self, target: &Target, limit: Span) -> Result<Facts, String> {
        let address = self.address(target)?;
        let target = sql::Resolved { kind: target.kind, name: target.name.clone(), address };
        sql::who(&target, limit).map_err(|why| self.redactor_now().redact(&why).into_owned())
    }

    /// Asks a database what became of a transaction.
    pub(super) fn fate(&mut self, id: EffectId, recover: RecoverSql) -> Result<(), Output> {
        let RecoverSql { target, tx, time_limit } = recover;
        // Not to be able to ask is no answer: what was sent stays unknown.
        let address = self.address(&target).map_err(|why| Output {
            ending: Ending::Unknown { reason: format!("the database cannot be asked: {why}") },
            ..Output::done(Facts::new(), Span::ZERO)
        })?;
        let target = sql::Resolved { kind: target.kind, name: target.name, address };
        let application_name = format!("mayday/{}/fate", self.run_id);
        let redactor = self.redactor_now();
        let cancel = sql::Cancel::new();
        self.cancels.insert(id, cancel.clone());
        self.on_thread(id, "sql", move || {
            let mut output = sql::fate(&target, &tx, time_limit, &cancel, &application_name);
            hide(&redactor, &mut output);
            output
        })
    }
}

/// Hides known secrets in what a database said.
fn hide(redactor: &Redactor, output: &mut Output) {
    for value in output.facts.values_mut() {
        redactor.redact_value(value);
    }
    if let Ending::Failed { message, .. }
    | Ending::Unknown { reason: message }
    | Ending::NotDone { reason: message } = &mut output.ending
    {
        *message = redactor.redact(message).into_owned();
    }
}
