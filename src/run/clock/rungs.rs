//! Who hears of it when, at the severity that the incident has by now.

use crate::plan::Plan;
use crate::playbook::Timer;
use crate::run::state::Run;
use crate::severity::{Escalation, Severity, SeverityPolicy};

/// The policy of the severity that the incident has by now; `None` without a severity.
#[must_use]
pub fn policy<'a>(plan: &'a Plan, run: &Run) -> Option<&'a SeverityPolicy> {
    match severity(plan, run) {
        severity if severity == plan.head.severity => plan.policy.as_ref(),
        severity => plan.matrix.get(&severity?),
    }
}

/// The severity by now. A run without events has that of its playbook.
#[must_use]
pub fn severity(plan: &Plan, run: &Run) -> Option<Severity> {
    if run.opened.is_some() { run.incident.severity } else { plan.head.severity }
}

/// The rungs of the escalation by now, each with the name of its clock. The playbook's own escalation is
/// for the severity that the playbook names; another severity brings that of the matrix.
#[must_use]
pub fn rungs<'a>(plan: &'a Plan, run: &Run) -> Vec<(String, &'a Escalation)> {
    let severity = severity(plan, run);
    if severity == plan.head.severity {
        return named("escalation", &plan.escalation);
    }
    let other = severity.and_then(|severity| Some((severity, plan.matrix.get(&severity)?)));
    other
        .map(|(severity, policy)| named(&format!("escalation:{severity}"), &policy.escalation))
        .unwrap_or_default()
}

fn named<'a>(name: &str, rungs: &'a [Escalation]) -> Vec<(String, &'a Escalation)> {
    rungs.iter().enumerate().map(|(index, rung)| (format!("{name}:{index}"), rung)).collect()
}

/// The rung that a clock's name stands for, whatever the severity is by now, and its number from 1.
#[must_use]
pub fn rung<'a>(plan: &'a Plan, clock: &str) -> Option<(usize, &'a Escalation)> {
    let rest = clock.strip_prefix("escalation:")?;
    let (rungs, index) = match rest.split_once(':') {
        None => (&plan.escalation, rest),
        Some((severity, index)) => {
            let found = plan.matrix.iter().find(|(known, _)| known.word() == severity);
            (&found?.1.escalation, index)
        }
    };
    let index: usize = index.parse().ok()?;
    rungs.get(index).map(|rung| (index + 1, rung))
}

/// What a clock that ran out asks to be told to contacts.
#[derive(Clone, Copy, Debug)]
pub enum Cause<'a> {
    /// A rung of an escalation.
    Rung(&'a Escalation),
    /// A timer of the playbook.
    Timer(&'a Timer),
}

impl<'a> Cause<'a> {
    /// What the clock of this name asks for; `None` where nobody is to be told.
    #[must_use]
    pub fn of(plan: &'a Plan, clock: &str) -> Option<Self> {
        if let Some((_, rung)) = rung(plan, clock) {
            return Some(Self::Rung(rung));
        }
        timer(plan, clock).filter(|timer| !timer.to.is_empty()).map(Self::Timer)
    }
}

/// The timer that a clock's name stands for: `timer:failover`, `timer:failover.2`.
#[must_use]
pub fn timer<'a>(plan: &'a Plan, clock: &str) -> Option<&'a Timer> {
    let name = clock.strip_prefix("timer:")?;
    let name = name.split_once('.').map_or(name, |(name, _)| name);
    plan.head.timers.iter().find(|(id, _)| id == name).map(|(_, timer)| timer)
}
