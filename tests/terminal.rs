//! Questions on a real terminal: answers, ways out, keys that came too early, a terminal that goes.
//!
//! The program on the terminal is this test binary itself, started again with a variable that says
//! what to ask: see [`the_program_on_the_terminal`].

mod drill;
mod keys;
mod last_row;
mod plain;
mod tmux;
mod ways_out;

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::faults::{Row, always};
use mayday::effect::{Choice, Question, ValueKind, ValueRule, Wants};
use mayday::time::{Span, Timestamp, Zone};
use mayday::ui::look::Look;
use mayday::ui::prompt::Prompt;
use mayday::ui::screen::Screen;
use mayday::world::console::{Operator as _, Withdrawal};
use rexpect::session::{PtySession, spawn_command};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

const ASK: &str = "MAYDAY_TEST_ASK";
const AFTER_TYPING: &str = "MAYDAY_TEST_AFTER_TYPING";
const BESIDE: &str = "MAYDAY_TEST_BESIDE";
const SIZE: &str = "MAYDAY_TEST_SIZE";
const REPORT_TO: &str = "MAYDAY_TEST_REPORT_TO";
/// Far beyond what any step here takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_mins(1);

const LIVE: &str = "xterm";
const PLAIN: &str = "dumb";
const BOTH: [&str; 2] = [LIVE, PLAIN];

/// Not a test of its own: asks what the variable says and writes what came of it.
#[test]
fn the_program_on_the_terminal() {
    let Ok(asked) = std::env::var(ASK) else { return };
    // As mayday does: a hang-up is recorded, it does not end the process by itself.
    let hung_up = Arc::new(std::sync::atomic::AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGHUP, hung_up).unwrap();
    if std::io::stdin().is_terminal() {
        let side = std::env::var(SIZE).ok().and_then(|side| side.parse().ok());
        let (rows, columns) = (side.unwrap_or(24), side.unwrap_or(80));
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(std::io::stdin(), size).unwrap();
    }
    let look = Look::choose(&|name| std::env::var(name).ok(), false, true, Some(80));
    let screen = Screen::start(look, Box::new(|| Span::ZERO)).unwrap();
    let now: Timestamp = "2026-11-22T17:00:00Z".parse().unwrap();
    let prompt = Prompt::new(screen.clone(), move || now, Zone::east_opt(0).unwrap());
    let withdrawal = Arc::new(Withdrawal::new().unwrap());
    if let Ok(address) = std::env::var(BESIDE) {
        let withdrawal = Arc::clone(&withdrawal);
        let mut orders = TcpStream::connect(address).unwrap();
        let screen = screen.clone();
        // Another thread of the program acts while the question is open.
        std::thread::spawn(move || {
            let mut order = [0];
            orders.read_exact(&mut order).unwrap();
            if order == *b"t" {
                screen.talk(&["CLOCK RTO MISSED"]);
            } else if order == *b"w" {
                withdrawal.withdraw();
            } else if order == *b"p" {
                panic!("a bug, on purpose");
            } else {
                mayday::world::console::restore();
                std::io::stderr().write_all(b"RESTORED").unwrap();
                std::process::exit(0);
            }
        });
    }
    mayday::world::console::restore_on_panic();
    for wants in asked.split(' ') {
        if std::env::var_os(AFTER_TYPING).is_some() {
            screen.talk(&["READY"]);
            let stdin = std::io::stdin();
            poll(&mut [PollFd::new(&stdin, PollFlags::IN)], None).unwrap();
        }
        let before = format!("{:?}", tcgetattr(std::io::stdin()));
        let answer = prompt.ask(&question(wants), &withdrawal);
        let same = before == format!("{:?}", tcgetattr(std::io::stdin()));
        if let Ok(address) = std::env::var(REPORT_TO) {
            let mut to = TcpStream::connect(address).unwrap();
            to.write_all(format!("{answer:?}").as_bytes()).unwrap();
            return;
        }
        let modes = if same { "modes as before" } else { "MODES CHANGED" };
        screen.talk(&[format!("RESULT {answer:?} {modes}")]);
    }
    assert!(screen.flushed(PATIENCE));
}

