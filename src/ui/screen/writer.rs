//! The writer's thread: one job after the other, and in between what only the passing of time changes.
//!
//! Owns what is on the screen beside the lines that scroll: the line that stays on the last row, the open
//! prompt, the line that moves. What reaches the terminal at one time reaches it in one write.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::line::{self, OpenPrompt};
use super::{Clock, Job, Shared, Streams, Trouble, one_line_kept};
use crate::text::sanitise;
use crate::time::Span;
use crate::ui::look::{Look, fitting, paint};
use crate::ui::progress::Spinner;
use crate::ui::standing::Standing;
use crate::ui::status::Status;
use crate::world::console::Held;

/// Who has typed nothing for this long is told anew where the run stands (clocks, "re-entry").
const IDLE: Span = Span::from_mins(2);

/// A thread that sleeps does not count a suspended laptop: it looks at the clock at least this often.
const LOOK: Span = Span::from_secs(5);

/// The thread's side of a screen.
pub(super) struct Writer {
    streams: Streams,
    clock: Clock,
    look: Look,
    shared: Arc<Shared>,
    /// The width to fill follows the window.
    follows: bool,
    prompt: Option<OpenPrompt>,
    spinner: Spinner,
    status: Option<Box<Status>>,
    /// What stands on the last row.
    row: String,
    row_next: Span,
    standing: Option<Box<Standing>>,
    /// When a key was pressed last at the open prompt; `None` once it was told how things stand.
    idle_since: Option<Span>,
}

impl Writer {
    pub(super) fn new(
        look: Look,
        clock: Clock,
        streams: Streams,
        shared: Arc<Shared>,
        follows: bool,
    ) -> Self {
        Self {
            streams,
            clock,
            look,
            shared,
            follows,
            prompt: None,
            spinner: Spinner::new(look),
            status: None,
            row: String::new(),
            row_next: Span::ZERO,
            standing: None,
            idle_since: None,
        }
    }

