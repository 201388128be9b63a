//! The clocks of an incident that changes: its severity, its milestones, that it is open again, held, asleep.

use mayday::run::clock::{self, clocks};
use mayday::severity::Severity;

use super::*;

const ASK: &str = "      - { id: q, title: Q, confirm: Good? }\n";

fn text(head: &str, steps: &str) -> String {
    format!(
        "mayday: 1\nid: test\ntitle: Test\n{head}\nphases:\n  - id: one\n    title: One\n    steps:\n{steps}"
    )
}

/// Detected and acknowledged a minute before the run.
fn rig(head: &str, steps: &str) -> Rig {
    Rig::new(&text(head, steps))
        .milestone(Milestone::Detected, secs(60))
        .milestone(Milestone::Acknowledged, secs(0))
}

/// When clocks passed, in seconds after the run's start, each with how.
fn passed(came: &Came, wanted: &str) -> Vec<(i64, bool, bool)> {
    let of = |event: &Event| match &event.kind {
        Kind::DeadlinePassed { clock, while_down, retroactive, .. } if clock == wanted => {
            Some((event.at.since(begin()).millis() / 1000, *while_down, *retroactive))
        }
        _ => None,
    };
    came.events.iter().filter_map(of).collect()
}

/// The clock of that name as it stands at the end.
fn clock(rig: &Rig, came: &Came, id: &str) -> Option<clock::Clock> {
    clocks(&rig.plan, &came.run).into_iter().find(|clock| clock.id == id)
}

/// A session that ends at a question after so many seconds.
fn left(rig: Rig, after: i64) -> (Vec<Event>, Rig) {
    let rig = rig.interrupt(after, Interrupt::HangUp);
    let events = rig.run().events;
    let mut rig = rig;
    rig.shape.clear();
    (events, rig)
}

#[test]
fn a_raised_severity_counts_from_the_detection_and_fires_what_is_past_at_once() {
    let (events, rig) = left(rig("severity: SEV-3", ASK), 1200);
    let raised =
        Kind::SeverityChanged { from: Some(Severity::Sev3), to: Severity::Sev1, reason: None };
    let rig = rig.reply("q", [Reply::types("y").after(secs(60))]);
    let came = rig.resume(&events, secs(10), vec![raised]).closed();
    // Detected 21 minutes ago: both rungs of SEV-1 are past.
    for rung in ["escalation:SEV-1:0", "escalation:SEV-1:1"] {
        assert_eq!(passed(&came, rung), [(1210, false, true)], "{}", came.story());
    }
    let told =
        |kind: &Kind| matches!(kind, Kind::Notifying { to, .. } if to == "cto" || to == "ceo");
    assert_eq!(came.count(told), 4, "{}", came.story());
    assert!(passed(&came, "escalation:0").is_empty(), "SEV-3 has four hours");
    assert_eq!(clock(&rig, &came, "escalation:SEV-1:1").unwrap().from, begin() - secs(60));
    assert_eq!(came.run.incident.severity, Some(Severity::Sev1));
}

#[test]
fn a_lowered_severity_cancels_what_is_pending_and_leaves_what_fired() {
    let (events, rig) = left(rig("severity: SEV-1", ASK), 30);
    let lowered = Kind::SeverityChanged {
        from: Some(Severity::Sev1),
        to: Severity::Sev3,
        reason: Some("one user".to_owned()),
    };
    let rig = rig.reply("q", [Reply::types("y").after(secs(3600))]);
    let came = rig.resume(&events, secs(10), vec![lowered]).closed();
    assert_eq!(passed(&came, "escalation:0"), [(0, false, false)]);
    assert!(passed(&came, "escalation:1").is_empty(), "{}", came.story());
    assert_eq!(came.run.incident.worst, Some(Severity::Sev1));
}

#[test]
fn a_response_that_another_severity_asks_for_is_judged_from_the_detection() {
    let rig = Rig::new(&text("severity: SEV-3", ASK)).milestone(Milestone::Detected, secs(60));
    let (events, rig) = left(rig, 1200);
    let raised = Kind::SeverityChanged { from: None, to: Severity::Sev1, reason: None };
    let rig = rig.reply("q", [Reply::types("y").after(secs(60))]);
    let came = rig.resume(&events, secs(0), vec![raised]).closed();
    assert_eq!(passed(&came, "response"), [(1200, false, true)], "{}", came.story());
}

