//! The line that moves while a command or a wait runs. Drawn only on a terminal that can; never beside
//! a prompt; gone without a trace when it stops.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::time::Span;
use crate::ui::look::Look;

/// Between two drawings: quick enough to look alive, slow enough for a phone line.
const TICK: Span = Span::from_millis(200);

/// What runs.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// Its place and key: ` 4/14 RUN   import`.
    pub what: String,
    /// When it began, by the boot clock.
    pub since: Span,
    /// How long it is planned to take.
    pub expected: Option<Span>,
    /// How long it may take. Its time stands still while mayday is stopped.
    pub time_limit: Option<Span>,
    /// When it is over at the latest, by the boot clock: a wait, which no stop makes longer.
    pub over_at: Option<Span>,
}

impl Running {
    /// `00:06 of about 07:00, ended at 10:00`; a wait: `00:06, 04:54 left`.
    #[must_use]
    pub fn time(&self, now: Span) -> String {
        let mut text = (now - self.since).clock();
        if let Some(expected) = self.expected {
            text = format!("{text} of about {}", expected.clock());
        }
        match (self.over_at, self.time_limit) {
            (Some(over), _) => format!("{text}, {} left", (over - now).max(Span::ZERO).clock()),
            (None, Some(limit)) => format!("{text}, ended at {}", limit.clock()),
            (None, None) => text,
        }
    }
}

/// The moving line. Without [`Look::live`] it draws nothing at all.
pub(super) struct Spinner {
    live: bool,
    now: Option<Drawn>,
}

struct Drawn {
    bar: ProgressBar,
    running: Running,
    last_line: String,
    next: Span,
}

impl Spinner {
    pub(super) fn new(look: Look) -> Self {
        Self { live: look.live, now: None }
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
        let last_line = String::new();
        self.now = Some(Drawn { bar, running, last_line, next: Span::ZERO });
    }

    pub(super) fn line(&mut self, line: &str) {
        if let Some(drawn) = &mut self.now {
            line.trim().clone_into(&mut drawn.last_line);
        }
    }

    /// What runs stood still for so long.
    pub(super) fn stood_still(&mut self, span: Span) {
        if let Some(drawn) = self.now.as_mut().filter(|drawn| drawn.running.over_at.is_none()) {
            drawn.running.since = drawn.running.since + span;
        }
    }

    /// When to draw next; `None` when nothing moves.
    pub(super) fn next(&self) -> Option<Span> {
        self.now.as_ref().map(|drawn| drawn.next)
    }

    pub(super) fn tick(&mut self, now: Span) {
        if let Some(Drawn { bar, running, last_line, next }) = &mut self.now {
            *next = now + TICK;
            let mut text = format!("{}  {}", running.what, running.time(now));
            if !last_line.is_empty() {
                text = format!("{text}  | {last_line}");
            }
            bar.set_message(text);
            bar.tick();
        }
    }

    /// It is drawn when the terminal is ours again.
    pub(super) fn wait(&mut self, now: Span) {
        if let Some(drawn) = &mut self.now {
            drawn.next = now + TICK;
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
            ..Running::default()
        };
        let six = Span::from_secs(6);
        assert_eq!(running.time(six), "00:06 of about 07:00, ended at 10:00");
        assert_eq!(Running::default().time(six), "00:06");
        let wait = Running { over_at: Some(Span::from_mins(5)), ..running };
        assert_eq!(wait.time(six), "00:06 of about 07:00, 04:54 left");
        assert_eq!(wait.time(Span::from_mins(6)), "06:00 of about 07:00, 00:00 left");
    }

    #[test]
    fn nothing_moves_where_nothing_can_be_drawn_over() {
        let look =
            Look { colour: false, live: false, width: 80, lang: crate::ui::lang::Lang::English };
        let mut spinner = Spinner::new(look);
        spinner.start(Running::default());
        assert_eq!(spinner.next(), None);
    }

    #[test]
    fn the_time_of_a_command_stands_still_with_mayday_and_that_of_a_wait_does_not() {
        let told = |over_at, now| {
            let mut spinner = Spinner::new(Look {
                colour: false,
                live: true,
                width: 80,
                lang: crate::ui::lang::Lang::English,
            });
            spinner.start(Running { over_at, ..Running::default() });
            spinner.stood_still(Span::from_mins(40));
            spinner.now.unwrap().running.time(now)
        };
        assert_eq!(told(None, Span::from_mins(41)), "01:00");
        assert_eq!(told(Some(Span::from_mins(45)), Span::from_mins(41)), "41:00, 04:00 left");
    }
}
