//! Clocks on screen: milestones, deadlines that passed, a wall clock that was set.

use crate::run::event::{Kind, Milestone};
use crate::time::{Span, Timestamp};
use crate::ui::layout::INDENT;

use super::Lines;

impl Lines<'_> {
    pub(super) fn milestone(
        &self,
        milestone: Milestone,
        when: Timestamp,
        source: &str,
        reason: Option<&str>,
    ) -> Vec<String> {
        let name = milestone.words();
        let source = match source.split_once(':') {
            Some(("step", id)) => format!("step {id}"),
            _ => source.replace('_', " "),
        };
        let mut text = format!("{name}: {} ({source})", when.date_clock());
        if let Some(before) = self.view.milestones.get(&milestone) {
            text = format!("{text}, before: {}", before.date_clock());
        }
        text += &reason.map(|reason| format!(", {reason}")).unwrap_or_default();
        self.numbered("CLOCK", None, &text)
    }

    /// What an event about the incident says.
    pub(super) fn incident(&self, kind: &Kind) -> Vec<String> {
        let text = match kind {
            Kind::DeadlinePassed { clock, due, while_down, retroactive } => {
                let how = match (while_down, retroactive) {
                    (true, _) => ", while nobody was driving",
                    (_, true) => ", retroactive",
                    _ => "",
                };
                return self.deadline(clock, *due, how);
            }
            Kind::SeverityChanged { from, to, reason } => {
                let names = &self.view.severities;
                let from = from.map(|from| format!(", before: {}", names.shown(from)));
                let (to, from) = (names.shown(*to), from.unwrap_or_default());
                let why = reason.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
                format!("The severity is {to} ({}){from}{why}", self.by)
            }
            Kind::Reopened { when, reason } => {
                format!("OPEN AGAIN since {}: {reason}. The clocks go on.", when.date_clock())
            }
            Kind::Updated { text } => format!("News was given ({}): {text}", self.by),
            Kind::Held { reason } => format!("The steps are held ({}): {reason}", self.by),
            Kind::Released => "The steps go on.".to_owned(),
            // What a forecast rests on is told with the forecast.
            _ => return Vec::new(),
        };
        self.numbered("CLOCK", None, &text)
    }

    fn deadline(&self, clock: &str, due: Timestamp, how: &str) -> Vec<String> {
        let what = match clock.split_once(':') {
            Some(("escalation", rung)) => {
                let rung = rung.rsplit_once(':').map_or(rung, |(_, rung)| rung);
                let rung =
                    rung.parse::<u32>().map_or_else(|_| rung.to_owned(), |n| (n + 1).to_string());
                format!("Escalation {rung} is due")
            }
            Some(("budget", phase)) => {
                format!("The time for phase {} is used up", self.phase_title(phase))
            }
            Some(("timer", id)) => {
                let id = id.split_once('.').map_or(id, |(id, _)| id);
                match self.view.timers.get(id) {
                    Some(say) => format!("TIME IS UP: {say}"),
                    None => format!("The timer {id} is up"),
                }
            }
            Some(("update", _)) => {
                "News is due: those who wait have heard nothing for a while".to_owned()
            }
            Some(("approval", step)) => {
                format!("{step} still waits for a second person: ask again, or somebody else")
            }
            Some(("decide_by", phase)) => format!(
                "DECIDE NOW: phase {} must begin now to end within the RTO",
                self.phase_title(phase)
            ),
            _ => match clock {
                "rto" => "RTO MISSED: the recovery time objective has passed".to_owned(),
                "response" => "The response time has passed without an acknowledgement".to_owned(),
                "postmortem" => "The post-mortem is due".to_owned(),
                other => format!("The clock {other} has run out"),
            },
        };
        let mut lines = self.numbered("CLOCK", None, &format!("{what} (due {}{how})", due.clock()));
        if clock == "rto" || clock.starts_with("budget:") {
            lines.push(format!(
                "{INDENT}{}",
                self.say(&format!("Work goes on. {}", self.view.clock(self.at)))
            ));
        }
        lines
    }

    fn phase_title<'a>(&'a self, phase: &'a str) -> &'a str {
        self.view.phases.get(phase).map_or(phase, String::as_str)
    }

    pub(super) fn clock_stepped(&self, by: Span) -> Vec<String> {
        let way = if by < Span::ZERO { "back" } else { "forward" };
        let length = if by < Span::ZERO { Span::ZERO - by } else { by };
        self.numbered(
            "CLOCK",
            None,
            &format!("The wall clock was set {way} by {length}. Lengths of time are not affected."),
        )
    }
}
