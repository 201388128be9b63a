//! The line that moves while a command or a wait runs. Drawn only on a terminal that can; never beside
//! a prompt; gone without a trace when it stops.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::time::Span;
use crate::ui::look::Look;
use crate::ui::screen::Clock;

/// Between two drawings: quick enough to look alive, slow enough for a phone line.
const TICK: Duration = Duration::from_millis(200);

/// What runs.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// Its place and key: ` 4/14 RUN   import`.
    pub what: String,
    /// How long it is planned to take.
    pub expected: Option<Span>,
    /// When it is ended.
    pub time_limit: Option<Span>,
}

impl Running {
    /// `00:06 of about 07:00, ended at 10:00`.
    #[must_use]
    pub fn time(&self, elapsed: Span) -> String {
        let mut text = elapsed.clock();
        if let Some(expected) = self.expected {
            text = format!("{text} of about {}", expected.clock());
        }
        if let Some(limit) = self.time_limit {
            text = format!("{text}, ended at {}", limit.clock());
        }
        text
    }
}

/// The moving line. Without [`Look::live`] it draws nothing at all.
pub(super) struct Spinner {
    live: bool,
    clock: Clock,
    now: Option<Drawn>,
}

struct Drawn {
    bar: ProgressBar,
    running: Running,
    since: Span,
    last_line: String,
}

impl Spinner {
    pub(super) fn new(look: Look, clock: Clock) -> Self {
        Self { live: look.live, clock, now: None }
    }

    pub(super) fn start(&mut self, running: Running) {
        self.stop();
        if !self.live {
            return;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        // ASCII, so that every terminal and font has it; the last frame is never drawn.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style.tick_chars("-\\|/ "));
        }
        self.now = Some(Drawn { bar, running, since: (self.clock)(), last_line: String::new() });
        self.tick();
    }

    pub(super) fn line(&mut self, line: &str) {
        if let Some(drawn) = &mut self.now {
            line.trim().clone_into(&mut drawn.last_line);
        }
    }

    /// How long to wait before the next drawing; `None` when nothing moves.
    pub(super) fn tick_every(&self) -> Option<Duration> {
        self.now.is_some().then_some(TICK)
    }

    pub(super) fn tick(&mut self) {
        let now = (self.clock)();
        if let Some(Drawn { bar, running, since, last_line }) = &self.now {
            let mut text = format!("{}  {}", running.what, running.time(now - *since));
            if !last_line.is_empty() {
                text = format!("{text}  | {last_line}");
            }
            bar.set_message(text);
            bar.tick();
        }
    }

    pub(super) fn stop(&mut self) {
        if let Some(drawn) = self.now.take() {
            drawn.bar.finish_and_clear();
        }
    }

    /// Runs `write` while the moving line is away.
    pub(super) fn out_of_the_way<R>(&self, write: impl FnOnce() -> R) -> R {
        match &self.now {
            Some(drawn) => drawn.bar.suspend(write),
            None => write(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_told_against_the_plan_and_the_limit() {
        let running = Running {
            what: " 4/14 RUN   import".into(),
            expected: Some(Span::from_mins(7)),
            time_limit: Some(Span::from_mins(10)),
        };
        let six = Span::from_secs(6);
        assert_eq!(running.time(six), "00:06 of about 07:00, ended at 10:00");
        assert_eq!(Running::default().time(six), "00:06");
    }

    #[test]
    fn nothing_moves_where_nothing_can_be_drawn_over() {
        let look = Look { colour: false, live: false, width: 80 };
        let mut spinner = Spinner::new(look, Box::new(|| Span::ZERO));
        spinner.start(Running::default());
        assert_eq!(spinner.tick_every(), None);
    }
}
