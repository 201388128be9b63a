//! The real program on a real terminal that the test holds the other end of.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};

/// A terminal with a program on it. What the program still runs on it ends with it.
pub(crate) struct Pty {
    master: Option<File>,
    /// Kept open: a terminal that nobody has open at all tells nothing of its modes.
    slave: Option<File>,
    child: Child,
    untouched: String,
    seen: String,
    read_to: usize,
    screen: vt100::Parser,
}

const SIZE: (u16, u16) = (24, 80);
fn some(size: u16) -> std::num::NonZero<u16> {
    std::num::NonZero::new(size).unwrap()
}

/// Lines that the model keeps when they have left its window at the top.
const KEPT: usize = 2000;

impl Pty {
    /// Starts a command in a session of its own, with the terminal as its controlling terminal.
    pub(crate) fn start(command: &Command) -> Self {
        let pair = nix::pty::openpty(None, None).unwrap();
        let (master, slave) = (File::from(pair.master), File::from(pair.slave));
        for end in [&master, &slave] {
            rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC).unwrap();
        }
        let mut wrapped = Command::new("setsid");
        wrapped.arg("--ctty").arg(command.get_program()).args(command.get_args());
        wrapped.env_clear().envs(command.get_envs().filter_map(|(k, v)| Some((k, v?))));
        if let Some(folder) = command.get_current_dir() {
            wrapped.current_dir(folder);
        }
        // Before the command can change them.
        let untouched = format!("{:?}", tcgetattr(&slave).unwrap());
        let stream = || Stdio::from(slave.try_clone().unwrap());
        wrapped.stdin(stream()).stdout(stream()).stderr(stream());
        let child = wrapped.spawn().unwrap();
        drop(wrapped);
        let mut pty = Self {
            master: Some(master),
            slave: Some(slave),
            child,
            untouched,
            seen: String::new(),
            read_to: 0,
            screen: vt100::Parser::new(some(SIZE.0), some(SIZE.1), KEPT),
        };
        pty.resize(SIZE.0, SIZE.1);
        pty
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.pid(), signal).unwrap();
    }

    pub(crate) fn resize(&mut self, rows: u16, columns: u16) {
        // What was written by then was meant for the window as it was.
        while self.seen_more() {}
        self.screen.set_size(some(rows), some(columns));
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(self.master.as_ref().unwrap(), size).unwrap();
    }

    /// The modes that the terminal had before the command began.
    pub(crate) fn untouched(&self) -> String {
        self.untouched.clone()
    }

    /// The modes of the terminal, to compare.
    pub(crate) fn modes(&self) -> String {
        format!("{:?}", tcgetattr(self.slave.as_ref().unwrap()).unwrap())
    }

    /// Its end of the terminal.
    pub(crate) fn terminal(&self) -> &File {
        self.master.as_ref().unwrap()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Reads for so long; true when the program has ended by then.
    pub(crate) fn ended_within(&mut self, milliseconds: i64) -> bool {
        self.read(milliseconds);
        self.read(milliseconds);
        self.has_ended()
    }

    pub(crate) fn send(&mut self, keys: &str) {
        self.send_bytes(keys.as_bytes());
    }

    /// Keys that need not be text.
    pub(crate) fn send_bytes(&mut self, keys: &[u8]) {
        self.master.as_mut().unwrap().write_all(keys).unwrap();
    }

    /// Reads what is there, waiting at most so long for more; false at the end.
    fn read(&mut self, milliseconds: i64) -> bool {
        let limit = Timespec { tv_sec: 0, tv_nsec: milliseconds * 1_000_000 };
        let Some(master) = &mut self.master else {
            poll(&mut [], Some(&limit)).unwrap();
            return false;
        };
        let mut fds = [PollFd::new(master, PollFlags::IN)];
        if poll(&mut fds, Some(&limit)).unwrap_or(0) == 0 {
            return true;
        }
        let mut bytes = [0; 8192];
        match master.read(&mut bytes) {
            Ok(count) if count > 0 => {
                self.seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
                self.screen.process(&bytes[..count]);
                true
            }
            _ => false,
        }
    }

    /// Waits until this text is shown, behind what was waited for before.
    #[track_caller]
    pub(crate) fn shown(&mut self, text: &str) {
        for _ in 0..3000 {
            if let Some(at) = self.seen[self.read_to..].find(text) {
                self.read_to += at + text.len();
                return;
            }
            if !self.read(20) {
                break;
            }
        }
        panic!("`{text}` was not shown: {:?}", &self.seen[self.read_to..]);
    }

    /// Waits until it is so, while the terminal goes on showing things.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, mut so: impl FnMut() -> bool) {
        for _ in 0..6000 {
            if so() {
                return;
            }
            self.read(10);
        }
        panic!("{what}: it did not come to that: {:?}", self.seen);
    }

    /// Waits for the end of the program, which must be near.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> Option<i32> {
        for _ in 0..3000 {
            if let Some(status) = self.child.try_wait().unwrap() {
                while self.seen_more() {}
                return status.code();
            }
            self.read(20);
        }
        panic!("it does not end: {:?}", self.seen);
    }

    fn seen_more(&mut self) -> bool {
        let before = self.seen.len();
        self.read(0);
        self.seen.len() > before
    }

    /// The window as a person sees it, row by row.
    pub(crate) fn rows(&self) -> Vec<String> {
        let columns = self.screen.screen().size().1.get();
        self.screen.screen().rows(0, columns).map(|row| row.trim_end().to_owned()).collect()
    }

    /// The last row of the window.
    pub(crate) fn last_row(&self) -> String {
        self.rows().pop().unwrap()
    }

    /// The row that the cursor is in, up to the cursor.
    pub(crate) fn at_cursor(&self) -> String {
        let (row, column) = self.screen.screen().cursor_position();
        let mut rows = self.screen.screen().rows(0, column);
        rows.nth(row.into()).unwrap()
    }

    /// True when the first cell of the last row is in reverse video.
    pub(crate) fn last_row_is_reversed(&self) -> bool {
        let rows = self.screen.screen().size().0.get();
        self.screen.screen().cell(rows - 1, 0).unwrap().inverse()
    }

    /// Waits until the window looks so.
    #[track_caller]
    pub(crate) fn looks(&mut self, what: &str, so: impl Fn(&Self) -> bool) {
        for _ in 0..3000 {
            if so(self) {
                return;
            }
            self.read(20);
        }
        panic!("{what}: it does not look so:\n{}", self.rows().join("\n"));
    }

    /// Fails unless the whole window scrolls, as a shell expects it.
    #[track_caller]
    pub(crate) fn scrolls_whole(&mut self) {
        let rows = self.screen.screen().size().0;
        self.screen.process(format!("\x1b[{rows};1H\x1b[2Kprobe\r\nbelow").as_bytes());
        let shown = self.rows();
        let end = &shown[shown.len() - 2..];
        assert_eq!(end, ["probe", "below"], "a part of the window is kept:\n{}", shown.join("\n"));
    }

    pub(crate) fn seen(&self) -> &str {
        &self.seen
    }

    /// The terminal goes away under the program.
    pub(crate) fn hang_up(&mut self) {
        self.slave = None;
        self.master = None;
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
