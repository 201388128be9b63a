//! Clocks: each fires once, whatever the run is doing.

use super::*;

fn text(steps: &str) -> String {
    format!(
        "mayday: 1\nid: test\ntitle: Test\nseverity: SEV-1\nobjectives: {{ rto: 10m }}\nphases:\n  - id: one\n    title: One\n    budget: 3m\n    steps:\n{steps}"
    )
}

fn rig(steps: &str) -> Rig {
    let ago = secs(60);
    Rig::new(&text(steps))
        .milestone(Milestone::ImpactStarted, ago)
        .milestone(Milestone::Detected, ago)
        .milestone(Milestone::Acknowledged, secs(0))
}

fn passed(came: &Came, clock: &str) -> Vec<i64> {
    let due = |event: &Event| match &event.kind {
        Kind::DeadlinePassed { clock: which, due, .. } if which == clock => {
            assert!(event.at >= *due);
            Some(event.at.since(begin()).millis() / 1000)
        }
        _ => None,
    };
    came.events.iter().filter_map(due).collect()
}

/// SEV-1: informed at once, engaged 15 minutes after the detection; RTO 10 minutes after the impact.
fn all_fired(came: &Came) {
    assert_eq!(passed(came, "escalation:0"), [0], "{}", came.story());
    assert_eq!(passed(came, "budget:one"), [180], "{}", came.story());
    assert_eq!(passed(came, "rto"), [540]);
    assert_eq!(passed(came, "escalation:1"), [840]);
    assert!(passed(came, "response").is_empty());
    let told = |kind: &Kind| matches!(kind, Kind::Notifying { .. });
    assert_eq!(came.count(told), 4);
}

#[test]
fn clocks_fire_while_a_question_is_open() {
    let came = rig("      - { id: q, title: Q, confirm: Good? }");
    all_fired(&came.reply("q", [Reply::types("y").after(secs(1200))]).run().closed());
}

#[test]
fn clocks_fire_while_a_command_runs() {
    let came = rig("      - { id: a, title: A, effect: read, timeout: 30m, shell: go }");
    all_fired(&came.reply("go", [Reply::exit(0, "").after(secs(1200))]).run().closed());
}

#[test]
fn clocks_fire_between_looks_in_a_pause_and_before_a_retry() {
    let came = rig(
        "      - { id: w, title: W, wait_for_url: { url: 'http://x.example.com', every: 10m }, timeout: 1h }",
    );
    let down = Reply::status(503, "");
    all_fired(&came.reply("GET", [down.clone(), down, Reply::status(200, "")]).run().closed());
    all_fired(&rig("      - { id: p, title: P, pause: 20m }").run().closed());
    let came = rig(
        "      - { id: r, title: R, effect: read, shell: go, retry: { times: 2, every: 20m, max: 20m } }",
    );
    all_fired(&came.reply("go", [Reply::exit(1, ""), Reply::exit(0, "")]).run().closed());
}

#[test]
fn clocks_fire_over_a_sleep_of_the_machine() {
    let came = rig("      - { id: p, title: P, pause: 20m }");
    let came = came.world(|world| world.sleep(secs(10), secs(3600))).run().closed();
    assert_eq!(passed(&came, "rto"), [3610]);
    assert_eq!(passed(&came, "escalation:1"), [3610]);
}

#[test]
fn a_wall_clock_that_is_set_is_recorded_and_looks_keep_their_rhythm() {
    let text = "  - { id: w, title: W, wait_for_url: { url: 'http://x.example.com', every: 10s }, timeout: 5m }";
    let down = || Reply::status(503, "");
    let came = Rig::of(text)
        .reply("GET", [down(), down(), Reply::status(200, "")])
        .world(|world| world.set_wall(secs(5), secs(-3600)))
        .run()
        .closed();
    let stepped = |kind: &Kind| matches!(kind, Kind::ClockStepped { by_ms: -3_600_000, .. });
    assert_eq!(came.count(stepped), 1, "{}", came.story());
    let last = came.events.iter().rfind(|event| matches!(event.kind, Kind::Ended { .. })).unwrap();
    assert_eq!(last.boot_ms, 1_021_000);
}

/// Steps that take twenty minutes, each in its own way.
const TWENTY_MINUTES: [&str; 4] = [
    "      - { id: q, title: Q, confirm: Good? }",
    "      - { id: a, title: A, effect: read, timeout: 30m, shell: go }",
    "      - { id: p, title: P, pause: 20m }",
    "      - { id: w, title: W, wait_for_url: { url: 'http://x.example.com', every: 10m }, timeout: 1h }",
];

