//! F52: mayday is killed at each point of the protocol; the run is taken up again.

use std::process::Stdio;
use std::sync::{Arc, Condvar, Mutex};

use rustix::process::{Pid, Signal, kill_process};

use super::{count, counter};
use crate::faults::{Count, Row};
use crate::support::desk::{Desk, Said};
use crate::support::proxy::{POINTS, Point, Proxy};

const CONFIG: &str = "
default_environment: here
environments:
  here: { danger: low, targets: { db: { type: postgres, url: 'secret:db_url' } } }
secrets: { db_url: 'env:DB_URL' }
";

const PLAYBOOK: &str = "
mayday: 1
id: p
title: Count
severity: SEV-3
steps:
  - {id: add, title: Add one, effect: change, target: db, sql: UPDATE t SET n = n + 1}
  - {id: look, title: Look, effect: read, target: db, sql: SELECT n FROM t}
";

/// The process to be killed, once it is there.
#[derive(Clone, Default)]
pub(crate) struct Victim(Arc<(Mutex<Option<Pid>>, Condvar)>);

impl Victim {
    /// Runs mayday to its end, which comes from [`Victim::kill`].
    pub(crate) fn run(&self, desk: &Desk, url: &str) -> Said {
        let mut command = desk.command(&["run", "p"]);
        command.env("DB_URL", url).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        *self.0.0.lock().unwrap() = Some(Pid::from_child(&child));
        self.0.1.notify_all();
        Said::from(child.wait_with_output().unwrap())
    }

    /// Kills it.
    pub(crate) fn kill(&self) {
        let pid = self.0.1.wait_while(self.0.0.lock().unwrap(), |pid| pid.is_none()).unwrap();
        kill_process(pid.unwrap(), Signal::KILL).unwrap();
    }
}

#[test]
fn a_change_is_made_once_wherever_mayday_is_killed() {
    let what = "kill -9 of mayday at 6 points of a change, then resume";
    let mut row = Row::new("F52", what, Count { ci: 12, soak: 60 });
    let server = counter();
    let direct = server.url("postgres", "");
    let proxy = Proxy::before(server.port);
    let url = proxy.url(&direct);
    let mut so_far = 0;
    row.each(|n| {
        let point = POINTS[usize::try_from(n).unwrap() % 6];
        let desk = Desk::with(&[("mayday.yaml", CONFIG), ("playbooks/p.yaml", PLAYBOOK)]);
        let victim = Victim::default();
        let shot = victim.clone();
        // Every other time the server has not answered yet: it may commit or roll back as it dies.
        proxy.arm(point, n / 6 % 2 == 0, move |_| shot.kill());
        let cut = victim.run(&desk, &url);
        assert_eq!(cut.code, None, "{point:?}: {}", cut.all());
        assert!(!proxy.still_armed());
        let before = count(&direct);
        let resumed = Said::from(desk.command(&["resume"]).env("DB_URL", &url).output().unwrap());
        resumed.is(0, &[]);
        so_far += 1;
        assert_eq!(count(&direct), so_far, "{point:?}: {}", resumed.all());
        let id = desk.newest();
        desk.mayday(&["verify", &id]).is(0, &["OK"]);
        // What was committed is not taken back in the record, and the other way round.
        let journal = desk.path(&format!("state/{id}/journal.jsonl"));
        let journal = std::fs::read_to_string(journal).unwrap();
        let revoked = journal.contains("\"revoked\"");
        if point != Point::AnswerLost || n / 6 % 2 == 0 {
            assert_eq!(revoked, before < so_far, "{point:?}: {}", resumed.all());
        }
        assert!(!journal.contains(crate::support::postgres::PASSWORD_IN_URL));
    });
}

/// A run to its end, or a resume.
fn driven(desk: &Desk, arguments: &[&str], url: &str) -> Said {
    Said::from(desk.command(arguments).env("DB_URL", url).output().unwrap())
}

#[test]
fn a_lost_answer_is_asked_for_at_once() {
    let server = counter();
    let direct = server.url("postgres", "");
    let proxy = Proxy::before(server.port);
    let url = proxy.url(&direct);
    let desk = Desk::with(&[("mayday.yaml", CONFIG), ("playbooks/p.yaml", PLAYBOOK)]);
    proxy.arm(Point::AnswerLost, true, |_| ());
    driven(&desk, &["run", "p"], &url).is(0, &[]);
    assert!(!proxy.still_armed());
    assert_eq!(count(&direct), 1);
    proxy.arm(Point::CommitLost, true, |_| ());
    let said = driven(&desk, &["run", "p"], &url);
    said.is(5, &["was rolled back: nothing was committed"]);
    assert_eq!(count(&direct), 1);
}

#[test]
fn a_resume_after_a_failover_does_not_believe_the_other_server() {
    let server = counter();
    let stranger = crate::support::postgres::Server::stranger();
    stranger.psql("CREATE TABLE t AS SELECT 0 AS n");
    let direct = server.url("postgres", "");
    let proxy = Proxy::before(server.port);
    let desk = Desk::with(&[("mayday.yaml", CONFIG), ("playbooks/p.yaml", PLAYBOOK)]);
    let victim = Victim::default();
    let shot = victim.clone();
    proxy.arm(Point::AnswerLost, true, move |_| shot.kill());
    assert_eq!(victim.run(&desk, &proxy.url(&direct)).code, None);
    let other = stranger.url("postgres", "");
    driven(&desk, &["resume"], &other).is(11, &["add", "another database cluster answers"]);
    driven(&desk, &["resume"], &other).is(11, &["add", "--assume add=done"]);
    assert_eq!((count(&direct), count(&other)), (1, 0));
    driven(&desk, &["resume", "--assume", "add=done"], &other).is(0, &[]);
    assert_eq!((count(&direct), count(&other)), (1, 0));
}
