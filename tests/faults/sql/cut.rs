//! F51: the connection is cut at each point of the protocol, in three ways.

use std::sync::{Arc, Mutex, mpsc};

use rustix::process::{Pid, Signal, kill_process};

use super::{Verdict, count, counter, try_to_commit};
use crate::faults::{Count, Row};
use crate::support::postgres::Server;
use crate::support::proxy::{POINTS, Point, Proxy};

/// How the connection is cut.
#[derive(Clone, Copy, Debug)]
enum How {
    /// By the network.
    Reset,
    /// The server crashes and is started again.
    Restart,
    /// The server process of the connection is killed, and the server recovers below its postmaster.
    Kill,
}

#[test]
fn a_connection_that_is_cut_anywhere_leaves_a_known_change() {
    let what = "connection cut at 6 points: reset, server restart, session killed";
    let mut row = Row::new("F51", what, Count { ci: 36, soak: 180 });
    let server = counter();
    let (direct, port) = (server.url("postgres", ""), server.port);
    let server = Arc::new(Mutex::new(server));
    let proxy = Proxy::before(port);
    let url = proxy.url(&direct);
    let (crashed, crashes) = mpsc::channel();
    let again = Arc::clone(&server);
    // A server dies with the thread that started it, so one thread starts it each time.
    std::thread::spawn(move || crashes.iter().for_each(|()| again.lock().unwrap().start_again()));
    let mut so_far = 0;
    row.each(|n| {
        let case = usize::try_from(n).unwrap();
        let point = POINTS[case % 6];
        let how = [How::Reset, How::Restart, How::Kill][case / 6 % 3];
        // Every other time the server has not answered yet when it is hit: the truth is either.
        let answered = case / 18 % 2 == 0;
        let (hit, crashed) = (Arc::clone(&server), crashed.clone());
        proxy.arm(point, answered, move |client| {
            fault(how, &mut hit.lock().unwrap(), client, &crashed);
        });
        let (verdict, why) = try_to_commit(&url, &["UPDATE t SET n = n + 1"]);
        assert!(!proxy.still_armed(), "{point:?} was never reached");
        let now = count(&direct);
        let truth = if now == so_far + 1 { Verdict::Committed } else { Verdict::NotDone };
        assert_eq!(verdict, truth, "{point:?} {how:?} {answered}: {why}");
        match point {
            Point::AnswerLost if answered => assert_eq!(truth, Verdict::Committed),
            Point::AnswerLost => {}
            _ => assert_eq!(truth, Verdict::NotDone, "{point:?}"),
        }
        so_far = now;
    });
}

fn fault(how: How, server: &mut Server, client: u16, crashed: &mpsc::Sender<()>) {
    match how {
        How::Reset => {}
        How::Restart => {
            server.crash();
            crashed.send(()).unwrap();
        }
        How::Kill => kill_process(session(server, client), Signal::KILL).unwrap(),
    }
}

/// The server process of a connection. Before it has said who it is, the server does not list it: it is
/// the youngest then.
fn session(server: &Server, client: u16) -> Pid {
    let listed =
        server.psql(&format!("SELECT max(pid) FROM pg_stat_activity WHERE client_port = {client}"));
    let pid = listed.parse().ok().or_else(|| youngest(server.pid()));
    Pid::from_raw(pid.unwrap()).unwrap()
}

fn youngest(parent: u32) -> Option<i32> {
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    let born = |pid: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        fields.split(' ').nth(19).and_then(|ticks| ticks.parse::<u64>().ok())
    };
    children.unwrap().split_whitespace().flat_map(str::parse).max_by_key(|pid| (born(pid), *pid))
}
