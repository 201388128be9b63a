//! From a run that was handed over to the one that goes on: the same incident, the same times.

use super::driven;
use super::exit::{self, Failure};
use super::run::{Begun, Ended, What};
use super::{Global, machine};
use crate::plan::Mode;
use crate::run::event::{Event, Kind, Milestone, Outcome};
use crate::run::scope::Scope;
use crate::run::state::{Known, Run};

/// Moments of the incident, not of the playbook that was tried first.
const KEPT: [Milestone; 5] = [
    Milestone::ImpactStarted,
    Milestone::Detected,
    Milestone::Declared,
    Milestone::Acknowledged,
    Milestone::Mitigated,
];

/// The run before.
pub(super) struct Before {
    id: String,
    run: Run,
}

impl Before {
    /// Reads the run before; where the flags say nothing else, its environment counts on.
    ///
    /// # Errors
    /// There is no such run, or it was not handed over.
    pub(super) fn of(global: &Global, text: &str, what: &mut What) -> Result<Self, Failure> {
        let store = driven::store(global)?;
        let id = store.find(text).map_err(|trouble| driven::refused(&trouble))?;
        let read = store.read(&id).map_err(|trouble| driven::refused(&trouble))?;
        let run = Run::fold(read.events.iter().map(|(_, event)| event));
        let handed = matches!(&run.closed, Some((Outcome::HandedOff, _)));
        let Some(opened) = run.opened.as_ref().filter(|_| handed) else {
            return Err(Failure::new(
                exit::USAGE,
                format!("go on from {id}: it was not handed over"),
            )
            .hint("choose `handoff` in the menu of one of its steps"));
        };
        what.accepted.clone_from(&run.accepted);
        what.env.get_or_insert_with(|| opened.environment.clone());
        Ok(Self { id: id.as_str().to_owned(), run })
    }

    /// Values of its inputs, for inputs of the same name; not its secrets.
    pub(super) fn inputs(&self) -> impl Iterator<Item = (&String, &serde_json::Value)> {
        self.run.inputs.iter().filter_map(|(name, known)| match known {
            Known::Value(value) => Some((name, value)),
            Known::Secret(_) => None,
        })
    }

    /// What the next run knows from this one.
    pub(super) fn facts(&self) -> Vec<Kind> {
        let (playbook, reason) = self
            .run
            .opened
            .as_ref()
            .zip(self.run.closed.as_ref())
            .map_or_else(Default::default, |(opened, (_, to))| {
                (opened.playbook.clone(), format!("to {to}"))
            });
        let mut facts = vec![Kind::Continues { run: self.id.clone(), playbook, reason }];
        let moment = |which: Milestone| {
            Some(Kind::Milestone {
                milestone: which,
                when: *self.run.milestones.get(&which)?,
                source: format!("run:{}", self.id),
                reason: None,
            })
        };
        facts.extend(KEPT.into_iter().filter_map(moment));
        facts
    }
}

/// On a terminal, the playbook that the run was handed over to begins at once, in this place. Without one the
/// command that begins it is named.
///
/// # Errors
/// The program cannot be started anew.
pub(super) fn go_on(global: &Global, ended: Ended) -> Result<Ended, Failure> {
    let Some((Outcome::HandedOff, to)) = &ended.run.closed else { return Ok(ended) };
    if ended.plan.mode == Mode::Drill {
        return Ok(ended);
    }
    let (to, id) = (to.clone(), ended.plan.place.run_id.clone());
    let command = format!("mayday run {to} --from {id}");
    if !ended.stage.attended {
        ended.stage.screen.tell(&format!("Go on with: {command}"));
        let _ = ended.stage.screen.flushed(std::time::Duration::from_secs(2));
        return Ok(ended);
    }
    let mut words = vec!["run".to_owned(), to, "--from".to_owned(), id];
    words.extend(["--operator".to_owned(), ended.stage.operator.clone()]);
    let flag = |words: &mut Vec<String>, name: &str, path: &Option<std::path::PathBuf>| {
        if let Some(path) = path {
            words.extend([name.to_owned(), path.to_string_lossy().into_owned()]);
        }
    };
    flag(&mut words, "--config", &global.config);
    flag(&mut words, "--state-dir", &global.state_dir);
    if global.plain {
        words.push("--plain".to_owned());
    }
    if let Some(lang) = &global.lang {
        words.extend(["--lang".to_owned(), lang.clone()]);
    }
    let _ = ended.stage.screen.flushed(std::time::Duration::from_secs(2));
    drop(ended);
    crate::world::console::restore();
    let error = crate::world::machine::begin_anew(&machine::program(), &words);
    Err(Failure::new(exit::INTERNAL, format!("begin the next run: {error}"))
        .hint(format!("go on with: {command}")))
}

/// Inputs of the run before that have the same name and fit, where no flag gives another value.
pub(super) fn inherit(begun: &mut Begun, before: &Before) {
    let given = |event: &Event| match &event.kind {
        Kind::InputGiven { name, .. } => Some(name.clone()),
        _ => None,
    };
    let known: Vec<String> = begun.fresh.iter().filter_map(given).collect();
    let now = machine::wall_clock();
    for (name, value) in before.inputs().filter(|(name, _)| !known.contains(name)) {
        let spec = begun.plan.inputs.iter().find(|(input, _)| input == name);
        let Some((_, spec)) = spec else { continue };
        let question = crate::run::inputs::question(name, spec);
        let Ok(value) = question.accept_value(value, now, machine::zone()) else { continue };
        let run = Run::default();
        let scope = Scope::new(&begun.plan, &run, now);
        if crate::run::inputs::check(name, spec, &value, &scope).is_ok() {
            let source = "run".to_owned();
            begun.also(Kind::InputGiven { name: name.clone(), value, secret: false, source });
        }
    }
}