/// When clocks fired by the boot clock, in seconds after the run's start.
fn fired(came: &Came, clock: &str) -> Vec<i64> {
    let of =
        |kind: &Kind| matches!(kind, Kind::DeadlinePassed { clock: which, .. } if which == clock);
    let events = came.events.iter().filter(|event| of(&event.kind));
    events.map(|event| event.boot_ms / 1000 - 1000).collect()
}

#[test]
fn a_wall_clock_that_is_set_makes_no_deadline_early_and_loses_none() {
    let far = [3600, -3600, 400_000_000, -1_700_000_000, 3];
    for (steps, by) in TWENTY_MINUTES.iter().flat_map(|steps| far.map(|by| (steps, by))) {
        let down = Reply::status(503, "");
        let came = rig(steps)
            .reply("q", [Reply::types("y").after(secs(1200))])
            .reply("go", [Reply::exit(0, "").after(secs(1200))])
            .reply("GET", [down.clone(), down, Reply::status(200, "")])
            .world(move |world| world.set_wall(secs(5), secs(by)))
            .run()
            .closed();
        let stepped =
            |kind: &Kind| matches!(kind, Kind::ClockStepped { by_ms, .. } if *by_ms == by * 1000);
        assert_eq!(came.count(stepped), 1, "{by}: {}", came.story());
        for (clock, at) in [("budget:one", 180), ("rto", 540), ("escalation:1", 840)] {
            assert_eq!(fired(&came, clock), [at], "{by}: {}", came.story());
        }
        let last = came.events.iter().rfind(|event| matches!(event.kind, Kind::Ended { .. }));
        assert!((2200..2204).contains(&(last.unwrap().boot_ms / 1000)), "{by}: {}", came.story());
    }
}

#[test]
fn a_time_limit_goes_on_over_a_wall_clock_that_is_set() {
    let text = "  - { id: w, title: W, wait_for_url: { url: 'http://x.example.com', every: 10s }, timeout: 5m, on_fail: continue }";
    for by in [3600, -3600] {
        let came = Rig::of(text)
            .reply("GET", [Reply::status(503, "")])
            .world(move |world| world.set_wall(secs(95), secs(by)))
            .run()
            .closed();
        let last =
            came.events.iter().rfind(|event| matches!(event.kind, Kind::Ended { .. })).unwrap();
        assert!((1285..=1300).contains(&(last.boot_ms / 1000)), "{by}: {}", came.story());
    }
}

#[test]
fn what_passed_while_nobody_drove_fires_on_resume_and_says_so() {
    let first =
        rig("      - { id: q, title: Q, confirm: Good? }").interrupt(30, Interrupt::HangUp).run();
    let came = rig("      - { id: q, title: Q, confirm: Good? }").types("q", ["y"]);
    let came = came.resume(&first.events, secs(1200), vec![]).closed();
    for clock in ["rto", "budget:one", "escalation:1"] {
        let down = |kind: &Kind| matches!(kind, Kind::DeadlinePassed { clock: which, while_down: true, .. } if which == clock);
        assert_eq!(came.count(down), 1, "{clock}: {}", came.story());
    }
    assert_eq!(passed(&came, "escalation:0").len(), 1);
}

#[test]
fn mitigation_stops_the_escalation() {
    let came = rig(
        "      - { id: a, title: A, effect: read, shell: go, marks: mitigated }\n      - { id: p, title: P, pause: 30m }",
    );
    let came = came.run().closed();
    assert!(passed(&came, "escalation:1").is_empty());
}

#[test]
fn a_late_acknowledgement_is_told_once() {
    let came = Rig::new(&text("      - { id: a, title: A, effect: read, shell: go }"))
        .milestone(Milestone::Detected, secs(3600))
        .milestone(Milestone::Acknowledged, secs(0))
        .run()
        .closed();
    assert_eq!(passed(&came, "response"), [0]);
}

#[test]
fn the_project_may_set_its_own_severities() {
    let matrix =
        "severities: { SEV-1: { response: 2m, escalation: [{ after: 5m, to: [boss] }] } }\n";
    let library = library(&[&text("      - { id: p, title: P, pause: 20m }")]);
    let purpose =
        Purpose { playbook: "test", environment: "low", mode: Mode::Real, base: Path::new("/p") };
    let plan = Plan::build(&library, &config(&format!("{matrix}{PLACES}")), purpose).unwrap();
    let mut rig = rig("      - { id: p, title: P, pause: 20m }");
    rig.plan = plan;
    let came = rig.run().closed();
    assert_eq!(passed(&came, "escalation:0"), [240]);
    assert!(passed(&came, "escalation:1").is_empty());
}

