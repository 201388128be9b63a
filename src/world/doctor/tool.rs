//! `tool`: is the program there, and new enough?

use super::{Finding, Look, Outcome, Shared, ToolWant, Wants};
use crate::world::aside::OUTPUT_CAP;
use crate::world::tools;

const KIND: &str = "tool";

pub(super) fn looks(wants: &Wants) -> Vec<Look> {
    let look = |(name, want): (&String, &ToolWant)| {
        let (name, want) = (name.clone(), want.clone());
        let subject = name.clone();
        let job = move |shared: &Shared| vec![short(look(&name, &want, shared))];
        Look { kind: KIND, subject, job: Box::new(job) }
    };
    wants.tools.iter().map(look).collect()
}

/// The name stands in front already.
fn short(mut finding: Finding) -> Finding {
    if let Some(rest) = finding.says.strip_prefix(&format!("tool `{}` ", finding.subject)) {
        finding.says = rest.to_owned();
    }
    finding
}

fn look(name: &str, want: &ToolWant, shared: &Shared) -> Finding {
    let program = match tools::find(name, &shared.path) {
        Ok(program) => program,
        Err(why) if want.declared || want.certain => {
            let by = want.step.as_ref().filter(|_| !want.declared);
            let by = by.map(|step| format!("; {step} uses it")).unwrap_or_default();
            return Finding::new(KIND, name, Outcome::Fail, format!("{why}{by}"));
        }
        Err(why) => {
            let step = want.step.as_deref().unwrap_or("a step");
            let says = format!("{why} if it comes to {step}, which may be skipped");
            return Finding::new(KIND, name, Outcome::Skip, says);
        }
    };
    if want.least.is_empty() {
        return Finding::new(KIND, name, Outcome::Ok, program.display().to_string());
    }
    let result = tools::version(name, &program, &shared.variables, &shared.bounds(OUTPUT_CAP))
        .and_then(|found| {
            for least in &want.least {
                tools::new_enough(name, least, &found)?;
            }
            let least: Vec<&str> = want.least.iter().map(String::as_str).collect();
            Ok(format!("{found}, wanted {} or newer", least.join(" and ")))
        });
    Finding::of(KIND, name, result)
}
