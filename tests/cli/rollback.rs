//! Taking a run back: what passed, and what may have happened.

use rustix::process::Signal;

use super::{Beside, desk, until};
use crate::support::desk::{Desk, Said};
use crate::support::pty::Pty;

/// Lines that the steps and their undos left, in order.
fn log(desk: &Desk) -> Vec<String> {
    let text = std::fs::read_to_string(desk.path("log")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// A step that leaves its name, and an undo that leaves it with a minus.
fn step(id: &str, more: &str) -> String {
    format!(
        "  - {{id: {id}, title: The {id}, effect: change, undo: {{effect: change, shell: 'echo -{id} >> log'}}, {more}}}\n"
    )
}

/// Takes the newest run back, with every undo of these steps agreed to.
fn taken_back(desk: &Desk, to: &[&str], steps: &[&str]) -> Said {
    let run = desk.newest();
    let agreed: Vec<String> =
        steps.iter().map(|step| format!("--confirm={step}.undo=yes")).collect();
    let agreed = agreed.iter().map(String::as_str);
    desk.mayday(
        &["rollback", &run].into_iter().chain(to.iter().copied()).chain(agreed).collect::<Vec<_>>(),
    )
}

#[test]
fn a_step_that_failed_is_taken_back_too_and_said_to_be_unsure() {
    let steps = [step("a", "shell: 'echo a >> log'"), step("b", "shell: 'echo b >> log; exit 9'")];
    let desk = desk(&steps.concat());
    desk.mayday(&["run", "p"]).is(5, &["b: MAY have happened, all or a part"]);
    let run = desk.newest();
    let asked = desk.mayday(&["rollback", &run, "--no-input"]);
    asked.is(7, &["--confirm b.undo=yes"]);
    let back = taken_back(&desk, &[], &["a", "b"]);
    back.is(0, &["`b` MAY have happened, all or a part.", "The changes asked for are taken back."]);
    assert!(!back.all().contains("stands "), "{}", back.all());
    assert_eq!(log(&desk), ["a", "b", "-b", "-a"]);
}

#[test]
fn what_happened_and_did_not_hold_is_taken_back() {
    let steps = [
        step("a", "shell: 'echo a >> log'"),
        step("b", "shell: 'echo b >> log', verify: [{shell: 'false'}]"),
        step("c", "shell: 'echo c >> log'"),
    ];
    let desk = desk(&steps.concat());
    desk.mayday(&["run", "p"]).is(5, &["b: The b (can be undone)"]);
    let run = desk.newest();
    desk.mayday(&["rollback", &run, "--to", "c"]).is(2, &["`c`: it has not begun"]);
    // Only from there on.
    let back = taken_back(&desk, &["--to", "b"], &["b"]);
    back.is(0, &["a: The a (can be undone)"]);
    assert!(!back.all().contains("b: The b (can be undone)"), "{}", back.all());
    assert_eq!(log(&desk), ["a", "b", "-b"]);
}

#[test]
fn what_was_passed_over_after_it_failed_is_taken_back_in_its_place() {
    let steps = [
        step("a", "shell: 'echo a >> log'"),
        step("b", "shell: 'echo b >> log; exit 1'"),
        step("c", "shell: 'echo c >> log'"),
    ];
    let desk = desk(&steps.concat());
    let skip = ["--answer", "b.menu=skip", "--answer", "b.reason=later"];
    desk.mayday(&["run", "p"]).is(5, &[]);
    desk.mayday(&[&["resume"][..], &skip].concat()).is(0, &[]);
    taken_back(&desk, &[], &["a", "b", "c"]).is(0, &[]);
    assert_eq!(log(&desk), ["a", "b", "c", "-c", "-b", "-a"]);
}

#[test]
fn a_transaction_that_failed_left_nothing_to_take_back() {
    let config = "environments: {here: {danger: low, targets: {db: {type: sqlite, path: d.db}}}}\ndefault_environment: here\n";
    let sql = "target: db, sql: INSERT INTO gone VALUES (1)";
    let steps = [step("a", "shell: 'echo a >> log'"), step("b", sql)].concat();
    let desk = super::desk_with(config, "", &steps);
    desk.write("d.db", "");
    desk.mayday(&["run", "p"]).is(5, &[]);
    taken_back(&desk, &[], &["a"]).is(0, &[]);
    assert_eq!(log(&desk), ["a", "-a"]);
}

/// An undo that is a step of its own and failed has not taken anything back.
#[test]
fn an_undo_that_failed_leaves_what_it_was_for() {
    let undo = "  - {id: back, title: Take it back, undo_of: a}\n";
    let step = "  - {id: a, title: The a, effect: change, shell: 'echo a >> log', undo: {effect: change, shell: 'test -e ok && echo -a >> log'}}\n";
    let desk = desk(&format!("{step}{undo}"));
    desk.mayday(&["run", "p"]).is(5, &[]);
    desk.write("ok", "");
    taken_back(&desk, &[], &["a"]).is(0, &[]);
    assert_eq!(log(&desk), ["a", "-a"]);
}

/// The command has run, or the transaction is committed: only what came of it cannot be kept.
#[test]
fn what_was_done_stands_also_where_its_result_could_not_be_taken() {
    let config = "environments: {here: {danger: low, targets: {db: {type: sqlite, path: d.db}}}}\ndefault_environment: here\n";
    let last = "  - {id: z, title: 'Z {{ v }}', effect: read, shell: 'true'}\n";
    for more in [
        "shell: 'echo a >> log', capture: {v: json.id}",
        "target: db, sql: CREATE TABLE t (n), capture: {v: 'rows[3].id'}",
    ] {
        let desk = super::desk_with(config, "", &format!("{}{last}", step("a", more)));
        desk.write("d.db", "");
        let said = desk.mayday(&["run", "p"]);
        said.is(5, &["capture `v`", "a: The a (can be undone)"]);
        assert!(!said.all().contains("changed nothing"), "{}", said.all());
        taken_back(&desk, &[], &["a"]).is(0, &[]);
        assert_eq!(log(&desk).last().map(String::as_str), Some("-a"));
    }
}

/// A driver was killed and its command goes on: its end is waited for, and then it is taken back.
#[test]
fn a_command_that_still_runs_is_seen_to_its_end_before_anything_is_taken_back() {
    let steps = [
        step("a", "shell: 'echo a >> log'"),
        step("b", "shell: 'echo begin >> log; while ! test -e go; do :; done; echo b >> log'"),
    ];
    let desk = desk(&steps.concat());
    let run = Beside::start(desk.command(&["run", "p"]));
    until("it has begun", || log(&desk).contains(&"begin".to_owned()));
    run.signal(Signal::KILL);
    assert_eq!(run.end().code, None);
    let newest = desk.newest();
    let agreed = ["rollback", &newest, "--confirm=a.undo=yes", "--confirm=b.undo=yes"];
    let back = Beside::start(desk.command(&agreed));
    until("it waits for the end", || {
        super::files(&desk.path("state")).iter().any(|file| {
            file.ends_with("journal.jsonl")
                && std::fs::read_to_string(file).unwrap_or_default().contains("rollback_started")
        })
    });
    assert_eq!(log(&desk), ["a", "begin"]);
    desk.write("go", "");
    back.end().is(0, &["The changes asked for are taken back."]);
    assert_eq!(log(&desk), ["a", "begin", "b", "-b", "-a"]);
}

/// Sent, and the answer never came: what is at the other side is for the undo to take back.
#[test]
fn a_request_that_may_be_sent_again_is_taken_back_where_it_may_have_arrived() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    let request = format!("http: {{post: '{url}', idempotency_key: k}}");
    let steps = [step("a", "shell: 'echo a >> log'"), step("b", &request)];
    let desk = desk(&steps.concat());
    let run = Beside::start(desk.command(&["run", "p"]));
    server.set_nonblocking(true).unwrap();
    let mut arrived = None;
    until("it arrives", || {
        arrived = server.accept().ok();
        arrived.is_some()
    });
    run.signal(Signal::KILL);
    assert_eq!(run.end().code, None);
    drop(arrived);
    let back = taken_back(&desk, &[], &["a", "b"]);
    back.is(0, &["`b` MAY have happened, all or a part.", "The changes asked for are taken back."]);
    assert_eq!(log(&desk), ["a", "-b", "-a"]);
}

/// Somebody was asked to do it and may be at it, or done with it.
#[test]
fn what_a_person_was_asked_to_do_is_taken_back_where_it_may_be_done() {
    let steps = [step("a", "shell: 'echo a >> log'"), step("b", "manual: Pull the plug")];
    let desk = desk(&steps.concat());
    let mut pty = Pty::start(&desk.command(&["run", "p"]));
    pty.shown("press Enter to go on > ");
    pty.send("\r");
    pty.shown("number from 1 to 3");
    pty.signal(Signal::KILL);
    pty.wait();
    let back = taken_back(&desk, &[], &["a", "b"]);
    back.is(0, &["`b` MAY have happened, all or a part.", "The changes asked for are taken back."]);
    assert_eq!(log(&desk), ["a", "-b", "-a"]);
}

/// Who looks in the middle of it sees what is taken back next, and what failed among several.
#[test]
fn status_tells_each_item_that_is_open_what_is_undone_and_what_is_undone_next() {
    let each = "for_each: \"['x', 'y', 'z']\", shell: 'echo $item >> log; test $item != y'";
    let undo = "undo: {effect: change, shell: 'echo -$item >> log'}";
    let desk = desk(&format!(
        "  - {{id: a, title: 'A {{{{ item }}}}', effect: change, {undo}, {each}}}\n\
         \x20 - {{id: b, title: B, effect: read, shell: 'true'}}\n"
    ));
    desk.mayday(&["run", "p"]).is(5, &[]);
    let run = desk.newest();
    let told = || desk.mayday(&["status", &run]).out;
    let (failed, item) = ("FAILED   a  A <each item>  (1 of 3)\n", "FAILED   a[1]  A y\n");
    assert!(told().contains(&format!("{failed}{item}NEXT     a[1]  A y\n")), "{}", told());
    let first = ["rollback", &run, "--no-input", "--confirm", "a[1].undo=yes"];
    desk.mayday(&first).is(7, &["--confirm a[0].undo=yes"]);
    let next = "NEXT     a[0].undo  Undo: A x\n";
    assert!(told().contains(next) && !told().contains("NEXT     a[1]"), "{}", told());
    let again = desk.mayday(&["resume", &run, "--no-input"]);
    again.is(7, &["open     a[1]  FAILED: exit code 1", "next     a[0].undo  Undo: A x"]);
    taken_back(&desk, &[], &["a[0]"]).is(0, &[]);
    assert_eq!(log(&desk), ["x", "y", "-y", "-x"]);
    let data: serde_json::Value =
        serde_json::from_str(&desk.mayday(&["status", &run, "--json"]).out).unwrap();
    let steps = data["steps"].as_array().unwrap().iter();
    let states: Vec<String> =
        steps.map(|it| format!("{} {}", it["step"], it["status"]).replace('"', "")).collect();
    assert_eq!(states, ["a begun", "a[0] undone", "a[1] undone", "a[2] -", "b -"]);
}
