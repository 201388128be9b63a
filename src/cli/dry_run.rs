//! `mayday run --dry-run`: what would happen. `plan` starts nothing, connects to nothing and writes no
//! file; `probe` also runs the steps that only read, and puts what they say in the place of `<from ...>`.

use serde_json::Value;

use super::exit::{self, Failure};
use super::identity::{self, AcceptedSoFar};
use super::run::{Dry, What, inputs};
use super::{Global, driven, machine, out, preconditions};
use crate::config::Config;
use crate::effect::{Effect, EffectClass, EffectId, Facts, Input, Text};
use crate::plan::{Plan, Unit};
use crate::run::digest;
use crate::run::drive::World as _;
use crate::run::event::{Event, Kind};
use crate::run::scope::Scope;
use crate::run::scope::certain::certain;
use crate::run::session::{Purpose, Session};
use crate::run::state::{Known, Run};
use crate::run::words::EACH;
use crate::steps::{Context, DEFAULT_TIMEOUT, Part, Request};
use crate::template;
use crate::time::Timestamp;
use crate::ui::lang::Lang;

/// Shows what would happen.
pub(super) fn dry_run(
    global: &Global,
    plan: &Plan,
    config: &Config,
    what: &What,
    kind: Dry,
) -> Result<u8, Failure> {
    let mut plan = plan.clone();
    plan.place.mute = true;
    plan.place.drill_channel = None;
    "<run id>".clone_into(&mut plan.place.run_id);
    plan.place.run_dir = "<run folder>".into();
    let now = machine::wall_clock();
    let mut run = Run::default();
    for (name, value, source) in inputs(&plan, what)? {
        let kind = Kind::InputGiven { name, value, secret: false, source };
        run.apply(&event(now, kind));
    }
    for (name, spec) in &plan.inputs {
        if !run.inputs.contains_key(name)
            && let Some(value) = &spec.default
        {
            // As a run takes it: `now` is a moment, `5m` a span.
            let question = crate::run::inputs::question(name, spec);
            let taken = question.accept_value(value, now, machine::zone());
            let value = taken.unwrap_or_else(|_| value.clone());
            let (name, source) = (name.clone(), "default".to_owned());
            run.apply(&event(now, Kind::InputGiven { name, value, secret: false, source }));
        }
    }
    let mut probe = match kind {
        Dry::Plan => None,
        Dry::Probe => Some(Probe::open(global, &plan, config, &what.accept)?),
    };
    let lang = machine::lang(global);
    heading(&plan, &run, kind, lang);
    let mut failed = 0;
    for (index, unit) in plan.units.iter().enumerate() {
        let shown = show(&plan, &run, unit, now, lang);
        let mut lines = vec![format!("{:>3}/{} {}", index + 1, plan.units.len(), shown.title)];
        lines.extend(shown.lines.iter().map(|line| format!("        {line}")));
        out::lines(&lines);
        if let Some(probe) = &mut probe
            && unit.class() == EffectClass::Read
            && !unit.step.action.is_question()
            && !shown.skipped
        {
            let (line, ok) = probe.run(&plan, &mut run, unit, lang);
            failed += usize::from(!ok);
            out::line(&format!("        {line}"));
        }
    }
    let done = match kind {
        Dry::Plan => "Nothing was run, written or connected to.".to_owned(),
        Dry::Probe => {
            format!("Only reading steps were run; {failed} of them failed. No run was recorded.")
        }
    };
    out::line(&lang.say(&done));
    Ok(if failed > 0 { exit::STEP_FAILED } else { exit::DONE })
}

fn event(at: Timestamp, kind: Kind) -> Event {
    Event { at, boot_ms: 0, by: "mayday".to_owned(), slip: None, kind }
}

fn heading(plan: &Plan, run: &Run, kind: Dry, lang: Lang) {
    let word = match kind {
        Dry::Plan => "DRY RUN (plan)",
        Dry::Probe => "DRY RUN (probe)",
    };
    let word = lang.under("dry", word);
    let head = &plan.head;
    let danger = if super::given::is_dangerous(plan) { "danger high" } else { "danger low" };
    let danger = lang.under("dry", danger);
    out::line(&format!("{word}  {}  {}  {danger}", head.id, plan.place.name.to_uppercase()));
    for (name, _) in &plan.inputs {
        let given = match run.inputs.get(name) {
            Some(Known::Value(value)) => value.to_string(),
            Some(Known::Secret(_)) => lang.under("dry", "‹secret›"),
            None => lang.under("dry", "<asked>"),
        };
        out::line(&format!("  {} {name}: {given}", lang.under("dry", "input")));
    }
}