fn question(wants: &str) -> Question {
    let choice = |key: &str, label: &str| Choice { key: key.into(), label: label.into() };
    let value = |kind| ValueRule { kind, pattern: None, options: vec![], default: None };
    let wants = match wants {
        "enter" => Wants::Enter,
        "yes_no" => Wants::YesNo,
        "menu" => Wants::OneOf(vec![
            choice("retry", "try again"),
            choice("stop", "stop and keep state"),
            choice("abort", "close the run"),
        ]),
        "number" => Wants::Value(value(ValueKind::Integer)),
        "secret" => Wants::Value(value(ValueKind::Secret)),
        "words" => Wants::Words,
        typed => Wants::Typed(typed.to_owned()),
    };
    let text = "Import 50 rows into PRODUCTION?".to_owned();
    Question { about: "import".into(), text, help: None, wants }
}

fn program(asked: &str, term: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["terminal::the_program_on_the_terminal", "--exact", "--nocapture"]);
    command.env(ASK, asked).env("TERM", term);
    for name in ["CI", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "MAYDAY_PLAIN"] {
        command.env_remove(name);
    }
    command
}

fn start(command: Command) -> PtySession {
    let patience = PATIENCE.as_millis().try_into().unwrap();
    spawn_command(command, Some(patience)).unwrap()
}

/// What came of one question, when `keys` are typed each as soon as its text is on the screen.
fn ask(asked: &str, term: &str, keys: &[(&str, &str)]) -> String {
    let mut session = start(program(asked, term));
    for (text, keys) in keys {
        session.exp_string(text).unwrap();
        session.send(keys).unwrap();
        session.flush().unwrap();
    }
    result(&mut session)
}

