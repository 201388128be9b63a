//! Keys that are none, pastes of many lines, terminals that say nothing of themselves: clear words, nothing lost.

use crate::cli::desk;
use crate::faults::terminal::record;
use crate::support::desk::Desk;
use crate::support::pty::Pty;

const TYPED: &str = "  - { id: drop, title: Drop 50 rows, effect: destructive, confirm: { type_to_confirm: '50' }, shell: 'touch dropped' }";

fn start(desk: &Desk, term: Option<&str>) -> Pty {
    let mut command = desk.command(&["run", "p"]);
    match term {
        Some(term) => command.env("TERM", term),
        None => command.env_remove("TERM"),
    };
    let mut pty = Pty::start(&command);
    pty.shown("exactly: 50 >");
    pty
}

/// Types again until it is taken: what comes too early behind the question is thrown away.
fn type_until(pty: &mut Pty, keys: &[u8], so: impl Fn() -> bool) {
    for _ in 0..200 {
        pty.send_bytes(keys);
        if pty.ended_within(50) || so() {
            return;
        }
    }
    panic!("never taken: {}", pty.seen());
}

#[test]
fn bytes_that_are_no_text_are_no_keys() {
    let live = desk(TYPED);
    let mut pty = start(&live, Some("xterm"));
    type_until(&mut pty, b"\xff\xfe\x9b50\xc3\r", || live.path("dropped").exists());
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    assert!(record(&live).contains(r#""answer":"50""#), "{}", record(&live));
}

#[test]
fn a_plain_line_that_is_no_text_is_refused_with_words() {
    let desk = desk("  - { id: a, title: A, ask: { question: 'Which one?' } }");
    let mut command = desk.command(&["run", "p"]);
    command.env("TERM", "dumb");
    let mut pty = Pty::start(&command);
    pty.shown("type a value >");
    pty.send_bytes(b"\xff\xc3\n");
    pty.shown("Not taken: that was no text (UTF-8); type it again");
    pty.shown("type a value >");
    pty.send("r\u{e9}serv\u{e9}\n");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    assert!(record(&desk).contains("r\u{e9}serv\u{e9}"), "{}", record(&desk));
}

#[test]
fn a_paste_of_many_lines_is_one_value_and_confirms_nothing() {
    let desk = desk(
        "  - { id: a, title: A, ask: { question: 'Which one?' } }\n  - { id: b, title: B, confirm: 'Good?' }",
    );
    let mut command = desk.command(&["run", "p"]);
    command.env("TERM", "xterm");
    let mut pty = Pty::start(&command);
    pty.shown("type a value >");
    pty.send("\u{1b}[200~first\r\ny\r\ny\r\n\u{1b}[201~");
    pty.looks("one line", |pty| pty.at_cursor().ends_with("> first y y"));
    pty.send("\r");
    pty.shown("type y or n >");
    pty.send("\u{1b}[200~y\r\n\u{1b}[201~");
    pty.shown("pasted text confirms nothing");
    assert!(!record(&desk).contains("\"closed\""), "{}", record(&desk));
    type_until(&mut pty, b"y\r", || false);
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    assert!(record(&desk).contains("first y y"), "{}", record(&desk));
}

#[test]
fn a_terminal_that_says_nothing_of_itself_is_asked_in_plain_lines() {
    let desk = desk(TYPED);
    let mut pty = start(&desk, None);
    type_until(&mut pty, b"50\n", || desk.path("dropped").exists());
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    assert!(!pty.seen().contains('\u{1b}'), "{:?}", pty.seen());
}

#[test]
fn a_card_says_what_why_where_and_the_way_back_before_a_change() {
    let desk = desk(
        "  - { id: stop, title: Stop the writer, why: It fills the disk, effect: change, shell: 'touch stopped', undo: { title: Start it again, effect: change, shell: 'rm stopped' } }",
    );
    let mut command = desk.command(&["run", "p"]);
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let mut pty = Pty::start(&command);
    for words in [
        "NEXT  stop  Stop the writer",
        "why      It fills the disk",
        "runs     touch stopped",
        "effect   change on this machine, ended after",
        "good if  exit code 0",
        "undo     Start it again",
        "press Enter to go on >",
    ] {
        pty.shown(words);
    }
    assert!(!desk.path("stopped").exists(), "nothing has begun");
}
