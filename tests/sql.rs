//! SQL on real servers: what is sent, what comes back, what is refused, what is known afterwards.

use std::collections::BTreeMap;

use mayday::effect::{
    EffectClass, EffectId, Ending, FailKind, Output, SqlEffect, SqlEnd, SqlParam, Target,
    TargetKind, Text,
};
use mayday::time::Span;
use mayday::world::sql::{Cancel, Job, Resolved, Sessions, end, run};
use serde_json::Value;

mod fate;
mod guards;
#[cfg(feature = "mysql")]
mod mysql;
mod outcome;
mod postgres;
mod sqlite;
mod tls;
mod types;

/// A read of one statement, to be changed at will.
pub(crate) fn job(kind: TargetKind, address: &str, statements: &[&str]) -> Job {
    Job {
        effect: SqlEffect {
            step: "a-step".to_owned(),
            target: Target { name: "db".to_owned(), kind, address: Text::Secret("db".to_owned()) },
            statements: statements.iter().map(|text| (*text).to_owned()).collect(),
            params: BTreeMap::new(),
            class: EffectClass::Read,
            no_transaction: false,
            hold: false,
            time_limit: Span::from_secs(60),
            row_cap: 1000,
            withhold: false,
        },
        params: BTreeMap::new(),
        target: Resolved { kind, name: "db".to_owned(), address: address.to_owned().into() },
        application_name: "mayday/a-run/a-step".to_owned(),
    }
}

pub(crate) fn change(kind: TargetKind, address: &str, statements: &[&str]) -> Job {
    let mut job = job(kind, address, statements);
    job.effect.class = EffectClass::Change;
    job
}

pub(crate) fn with(mut job: Job, params: Value) -> Job {
    let Value::Object(params) = params else { panic!("params are a map") };
    for (name, value) in params {
        job.effect.params.insert(name.clone(), SqlParam::Value(value.clone()));
        job.params.insert(name, value);
    }
    job
}

pub(crate) fn go(job: &Job) -> Output {
    run(job, EffectId(1), &Sessions::new(), &Cancel::new())
}

/// The facts of a job that must end well.
pub(crate) fn facts(job: &Job) -> Value {
    let output = go(job);
    assert_eq!(output.ending, Ending::Done, "{:?}", job.effect.statements);
    Value::Object(output.facts)
}

/// Kind and message of a job that must fail.
pub(crate) fn failure(job: &Job) -> (FailKind, String) {
    failed(go(job))
}

pub(crate) fn failed(output: Output) -> (FailKind, String) {
    match output.ending {
        Ending::Failed { kind, message } => (kind, message),
        other => panic!("it did not fail: {other:?} {:?}", output.facts),
    }
}

/// Runs with the transaction held, then ends it.
pub(crate) fn hold_and_end(job: &Job, commit: bool) -> (Output, Output) {
    let (mut job, sessions) = (job.clone(), Sessions::new());
    job.effect.hold = true;
    let ran = run(&job, EffectId(7), &sessions, &Cancel::new());
    assert_eq!(ran.facts.get("session"), Some(&Value::from(7)), "{:?}", ran.ending);
    let time_limit = Span::from_secs(60);
    (ran, end(SqlEnd { session: EffectId(7), commit, time_limit }, &sessions))
}
