use std::sync::mpsc;

use super::*;

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

const PLAIN: Look = Look { colour: false, live: false, width: 80 };
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
