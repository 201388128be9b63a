//! The one writer: messages to standard error, data to standard output.
//!
//! Owns both streams from a thread of its own, so that a terminal that stands still (Ctrl-S, a slow
//! line) or is gone neither stops nor fails a recovery. All text is sanitised here. Trouble with a
//! stream is remembered, never raised.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::text::sanitise;
use crate::time::Span;
use crate::ui::look::{Look, fitting};
use crate::ui::progress::Running;
use crate::ui::standing::Standing;
use crate::ui::status::Status;
use crate::world::console::{Pin, Size};

mod line;
mod writer;

use line::OpenPrompt;
use writer::Writer;

/// Messages that may wait for a terminal that stands still; more are counted, not kept.
const QUEUE: usize = 4096;

/// Time since boot, for what is told of passing time.
pub type Clock = Box<dyn Fn() -> Span + Send>;

/// Where a screen shows things.
struct Streams {
    talk: Box<dyn Write + Send>,
    data: Box<dyn Write + Send>,
    /// The window behind `talk`.
    window: Box<dyn Fn() -> Option<Size> + Send>,
    /// The last row of it.
    pin: &'static Pin,
}

/// A handle on the one writer; clones share it.
#[derive(Clone)]
pub struct Screen {
    queue: SyncSender<Job>,
    shared: Arc<Shared>,
    /// How things may look here.
    pub look: Look,
}

#[derive(Default)]
struct Shared {
    unshown: AtomicU64,
    /// Columns to fill; they follow the window.
    width: AtomicUsize,
    trouble: Mutex<Trouble>,
}

/// What went wrong with the streams, the first time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    /// Messages could not be written.
    pub talk: Option<io::ErrorKind>,
    /// Data could not be written.
    pub data: Option<io::ErrorKind>,
}

enum Job {
    Talk(String),
    Data(String),
    PromptOpened(OpenPrompt),
    PromptTyped(String, String),
    PromptClosed,
    Runs(Running),
    StoodStill(Span),
    Line(String),
    Rests,
    Status(Box<Status>),
    Standing(Box<Standing>),
    Resized,
    Barrier(SyncSender<()>),
}

impl Screen {
    /// Starts the writer.
    ///
    /// # Errors
    /// No thread could be had.
    pub fn start(look: Look, clock: Clock) -> io::Result<Self> {
        let streams = Streams {
            talk: Box::new(io::stderr()),
            data: Box::new(io::stdout()),
            window: Box::new(crate::world::console::window),
            pin: crate::world::console::last_row(),
        };
        let screen = Self::with_streams(look, clock, streams)?;
        if look.live {
            let queue = screen.queue.clone();
            crate::world::console::on_resize(move || queue.send(Job::Resized).is_ok())?;
        }
        Ok(screen)
    }

    fn with_streams(look: Look, clock: Clock, streams: Streams) -> io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE);
        let shared = Arc::new(Shared::default());
        shared.width.store(look.width, Ordering::Relaxed);
        // A width that was named in the environment stays.
        let columns = (streams.window)().map(|size| usize::from(size.columns));
        let follows = look.live && columns.is_some_and(|columns| fitting(columns) == look.width);
        let writer = Writer::new(look, clock, streams, Arc::clone(&shared), follows);
        std::thread::Builder::new().name("screen".to_owned()).spawn(move || {
            crate::world::console::write_from_behind();
            writer.work(&jobs);
        })?;
        Ok(Self { queue, shared, look })
    }

    /// Columns to fill, now.
    #[must_use]
    pub fn width(&self) -> usize {
        self.shared.width.load(Ordering::Relaxed)
    }

    /// Shows lines. Never waits: when the terminal stands still for long, lines are counted instead.
    pub fn talk<S: AsRef<str>>(&self, lines: &[S]) {
        if lines.is_empty() {
            return;
        }
        let mut text = String::new();
        for line in lines {
            text.push_str(line.as_ref());
            text.push('\n');
        }
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Job::Talk(text)) {
            self.shared.unshown.fetch_add(lines.len() as u64, Ordering::Relaxed);
        }
    }

    /// Shows words of ours, in the language of the screen.
    pub fn tell(&self, words: &str) {
        self.talk(&[self.look.lang.say(words)]);
    }

    /// Writes data as it is, sanitised, to standard output. Waits only when thousands of writes wait.
    pub fn data(&self, text: impl Into<String>) {
        let _ = self.queue.send(Job::Data(text.into()));
    }

    /// A command or a wait runs: shown as one line that moves, where that can be drawn.
    pub fn runs(&self, running: Running) {
        // Elsewhere it would only wake the writer to draw nothing.
        if self.look.live {
            let _ = self.queue.try_send(Job::Runs(running));
        }
    }

    /// Mayday and what runs stood still for so long: the time of what runs did, too.
    pub fn stood_still(&self, span: Span) {
        if self.look.live {
            let _ = self.queue.try_send(Job::StoodStill(span));
        }
    }

    /// How the incident stands: the line that stays on the last row, where one can be drawn.
    pub fn status(&self, status: Status) {
        let _ = self.queue.try_send(Job::Status(Box::new(status)));
    }

    /// What is said to somebody who comes back to an open question after a while.
    pub fn standing(&self, standing: Standing) {
        let _ = self.queue.try_send(Job::Standing(Box::new(standing)));
    }

    /// The last line that the running command said.
    pub fn last_line(&self, line: impl Into<String>) {
        if self.look.live {
            let _ = self.queue.try_send(Job::Line(line.into()));
        }
    }

    /// Nothing runs any more; the moving line vanishes.
    pub fn rests(&self) {
        if self.look.live {
            let _ = self.queue.try_send(Job::Rests);
        }
    }

    /// A prompt takes the cursor from here on. Waits until all earlier lines are shown. Lines that
    /// come while it is open are put above it. With `show` the terminal itself echoes what is typed;
    /// otherwise [`Screen::prompt_typed`] draws it.
    pub fn prompt_opened(&self, label: &str, show: bool) {
        let label = one_line_kept(label);
        let prompt = OpenPrompt { label, show, ..OpenPrompt::default() };
        let _ = self.queue.send(Job::PromptOpened(prompt));
        let (done, wait) = sync_channel(1);
        if self.queue.send(Job::Barrier(done)).is_ok() {
            let _ = wait.recv();
        }
    }

    /// Draws what is typed at the open prompt, before and behind the cursor.
    pub fn prompt_typed(&self, before: &str, behind: &str) {
        let typed = Job::PromptTyped(one_line_kept(before), one_line_kept(behind));
        let _ = self.queue.try_send(typed);
    }

    /// The prompt is closed. Behind one that showed itself the cursor is at the start of a line.
    pub fn prompt_closed(&self) {
        let _ = self.queue.send(Job::PromptClosed);
    }

    /// Waits until all is written, or `limit` has passed; true when all is.
    #[must_use = "false means that the end of the output was not seen"]
    pub fn flushed(&self, limit: Duration) -> bool {
        let (done, wait) = sync_channel(1);
        match self.queue.try_send(Job::Barrier(done)) {
            Ok(()) => wait.recv_timeout(limit).is_ok(),
            Err(_) => false,
        }
    }

    /// What went wrong with the streams so far.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        *self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sanitised, without line ends, the spaces at both ends kept.
fn one_line_kept(text: &str) -> String {
    sanitise(text).replace(['\n', '\t'], " ")
}

#[cfg(test)]
mod tests;