#[test]
fn an_amended_detection_moves_every_clock_and_nothing_fires_twice() {
    let head = "severity: SEV-1\nobjectives: { rto: 30m, starts: detected }";
    let (events, rig) = left(rig(head, ASK), 30);
    let amended = Kind::Milestone {
        milestone: Milestone::Detected,
        when: begin() - secs(1740),
        source: "amended".to_owned(),
        reason: Some("the first alert was overlooked".to_owned()),
    };
    let rig = rig.reply("q", [Reply::types("y").after(secs(1200))]);
    let came = rig.resume(&events, secs(10), vec![amended]).closed();
    // Escalation after 15 minutes is past, the RTO of 30 minutes is due a minute after the start.
    assert_eq!(passed(&came, "escalation:1"), [(40, false, true)], "{}", came.story());
    assert_eq!(passed(&came, "rto"), [(60, false, false)]);
    assert_eq!(passed(&came, "escalation:0"), [(0, false, false)]);
    let known =
        |kind: &Kind| matches!(kind, Kind::Milestone { milestone: Milestone::Detected, .. });
    assert_eq!(came.count(known), 2, "what was known before stays");
}

#[test]
fn an_incident_that_is_open_again_goes_on_with_its_clocks() {
    let steps =
        format!("      - {{ id: a, title: A, effect: read, shell: go, marks: mitigated }}\n{ASK}");
    let head = "severity: SEV-1\nobjectives: { rto: 10m, ends: 'milestone:mitigated' }";
    let (events, rig) = left(rig(head, &steps), 30);
    let before = Run::fold(&events);
    assert!(before.milestones.contains_key(&Milestone::Recovered));
    let again = Kind::Reopened { when: begin() + secs(900), reason: "errors are back".to_owned() };
    let rig = rig.reply("q", [Reply::types("y").after(secs(60))]);
    let came = rig.resume(&events, secs(1000), vec![again]).closed();
    assert_eq!(passed(&came, "rto").len(), 1, "{}", came.story());
    assert_eq!(passed(&came, "escalation:1").len(), 1, "{}", came.story());
    assert!(!came.run.milestones.contains_key(&Milestone::Mitigated));
    assert!(!came.run.milestones.contains_key(&Milestone::Recovered), "{}", came.story());
    let reopened = came.run.incident.reopened[0];
    assert_eq!(reopened.at, begin() + secs(900));
    assert_eq!(reopened.well_from, Some(begin() + secs(1)));
}

#[test]
fn forty_minutes_of_sleep_inside_a_prompt_count_and_fire_each_clock_once() {
    let head = "severity: SEV-1\nobjectives: { rto: 15m }";
    let rig = rig(head, ASK).reply("q", [Reply::types("y").after(secs(2500))]);
    let came = rig.world(|world| world.sleep(secs(10), secs(2400))).run().closed();
    for clock in ["rto", "escalation:1"] {
        assert_eq!(passed(&came, clock), [(2410, false, false)], "{}", came.story());
    }
    assert_eq!(came.count(|kind| matches!(kind, Kind::ClockStepped { .. })), 0);
}

#[test]
fn timers_of_the_playbook_run_out_again_and_again_unless_something_came_first() {
    let head = "severity: SEV-1\ntimers:\n  think: { say: Consider the failover, after: 5m, every: 4m, to: [boss] }\n  calm: { say: Too late, after: 10m, unless: mitigated }\n  vendor: { say: Ask again, after: 2m, from: 'step:a', unless: 'step:q' }\n  gone: { say: Never, after: 1m, from: 'phase:nowhere' }";
    let steps =
        format!("      - {{ id: a, title: A, effect: read, shell: go, marks: mitigated }}\n{ASK}");
    let rig = rig(head, &steps).reply("q", [Reply::types("y").after(secs(1000))]);
    let came = rig.run().closed();
    assert_eq!(passed(&came, "timer:think"), [(240, false, false)], "{}", came.story());
    assert_eq!(passed(&came, "timer:think.1"), [(480, false, false)]);
    assert_eq!(passed(&came, "timer:think.3"), [(960, false, false)]);
    assert!(passed(&came, "timer:think.4").is_empty());
    assert!(passed(&came, "timer:calm").is_empty() && passed(&came, "timer:gone").is_empty());
    assert_eq!(passed(&came, "timer:vendor"), [(120, false, false)]);
    let told = |kind: &Kind| matches!(kind, Kind::MessageQueued { to, message, .. } if to == "boss" && message.contains("Consider the failover"));
    assert_eq!(came.count(told), 4, "{}", came.story());
}

