//! Messages: queued in the record, sent beside the run, tried again, given up; never twice, never in the way.

use mayday::config::{Contact, Via};
use mayday::effect::{Channel, Ending, Facts, FailKind, NotifyEffect, Output, Signal};
use mayday::run::outbox::LetterState;
use serde_json::json;

use super::*;

fn contact(via: Via, secret: &str) -> Contact {
    let secret = Some(format!("secret:{secret}"));
    let (webhook, routing_key, api_key) = (secret.clone(), secret.clone(), secret);
    let page = Some("kctbh9vrtdwd".to_owned());
    Contact { webhook, routing_key, api_key, page, ..Contact::of(via) }
}

/// A rig whose contacts are of every kind.
fn with_contacts(mut rig: Rig) -> Rig {
    for (name, via) in [
        ("cto", Via::Pagerduty),
        ("ceo", Via::Slack),
        ("status", Via::Statuspage),
        ("room", Via::Slack),
    ] {
        rig.plan.place.contacts.insert(name.to_owned(), contact(via, name));
    }
    rig
}

/// A SEV-1 that was detected just now: CTO and CEO are told at once and called in after 15 minutes.
fn sev1(steps: &str) -> Rig {
    let text = format!("mayday: 1\nid: test\ntitle: Test\nseverity: SEV-1\nsteps:\n{steps}");
    with_contacts(Rig::new(&text)).milestone(Milestone::Detected, secs(0))
}

const HOUR: &str = "  - { id: p, title: P, pause: 1h }";

/// Every message that was sent, in order, with when it was begun.
fn sent(came: &Came) -> Vec<(i64, &NotifyEffect)> {
    let all = came.world.begun().iter();
    all.filter_map(|(id, effect)| match effect {
        Effect::Notify(effect) => {
            let at = came.events[usize::try_from(id.0).unwrap()].at;
            Some((at.since(begin()).millis(), &**effect))
        }
        _ => None,
    })
    .collect()
}

fn to<'a>(came: &'a Came, who: &str) -> Vec<(i64, &'a NotifyEffect)> {
    sent(came).into_iter().filter(|(_, effect)| effect.to == who).collect()
}

fn state(came: &Came, who: &str) -> LetterState {
    came.run.outbox.letters().find(|letter| letter.to == who).unwrap().state
}

fn refused(facts: serde_json::Value) -> Reply {
    let serde_json::Value::Object(facts) = facts else { panic!() };
    let ending = Ending::Failed { kind: FailKind::Refused, message: "status".to_owned() };
    Reply::Ends(secs(1), Output { ending, facts, ..Output::done(Facts::new(), Span::ZERO) })
}

#[test]
fn a_contact_that_never_answers_holds_up_no_step() {
    let steps = "  - { id: t, title: T, notify: { to: room, message: hello } }\n  - { id: a, title: A, effect: read, shell: go }";
    let came = sev1(steps).reply("tell", [Reply::Never]).reply("go", [Reply::exit(0, "")]).run();
    let came = came.closed();
    let done = came.when(|kind| matches!(kind, Kind::Ended { step, .. } if step == "a"));
    assert_eq!(done, secs(1), "{}", came.story());
    let over = came.when(|kind| matches!(kind, Kind::Closed { .. }));
    assert_eq!(over, secs(1), "{}", came.story());
    let last = came.events.last().unwrap().at.since(begin());
    assert!(last <= secs(16), "the end waits no longer than it says:\n{}", came.story());
    assert_eq!(state(&came, "room"), LetterState::Failed, "{}", came.story());
}

#[test]
fn a_message_is_tried_again_with_longer_and_longer_pauses_and_then_given_up() {
    let fails = Reply::fails(FailKind::Connection, "refused");
    let came = sev1(HOUR).reply("tell ceo", [fails]).run().closed();
    let first: Vec<_> = to(&came, "ceo").into_iter().filter(|(at, _)| *at < 600_000).collect();
    assert_eq!(first.len(), 5, "{}", came.story());
    // Each attempt takes a second; a pause is what was meant, a fifth more or less.
    let pauses: Vec<i64> = first.windows(2).map(|two| two[1].0 - two[0].0 - 1000).collect();
    for (pause, meant) in pauses.iter().zip([2000, 4000, 8000, 16_000]) {
        assert!((pause - meant).abs() <= meant / 5, "{pauses:?}");
    }
    let ids: std::collections::BTreeSet<_> = first.iter().map(|(_, effect)| &effect.id).collect();
    assert_eq!(ids.len(), 1, "one message has one id");
    let given_up = |kind: &Kind| matches!(kind, Kind::Notified { to, ending: Ending::Failed { .. }, retry_at: None, .. } if to == "ceo");
    assert_eq!(came.count(given_up), 2, "once for each escalation:\n{}", came.story());
    assert_eq!(state(&came, "ceo"), LetterState::Failed);
    assert_eq!(state(&came, "cto"), LetterState::Delivered);
}