    pub(super) fn work(mut self, jobs: &Receiver<Job>) {
        loop {
            let job = match self.wakes_in() {
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(pause) => jobs.recv_timeout(pause),
            };
            match job {
                Ok(job) => self.perform(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.pass_time();
        }
        self.spinner.stop();
    }

    /// How long nothing changes by itself; `None` when nothing ever does.
    fn wakes_in(&self) -> Option<Duration> {
        let row = (self.look.live && self.status.is_some()).then_some(self.row_next);
        let idle = self.idle_since.filter(|_| self.standing.is_some()).map(|since| since + IDLE);
        let next = [self.spinner.next(), row, idle].into_iter().flatten().min()?;
        Some((next - (self.clock)()).clamp(Span::ZERO, LOOK).std())
    }

    fn pass_time(&mut self) {
        let now = (self.clock)();
        if self.spinner.next().is_some_and(|next| next <= now) {
            // While the terminal is a command's or a shell's, it is theirs alone.
            match self.streams.pin.hold() {
                Some(_held) => self.spinner.tick(now),
                None => self.spinner.wait(now),
            }
        }
        if self.row_next <= now
            && let Some(status) = self.status.as_ref().filter(|_| self.look.live)
        {
            self.row_next = now + status.changes_in(now);
            self.put("");
        }
        if self.idle_since.is_some_and(|since| now - since >= IDLE)
            && let (Some(standing), Some(status)) = (&self.standing, &self.status)
        {
            let clock = status.clock(status.now(now));
            let lines =
                standing.lines(&clock, self.shared.width.load(Ordering::Relaxed), self.look.lang);
            self.idle_since = None;
            self.say(&(lines.join("\n") + "\n"));
        }
    }

    fn perform(&mut self, job: Job) {
        match job {
            Job::Talk(text) => {
                let unshown = self.shared.unshown.swap(0, Ordering::Relaxed);
                if unshown > 0 {
                    self.say(&format!("      ({unshown} lines are not shown: see the record)\n"));
                }
                self.say(&text);
            }
            Job::Data(text) => {
                let result = write_all(&mut self.streams.data, &sanitise(&text));
                self.remember(result, |trouble| &mut trouble.data);
            }
            Job::PromptOpened(prompt) => self.open(prompt),
            Job::PromptTyped(before, behind) => {
                let columns = self.columns();
                let Some(prompt) = self.prompt.as_mut().filter(|prompt| !prompt.show) else {
                    return;
                };
                let typed = (before, behind);
                if typed != prompt.typed {
                    self.idle_since = Some((self.clock)());
                }
                prompt.typed = typed;
                let row = prompt.drawn(columns);
                self.put(&row);
            }
            Job::PromptClosed => {
                self.idle_since = None;
                if self.prompt.take().is_some_and(|prompt| !prompt.show) {
                    self.put(line::CLOSE);
                }
            }
            Job::Runs(running) if self.prompt.is_none() => self.spinner.start(running),
            Job::Runs(_) => {}
            Job::StoodStill(span) => self.spinner.stood_still(span),
            Job::Line(line) => self.spinner.line(&sanitise(&line)),
            Job::Rests => self.spinner.stop(),
            Job::Status(status) => {
                self.status = Some(status);
                self.row_next = Span::ZERO;
            }
            Job::Standing(standing) => self.standing = Some(standing),
            Job::Resized => self.resized(),
            Job::Barrier(done) => {
                let _ = done.try_send(());
            }
        }
    }

    fn open(&mut self, prompt: OpenPrompt) {
        self.spinner.stop();
        let columns = self.columns();
        let start = match &prompt {
            prompt if prompt.show => prompt.label.clone(),
            prompt if prompt.label_is_cut(columns) => {
                format!("{}{}\r\n{}", line::OPEN, prompt.label, prompt.drawn(columns))
            }
            // Keys that came too early were echoed where the prompt is about to stand.
            prompt => format!("{}{}", line::OPEN, prompt.drawn(columns)),
        };
        self.put(&start);
        self.prompt = Some(prompt);
        self.idle_since = Some((self.clock)());
    }

    fn say(&mut self, text: &str) {
        let clean = sanitise(text);
        let shown = if self.look.colour {
            clean.split('\n').map(paint).collect::<Vec<_>>().join("\n")
        } else {
            clean.into_owned()
        };
        let shown = match &self.prompt {
            None => shown,
            Some(prompt) => above_prompt(&shown, prompt, self.columns()),
        };
        self.put(&shown);
    }

    fn resized(&mut self) {
        if self.status.is_some() {
            return self.put("");
        }
        self.follow();
        if let Some(prompt) = self.prompt.as_ref().filter(|prompt| !prompt.show) {
            let row = prompt.drawn(self.columns());
            self.put(&row);
        }
    }

    /// Writes what was put together here, of sanitised parts, and whatever the last row needs, in one write.
    fn put(&mut self, text: &str) {
        let mut held = match self.status {
            Some(_) if self.look.live => self.streams.pin.hold(),
            _ => None,
        };
        let (mut out, mut fitted) = (String::new(), false);
        if let Some(held) = &mut held {
            (out, fitted) = self.fit(held);
        }
        out.push_str(text);
        if let Some(held) = &held {
            out.push_str(&self.last_row(held, fitted));
        }
        if out.is_empty() {
            return;
        }
        let talk = &mut self.streams.talk;
        let result = if text.is_empty() && !fitted {
            // The cursor comes back to where it was: what moves may stay.
            write_all(talk, &out)
        } else {
            self.spinner.out_of_the_way(|| write_all(talk, &out))
        };
        drop(held);
        self.remember(result, |trouble| &mut trouble.talk);
    }

    /// Keeps the last row of a window that is new or has changed. The open prompt is drawn anew; where the
    /// narrower window may have broken its row in two, in a new row.
    fn fit(&mut self, held: &mut Held<'_>) -> (String, bool) {
        let Some(fitting) = held.fit((self.streams.window)()) else {
            return (String::new(), false);
        };
        self.follow();
        let columns = self.columns();
        let mut out = fitting.before;
        match self.prompt.as_mut().filter(|prompt| !prompt.show) {
            Some(prompt) => {
                if prompt.is_wider_than(columns) {
                    out.push_str("\r\n");
                }
                out.push_str(&fitting.behind);
                out.push_str(&prompt.drawn(columns));
            }
            None => out.push_str(&fitting.behind),
        }
        (out, true)
    }

    fn last_row(&mut self, held: &Held<'_>, anew: bool) -> String {
        let (Some(status), Some(room)) = (&self.status, held.room()) else { return String::new() };
        let row = one_line_kept(&self.look.lang.row(&status.line((self.clock)(), room), room));
        if row == self.row && !anew {
            return String::new();
        }
        let shown = if self.look.colour {
            // Reverse video is readable on light and on dark.
            let pad = room.saturating_sub(console::measure_text_width(&row));
            held.drawn(&format!("\u{1b}[7m{row}{}", " ".repeat(pad)))
        } else {
            held.drawn(&row)
        };
        self.row = row;
        shown
    }

    /// Lines from here on fit into the window as it is now.
    fn follow(&self) {
        if let Some(size) = (self.streams.window)().filter(|_| self.follows) {
            self.shared.width.store(fitting(usize::from(size.columns)), Ordering::Relaxed);
        }
    }

    /// A terminal may get another size at any time.
    fn columns(&self) -> usize {
        (self.streams.window)().map_or(self.look.width, |size| usize::from(size.columns))
    }

    fn remember(
        &self,
        result: io::Result<()>,
        place: fn(&mut Trouble) -> &mut Option<io::ErrorKind>,
    ) {
        if let Err(error) = result {
            let trouble = self.shared.trouble.lock();
            let mut trouble = trouble.unwrap_or_else(std::sync::PoisonError::into_inner);
            place(&mut trouble).get_or_insert(error.kind());
        }
    }
}

/// Lines beside an open prompt on the terminal's last line. What the terminal echoed stays readable above;
/// a prompt that draws itself makes room and is drawn again below.
fn above_prompt(text: &str, prompt: &OpenPrompt, columns: usize) -> String {
    let lines = text.trim_end_matches('\n');
    if prompt.show {
        return format!("\n{lines}\n{}", prompt.label);
    }
    format!("\r\u{1b}[K{}\r\n{}", lines.replace('\n', "\r\n"), prompt.drawn(columns))
}

fn write_all(stream: &mut dyn Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}
