//! What a person at a terminal waits for: the first screen, the step behind an answer; and what the clock that
//! ticks meanwhile costs. On the quickstart as it is shipped, on a pseudo-terminal.
#![expect(clippy::disallowed_methods, reason = "measuring is reading a clock and waiting")]

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::Trouble;
use crate::fixture::{Bench, quiet};
use crate::measure::{Times, command, in_turns, times};
use crate::table::Row;

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// So long the clock is watched (issue: "under 0.5 % of a core over 60 s").
const WATCHED: Duration = Duration::from_mins(1);

/// Keys pressed earlier than this behind a question confirm nothing.
const READ: Duration = Duration::from_millis(600);

/// The program on a terminal of its own.
struct Terminal {
    master: File,
    child: Child,
    seen: String,
}

impl Terminal {
    fn start(mut command: Command) -> Result<Self, Trouble> {
        let pair = nix::pty::openpty(None, None)?;
        let (master, slave) = (File::from(pair.master), File::from(pair.slave));
        rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC)?;
        let size = Winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size)?;
        command.stdin(slave.try_clone()?).stdout(slave.try_clone()?).stderr(slave);
        Ok(Self { child: command.spawn()?, master, seen: String::new() })
    }

    /// Reads until this text is shown, behind what was read before.
    fn shown(&mut self, text: &str) -> Result<(), Trouble> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(at) = self.seen.find(text) {
                self.seen.drain(..at + text.len());
                return Ok(());
            }
            self.read(Duration::from_millis(100))?;
        }
        Err(format!("`{text}` was not shown: {}", self.seen).into())
    }

    fn read(&mut self, limit: Duration) -> Result<(), Trouble> {
        let mut fds = [PollFd::new(&self.master, PollFlags::IN)];
        if poll(&mut fds, Some(&Timespec::try_from(limit)?))? > 0 {
            let mut bytes = [0; 8192];
            let count = self.master.read(&mut bytes)?;
            self.seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        Ok(())
    }

    /// Goes on reading, as a terminal does.
    fn read_for(&mut self, span: Duration) -> Result<(), Trouble> {
        let began = Instant::now();
        while began.elapsed() < span {
            self.read(span.saturating_sub(began.elapsed()).min(Duration::from_millis(100)))?;
        }
        Ok(())
    }

    /// Processor time of all its threads.
    fn used(&self) -> Result<Duration, Trouble> {
        let mut nanos = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
            nanos += text.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0);
        }
        Ok(Duration::from_nanos(nanos))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = rustix::process::kill_process(Pid::from_child(&self.child), Signal::TERM);
        let began = Instant::now();
        while began.elapsed() < PATIENCE && matches!(self.child.try_wait(), Ok(None)) {
            if self.read(Duration::from_millis(5)).is_err() {
                break;
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The drill of the quickstart, which brings its sandbox up; it is down again when this is dropped.
struct Quickstart<'a>(&'a Bench);

impl<'a> Quickstart<'a> {
    fn open(bench: &'a Bench) -> Result<Self, Trouble> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = bench.folder().join("quickstart");
        fs::create_dir_all(folder.join("playbooks"))?;
        fs::copy(root.join("mayday.yaml"), folder.join("mayday.yaml"))?;
        let books = root.join("playbooks/quickstart");
        let copied = Command::new("cp").arg("-r").arg(books).arg(folder.join("playbooks")).status();
        if !copied?.success() {
            return Err("the quickstart could not be copied".into());
        }
        Ok(Self(bench))
    }

    fn mayday(&self, words: &[&str]) -> Command {
        let mut command = self.0.mayday("quickstart", words);
        command.env("TERM", "xterm").env_remove("CI").env("MAYDAY_OPERATOR", "ada");
        command
    }

    fn run(&self) -> Result<Terminal, Trouble> {
        let words = ["drill", "run", "quickstart/data-loss", "--env", "sandbox"];
        Terminal::start(self.mayday(&words))
    }

    /// From the start to the first line of the run.
    fn first_screen(&self) -> Result<Duration, Trouble> {
        let began = Instant::now();
        let mut terminal = self.run()?;
        terminal.shown("Run ")?;
        Ok(began.elapsed())
    }

    /// A run at its first question: Enter lets it change something.
    fn asked(&self) -> Result<Terminal, Trouble> {
        let mut terminal = self.run()?;
        terminal.shown("press Enter to go on >")?;
        terminal.read_for(READ)?;
        Ok(terminal)
    }

    /// From the key to the line of the step that it lets go on.
    fn next_step(&self) -> Result<Duration, Trouble> {
        let mut terminal = self.asked()?;
        terminal.seen.clear();
        let began = Instant::now();
        terminal.master.write_all(b"\r")?;
        terminal.shown("RUN")?;
        Ok(began.elapsed())
    }
}

impl Drop for Quickstart<'_> {
    fn drop(&mut self) {
        let _ = self.mayday(&["sandbox", "down"]).status();
    }
}

fn often(
    rounds: usize,
    mut take: impl FnMut() -> Result<Duration, Trouble>,
) -> Result<Times, Trouble> {
    let taken: Result<Vec<f64>, Trouble> = (0..rounds).map(|_| Ok(take()?.as_secs_f64())).collect();
    Ok(times(taken?))
}

/// The goals of a person who waits.
pub fn waits(bench: &Bench) -> Result<Vec<Row>, Trouble> {
    let quickstart = Quickstart::open(bench)?;
    let first = often(15, || quickstart.first_screen())?;
    let floor = in_turns(15, vec![command(quiet(Path::new("/bin/true"), &[]))])?[0];
    let next = often(15, || quickstart.next_step())?;
    let mut terminal = quickstart.asked()?;
    let before = terminal.used()?;
    terminal.read_for(WATCHED)?;
    let used = terminal.used()?.saturating_sub(before);
    drop(terminal);
    bench.forget()?;
    let share = used.as_secs_f64() / WATCHED.as_secs_f64() * 100.0;
    Ok(vec![
        Row::amount("first screen of the quickstart", " ms", first.median * 1e3, 50.0),
        Row::told("the same", first, "/bin/true", floor),
        Row::amount("from the answer to the next step", " ms", next.median * 1e3, 50.0),
        Row::told("the same", next, "/bin/true", floor),
        Row::amount("the clock that ticks for 60 s, of a core", " %", share, 0.5),
    ])
}