fn result(session: &mut PtySession) -> String {
    session.exp_string("RESULT ").unwrap();
    let line = session.read_line().unwrap();
    line.strip_suffix(" modes as before").unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[test]
fn yes_and_no_are_taken_and_nothing_else_is() {
    for term in BOTH {
        let label = "type y or n >";
        assert_eq!(ask("yes_no", term, &[(label, "y\r")]), "Answer(Bool(true))");
        let keys = [(label, "\r"), ("Not taken: type y or n", "no\r")];
        assert_eq!(ask("yes_no", term, &keys), "Answer(Bool(false))");
    }
}

#[test]
fn a_wrong_proof_is_refused_and_the_right_one_taken() {
    for term in BOTH {
        let keys = [("type exactly: 50 >", "49\r"), ("Not taken: type exactly: 50", "50\r")];
        assert_eq!(ask("50", term, &keys), "Answer(String(\"50\"))", "{term}");
    }
}

#[test]
fn a_choice_is_made_by_number_and_empty_enter_asks_again() {
    for term in BOTH {
        let label = "type a number from 1 to 3 >";
        let keys = [("  2  stop and keep state", ""), (label, "\r"), ("Not taken", "2\r")];
        assert_eq!(ask("menu", term, &keys), "Answer(String(\"stop\"))", "{term}");
        assert_eq!(ask("menu", term, &[(label, "abort\r")]), "Answer(String(\"abort\"))");
    }
}

#[test]
fn a_secret_does_not_show() {
    for term in BOTH {
        let mut session = start(program("secret", term));
        session.exp_string("type a value >").unwrap();
        session.send("hunter2hunter2\r").unwrap();
        session.flush().unwrap();
        let shown = session.exp_string("RESULT ").unwrap();
        assert!(!shown.contains("hunter"), "{term}: {shown}");
        let line = session.read_line().unwrap();
        assert_eq!(line, "Answer(String(\"hunter2hunter2\")) modes as before", "{term}");
    }
}

#[test]
fn every_way_out_is_no_answer_and_leaves_the_terminal_as_it_was() {
    for (term, keys, way) in [
        (LIVE, "\u{1b}", "Escape"),
        (LIVE, "\u{3}", "Interrupt"),
        (LIVE, "\u{4}", "Escape"),
        (PLAIN, "\u{3}", "Interrupt"),
        (PLAIN, "\u{4}", "Escape"),
    ] {
        for (asked, label) in [("yes_no", "y or n >"), ("secret", "a value >")] {
            assert_eq!(ask(asked, term, &[(label, keys)]), way, "{term} {keys:?}");
        }
    }
    assert_eq!(ask("yes_no", PLAIN, &[("y or n >", "\u{1b}\r")]), "Escape");
    assert_eq!(ask("words", PLAIN, &[("one word >", "half a reason\u{3}")]), "Interrupt");
}

#[test]
fn bracketed_paste_is_off_again_behind_a_prompt() {
    let mut session = start(program("yes_no", LIVE));
    session.exp_string("\u{1b}[?2004h").unwrap();
    session.exp_string("y or n >").unwrap();
    session.send("\u{3}").unwrap();
    session.flush().unwrap();
    session.exp_string("\u{1b}[?2004l").unwrap();
    assert_eq!(result(&mut session), "Interrupt");
}

/// Types each of `early` before its question is asked, and leaves the question when it stands there.
fn type_ahead(term: &str, asked: &str, label: &str, early: &[&str]) {
    let mut command = program(&vec![asked; early.len()].join(" "), term);
    command.env(AFTER_TYPING, "yes");
    let mut session = start(command);
    for keys in early {
        session.exp_string("READY").unwrap();
        session.send(keys).unwrap();
        session.flush().unwrap();
        session.exp_string(label).unwrap();
        session.send("\u{3}").unwrap();
        session.flush().unwrap();
        assert_eq!(result(&mut session), "Interrupt", "{term} {asked} {keys:?}");
    }
}

#[test]
fn what_was_typed_before_a_question_of_yes_or_no_confirms_nothing() {
    let mut row = Row::new("T6", "typed ahead of yes or no: confirms nothing", always(10));
    for term in BOTH {
        type_ahead(term, "yes_no", "y or n >", &["y\r", "yes\r", "y\ry\ry\r", "n\ry\r", "\ry\r"]);
        row.each_of(5);
    }
}

#[test]
fn what_was_typed_before_a_proof_confirms_nothing() {
    let mut row = Row::new("T6", "typed ahead of a proof: confirms nothing", always(10));
    for term in BOTH {
        let early = ["50\r", "\r50\r", "50\r50\r", "y\r50\r", "\u{1b}\r50\r"];
        type_ahead(term, "50", "exactly: 50 >", &early);
        row.each_of(5);
    }
}

#[test]
fn what_was_typed_before_a_pause_confirms_nothing() {
    let mut row = Row::new("T6", "typed ahead of a pause: confirms nothing", always(10));
    for term in BOTH {
        type_ahead(term, "enter", "go on >", &["\r", "\r\r\r", "y\r\r", " \r", "\n"]);
        row.each_of(5);
    }
}

#[test]
fn the_rest_of_an_earlier_answer_confirms_nothing() {
    for term in BOTH {
        let mut session = start(program("words yes_no", term));
        session.exp_string("one word >").unwrap();
        session.send("asked Ana\ry\r").unwrap();
        session.flush().unwrap();
        assert_eq!(result(&mut session), "Answer(String(\"asked Ana\"))", "{term}");
        session.exp_string("y or n >").unwrap();
        session.send("\u{3}").unwrap();
        session.flush().unwrap();
        assert_eq!(result(&mut session), "Interrupt", "{term}");
    }
}

#[test]
fn a_paste_with_a_line_end_in_it_confirms_nothing() {
    let pasted = "\u{1b}[200~y\r\n\u{1b}[201~";
    for (asked, label) in [("yes_no", "y or n >"), ("y", "exactly: y >"), ("enter", "go on >")] {
        let keys = [(label, pasted), ("Not taken: pasted text", "\u{1b}")];
        assert_eq!(ask(asked, LIVE, &keys), "Escape", "{asked}");
    }
    let keys = [("one word >", pasted), ("> y", "es\r")];
    assert_eq!(ask("words", LIVE, &keys), "Answer(String(\"yes\"))");
}

#[test]
fn a_question_that_is_withdrawn_ends_and_nothing_that_was_typed_counts() {
    for term in BOTH {
        for (asked, label) in [("50", "exactly: 50 > "), ("secret", "a value > ")] {
            let (mut session, mut orders) = start_with_orders(asked, term);
            session.exp_string(label).unwrap();
            session.send("50").unwrap();
            session.flush().unwrap();
            orders.write_all(b"w").unwrap();
            assert_eq!(result(&mut session), "Withdrawn", "{term}");
        }
    }
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_says_what_went_wrong() {
    let (mut session, mut orders) = start_with_orders("yes_no", LIVE);
    let terminal = session.process().get_file_handle().unwrap();
    session.exp_string("y or n >").unwrap();
    orders.write_all(b"p").unwrap();
    session.exp_string("\u{1b}[?2004l\u{1b}[?25h").unwrap();
    session.exp_string("a bug, on purpose").unwrap();
    let after = tcgetattr(&terminal).unwrap();
    assert!(after.local_modes.contains(LocalModes::ICANON | LocalModes::ISIG));
}

#[test]
fn a_line_is_edited_as_lines_are() {
    let left = "\u{1b}[D";
    let keys = format!("ax{left}{left}\u{1b}[3~\u{5}k me\u{7f}\u{17}\u{1}as\u{5}me\r");
    assert_eq!(ask("words", LIVE, &[("one word >", &keys)]), "Answer(String(\"asxk me\"))");
}

#[test]
fn a_question_does_not_outlive_its_terminal() {
    const TERMINAL: &str = "MAYDAY_TEST_TERMINAL_OF";
    if let Ok(term) = std::env::var(TERMINAL) {
        let mut session = start(program("yes_no", &term));
        session.exp_string("y or n >").unwrap();
        // Ends the terminal with its program still on it.
        std::process::exit(0);
    }
    for term in BOTH {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let (mut from, _) = listener.accept().unwrap();
            let mut text = String::new();
            from.read_to_string(&mut text).unwrap();
            tell.send(text).unwrap();
        });
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["terminal::a_question_does_not_outlive_its_terminal", "--exact", "--nocapture"])
            .env(TERMINAL, term)
            .env(REPORT_TO, address)
            .status()
            .unwrap();
        assert!(status.success());
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "Gone", "{term}");
    }
}

