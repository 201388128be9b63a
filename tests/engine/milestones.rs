//! Milestones: their order, amendments, what is set by itself, and an incident that is open again.

use mayday::run::milestones::{Order, Refusal, automatic, change_severity, reopen, set};
use mayday::severity::Severity;

use super::*;

/// A run whose milestones are so many minutes after the beginning.
fn run(milestones: &[(Milestone, i64)]) -> Run {
    let rig = Rig::of("  - { id: a, title: A, pause: 1m }");
    let mut kinds = vec![rig.first()];
    kinds.extend(milestones.iter().map(|(milestone, minutes)| Kind::Milestone {
        milestone: *milestone,
        when: minute(*minutes),
        source: "flag".to_owned(),
        reason: None,
    }));
    let event = |kind| Event { at: begin(), boot_ms: 0, by: "ana".to_owned(), slip: None, kind };
    Run::fold(&kinds.into_iter().map(event).collect::<Vec<_>>())
}

fn minute(minutes: i64) -> Timestamp {
    begin() + Span::from_mins(minutes)
}

fn refused(run: &Run, milestone: Milestone, at: i64) -> Option<String> {
    let now = minute(100);
    set(run, milestone, minute(at), now, Order::Kept, None).err().map(|why| why.to_string())
}

#[test]
fn the_order_of_milestones_is_kept_and_a_refusal_names_both_times() {
    use Milestone as M;
    let run =
        run(&[(M::ImpactStarted, 10), (M::Detected, 20), (M::Mitigated, 40), (M::Resolved, 60)]);
    let wrong = [
        (M::ImpactStarted, 21),
        (M::Detected, 9),
        (M::Detected, 41),
        (M::Declared, 19),
        (M::Acknowledged, 5),
        (M::Mitigated, 19),
        (M::Mitigated, 61),
        (M::Recovered, 9),
        (M::Resolved, 39),
        (M::Closed, 59),
    ];
    for (milestone, at) in wrong {
        let why = refused(&run, milestone, at);
        let why = why.unwrap_or_else(|| panic!("{milestone:?} at {at} was taken"));
        assert!(why.contains("before") || why.contains("after"), "{why}");
    }
    let right = [
        (M::ImpactStarted, 20),
        (M::Detected, 10),
        (M::Declared, 70),
        (M::Acknowledged, 20),
        (M::Mitigated, 20),
        (M::Recovered, 30),
        (M::Resolved, 40),
        (M::Closed, 60),
    ];
    for (milestone, at) in right {
        assert_eq!(refused(&run, milestone, at), None, "{milestone:?} at {at}");
    }
    assert_eq!(
        refused(&run, M::Mitigated, 19).unwrap(),
        "mitigated at 2026-11-22 10:19:00Z would be before detected at 2026-11-22 10:20:00Z"
    );
}

#[test]
fn a_time_in_the_future_is_refused_even_when_the_order_is_overruled() {
    let run = run(&[(Milestone::Detected, 20)]);
    let set = |at, order| set(&run, Milestone::Mitigated, minute(at), minute(30), order, None);
    assert!(matches!(set(31, Order::Overruled), Err(Refusal::Future { .. })));
    assert!(matches!(set(19, Order::Kept), Err(Refusal::Order { .. })));
    assert!(set(19, Order::Overruled).is_ok());
    assert!(set(30, Order::Kept).is_ok());
}

#[test]
fn an_amendment_is_another_event_and_what_sets_itself_only_fills_a_gap() {
    let run = run(&[(Milestone::Detected, 20)]);
    let amended = set(&run, Milestone::Detected, minute(5), minute(30), Order::Kept, None).unwrap();
    let Kind::Milestone { source, .. } = &amended else { panic!("{amended:?}") };
    assert_eq!(source, "amended");
    assert_eq!(automatic(&run, Milestone::Detected, minute(1), "alert"), None);
    assert!(automatic(&run, Milestone::Mitigated, minute(25), "step:a").is_some());
}

#[test]
fn only_what_was_over_can_be_open_again() {
    let open = run(&[(Milestone::Detected, 20)]);
    let again = |run: &Run, at| reopen(run, minute(at), minute(60), "back".to_owned());
    assert_eq!(again(&open, 30), Err(Refusal::NotOver));
    let over = run(&[(Milestone::Detected, 20), (Milestone::Mitigated, 40)]);
    assert!(matches!(again(&over, 39), Err(Refusal::TooEarly { .. })));
    assert!(matches!(again(&over, 61), Err(Refusal::Future { .. })));
    assert!(again(&over, 41).is_ok());
}

#[test]
fn the_severity_is_raised_by_one_key_and_lowered_with_a_reason() {
    let mut rig = Rig::of("  - { id: a, title: A, pause: 1m }");
    rig.plan.head.severity = Some(Severity::Sev2);
    let opened =
        Event { at: begin(), boot_ms: 0, by: "ana".to_owned(), slip: None, kind: rig.first() };
    let run = Run::fold([&opened]);
    assert!(change_severity(&run, Severity::Sev1, None).is_ok());
    let same = change_severity(&run, Severity::Sev2, None).unwrap_err();
    assert_eq!(same.to_string(), "it is SEV-2 already");
    let blank = change_severity(&run, Severity::Sev3, Some(" ".to_owned())).unwrap_err();
    assert_eq!(blank.to_string(), "lowering it to SEV-3 needs a reason");
    assert!(change_severity(&run, Severity::Sev3, Some("one user only".to_owned())).is_ok());
}
