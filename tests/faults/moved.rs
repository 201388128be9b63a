//! A record that cannot be written, with the operator at a real terminal (F09), and what is left of it later.

use std::process::Stdio;
use std::time::Duration;

use rexpect::session::{PtySession, spawn_command};

use super::disk::{all_steps, announced, count, desk, events, own_mounts, ran, shell};
use super::{Row, always};
use crate::support::desk::{Desk, Said};

/// Far beyond what any step here takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// A run of four changes on a terminal; the second fills the disk of the record. What the script says
/// behind the run is done on the same disk.
fn at_the_terminal(desk: &Desk, way: &[&str], behind: &str) -> PtySession {
    let script = format!(
        "mkdir disk && mount -t tmpfs -o size=400k,mode=700 none disk\n\
         (until test -e free; do sleep 0.05; done; rm -f disk/filler; touch freed) &\n\
         \"$MAYDAY\" run p --confirm s0=yes --confirm s1=yes --confirm s2=yes --confirm s3=yes; CODE=$?\n{behind}\ntouch free; wait; echo ENDED $CODE"
    );
    let mut command = shell(desk, way, &script);
    command.env("MAYDAY_PLAIN", "1").env("TERM", "dumb").stdin(Stdio::inherit());
    let patience = PATIENCE.as_millis().try_into().unwrap();
    spawn_command(command, Some(patience)).unwrap()
}

fn filling() -> Desk {
    desk(
        4,
        "if test $N = 1; then cat /dev/zero > disk/filler 2>&- || true; fi; head -c 9000 /dev/zero | tr '\\0' a",
    )
}

fn answer(session: &mut PtySession, question: &str, line: &str) {
    session.exp_string(question).unwrap();
    session.exp_string(" >").unwrap();
    // Gates throw away what was typed before they could be read.
    rustix::event::poll(&mut [], Some(&rustix::time::Timespec { tv_sec: 0, tv_nsec: 600_000_000 }))
        .unwrap();
    session.send_line(line).unwrap();
}

