use std::sync::atomic::AtomicI64;
use std::sync::mpsc;

use super::*;
use crate::time::{Moment, Timestamp};

/// A stream whose content a test can see.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream that fails at every write.
struct Broken(io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream that stands still until its gate is dropped, and says when somebody writes to it.
struct Still {
    gate: mpsc::Receiver<()>,
    touched: mpsc::Sender<()>,
}

impl Write for Still {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.touched.send(());
        let _ = self.gate.recv();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const PLAIN: Look =
    Look { colour: false, live: false, width: 80, lang: crate::ui::lang::Lang::English };
const LONG: Duration = Duration::from_secs(30);

fn screen(
    look: Look,
    talk: impl Write + Send + 'static,
    data: impl Write + Send + 'static,
) -> Screen {
    let streams = Streams {
        talk: Box::new(talk),
        data: Box::new(data),
        window: Box::new(|| None),
        pin: Box::leak(Box::default()),
    };
    Screen::with_streams(look, Box::new(|| Span::ZERO), streams).unwrap()
}

#[test]
fn messages_and_data_go_to_their_own_streams_in_order() {
    let (talk, data) = (Paper::default(), Paper::default());
    let screen = screen(PLAIN, talk.clone(), data.clone());
    screen.talk(&["one", "two"]);
    screen.data("{}\n");
    screen.talk(&["three"]);
    assert!(screen.flushed(LONG));
    assert_eq!(talk.text(), "one\ntwo\nthree\n");
    assert_eq!(data.text(), "{}\n");
    assert_eq!(screen.trouble(), Trouble::default());
}

#[test]
fn nothing_that_a_terminal_obeys_gets_through() {
    let (talk, data) = (Paper::default(), Paper::default());
    let screen = screen(PLAIN, talk.clone(), data.clone());
    screen.talk(&["      | \u{1b}]0;owned\u{7}\u{1b}[2Jdone\u{8}\u{9b}31m\u{202e}x"]);
    screen.data("a\u{1b}[31mb\n");
    assert!(screen.flushed(LONG));
    assert_eq!(talk.text(), "      | done<U+202E>x\n");
    assert_eq!(data.text(), "ab\n");
}

#[test]
fn a_stream_that_fails_is_remembered_and_nothing_else_suffers() {
    let data = Paper::default();
    let screen = screen(PLAIN, Broken(io::ErrorKind::BrokenPipe), data.clone());
    screen.talk(&["lost"]);
    screen.data("kept\n");
    screen.talk(&["lost too"]);
    assert!(screen.flushed(LONG));
    assert_eq!(data.text(), "kept\n");
    assert_eq!(screen.trouble(), Trouble { talk: Some(io::ErrorKind::BrokenPipe), data: None });
}

#[test]
fn a_full_disk_behind_the_data_is_told() {
    let screen = screen(PLAIN, Paper::default(), Broken(io::ErrorKind::StorageFull));
    screen.data("report\n");
    assert!(screen.flushed(LONG));
    assert_eq!(screen.trouble().data, Some(io::ErrorKind::StorageFull));
}

#[test]
fn a_terminal_that_stands_still_holds_up_nobody() {
    let (open, gate) = mpsc::channel::<()>();
    let (touched, touch) = mpsc::channel();
    let screen = screen(PLAIN, Still { gate, touched }, Paper::default());
    screen.talk(&["first"]);
    touch.recv().unwrap();
    for _ in 0..QUEUE + 10 {
        screen.talk(&["more"]);
    }
    assert_eq!(screen.shared.unshown.load(Ordering::Relaxed), 10);
    assert!(!screen.flushed(Duration::ZERO), "the queue is full");
    drop(open);
}

#[test]
fn lines_beside_an_open_prompt_stand_above_it_and_what_is_typed_stays() {
    let talk = Paper::default();
    let screen = screen(PLAIN, talk.clone(), Paper::default());
    let row = |typed: &str| format!("\u{1b}[?25l\r\u{1b}[K{typed}\u{1b}[?25h");
    screen.talk(&["Sure?"]);
    screen.prompt_opened("> ", false);
    let before = format!("Sure?\n\r\u{1b}[K\u{1b}[?2004h{}", row("> "));
    assert_eq!(talk.text(), before, "what came before the prompt is on the screen");
    screen.prompt_typed("ab\u{1b}[31m", "c");
    screen.talk(&["       CLOCK RTO MISSED", "      Work goes on."]);
    screen.prompt_closed();
    screen.talk(&["after"]);
    assert!(screen.flushed(LONG));
    let typed = row("> abc\u{1b}[1D");
    let during = "\r\u{1b}[K       CLOCK RTO MISSED\r\n      Work goes on.\r\n";
    let after = "\u{1b}[?2004l\r\nafter\n";
    assert_eq!(talk.text(), format!("{before}{typed}{during}{typed}{after}"));
}

#[test]
fn a_plain_prompt_needs_no_cursor() {
    let talk = Paper::default();
    let screen = screen(PLAIN, talk.clone(), Paper::default());
    screen.prompt_opened("y\u{1b}[2J or\nn > ", true);
    screen.talk(&["late"]);
    assert!(screen.flushed(LONG));
    assert_eq!(talk.text(), "y or n > \nlate\ny or n > ");
}

#[test]
fn colour_comes_after_sanitising_and_only_where_allowed() {
    let talk = Paper::default();
    let screen = screen(Look { colour: true, ..PLAIN }, talk.clone(), Paper::default());
    screen.talk(&[" 1/2 OK    a  \u{1b}[31mred"]);
    assert!(screen.flushed(LONG));
    let text = talk.text();
    assert!(text.contains("\u{1b}[32mOK\u{1b}[0m"), "{text:?}");
    assert!(!text.contains("[31m"), "{text:?}");
}

/// A stream that keeps each write by itself.
#[derive(Clone, Default)]
struct Writes(Arc<Mutex<Vec<String>>>);

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A clock that a test sets, in milliseconds.
#[derive(Clone, Default)]
struct Set(Arc<AtomicI64>);

impl Set {
    fn to(&self, span: Span) {
        self.0.store(span.millis(), Ordering::SeqCst);
    }
}

fn clocked(look: Look, talk: impl Write + Send + 'static, clock: &Set) -> Screen {
    let now = clock.clone();
    let streams = Streams {
        talk: Box::new(talk),
        data: Box::new(io::sink()),
        window: Box::new(|| Some(Size { rows: 24, columns: 80 })),
        pin: Box::leak(Box::default()),
    };
    let clock = Box::new(move || Span::from_millis(now.0.load(Ordering::SeqCst)));
    Screen::with_streams(look, clock, streams).unwrap()
}

fn five_minutes() -> Status {
    let zero: Timestamp = "2026-11-22T14:30:00Z".parse().unwrap();
    Status {
        drill: false,
        severity: "SEV-1".into(),
        playbook: "p\u{1b}[2J".into(),
        place: "PROD".into(),
        at: Moment { wall: zero + Span::from_mins(5), boot: Span::ZERO },
        zero: Some(zero),
        rto: Some(Span::from_mins(15)),
        recovered: None,
        held: false,
        forecast: String::new(),
        eta: String::new(),
        next: None,
    }
}

#[test]
fn the_row_is_drawn_in_one_write_which_brings_the_cursor_back() {
    let (talk, clock) = (Writes::default(), Set::default());
    let screen = clocked(Look { live: true, ..PLAIN }, talk.clone(), &clock);
    screen.status(five_minutes());
    assert!(screen.flushed(LONG));
    screen.prompt_opened("> ", false);
    screen.prompt_typed("abc", "");
    assert!(screen.flushed(LONG));
    clock.to(Span::from_secs(1));
    screen.talk(&["beside"]);
    assert!(screen.flushed(LONG));
    // Asked once more, the job before is all done.
    assert!(screen.flushed(LONG));
    let writes = talk.0.lock().unwrap().clone();
    let row = |time: &str| {
        format!(
            "\u{1b}7\u{1b}[24;1H\u{1b}[0m\u{1b}[2K SEV-1 p | PROD | {time} left\u{1b}[0m\u{1b}8"
        )
    };
    let first = "\u{1b}7\u{1b}[r\u{1b}8\r\n\u{1b}[A\u{1b}7\u{1b}[1;23r\u{1b}8";
    assert_eq!(writes[0], format!("{first}{}", row("05:00 of 15:00, 10:00")));
    let later: Vec<_> = writes.iter().filter(|write| write.contains("05:01 of 15:00")).collect();
    assert_eq!(later.len(), 1, "{writes:?}");
    assert!(later[0].ends_with(&row("05:01 of 15:00, 09:59")), "{later:?}");
    for write in &writes {
        assert_eq!(write.matches("\u{1b}7").count(), write.matches("\u{1b}8").count(), "{write:?}");
    }
}

#[test]
fn who_comes_back_to_a_question_after_two_minutes_is_told_once_where_the_run_stands() {
    for live in [true, false] {
        let (talk, clock) = (Paper::default(), Set::default());
        let screen = clocked(Look { live, ..PLAIN }, talk.clone(), &clock);
        screen.status(five_minutes());
        let standing = Standing {
            done: "2 of 4 steps".into(),
            open: vec!["b  UNKNOWN: started 14:20:00Z, no end recorded; change".into()],
            next: "b  Change it".into(),
            ..Standing::default()
        };
        screen.standing(standing);
        screen.prompt_opened("> ", !live);
        let told = || talk.text().matches("Where this run stands").count();
        let after = |span| {
            clock.to(span);
            // A line wakes the writer, and the next job is done behind what the passing of time brought.
            screen.talk(&["beside"]);
            assert!(screen.flushed(LONG) && screen.flushed(LONG));
        };
        after(Span::from_secs(119));
        assert_eq!(told(), 0, "live {live}");
        after(Span::from_secs(121));
        assert_eq!(told(), 1, "live {live}");
        let text = talk.text();
        for words in ["2 of 4 steps", "UNKNOWN: started", "07:01 of 15:00, 07:59 left", "Change it"]
        {
            assert!(text.contains(words), "{words}: {text}");
        }
        after(Span::from_mins(30));
        assert_eq!(told(), 1, "once");
        if live {
            // A key begins it anew.
            screen.prompt_typed("a", "");
            after(Span::from_mins(31));
            assert_eq!(told(), 1);
            after(Span::from_mins(33));
            assert_eq!(told(), 2);
        }
        screen.prompt_closed();
        after(Span::from_mins(60));
        assert_eq!(told(), if live { 2 } else { 1 }, "no question is open");
    }
}
