//! The one writer: messages to standard error, data to standard output.
//!
//! Owns both streams from a thread of its own, so that a terminal that stands still (Ctrl-S, a slow
//! line) or is gone neither stops nor fails a recovery. All text is sanitised here. Trouble with a
//! stream is remembered, never raised.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::text::sanitise;
use crate::time::Span;
use crate::ui::look::{Look, paint};
use crate::ui::progress::{Running, Spinner};

mod line;

use line::OpenPrompt;

/// Messages that may wait for a terminal that stands still; more are counted, not kept.
const QUEUE: usize = 4096;

/// Time since boot, for the elapsed time beside a spinner.
pub type Clock = Box<dyn Fn() -> Span + Send>;

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
    Line(String),
    Rests,
    Barrier(SyncSender<()>),
}

impl Screen {
    /// Starts the writer.
    ///
    /// # Errors
    /// No thread could be had.
    pub fn start(look: Look, clock: Clock) -> io::Result<Self> {
        Self::with_streams(look, clock, Box::new(io::stderr()), Box::new(io::stdout()))
    }

    fn with_streams(
        look: Look,
        clock: Clock,
        talk: Box<dyn Write + Send>,
        data: Box<dyn Write + Send>,
    ) -> io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE);
        let shared = Arc::new(Shared::default());
        let spinner = Spinner::new(look, clock);
        let writer = Writer {
            talk,
            data,
            colour: look.colour,
            width: look.width,
            shared: Arc::clone(&shared),
            prompt: None,
            spinner,
        };
        std::thread::Builder::new().name("screen".to_owned()).spawn(move || {
            crate::world::console::write_from_behind();
            writer.work(&jobs);
        })?;
        Ok(Self { queue, shared, look })
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

/// The thread's side.
struct Writer {
    talk: Box<dyn Write + Send>,
    data: Box<dyn Write + Send>,
    colour: bool,
    width: usize,
    shared: Arc<Shared>,
    prompt: Option<OpenPrompt>,
    spinner: Spinner,
}

impl Writer {
    fn work(mut self, jobs: &Receiver<Job>) {
        loop {
            let job = match self.spinner.tick_every() {
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(pause) => jobs.recv_timeout(pause),
            };
            match job {
                Ok(job) => self.perform(job),
                Err(RecvTimeoutError::Timeout) => self.spinner.tick(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.spinner.stop();
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
                let result = write_all(&mut self.data, &sanitise(&text));
                self.remember(result, |trouble| &mut trouble.data);
            }
            Job::PromptOpened(prompt) => {
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
                self.draw(&start);
                self.prompt = Some(prompt);
            }
            Job::PromptTyped(before, behind) => {
                let columns = self.columns();
                let Some(prompt) = self.prompt.as_mut().filter(|prompt| !prompt.show) else {
                    return;
                };
                prompt.typed = (before, behind);
                let row = prompt.drawn(columns);
                self.draw(&row);
            }
            Job::PromptClosed => {
                if self.prompt.take().is_some_and(|prompt| !prompt.show) {
                    self.draw(line::CLOSE);
                }
            }
            Job::Runs(running) if self.prompt.is_none() => self.spinner.start(running),
            Job::Runs(_) => {}
            Job::Line(line) => self.spinner.line(&sanitise(&line)),
            Job::Rests => self.spinner.stop(),
            Job::Barrier(done) => {
                let _ = done.try_send(());
            }
        }
    }

    fn say(&mut self, text: &str) {
        let clean = sanitise(text);
        let shown = if self.colour {
            clean.split('\n').map(paint).collect::<Vec<_>>().join("\n")
        } else {
            clean.into_owned()
        };
        let shown = match &self.prompt {
            None => shown,
            Some(prompt) => above_prompt(&shown, prompt, self.columns()),
        };
        let Self { talk, spinner, .. } = self;
        let result = spinner.out_of_the_way(|| write_all(talk, &shown));
        self.remember(result, |trouble| &mut trouble.talk);
    }

    /// Writes what was put together here, of sanitised parts.
    fn draw(&mut self, text: &str) {
        let result = write_all(&mut self.talk, text);
        self.remember(result, |trouble| &mut trouble.talk);
    }

    /// A terminal may get another size at any time.
    fn columns(&self) -> usize {
        crate::world::console::columns().map_or(self.width, usize::from)
    }

    fn remember(
        &self,
        result: io::Result<()>,
        place: fn(&mut Trouble) -> &mut Option<io::ErrorKind>,
    ) {
        if let Err(error) = result {
            let mut trouble = self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner);
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

/// Sanitised, without line ends, the spaces at both ends kept.
fn one_line_kept(text: &str) -> String {
    sanitise(text).replace(['\n', '\t'], " ")
}

fn write_all(stream: &mut dyn Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

#[cfg(test)]
mod tests;
