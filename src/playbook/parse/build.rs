//! From a decoded document to a playbook: which keys are actions, which are parts of their own, and
//! which are the head around them.

use serde::Deserialize;
use serde_yaml::{Mapping, Value};

use super::decode::{Decoder, join, named, track};
use super::entries as code;
use super::words::{one_of, short};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::playbook::{
    Common, Drill, DrillHead, Head, OnCrash, Operation, OperationHead, Phase, PhaseHead, Playbook,
    Probe, ProbeHead, Step,
};
use crate::severity::Names;
use crate::steps::{Action, Pace, WaitUntil};

/// Steps of one playbook. The speed goal is 10,000; twice that is room.
pub const MAX_STEPS: usize = 20_000;
/// The version of the format that this program reads.
const VERSION: u32 = 1;
/// Keys of a step that are neither actions nor in [`Common`].
const PARTS: [&str; 3] = ["verify", "undo", "on_crash"];

/// Builds a playbook with as much as can be read.
pub(super) fn playbook(cx: &mut Decoder<'_>, mut document: Mapping, names: &Names) -> Playbook {
    let steps = document.shift_remove("steps");
    let phases = document.shift_remove("phases");
    let drill = document.shift_remove("drill");
    document.shift_remove("<<");
    cx.severity(&mut document, names);
    let head: Head = cx.map(document, "", &["steps", "phases", "drill"]).unwrap_or_default();
    if head.mayday != VERSION && !cx.source.broken("mayday") {
        let message = format!("version {} of the format is not known", head.mayday);
        let fault = Diagnostic::new(code::VERSION, message)
            .at(&cx.source.file, cx.source.value("mayday"), "")
            .help(format!("this program reads `mayday: {VERSION}`"));
        cx.report("mayday", fault);
    }
    let phases = match (steps, phases) {
        (Some(steps), None) => {
            vec![Phase { head: PhaseHead::default(), steps: cx.steps(steps, "steps") }]
        }
        (None, Some(phases)) => {
            let phases = cx.items(phases, "phases");
            phases.into_iter().map(|(path, phase)| cx.phase(phase, &path)).collect()
        }
        (Some(steps), Some(phases)) => {
            let fault = Diagnostic::new(code::STEPS_OR_PHASES, "both `steps` and `phases`")
                .at(&cx.source.file, cx.source.key("steps"), "one or the other")
                .at(&cx.source.file, cx.source.key("phases"), "phases hold steps too")
                .help("move the steps into a phase");
            cx.report("steps", fault);
            let phases = cx.items(phases, "phases");
            let phases: Vec<Phase> =
                phases.into_iter().map(|(path, phase)| cx.phase(phase, &path)).collect();
            cx.steps(steps, "steps");
            phases
        }
        (None, None) => {
            let fault = Diagnostic::new(code::STEPS_OR_PHASES, "neither `steps` nor `phases`")
                .at(&cx.source.file, cx.source.key(""), "nothing to do")
                .help("add `steps:` with a list of steps");
            cx.report("steps", fault);
            Vec::new()
        }
    };
    let drill = drill.and_then(|drill| cx.drill(drill, "drill"));
    let playbook = Playbook { head, phases, drill };
    too_many_steps(cx, &playbook);
    playbook
}

fn too_many_steps(cx: &mut Decoder<'_>, playbook: &Playbook) {
    let steps = playbook.steps().count();
    if steps > MAX_STEPS {
        let path = if cx.source.has("phases") { "phases" } else { "steps" };
        let fault = Diagnostic::new(code::BUDGET, format!("{steps} steps"))
            .at(&cx.source.file, cx.source.key(path), format!("at most {MAX_STEPS}"))
            .help("split the playbook and use `include`");
        cx.report(path, fault);
    }
}