#[test]
fn news_is_due_again_after_each_time_that_there_was_some() {
    let steps = "      - { id: p, title: P, pause: 6m }\n      - { id: n, title: N, notify: { to: [team], message: Hello } }\n      - { id: z, title: Z, pause: 30m }\n";
    let library = library(&[&text("severity: SEV-1", steps)]);
    let matrix = "severities: { SEV-1: { response: 15m, updates: { first: 5m, every: 10m } } }\n";
    let purpose =
        Purpose { playbook: "test", environment: "low", mode: Mode::Real, base: Path::new("/p") };
    let mut rig = rig("severity: SEV-1", steps);
    rig.plan = Plan::build(&library, &config(&format!("{matrix}{PLACES}")), purpose).unwrap();
    let came = rig.run().closed();
    assert_eq!(passed(&came, "update:1"), [(240, false, false)], "{}", came.story());
    assert!(passed(&came, "update:1.1").is_empty());
    let told = came.step("n").settled_at.unwrap().since(begin()).millis() / 1000;
    assert_eq!(passed(&came, "update:2"), [(told + 600, false, false)]);
    assert_eq!(passed(&came, "update:2.1"), [(told + 1200, false, false)]);
}

#[test]
fn a_second_person_who_does_not_answer_is_told_of_again() {
    let steps = "      - { id: a, title: A, effect: destructive, shell: go, confirm: { type_to_confirm: go, second_person: 'true' } }\n";
    let rig = rig("", steps)
        .types("a", ["go"])
        .reply("a.second", [Reply::Never])
        .world(|world| world.ack(secs(400), "eva", "user 7"));
    let came = rig.run().closed();
    assert_eq!(passed(&came, "approval:a").len(), 1, "{}", came.story());
    assert!(came.run.incident.approvals.is_empty());
}

#[test]
fn the_last_moment_for_a_way_around_is_its_length_and_a_margin_before_the_rto() {
    let steps = "      - { id: q, title: Q, confirm: Good? }\n  - id: failover\n    title: Fail over\n    steps:\n      - { id: f, title: F, pause: 5m }\n";
    let mut rig = rig("objectives: { rto: 30m }", steps);
    let fallbacks = std::collections::BTreeMap::from([("failover".to_owned(), secs(600))]);
    rig.opening.push(Kind::Expectations { steps: std::collections::BTreeMap::new(), fallbacks });
    let rig = rig.reply("q", [Reply::types("y").after(secs(1500))]);
    let came = rig.run().closed();
    // 30 minutes from a minute before the start, less 10 minutes and one of margin.
    assert_eq!(passed(&came, "decide_by:failover"), [(1080, false, false)], "{}", came.story());
}

#[test]
fn an_end_that_holds_counts_from_its_first_moment_and_is_looked_at_again() {
    let steps = "      - { id: a, title: A, effect: read, shell: go, verify: [{ shell: look }] }\n      - { id: b, title: B, pause: 1m }\n";
    let head = "objectives: { rto: 10m, ends: 'step:a', hold: 5m }";
    let came = rig(head, steps).run().closed();
    let recovered = came.run.milestones[&Milestone::Recovered];
    assert_eq!(recovered, came.step("a").settled_at.unwrap());
    let at =
        came.when(|kind| matches!(kind, Kind::Milestone { milestone: Milestone::Recovered, .. }));
    assert!(at >= recovered.since(begin()) + secs(300), "{}", came.story());
    let looks = came.begun().iter().filter(|what| what.contains("look")).count();
    assert_eq!(looks, 2, "{:?}", came.begun());
    assert!(passed(&came, "rto").is_empty());
}