/// A step as it would run.
struct Shown {
    title: String,
    lines: Vec<String>,
    skipped: bool,
}

fn show(plan: &Plan, run: &Run, unit: &Unit, now: Timestamp, lang: Lang) -> Shown {
    // The frame is ours, what stands in it the author's.
    let label = |word: &str| lang.under("dry", word);
    let each = Value::String(EACH.to_owned());
    let names = Scope::foreseen(plan, run, unit, &each, now);
    let common = &unit.step.common;
    let class = unit.class();
    let title = template::render(&common.title, &names).unwrap_or_else(|_| common.title.clone());
    let mut lines = Vec::new();
    let mut skipped = false;
    let phase = plan.phases[unit.phase].when.iter().map(|when| ("", when));
    let outer = unit.outer_when.iter().map(|(prefix, when)| (prefix.as_str(), when));
    let own = common.when.iter().map(|when| (unit.prefix.as_str(), when));
    for (prefix, when) in phase.chain(outer).chain(own) {
        match certain(when, &Scope { prefix, item: None, ..names }) {
            Ok(held) if !held.truth => {
                skipped = true;
                lines.push(format!("{}  {}", lang.say("SKIP"), held.trace));
            }
            Ok(_) => {}
            Err(_) => lines.push(format!("{}  {when}", label("only when"))),
        }
    }
    if let Some(list) = &common.for_each {
        lines.push(format!("{}  {list}", label("for each of")));
    }
    let cx = Context { unit: &unit.key, common, class, names: &names, place: &plan.place, now };
    match unit.step.action.request(&cx, &[]) {
        Ok(Request::Effect(effect)) => {
            let mark = if matches!(*effect, Effect::Ask(_)) { "?" } else { "$" };
            for line in effect.what().lines() {
                lines.push(format!("{mark} {line}"));
            }
            lines.extend(details(&effect, lang));
        }
        Ok(Request::Pause(span)) => lines.push(label(&format!("wait {span}"))),
        Ok(Request::Nothing) => {
            unit.step.action.parts(&mut |_, part| match part {
                Part::Expression(text) | Part::Condition(text) => {
                    lines.push(format!("{}  {text}", label("holds")));
                }
                Part::Contact(contact) => lines.push(format!("{}  {contact}", label("tells"))),
                Part::Words(text) => {
                    let text = template::render(text, &names).unwrap_or_else(|_| text.to_owned());
                    lines.extend(text.lines().map(|line| format!("{:6} {line}", label("says"))));
                }
                _ => {}
            });
        }
        Err(failure) => {
            let why = lang.say(&failure.to_string()).into_owned();
            lines.push(format!("{}: {why}", label("not knowable yet")));
        }
    }
    let target = common
        .target
        .as_ref()
        .map_or(String::new(), |target| format!(", {}", label(&format!("target {target}"))));
    // A question waits for as long as it takes; a pause is as long as it says.
    let timed = !unit.step.action.is_question() && unit.step.action.key() != "pause";
    let limit = timed.then(|| common.timeout.unwrap_or(DEFAULT_TIMEOUT));
    let limit =
        limit.map_or(String::new(), |limit| format!(", {}", label(&format!("time limit {limit}"))));
    lines.push(format!("{}{target}{limit}", label(class.word())));
    Shown { title: format!("{}  {title}", unit.key), lines, skipped }
}

