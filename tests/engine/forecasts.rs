//! Forecasts: what remains, what it rests on, and how it stands to the deadline.

use mayday::run::durations::{History, Taken};
use mayday::run::event::Lasting;
use mayday::run::forecast::{Forecast, Standing, forecast};

use super::*;

const BOOK: &str = "mayday: 1\nid: test\ntitle: Test\nseverity: SEV-1\nobjectives: { rto: 15m }\nphases:\n  - id: one\n    title: One\n    steps:\n      - { id: look, title: L, effect: read, shell: go, expected: 2m }\n      - { id: ask, title: A, confirm: Good? }\n      - { id: rest, title: R, pause: 3m }\n  - id: two\n    title: Two\n    when: \"run.severity == 'SEV-4'\"\n    steps:\n      - { id: never, title: N, effect: read, shell: go, expected: 1h }\n";

fn event(after: i64, kind: Kind) -> Event {
    Event { at: begin() + secs(after), boot_ms: 0, by: "ana".to_owned(), slip: None, kind }
}

fn rig() -> Rig {
    Rig::new(BOOK).milestone(Milestone::Detected, secs(60))
}

/// A run that is in its first phase, with these facts behind that.
fn state(rig: &Rig, more: &[Kind]) -> Run {
    let first = std::iter::once(rig.first()).chain(rig.opening.iter().cloned());
    let entered = Kind::PhaseEntered { phase: "one".to_owned() };
    let all = first.chain(more.iter().cloned()).chain([entered]);
    let events: Vec<Event> = all.map(|kind| event(0, kind)).collect();
    Run::fold(&events)
}

fn lasting(steps: &[(&str, i64)]) -> Kind {
    let of = |secs: i64| Lasting {
        runs: 9,
        ms: (1..=9).map(|n| secs * n * 200).collect(),
        mixed: false,
    };
    let steps = steps.iter().map(|(key, secs)| ((*key).to_owned(), of(*secs))).collect();
    Kind::Expectations { steps, fallbacks: std::collections::BTreeMap::new() }
}

fn at(rig: &Rig, run: &Run, after: i64) -> Forecast {
    forecast(&rig.plan, run, begin() + secs(after)).unwrap()
}

#[test]
fn planned_durations_pauses_and_guesses_add_up_and_what_is_ruled_out_does_not_count() {
    let rig = rig();
    let told = at(&rig, &state(&rig, &[]), 0);
    assert_eq!((told.steps, told.guessed), (3, 1), "{told:?}");
    // 2m and a minute of guess, each by a triangle from 0.8 to 2 times that, and exactly 3m.
    let p50 = told.p50.since(begin());
    assert!((secs(380)..secs(420)).contains(&p50), "{p50}");
    assert!(told.p90 > told.p50 && told.p90 < begin() + secs(540), "{told:?}");
    assert_eq!(told.deadline, Some(begin() + secs(840)));
    assert_eq!(told.standing, Some(Standing::OnTrack));
    assert_eq!(told.longest[0], ("rest".to_owned(), secs(180)));
}

#[test]
fn the_same_record_and_instant_give_the_same_forecast() {
    let rig = rig();
    let run = state(&rig, &[]);
    assert_eq!(at(&rig, &run, 33), at(&rig, &run, 33));
}

#[test]
fn recorded_durations_come_before_planned_ones() {
    let rig = rig();
    let run = state(&rig, &[lasting(&[("look", 600), ("ask", 10)])]);
    let told = at(&rig, &run, 0);
    assert_eq!(told.guessed, 0);
    assert_eq!(told.standing, Some(Standing::AtRisk), "{told:?}");
    let run = state(&rig, &[lasting(&[("look", 1200), ("ask", 10)])]);
    assert_eq!(at(&rig, &run, 0).standing, Some(Standing::Late));
}

#[test]
fn a_step_that_takes_longer_than_ever_says_so_and_moves_the_end() {
    let rig = rig();
    let run = state(&rig, &[lasting(&[("look", 60)])]);
    let early = at(&rig, &run, 30);
    assert_eq!(early.overrunning, None);
    let late = at(&rig, &run, 400);
    assert_eq!(late.overrunning.as_deref(), Some("look"));
    // A quarter of what has passed, 3m and a guess of a minute.
    assert!(late.p50.since(begin()) > secs(400 + 100 + 180 + 48), "{late:?}");
}

#[test]
fn mostly_guesses_are_unknown_and_a_passed_deadline_is_late() {
    let text = BOOK.replace("pause: 3m", "manual: Do it");
    let rig = Rig::new(&text).milestone(Milestone::Detected, secs(60));
    let run = state(&rig, &[]);
    assert_eq!(at(&rig, &run, 0).standing, Some(Standing::Unknown));
    assert_eq!(at(&rig, &run, 840).standing, Some(Standing::Late));
}