fn row(what: &'static str) -> (Row, Option<&'static [&'static str]>) {
    let mut row = Row::new("F09", what, always(1));
    let way = own_mounts();
    if way.is_none() {
        row.skip_rest("this machine lets nobody mount a small disk");
    }
    (row, way)
}

#[test]
fn the_operator_moves_the_record_by_typing_the_words() {
    let (mut row, Some(way)) = row("disk full at a terminal: the operator moves the record") else {
        return;
    };
    let desk = filling();
    let mut session = at_the_terminal(&desk, way, "");
    session.exp_string("WARNING  failed to write the record: no space left on its disk").unwrap();
    answer(&mut session, "How to go on?", "2");
    answer(&mut session, "move the record", "yes");
    answer(&mut session, "Not taken", "move the record");
    session.exp_string("The record went on in").unwrap();
    session.exp_string("COMPLETED").unwrap();
    session.exp_string("ENDED 0").unwrap();
    assert_eq!(ran(&desk), all_steps(4));
    let events = events(&desk.path("fallback"));
    announced(&desk, &events);
    assert_eq!(count(&events, "record_moved"), 1);
    row.pass();
}

#[test]
fn the_operator_frees_space_and_goes_on_in_the_same_place() {
    let (mut row, Some(way)) = row("disk full at a terminal: the operator frees space") else {
        return;
    };
    let desk = filling();
    let mut session = at_the_terminal(&desk, way, "\"$MAYDAY\" verify 2; cp -a disk kept");
    answer(&mut session, "How to go on?", "1");
    // Nothing was freed: the same question again.
    session.exp_string("How to go on?").unwrap();
    desk.write("free", "");
    crate::cli::until("space is free", || desk.path("freed").exists());
    answer(&mut session, " ", "1");
    session.exp_string("COMPLETED").unwrap();
    session.exp_string("OK  the record is whole").unwrap();
    session.exp_string("ENDED 0").unwrap();
    let events = events(&desk.path("kept/runs"));
    announced(&desk, &events);
    assert_eq!((ran(&desk), count(&events, "record_moved")), (all_steps(4), 0));
    row.pass();
}

#[test]
fn the_operator_stops_and_the_run_goes_on_later() {
    let (mut row, Some(way)) = row("disk full at a terminal: the operator stops") else { return };
    let desk = filling();
    let behind = "rm disk/filler; \"$MAYDAY\" verify 2; \"$MAYDAY\" resume --no-input; echo RESUMED $?; cp -a disk kept";
    let mut session = at_the_terminal(&desk, way, behind);
    answer(&mut session, "How to go on?", "4");
    session.exp_string("error: failed to write the record").unwrap();
    session.exp_string("OK  the record is whole").unwrap();
    // The change in flight may have happened: a person says so, and nothing is repeated.
    session.exp_regex("RESUMED (0|11)").unwrap();
    session.exp_string("ENDED 1").unwrap();
    announced(&desk, &events(&desk.path("kept/runs")));
    row.pass();
}

#[test]
fn the_operator_goes_on_without_a_record_and_everything_says_so() {
    let (mut row, Some(way)) = row("no disk left at a terminal: events are copied by hand") else {
        return;
    };
    let desk = filling();
    let behind = "rm disk/filler; \"$MAYDAY\" resume --no-input; echo RESUMED $?; \"$MAYDAY\" abort 2 --reason 'done on paper'; echo ABORTED $?; \"$MAYDAY\" verify 2; cp -a disk kept";
    let mut session = at_the_terminal(&desk, way, behind);
    answer(&mut session, "How to go on?", "3");
    answer(&mut session, "type exactly: go on unrecorded", "go on unrecorded");
    // Each commit is copied: until the run is complete.
    loop {
        let (_, seen) = session
            .exp_any(vec![
                rexpect::ReadUntil::String("press Enter to go on >".to_owned()),
                rexpect::ReadUntil::String("COMPLETED".to_owned()),
            ])
            .unwrap();
        if seen == "COMPLETED" {
            break;
        }
        rustix::event::poll(
            &mut [],
            Some(&rustix::time::Timespec { tv_sec: 0, tv_nsec: 600_000_000 }),
        )
        .unwrap();
        session.send_line("").unwrap();
    }
    session.exp_string("Read this first").unwrap();
    session.exp_string("The run went on without a record").unwrap();
    session.exp_string("recorded nowhere").unwrap();
    session.exp_string("was copied by hand only").unwrap();
    session.exp_string("RESUMED 4").unwrap();
    session.exp_string("ABORTED 0").unwrap();
    session.exp_string("OK  the record is whole").unwrap();
    session.exp_string("ENDED 0").unwrap();
    assert_eq!(ran(&desk), all_steps(4));
    let kept = events(&desk.path("kept/runs"));
    assert_eq!(
        (count(&kept, "closed"), kept.last().unwrap()["outcome"].as_str()),
        (1, Some("aborted"))
    );
    row.pass();
}

#[test]
fn a_run_on_a_disk_that_became_read_only_is_taken_up_in_another_place() {
    let (mut row, Some(way)) = row("a run on a disk that became read-only is resumed elsewhere")
    else {
        return;
    };
    let desk = desk(2, "test $N = 0 || test -e good");
    let script = "mkdir disk && mount -t tmpfs none disk\n\"$MAYDAY\" run p; echo RAN $?\nmount -o remount,ro disk\n\
        touch good; \"$MAYDAY\" resume --answer s1.menu=retry; echo RESUMED $?; \"$MAYDAY\" status; \"$MAYDAY\" verify 2; echo VERIFIED $?\n\
        \"$MAYDAY\" resume --answer s1.menu=retry --record-elsewhere; echo MOVED $?; \"$MAYDAY\" runs; \"$MAYDAY\" verify 2; echo VERIFIED $?";
    let said = Said::from(shell(&desk, way, script).output().unwrap());
    said.is(0, &["RAN 5", "RESUMED 4", "Read-only", "--record-elsewhere", "MOVED 0", "completed"]);
    assert_eq!(said.out.matches("VERIFIED 0").count(), 2, "{}", said.all());
    let events = events(&desk.path("fallback"));
    assert_eq!((count(&events, "record_moved"), count(&events, "attached")), (1, 1));
    row.pass();
}