#[test]
fn a_message_that_hangs_holds_up_no_step() {
    let came =
        rig("      - { id: a, title: A, effect: read, shell: go }").reply("cto", [Reply::Never]);
    let came = came.run().closed();
    let ended = |kind: &Kind| matches!(kind, Kind::Ended { .. });
    assert_eq!(came.when(ended), secs(1));
}

#[test]
fn an_abandoned_or_closed_run_escalates_to_nobody() {
    let came = rig("      - { id: a, title: A, effect: read, shell: go }")
        .reply("go", [Reply::exit(1, "")])
        .types("a.menu", ["abort"])
        .types("a.reason", ["false alarm"])
        .run()
        .closed();
    let later = rig("      - { id: a, title: A, effect: read, shell: go }");
    let kind = Kind::RollbackStarted { to: None, from: None };
    let came = later.resume(&came.events, secs(90_000), vec![kind]);
    assert!(passed(&came, "escalation:1").is_empty() && passed(&came, "rto").is_empty());
}

/// A wall clock that is set back or forth by an hour changes no span.
#[test]
fn a_wall_clock_that_is_set_moves_no_deadline_and_no_pause() {
    for by in [-3600, 3600] {
        let came = rig("      - { id: p, title: P, pause: 20m }")
            .world(move |world| world.set_wall(secs(10), secs(by)))
            .run()
            .closed();
        let boot = |wanted: &dyn Fn(&Kind) -> bool| {
            let found = came.events.iter().find(|event| wanted(&event.kind)).unwrap();
            found.boot_ms / 1000 - 1000
        };
        let passed = |clock: &'static str| move |kind: &Kind| matches!(kind, Kind::DeadlinePassed { clock: which, .. } if which == clock);
        assert_eq!(boot(&passed("budget:one")), 180, "{}", came.story());
        assert_eq!(boot(&passed("rto")), 540, "{}", came.story());
        assert_eq!(boot(&passed("escalation:1")), 840);
        assert_eq!(boot(&|kind: &Kind| matches!(kind, Kind::Ended { .. })), 1200);
    }
}

#[test]
fn many_small_steps_of_the_wall_clock_are_as_good_as_a_large_one() {
    let came = rig("      - { id: p, title: P, pause: 20m }");
    let came = came.world(|world| {
        (1..=20).for_each(|at| world.set_wall(secs(at * 20), Span::from_millis(900)));
    });
    let came = came.run().closed();
    let told: i64 = came
        .events
        .iter()
        .filter_map(|event| match event.kind {
            Kind::ClockStepped { by_ms, .. } => Some(by_ms),
            _ => None,
        })
        .sum();
    assert!((18_000 - told).abs() <= 1000, "{told}: {}", came.story());
    let ended = came.events.iter().find(|event| matches!(event.kind, Kind::Ended { .. })).unwrap();
    assert!((ended.boot_ms - 2_200_000).abs() <= 1000, "{}", came.story());
}

/// What an input says is recorded behind the fact that the clock was set before it came.
#[test]
fn an_answer_that_comes_with_a_new_time_is_told_by_the_new_clock() {
    let came =
        rig("      - { id: q, title: Q, confirm: Good? }\n      - { id: p, title: P, pause: 4m }")
            .reply("q", [Reply::types("y").after(secs(30))])
            .world(|world| world.set_wall(secs(30), secs(7200)))
            .run()
            .closed();
    let place = |wanted: &dyn Fn(&Kind) -> bool| {
        came.events.iter().position(|event| wanted(&event.kind)).unwrap()
    };
    let set = place(&|kind| matches!(kind, Kind::ClockStepped { .. }));
    assert!(set < place(&|kind| matches!(kind, Kind::Ended { .. })), "{}", came.story());
}

#[test]
fn a_clock_that_was_set_while_nobody_drove_is_noticed_within_one_boot() {
    let first =
        rig("      - { id: q, title: Q, confirm: Good? }").interrupt(30, Interrupt::HangUp).run();
    let run = Run::fold(&first.events);
    let last = first.events.last().unwrap();
    let later = |wall: i64, boot: i64| mayday::time::Moment {
        wall: last.at + secs(wall),
        boot: Span::from_millis(last.boot_ms) + secs(boot),
    };
    assert_eq!(run.stepped("boot-1", later(4000, 400)), Some(secs(3600)));
    assert_eq!(run.stepped("boot-1", later(400, 400)), None);
    assert_eq!(run.stepped("boot-2", later(4000, 400)), None, "another boot tells nothing");
}