#[test]
fn different_messages_do_not_come_again_at_the_same_moment() {
    let fails = || Reply::fails(FailKind::Connection, "refused");
    let came = sev1(HOUR).reply("tell ceo", [fails()]).reply("tell cto", [fails()]).run().closed();
    let at = |who| to(&came, who).into_iter().map(|(at, _)| at).nth(1).unwrap();
    assert_ne!(at("cto"), at("ceo"), "{}", came.story());
}

#[test]
fn a_contact_that_says_when_to_come_again_is_heard_and_one_that_refuses_is_left_alone() {
    let busy = refused(json!({ "again": true, "retry_after_ms": 90_000 }));
    let came = sev1(HOUR)
        .reply("tell ceo", [busy, Reply::facts(json!({ "delivered": true }))])
        .reply("tell cto", [refused(json!({}))])
        .run()
        .closed();
    let times: Vec<i64> = to(&came, "ceo").into_iter().map(|(at, _)| at).take(2).collect();
    assert_eq!(times, [0, 91_000], "{}", came.story());
    assert_eq!(to(&came, "cto").len(), 2, "once for each escalation:\n{}", came.story());
    let tomorrow = refused(json!({ "again": true, "retry_after_ms": 86_400_000 }));
    let came = sev1(HOUR).reply("tell ceo", [tomorrow, Reply::facts(json!({}))]).run().closed();
    assert_eq!(to(&came, "ceo")[1].0, 601_000, "nobody is kept waiting for longer than this");
}

#[test]
fn a_message_arrives_once_wherever_its_run_is_cut() {
    let text = "  - { id: t, title: T, notify: { to: [room, ceo], message: hello } }\n  - { id: p, title: P, pause: 10s }";
    let rig = || {
        sev1(text)
            .reply("tell ceo", [Reply::fails(FailKind::Connection, "no"), Reply::facts(json!({}))])
    };
    let whole = rig().run().closed();
    assert_eq!(whole.run.outbox.letters().filter(|letter| letter.signal.is_tell()).count(), 4);
    for cut in 2..whole.events.len() {
        let past = &whole.events[..cut];
        let came = rig().resume(past, secs(3), vec![]);
        came.fine();
        let story = came.story();
        let tells: Vec<_> = came.run.outbox.letters().filter(|l| l.signal.is_tell()).collect();
        let mut about: Vec<_> = tells.iter().map(|letter| (&letter.to, &letter.cause)).collect();
        about.sort();
        about.dedup();
        assert_eq!(about.len(), tells.len(), "queued twice after {cut}:\n{story}");
        assert_eq!(tells.len(), 4, "lost after {cut}:\n{story}");
        for letter in tells {
            assert_eq!(letter.state, LetterState::Delivered, "{cut}: {letter:?}\n{story}");
            let arrived = |event: &&Event| matches!(&event.kind, Kind::Notified { letter: Some(id), ending: Ending::Done, .. } if *id == letter.id);
            assert_eq!(came.events.iter().filter(arrived).count(), 1, "{cut}:\n{story}");
        }
    }
}

#[test]
fn what_may_have_arrived_is_marked_where_the_receiver_cannot_tell_a_repeat() {
    let first = sev1(HOUR).reply("tell", [Reply::Never]).world(|world| {
        world.interrupt(Span::from_millis(500), Interrupt::Terminate);
    });
    let first = first.run();
    let came = sev1(HOUR).resume(&first.events, secs(9), vec![]).closed();
    let again = |who| to(&came, who)[0].1;
    assert!(again("ceo").message.ends_with(" (possible duplicate)"), "{:?}", again("ceo"));
    assert!(again("cto").message.ends_with("Run run-1."), "{:?}", again("cto"));
    let before = to(&first, "cto")[0].1;
    assert_eq!((&before.id, &before.key), (&again("cto").id, &again("cto").key));
}

#[test]
fn a_call_is_acknowledged_and_resolved_where_that_can_be_said() {
    let steps = "  - { id: p, title: P, pause: 1m }\n  - { id: m, title: M, pause: 1m, marks: acknowledged }\n  - { id: e, title: E, pause: 1m }";
    let came = sev1(steps).run().closed();
    let said: Vec<_> =
        to(&came, "cto").into_iter().map(|(at, effect)| (at / 1000, effect.signal)).collect();
    let wanted = [(0, Signal::Tell), (120, Signal::Acknowledge), (180, Signal::Resolve)];
    assert_eq!(said, wanted, "{}", came.story());
    let keys: std::collections::BTreeSet<_> =
        to(&came, "cto").into_iter().map(|(_, effect)| effect.key.clone()).collect();
    assert_eq!(keys.into_iter().collect::<Vec<_>>(), ["run-1/escalation:0"]);
    assert!(to(&came, "ceo").iter().all(|(_, effect)| effect.signal == Signal::Tell));
}