impl Decoder<'_> {
    /// Puts the severity in the place of what the project calls it, or reports a word that nobody knows.
    fn severity(&mut self, document: &mut Mapping, names: &Names) {
        let Some(Value::String(word)) = document.get("severity") else { return };
        let known = names.known();
        if let Some(severity) = names.read(word).filter(|_| known.iter().any(|name| name == word)) {
            document.insert("severity".into(), severity.word().into());
            return;
        }
        let near = known.iter().find(|name| name.to_lowercase() == word.trim().to_lowercase());
        let near = near.map(String::as_str);
        let near = near.or_else(|| did_you_mean(word, known.iter().map(String::as_str)));
        let label = near.map(|name| format!("did you mean `{name}`?")).unwrap_or_default();
        let message = format!("`severity`: `{}` is not {}", short(word), one_of(&known));
        let fault = Diagnostic::new(code::VARIANT, message).at(
            &self.source.file,
            self.source.value("severity"),
            label,
        );
        self.report("severity", fault);
        document.shift_remove("severity");
    }

    /// The map at `path`, or a fault.
    fn entries(&mut self, value: Value, path: &str) -> Option<Mapping> {
        match value {
            // The scan has reported it; what it stands for is not known.
            Value::Mapping(map) if map.contains_key("<<") => {
                self.source.broken.insert(path.to_owned());
                None
            }
            Value::Mapping(map) => Some(map),
            other => {
                self.wrong_kind("a map", &other, path);
                None
            }
        }
    }

    fn wrong_kind(&mut self, expected: &str, found: &Value, path: &str) {
        let found = match found {
            Value::Null => "nothing",
            Value::Mapping(_) => "a map",
            Value::Sequence(_) => "a list",
            _ => "a single value",
        };
        let message = format!("{}expected {expected}, found {found}", named(path));
        let fault =
            Diagnostic::new(code::TYPE, message).at(&self.source.file, self.source.key(path), "");
        let fault = match expected {
            "a list" => fault.help("put `- ` before each item"),
            _ => fault.help("write fields, one `name: value` a line"),
        };
        self.report(path, fault);
    }

    /// The items of the list at `path`, with their paths, or a fault. An empty list is a fault too.
    fn items(&mut self, value: Value, path: &str) -> Vec<(String, Value)> {
        let list = match value {
            Value::Sequence(list) => list,
            other => {
                self.wrong_kind("a list", &other, path);
                Vec::new()
            }
        };
        if list.is_empty() && !self.source.broken(path) {
            let fault = Diagnostic::new(code::EMPTY, "an empty list")
                .at(&self.source.file, self.source.key(path), "nothing in it")
                .help("add an item, or remove the line");
            self.report(path, fault);
        }
        list.into_iter().enumerate().map(|(at, item)| (format!("{path}[{at}]"), item)).collect()
    }

    fn steps(&mut self, value: Value, path: &str) -> Vec<Step> {
        let items = self.items(value, path);
        items.into_iter().map(|(path, step)| self.step(step, &path)).collect()
    }

    fn probes(&mut self, value: Value, path: &str) -> Vec<Probe> {
        let items = self.items(value, path);
        items.into_iter().filter_map(|(path, probe)| self.probe(probe, &path)).collect()
    }

    fn phase(&mut self, value: Value, path: &str) -> Phase {
        let Some(mut map) = self.entries(value, path) else { return Phase::default() };
        let steps = map.shift_remove("steps");
        let head = self.map(map, path, &["steps"]).unwrap_or_default();
        let at = join(path, "steps");
        let steps = match steps {
            Some(steps) => self.steps(steps, &at),
            None => {
                let fault = Diagnostic::new(code::MISSING, "`steps` is missing")
                    .at(&self.source.file, self.source.key(path), "a phase needs steps")
                    .help("add `steps:` with a list of steps");
                self.report(&at, fault);
                Vec::new()
            }
        };
        Phase { head, steps }
    }

    /// A step, whatever is wrong with it: the places of the steps behind it stay right.
    fn step(&mut self, value: Value, path: &str) -> Step {
        let mut step = Step {
            common: Common::default(),
            action: Action::nothing(),
            verify: Vec::new(),
            undo: None,
            on_crash: None,
        };
        let Some(map) = self.entries(value, path) else { return step };
        let (actions, mut rest) = split(map);
        let [verify, undo, on_crash] = PARTS.map(|part| rest.shift_remove(part));
        let also: Vec<&str> = Action::KEYS.iter().copied().chain(PARTS).collect();
        if actions.is_empty() {
            self.no_action(&rest, path, "a step does one thing");
        }
        if let Some(common) = self.map(rest, path, &also) {
            step.common = common;
        }
        if let Some(action) = self.one_action(actions, path) {
            step.action = action;
        }
        if let Some(verify) = verify {
            step.verify = self.probes(verify, &join(path, "verify"));
        }
        step.undo = undo.and_then(|undo| self.operation(undo, &join(path, "undo")));
        step.on_crash = on_crash.and_then(|rule| self.on_crash(rule, &join(path, "on_crash")));
        step
    }

    /// Reports that an action is missing, unless a misspelt one is about to be reported.
    fn no_action(&mut self, rest: &Mapping, path: &str, why: &str) {
        let keys = rest.keys().filter_map(Value::as_str);
        if keys.into_iter().any(|key| did_you_mean(key, Action::KEYS.iter().copied()).is_some()) {
            self.source.broken.insert(path.to_owned());
            return;
        }
        let fault = Diagnostic::new(code::NO_ACTION, "no action")
            .at(&self.source.file, self.source.key(path), why)
            .help(format!("add one of {}", Action::KEYS.join(", ")));
        self.report(path, fault);
    }

    /// The first of the actions. All are looked at, and more than one is a fault.
    fn one_action(&mut self, actions: Vec<(String, Value)>, path: &str) -> Option<Action> {
        if let [(first, _), (second, _), ..] = actions.as_slice() {
            let at = |key: &str| self.source.key(&join(path, key));
            let message = format!("two actions: `{first}` and `{second}`");
            let fault = Diagnostic::new(code::TWO_ACTIONS, message)
                .at(&self.source.file, at(second), "one too many")
                .at(&self.source.file, at(first), "the first action")
                .help("make a step of each");
            self.report(&join(path, second), fault);
        }
        let decoded: Vec<Option<Action>> =
            actions.into_iter().map(|(key, value)| self.action(&key, value, path)).collect();
        decoded.into_iter().next().flatten()
    }

    fn action(&mut self, key: &str, value: Value, path: &str) -> Option<Action> {
        let path = join(path, key);
        if key == "wait_until" && value.is_mapping() {
            return self.wait_until(value, &path).map(Action::WaitUntil);
        }
        self.value(value, &path, |value| {
            track(|track| {
                let deserializer = serde_path_to_error::Deserializer::new(value, track);
                let unknown = || Err(serde::de::Error::custom(format!("`{key}` is no action")));
                Action::deserialize(key, deserializer).unwrap_or_else(unknown)
            })
        })
    }

    fn wait_until(&mut self, value: Value, path: &str) -> Option<WaitUntil> {
        let mut map = self.entries(value, path)?;
        let mut pace = Mapping::new();
        for key in ["every", "times_in_a_row"] {
            if let Some(value) = map.shift_remove(key) {
                pace.insert(key.into(), value);
            }
        }
        let pace: Option<Pace> = self.map(pace, path, &[]);
        let probe = self.probe_map(map, path, &["every", "times_in_a_row"])?;
        Some(WaitUntil { probe: Box::new(probe), pace: pace.unwrap_or_default() })
    }

    fn probe(&mut self, value: Value, path: &str) -> Option<Probe> {
        let map = self.entries(value, path)?;
        self.probe_map(map, path, &[])
    }

    fn probe_map(&mut self, map: Mapping, path: &str, more: &[&str]) -> Option<Probe> {
        let (actions, rest) = split(map);
        if actions.is_empty() && !rest.contains_key("that") {
            let fault = Diagnostic::new(code::EMPTY_CHECK, "a check that looks at nothing")
                .at(&self.source.file, self.source.key(path), "neither an action nor `that`")
                .help("add `shell`, `sql`, `http` or a condition as `that`");
            self.report(path, fault);
        }
        let also: Vec<&str> = Action::KEYS.iter().chain(more).copied().collect();
        let head: Option<ProbeHead> = self.map(rest, path, &also);
        let given = !actions.is_empty();
        let action = self.one_action(actions, path);
        // A check whose action cannot be read would become a check of less than was asked.
        (action.is_some() == given).then(|| Probe { head: head.unwrap_or_default(), action })
    }

    fn operation(&mut self, value: Value, path: &str) -> Option<Operation> {
        let (actions, rest) = split(self.entries(value, path)?);
        if actions.is_empty() {
            self.no_action(&rest, path, "an undo does something");
        }
        let head: Option<OperationHead> = self.map(rest, path, Action::KEYS);
        let action = self.one_action(actions, path)?;
        Some(Operation { head: head.unwrap_or_default(), action })
    }

    fn on_crash(&mut self, value: Value, path: &str) -> Option<OnCrash> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Rest {
            done_if: String,
        }
        let mut map = self.entries(value, path)?;
        let probe = map.shift_remove("probe");
        let rest: Option<Rest> = self.map(map, path, &["probe"]);
        let at = join(path, "probe");
        let probe = match probe {
            Some(probe) => self.probe_to_read(probe, &at),
            None => {
                let fault = Diagnostic::new(code::MISSING, "`probe` is missing")
                    .at(&self.source.file, self.source.key(path), "needs `probe`")
                    .help("add `probe:` with a read command that shows whether it happened");
                self.report(&at, fault);
                None
            }
        };
        Some(OnCrash { probe: probe?, done_if: rest?.done_if })
    }

    /// A check whose condition stands outside, as `done_if`.
    fn probe_to_read(&mut self, value: Value, path: &str) -> Option<Probe> {
        let (actions, rest) = split(self.entries(value, path)?);
        if actions.is_empty() {
            self.no_action(&rest, path, "something to look at");
        }
        let head: Option<ProbeHead> = self.map(rest, path, Action::KEYS);
        let action = Some(self.one_action(actions, path)?);
        Some(Probe { head: head.unwrap_or_default(), action })
    }

    fn drill(&mut self, value: Value, path: &str) -> Option<Drill> {
        let mut map = self.entries(value, path)?;
        let keys = ["guard", "setup", "inject", "stop_if", "pass", "cleanup"];
        let [guard, setup, inject, stop_if, pass, cleanup] = keys.map(|key| map.shift_remove(key));
        let head: Option<DrillHead> = self.map(map, path, &keys);
        let mut steps = |value: Option<Value>, key| {
            value.map(|value| self.steps(value, &join(path, key))).unwrap_or_default()
        };
        let (setup, inject, cleanup) =
            (steps(setup, "setup"), steps(inject, "inject"), steps(cleanup, "cleanup"));
        let mut probes = |value: Option<Value>, key| {
            value.map(|value| self.probes(value, &join(path, key))).unwrap_or_default()
        };
        let (guard, stop_if) = (probes(guard, "guard"), probes(stop_if, "stop_if"));
        let (head, pass) = (head.unwrap_or_default(), probes(pass, "pass"));
        Some(Drill { head, guard, setup, inject, stop_if, pass, cleanup })
    }
}

/// The actions of a map in their order, and the rest. `confirm` is the gate of another action where
/// there is one.
fn split(map: Mapping) -> (Vec<(String, Value)>, Mapping) {
    let is_action = |key: &str| Action::KEYS.contains(&key);
    let other = map.keys().filter_map(Value::as_str).any(|key| is_action(key) && key != "confirm");
    let (mut actions, mut rest) = (Vec::new(), Mapping::new());
    for (key, value) in map {
        match key {
            Value::String(key) if is_action(&key) && !(other && key == "confirm") => {
                actions.push((key, value));
            }
            key => {
                rest.insert(key, value);
            }
        }
    }
    (actions, rest)
}
