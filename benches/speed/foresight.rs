//! What a forecast costs: 200 steps that all remain, with a thousand runs behind them.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures by the clock")]

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use mayday::diagnostic::SourceFile;
use mayday::plan::{Library, Mode, Plan, Purpose};
use mayday::playbook::parse;
use mayday::run::durations::{History, Taken};
use mayday::run::event::{Event, Kind, Milestone, StepStatus};
use mayday::run::forecast::forecast;
use mayday::run::state::Run;
use mayday::time::{Span, Timestamp};

use crate::Trouble;
use crate::fixture::Bench;
use crate::table::Row;

const STEPS: usize = 200;
const RUNS: i64 = 1000;
/// A new run reads so many of them.
const LOOKED_AT: usize = 200;
const ROUNDS: usize = 31;

/// The median of some rounds, in milliseconds.
fn median(mut round: impl FnMut()) -> f64 {
    let one = |_| {
        let begun = Instant::now();
        round();
        begun.elapsed().as_secs_f64() * 1e3
    };
    let mut times: Vec<f64> = (0..ROUNDS).map(one).collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

fn plan() -> Result<Plan, Trouble> {
    let mut text = "mayday: 1\nid: p\ntitle: P\nobjectives: { rto: 4h }\nsteps:\n".to_owned();
    for step in 0..STEPS {
        writeln!(
            text,
            "  - {{ id: s{step}, title: S, effect: read, shell: 'work {step}', when: \"run.mode == 'real'\" }}"
        )?;
    }
    let book = parse::playbook(&SourceFile::new("p.yaml", text)).value.ok_or("no playbook")?;
    let library = Library::from([("p".to_owned(), book)]);
    let config =
        parse::config(&SourceFile::new("mayday.yaml", "environments: { here: { danger: low } }\n"));
    let purpose =
        Purpose { playbook: "p", environment: "here", mode: Mode::Real, base: Path::new("/") };
    Ok(Plan::build(&library, &config.value.ok_or("no configuration")?, purpose)?)
}

fn event(after: i64, kind: Kind) -> Event {
    let at = Timestamp::from_millis(1_800_000_000_000) + Span::from_millis(after);
    Event { at, boot_ms: after, by: "ana".to_owned(), slip: None, kind }
}

/// A run in which each step takes about as long as this.
fn lived(plan: &Plan, each: i64) -> Vec<Event> {
    let mut at = 0;
    let mut events = Vec::new();
    for unit in &plan.units {
        let (step, status) = (unit.key.clone(), StepStatus::Ok);
        events.push(event(
            at,
            Kind::CheckStarted { step: step.clone(), check: "0".into(), what: String::new() },
        ));
        at += each;
        events.push(event(at, Kind::Settled { step, status }));
    }
    events
}

/// The goal: a forecast within 5 ms.
pub fn forecasts(_: &Bench) -> Result<Vec<Row>, Trouble> {
    let plan = plan()?;
    let runs = (0..RUNS).map(|run| lived(&plan, 20_000 + run * 37 % 9_000));
    let runs: Vec<Taken> = runs.map(|events| Taken::of(&plan, &events)).collect();
    let mut history = History::default();
    runs.iter().cloned().for_each(|taken| history.add(taken));
    let kept: Vec<String> =
        runs.iter().take(LOOKED_AT).map(serde_json::to_string).collect::<Result<_, _>>()?;
    let known = history.expectations(&plan).ok_or("nothing is known")?;
    let detected = Kind::Milestone {
        milestone: Milestone::Detected,
        when: event(0, known.clone()).at,
        source: "flag".to_owned(),
        reason: None,
    };
    let mut run = Run::fold(&[event(0, known), event(0, detected)]);
    run.opened_at = Some(event(0, Kind::Released).at);
    let now = event(1000, Kind::Released).at;
    let told = forecast(&plan, &run, now).ok_or("no forecast")?;
    if told.steps != STEPS || told.guessed != 0 {
        return Err(format!("not the forecast that was meant: {told:?}").into());
    }
    let made = median(|| {
        std::hint::black_box(forecast(&plan, &run, now));
    });
    let read = median(|| {
        let mut history = History::default();
        let told = kept.iter().filter_map(|text| serde_json::from_str(text).ok());
        told.for_each(|taken| history.add(taken));
        std::hint::black_box(history.expectations(&plan));
    });
    Ok(vec![
        Row::amount("forecast, 200 steps, 1,000 runs", " ms", made, 5.0),
        Row::amount("reading what 200 runs tell", " ms", read, 50.0),
    ])
}