#[test]
fn a_call_that_nobody_needs_any_more_is_not_made() {
    let steps = "  - { id: p, title: P, pause: 15m }\n  - { id: m, title: M, pause: 3s, marks: mitigated }\n  - { id: e, title: E, pause: 1h }";
    let fails = Reply::fails(FailKind::Connection, "refused");
    let came = sev1(steps).reply("tell ceo", [fails]).run().closed();
    let dropped = |kind: &Kind| matches!(kind, Kind::Notified { to, cause, ending: Ending::NotDone { reason }, .. } if to == "ceo" && cause == "escalation:1" && reason.contains("mitigated"));
    assert_eq!(came.count(dropped), 1, "{}", came.story());
}

const DRILLED: &str = r#"
mayday: 1
id: test
title: Test
severity: SEV-1
steps:
  - { id: t, title: T, notify: { to: [cto, status], message: hello } }
  - { id: p, title: P, pause: 20m }
drill: { environments: [low] }
"#;

#[test]
fn a_drill_tells_its_channel_alone_and_pages_nobody() {
    let drill = || with_contacts(Rig::on(&[DRILLED], "low", Mode::Drill));
    let mut rig = drill();
    rig.plan.place.drill_channel = Some(contact(Via::Slack, "drills"));
    let came = rig.run().closed();
    assert_eq!(sent(&came).len(), 6, "two escalations and a step:\n{}", came.story());
    for (_, effect) in sent(&came) {
        assert_eq!(effect.channel, Channel::Slack(mayday::effect::Text::Secret("drills".into())));
        assert!(effect.message.starts_with(&format!("DRILL, for {}: ", effect.to)), "{effect:?}");
        assert_eq!(effect.about.mode, "drill");
    }
    // Without a channel, and with one that could wake somebody up or tell the public, nothing is sent.
    for channel in [None, Some(Via::Pagerduty), Some(Via::Statuspage)] {
        let mut rig = drill();
        rig.plan.place.drill_channel = channel.map(|via| contact(via, "drills"));
        let came = rig.run().closed();
        assert!(sent(&came).iter().all(|(_, effect)| effect.channel == Channel::Show));
    }
}

#[test]
fn a_public_post_is_read_by_a_person_before_everybody_reads_it() {
    let steps = "  - { id: t, title: T, notify: { to: status, message: We look into it, headline: Bookings, status: investigating } }";
    let rig = || with_contacts(Rig::of(steps));
    let came = rig().types("t", ["y"]).run().closed();
    assert!(came.has("Everybody will read this on status:\\nWe look into it"), "{}", came.story());
    let (_, effect) = sent(&came)[0];
    assert_eq!(effect.post.as_ref().unwrap().headline.as_deref(), Some("Bookings"));
    let came = rig().types("t", ["n"]).run();
    assert!(sent(&came).is_empty(), "{}", came.story());
    let came = rig().unattended().run();
    assert!(sent(&came).is_empty() && came.stopped().unwrap().1.contains("--confirm t="));
    let came = rig().unattended().given("t", "yes", Source::Confirm).run().closed();
    assert_eq!(sent(&came).len(), 1);
}

#[test]
fn a_public_page_names_the_incident_and_is_told_the_name_again() {
    let steps = "  - { id: t, title: T, notify: { to: status, message: We look into it } }\n  - { id: u, title: U, notify: { to: status, message: It works, status: resolved } }";
    let named = Reply::facts(json!({ "delivered": true, "reference": "inc7" }));
    let rig = with_contacts(Rig::of(steps)).types("t", ["y"]).types("u", ["y"]);
    let came = rig.reply("tell status", [named]).run().closed();
    let names: Vec<_> = sent(&came).iter().map(|(_, effect)| effect.reference.clone()).collect();
    assert_eq!(names, [None, Some("inc7".to_owned())], "{}", came.story());
}

#[test]
fn a_run_that_stops_keeps_what_it_could_not_send_for_the_next_driver() {
    let steps = "  - { id: a, title: A, effect: read, shell: go, on_fail: stop }";
    let fails = Reply::fails(FailKind::Connection, "refused");
    let first = sev1(steps).reply("go", [Reply::exit(1, "")]).reply("tell ceo", [fails]).run();
    first.fine();
    let last = first.events.last().unwrap().at.since(begin());
    assert!(last <= secs(16), "{}", first.story());
    assert!(first.run.outbox.open().all(|letter| letter.to == "ceo"), "{}", first.story());
    assert_eq!(first.run.outbox.open().count(), 1, "{}", first.story());
    let came = sev1(HOUR).resume(&first.events, secs(60), vec![]);
    assert_eq!(state(&came, "ceo"), LetterState::Delivered, "{}", came.story());
    let soon = to(&came, "cto").into_iter().filter(|(at, _)| *at < 900_000).count();
    assert_eq!(soon, 0, "it had arrived:\n{}", came.story());
}
