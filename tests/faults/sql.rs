//! Faults between mayday and a database: every verdict is compared with what the database holds.

mod attack;
mod cut;
mod elsewhere;
mod kill;
mod refused;
mod rolled_back;
mod values;

pub(crate) use kill::Victim;

use mayday::effect::{Ending, Output, SqlEnd, TargetKind};
use mayday::time::Span;
use mayday::world::sql::{Cancel, Sessions, end, fate, run};
use serde_json::Value;

use crate::sql::{change, job};
use crate::support::postgres::Server;

/// What a change under a fault came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Committed,
    NotDone,
    Unknown,
}

/// Holds a change open, commits it, and asks for its fate where the answer is lost: what the engine does.
fn try_to_commit(url: &str, statements: &[&str]) -> (Verdict, String) {
    let (mut job, sessions) = (change(TargetKind::Postgres, url, statements), Sessions::new());
    job.effect.hold = true;
    let id = mayday::effect::EffectId(7);
    let ran = run(&job, id, &sessions, &Cancel::new());
    match ran.ending {
        Ending::Done => {}
        // A change that is held open is not committed, whatever went wrong.
        Ending::Failed { message, .. } => return (Verdict::NotDone, message),
        other => panic!("neither done nor failed: {other:?}"),
    }
    let tx = ran.facts.get("tx").cloned().unwrap_or_default();
    let end = end(SqlEnd { session: id, commit: true, time_limit: Span::from_secs(20) }, &sessions);
    match end.ending {
        Ending::Done => (Verdict::Committed, String::new()),
        Ending::Failed { message, .. } => (Verdict::NotDone, message),
        Ending::Unknown { .. } => asked(url, &tx, 30),
        other => panic!("COMMIT has no such end: {other:?}"),
    }
}

/// What the server says of a transaction, within so many seconds.
fn asked(url: &str, tx: &Value, secs: i64) -> (Verdict, String) {
    let target = job(TargetKind::Postgres, url, &[]).target;
    verdict(fate(&target, tx, Span::from_secs(secs), &Cancel::new(), "mayday/a-run/fate"))
}

fn verdict(output: Output) -> (Verdict, String) {
    match output.ending {
        Ending::Done if output.facts["committed"] == true => (Verdict::Committed, String::new()),
        Ending::NotDone { reason } => (Verdict::NotDone, reason),
        Ending::Unknown { reason } => (Verdict::Unknown, reason),
        other => panic!("no answer about a transaction: {other:?}"),
    }
}

/// A server with a counter at zero.
fn counter() -> Server {
    let server = Server::start();
    server.psql("CREATE TABLE t AS SELECT 0 AS n");
    server
}

/// Leaves the processor to the server for a moment; nothing is decided by how long that is.
fn glance() {
    let moment = rustix::time::Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
    rustix::event::poll(&mut [], Some(&moment)).unwrap();
}

/// The counter, once the server answers again.
fn count(url: &str) -> i64 {
    let read = job(TargetKind::Postgres, url, &["SELECT n FROM t"]);
    loop {
        let output = crate::sql::go(&read);
        if output.ending == Ending::Done {
            return output.facts["rows"][0]["n"].as_i64().unwrap();
        }
        glance();
    }
}