#[test]
fn an_end_that_does_not_hold_opens_its_step_again_and_the_clock_goes_on() {
    let steps = "      - { id: a, title: A, effect: read, shell: go, verify: [{ shell: look }] }\n      - { id: b, title: B, pause: 1m }\n";
    let head = "objectives: { rto: 5m, ends: 'step:a', hold: 5m }";
    let replies = [Reply::exit(0, ""), Reply::exit(1, "down again"), Reply::exit(0, "")];
    let came = rig(head, steps).reply("look", replies).types("a.menu", ["retry"]).run().closed();
    let recovered = came.run.milestones[&Milestone::Recovered].since(begin());
    assert!(recovered > secs(300) && recovered < secs(320), "{recovered} {}", came.story());
    assert_eq!(came.starts("a"), 2, "{}", came.story());
    // It was reached in time; when that did not last, the RTO of 5 minutes was past.
    let missed = passed(&came, "rto");
    assert!(missed.len() == 1 && missed[0].0 > 300, "{missed:?} {}", came.story());
}

#[test]
fn a_drill_that_is_held_stands_still_and_a_real_run_does_not() {
    let held = || Kind::Held { reason: "a real incident".to_owned() };
    let (events, rig) = left(rig("severity: SEV-1\nobjectives: { rto: 10m }", ASK), 30);
    let real = rig
        .reply("hold", [Reply::types("").after(secs(1800))])
        .types("q", ["y"])
        .resume(&events, secs(10), vec![held()])
        .closed();
    assert_eq!(passed(&real, "rto"), [(540, false, false)], "{}", real.story());
    assert!(real.step("q").settled_at.unwrap() >= begin() + secs(1840));

    let drill = "drill:\n  environments: [low]\n  inject:\n    - { id: hurt, title: H, effect: change, shell: break }\n";
    let book = text("severity: SEV-1\nobjectives: { rto: 10m }", ASK) + drill;
    let rig = Rig::on(&[&book], "low", Mode::Drill);
    let (events, rig) = left(rig, 30);
    let came = rig
        .reply("hold", [Reply::types("").after(secs(1800))])
        .types("q", ["y"])
        .resume(&events, secs(10), vec![held()])
        .closed();
    let fired = passed(&came, "rto");
    assert_eq!(fired.len(), 1, "{}", came.story());
    assert!(fired[0].0 >= 1840, "none while it was held: {}", came.story());
    let (from, to) = (begin(), begin() + secs(9000));
    assert_eq!(came.run.incident.held_within(from, to), secs(1800));
}

#[test]
fn a_restore_that_loses_more_than_the_objective_needs_the_loss_to_be_typed() {
    let steps = "      - { id: pick, title: P, effect: read, shell: pick, capture: { point: stdout } }\n      - { id: restore, title: R, effect: destructive, shell: restore }\n";
    let head = "objectives: { rpo: 5m, recovery_point: point }";
    let pick = |text: &str| rig(head, steps).reply("pick", [Reply::exit(0, text)]);
    let over = pick("2026-11-21T21:28:00Z")
        .types("restore", ["restore"])
        .types("restore.loss", ["12h31m"])
        .run()
        .closed();
    let asked = |came: &Came, wanted: &str| {
        let fits = |kind: &Kind| matches!(kind, Kind::Asked { text, .. } if text.contains(wanted));
        came.count(fits)
    };
    assert_eq!(
        asked(&over, "This loses 12h31m of data: it is recovered as of 2026-11-21 21:28:00Z."),
        2,
        "{}",
        over.story()
    );
    assert_eq!(asked(&over, "more than the RPO of 5m"), 1);
    let little = pick("2026-11-22T09:57:30Z").types("restore", ["restore"]).run().closed();
    assert_eq!(asked(&little, "This loses 1m30s of data"), 1, "{}", little.story());
    assert_eq!(asked(&little, "more than the RPO"), 0);
    let alone = pick("2026-11-21T21:28:00Z")
        .given("restore", "restore", Source::Confirm)
        .unattended()
        .run();
    let (_, why) = alone.stopped().unwrap();
    assert!(why.contains("--confirm restore.loss=12h31m"), "{why}");
    assert!(!alone.begun().iter().any(|what| what.contains("restore")), "{:?}", alone.begun());
}