/// A program with a second thread, and the line to that thread.
fn start_with_orders(asked: &str, term: &str) -> (PtySession, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = program(asked, term);
    command.env(BESIDE, listener.local_addr().unwrap().to_string());
    let session = start(command);
    let (orders, _) = listener.accept().unwrap();
    (session, orders)
}

#[test]
fn a_line_that_comes_while_a_question_is_open_is_shown_at_once_and_the_question_stays() {
    for term in BOTH {
        let (mut session, mut orders) = start_with_orders("50", term);
        session.exp_string("exactly: 50 > ").unwrap();
        session.send("5").unwrap();
        session.flush().unwrap();
        orders.write_all(b"t").unwrap();
        session.exp_string(" RTO MISSED").unwrap();
        session.exp_string("exactly: 50 > ").unwrap();
        session.send("0\r").unwrap();
        session.flush().unwrap();
        assert_eq!(result(&mut session), "Answer(String(\"50\"))", "{term}");
    }
}

#[test]
fn a_terminal_of_one_column_or_of_twenty_takes_an_answer() {
    for side in ["1", "20"] {
        let mut command = program("yes_no", LIVE);
        command.env(SIZE, side);
        let mut session = start(command);
        // So narrow that the label is broken anywhere: the last thing drawn is the cursor.
        session.exp_string("\u{1b}[?25h").unwrap();
        session.send("y\r").unwrap();
        session.flush().unwrap();
        session.exp_string("RESULT Answer(Bool(true))").unwrap();
    }
}

#[test]
fn restoring_ends_raw_mode_from_outside_the_prompt() {
    let (mut session, mut orders) = start_with_orders("yes_no", LIVE);
    let terminal = session.process().get_file_handle().unwrap();
    session.exp_string("y or n >").unwrap();
    let raw = tcgetattr(&terminal).unwrap();
    assert!(!raw.local_modes.contains(LocalModes::ICANON), "a prompt is open");
    orders.write_all(b"r").unwrap();
    session.exp_string("\u{1b}[?2004l").unwrap();
    session.exp_string("RESTORED").unwrap();
    let after = tcgetattr(&terminal).unwrap();
    assert!(after.local_modes.contains(LocalModes::ICANON | LocalModes::ISIG));
}

/// What came of one question when standard input is a pipe with this text in it.
fn piped(asked: &str, text: &str) -> String {
    use std::process::Stdio;
    let mut command = program(asked, PLAIN);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = String::from_utf8(output.stderr).unwrap();
    let results = shown.lines().filter_map(|line| line.split_once("RESULT ").map(|(_, of)| of));
    results.collect::<Vec<_>>().join("; ").replace(" modes as before", "")
}

#[test]
fn input_that_ends_answers_nothing_and_a_line_is_read_without_what_is_behind_it() {
    assert_eq!(piped("yes_no", ""), "Gone");
    assert_eq!(piped("yes_no", "y"), "Gone");
    assert_eq!(piped("yes_no", "perhaps\n"), "Gone");
    assert_eq!(piped("yes_no 50", "y\n50\n"), "Answer(Bool(true)); Answer(String(\"50\"))");
}