/// Values that go with an effect: variables and parameters. Secrets stand as their names.
fn details(effect: &Effect, lang: Lang) -> Vec<String> {
    match effect {
        Effect::Process(effect) => effect
            .env
            .iter()
            .filter(|(name, _)| !name.starts_with("MAYDAY_"))
            .map(|(name, value)| match value.shown() {
                secret if secret.starts_with("‹secret ") => {
                    format!("{name}={}", lang.under("dry", &secret))
                }
                shown => format!("{name}={shown}"),
            })
            .collect(),
        Effect::Sql(effect) => effect
            .params
            .iter()
            .map(|(name, value)| match value {
                crate::effect::SqlParam::Value(value) => format!(":{name} = {value}"),
                crate::effect::SqlParam::Secret(secret) => {
                    format!(":{name} = {}", lang.under("dry", &format!("‹secret {secret}›")))
                }
            })
            .collect(),
        Effect::Http(effect) => {
            let header = |(name, value): &(String, Text)| format!("{name}: {}", value.shown());
            let mut lines: Vec<String> = effect.headers.iter().map(header).collect();
            lines.extend(effect.body.iter().flat_map(|body| body.lines()).map(str::to_owned));
            lines
        }
        _ => Vec::new(),
    }
}

/// Runs reading steps for real; their facts and captured names are kept for the steps behind them.
struct Probe {
    stage: driven::Stage,
    session: Session,
    next: u64,
}

impl Probe {
    fn open(
        global: &Global,
        plan: &Plan,
        config: &Config,
        accept: &[(String, String)],
    ) -> Result<Self, Failure> {
        let mut bare = plan.clone();
        bare.place.run_dir = std::path::PathBuf::new();
        let mut stage = driven::Stage::open(global, &bare, config, None, false, false)?;
        preconditions::met(&mut stage, plan)?;
        identity::proved(&mut stage, plan, config, &AcceptedSoFar::default(), accept)?;
        Ok(Self { stage, session: Session::default(), next: 1 })
    }

    /// One look; a step that polls is looked at once.
    fn run(&mut self, plan: &Plan, run: &mut Run, unit: &Unit, lang: Lang) -> (String, bool) {
        let say = |words: &str| lang.say(words).into_owned();
        let now = machine::wall_clock();
        let names = Scope { prefix: &unit.prefix, ..Scope::new(plan, run, now) };
        let common = &unit.step.common;
        let cx = Context {
            unit: &unit.key,
            common,
            class: EffectClass::Read,
            names: &names,
            place: &plan.place,
            now,
        };
        let effect = match unit.step.action.request(&cx, &[]) {
            Ok(Request::Effect(effect)) => effect,
            Ok(_) => return (lang.under("dry", "not run"), true),
            Err(failure) => {
                let why = say(&failure.to_string());
                return (format!("{}: {why}", lang.under("dry", "not run")), true);
            }
        };
        let id = EffectId(self.next);
        self.next += 1;
        let purpose = Purpose::Action { step: unit.key.clone(), attempt: 1, part: 0 };
        self.session.in_flight.insert(id, purpose);
        self.stage.world.start(id, *effect);
        let input = loop {
            match self.stage.world.wait(None) {
                Input::Done(done, output) if done == id => break Input::Done(id, output),
                Input::Interrupt(_) => self.stage.world.cancel(id),
                _ => {}
            }
        };
        let now = machine::wall_clock();
        let digested = digest::digest(plan, run, &mut self.session, input, now);
        if self.session.poll.take().is_some() {
            return (lang.under("dry", "not as expected yet (one look)"), true);
        }
        for (name, value) in digested.secrets {
            self.stage.world.keep_secret(&name, value);
        }
        let mut said = (lang.under("dry", "no answer"), false);
        for kind in digested.facts {
            if let Kind::Ended { verdict, facts, .. } = &kind {
                said = match verdict {
                    crate::steps::Verdict::Pass => (format!("OK  {}", brief(facts)), true),
                    crate::steps::Verdict::Fail(failure) => {
                        let why = say(&failure.to_string());
                        (format!("{}  {why}", say("FAIL")), false)
                    }
                    other => (format!("{other:?}"), false),
                };
            }
            run.apply(&event(now, kind));
        }
        said
    }
}

fn brief(facts: &Facts) -> String {
    let shown = ["exit_code", "status_code", "row_count", "stdout"];
    let parts = shown.iter().filter_map(|name| {
        let value = facts.get(*name)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(format!("{name} {}", crate::text::cut(crate::text::one_line(&text).trim(), 60)))
    });
    parts.collect::<Vec<_>>().join(", ")
}