#[test]
fn there_is_no_forecast_behind_the_recovery_and_no_standing_without_an_objective() {
    let rig = rig();
    let recovered = Kind::Milestone {
        milestone: Milestone::Recovered,
        when: begin(),
        source: "operator".to_owned(),
        reason: None,
    };
    assert_eq!(forecast(&rig.plan, &state(&rig, &[recovered]), begin()), None);
    let rig = Rig::new(&BOOK.replace("objectives: { rto: 15m }\n", ""));
    let told = at(&rig, &state(&rig, &[]), 0);
    assert_eq!((told.deadline, told.standing), (None, None));
}

const WAY: &str = "mayday: 1\nid: test\ntitle: Test\nobjectives: { rto: 30m }\nphases:\n  - id: one\n    title: One\n    steps:\n      - { id: a, title: A, effect: read, shell: go, on_fail: { menu: [retry, switch_to: two] } }\n  - id: two\n    title: Two\n    steps:\n      - { id: b, title: B, effect: read, shell: way }\n";

/// A run whose steps take so many seconds each, by the name of the run.
fn lived(book: &str, secs_each: [i64; 2]) -> (Plan, Vec<Event>) {
    let [a, b] = secs_each.map(|each| Reply::exit(0, "").after(secs(each)));
    let rig =
        Rig::new(book).milestone(Milestone::Detected, secs(0)).reply("go", [a]).reply("way", [b]);
    let came = rig.run().closed();
    (rig.plan, came.events)
}

/// What each step takes, and what each way around does.
type Told = (Vec<(String, Lasting)>, Vec<(String, Span)>);

fn known(history: &History, plan: &Plan) -> Told {
    match history.expectations(plan) {
        Some(Kind::Expectations { steps, fallbacks }) => {
            (steps.into_iter().collect(), fallbacks.into_iter().collect())
        }
        other => {
            assert!(other.is_none(), "{other:?}");
            (Vec::new(), Vec::new())
        }
    }
}

#[test]
fn five_runs_of_the_very_same_step_tell_how_long_it_takes() {
    let mut history = History::default();
    for run in 1..=5 {
        let (plan, events) = lived(WAY, [run * 10, 60]);
        assert!(known(&history, &plan).0.is_empty(), "{run}");
        history.add(Taken::of(&plan, &events));
    }
    let (plan, _) = lived(WAY, [1, 1]);
    let (steps, fallbacks) = known(&history, &plan);
    assert_eq!(steps[0].1.ms, [10_000, 20_000, 30_000, 40_000, 50_000]);
    assert_eq!((steps[0].1.runs, steps[0].1.mixed), (5, false));
    assert_eq!(fallbacks, [("two".to_owned(), secs(60))]);
    let renamed = lived(&WAY.replace("title: A", "title: Another"), [1, 1]).0;
    assert_eq!(known(&history, &renamed).0.len(), 2);
    let other = lived(&WAY.replace("shell: go,", "shell: go now,"), [1, 1]).0;
    let (steps, _) = known(&history, &other);
    assert_eq!(steps.len(), 1, "the changed step begins anew: {steps:?}");
}

#[test]
fn drills_stand_in_for_incidents_only_where_there_are_too_few_and_say_so() {
    let mut history = History::default();
    let (mut plan, events) = lived(WAY, [10, 60]);
    plan.mode = Mode::Drill;
    for _ in 0..5 {
        history.add(Taken::of(&plan, &events));
    }
    plan.mode = Mode::Real;
    assert!(known(&history, &plan).0.iter().all(|(_, lasting)| lasting.mixed));
    for _ in 0..5 {
        history.add(Taken::of(&plan, &events));
    }
    let (steps, _) = known(&history, &plan);
    assert!(steps.iter().all(|(_, lasting)| !lasting.mixed && lasting.runs == 5), "{steps:?}");
}

#[test]
fn time_in_which_nobody_drove_is_no_duration_of_a_step() {
    let ask = WAY.replace("effect: read, shell: go", "confirm: Good?");
    let first = Rig::new(&ask).interrupt(30, Interrupt::HangUp).run();
    let rig = Rig::new(&ask).reply("a", [Reply::types("y").after(secs(20))]);
    let came = rig.resume(&first.events, secs(90_000), vec![]).closed();
    let mut history = History::default();
    for _ in 0..5 {
        history.add(Taken::of(&rig.plan, &came.events));
    }
    let (steps, _) = known(&history, &rig.plan);
    let (_, a) = steps.iter().find(|(key, _)| key == "a").unwrap();
    assert!(a.ms.iter().all(|ms| (49_000..60_000).contains(ms)), "{a:?}");
}
