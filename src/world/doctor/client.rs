//! `client`: a dump of a newer server is refused by an older `pg_dump`, and an older `pg_restore` cannot read it
//! (PostgreSQL, `pg_dump`, Notes).

use super::{Finding, Look, Outcome, Shared, TargetWant, Wants, target};
use crate::effect::TargetKind;
use crate::world::aside::OUTPUT_CAP;
use crate::world::tools;

const KIND: &str = "client";

/// Clients that must not be older than the server.
const CLIENTS: &[&str] = &["pg_dump", "pg_dumpall", "pg_restore", "pg_basebackup"];

pub(super) fn looks(wants: &Wants) -> Vec<Look> {
    let clients: Vec<&'static str> =
        CLIENTS.iter().copied().filter(|client| wants.tools.contains_key(*client)).collect();
    let servers = wants.targets.iter().filter_map(|(name, want)| Some((name, want.as_ref()?)));
    let servers =
        servers.filter(|(_, want)| want.target.kind == TargetKind::Postgres && !want.made_later);
    if clients.is_empty() {
        return Vec::new();
    }
    let look = |(name, want): (&String, &TargetWant)| {
        let (name, want, clients) = (name.clone(), want.clone(), clients.clone());
        let subject = name.clone();
        let job = move |shared: &Shared| compare(&name, &want, &clients, shared);
        Look { kind: KIND, subject, job: Box::new(job) }
    };
    servers.map(look).collect()
}

fn compare(name: &str, want: &TargetWant, clients: &[&str], shared: &Shared) -> Vec<Finding> {
    let Some(server) = target::version(&want.target, shared) else {
        let says = "the server's version is not known";
        return vec![Finding::new(KIND, name, Outcome::Skip, says)];
    };
    let mut found = Vec::new();
    for client in clients {
        let subject = format!("{client} for {name}");
        // That it is missing is said by `tool`.
        let Ok(program) = tools::find(client, &shared.path) else { continue };
        let version =
            tools::version(client, &program, &shared.variables, &shared.bounds(OUTPUT_CAP));
        let result = version.and_then(|version| {
            if major(&version) < major(&server) {
                return Err(format!(
                    "{client} is {version}, the server is {server}: an older one refuses or cannot read its dumps; \
                     install one that is not older"
                ));
            }
            Ok(format!("{version}, the server is {server}"))
        });
        found.push(Finding::of(KIND, &subject, result));
    }
    found
}

/// The part that counts: the first number, of old servers the first two (9.6).
fn major(version: &str) -> Vec<u64> {
    let mut numbers = tools::numbers(version);
    numbers.truncate(if numbers.first().is_some_and(|first| *first < 10) { 2 } else { 1 });
    numbers
}
