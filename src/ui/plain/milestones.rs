//! Clocks on screen: milestones, deadlines that passed, a wall clock that was set.

use crate::run::event::Milestone;
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
        let name = milestone_words(milestone);
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

    pub(super) fn deadline(&self, clock: &str, due: Timestamp, while_down: bool) -> Vec<String> {
        let what = match clock.split_once(':') {
            Some(("escalation", rung)) => {
                let rung =
                    rung.parse::<u32>().map_or_else(|_| rung.to_owned(), |n| (n + 1).to_string());
                format!("Escalation {rung} is due")
            }
            Some(("budget", phase)) => {
                let title = self.view.phases.get(phase).map_or(phase, String::as_str);
                format!("The time for phase {title} is used up")
            }
            _ => match clock {
                "rto" => "RTO MISSED: the recovery time objective has passed".to_owned(),
                "response" => "The response time has passed without an acknowledgement".to_owned(),
                "postmortem" => "The post-mortem is due".to_owned(),
                other => format!("The clock {other} has run out"),
            },
        };
        let down = if while_down { ", while nobody was driving" } else { "" };
        let mut lines =
            self.numbered("CLOCK", None, &format!("{what} (due {}{down})", due.clock()));
        if clock == "rto" || clock.starts_with("budget:") {
            lines.push(format!("{INDENT}Work goes on. {}", self.view.clock(self.at)));
        }
        lines
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

/// A milestone in words.
fn milestone_words(milestone: Milestone) -> &'static str {
    match milestone {
        Milestone::ImpactStarted => "impact started",
        Milestone::Detected => "detected",
        Milestone::Declared => "declared",
        Milestone::Acknowledged => "acknowledged",
        Milestone::Mitigated => "mitigated",
        Milestone::Recovered => "recovered",
        Milestone::Resolved => "resolved",
        Milestone::Closed => "closed",
    }
}
