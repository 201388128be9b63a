//! The record cut after every event, and the run taken up again: nothing that changes is done twice,
//! nothing hangs, every beginning of a record can be gone on from.

use std::fmt::Write as _;

use mayday::effect::{EffectClass, Ending, FailKind};
use mayday::steps::{Action, Verdict};

use super::*;

/// Numbers from a seed (an xorshift generator, Marsaglia 2003): the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }
}

fn action(dice: &mut Dice, at: u64) -> String {
    let class = dice.pick(&["read", "change", "destructive"]);
    let more = dice.pick(&[
        "",
        ", retry: { times: 2, every: 3s }",
        ", on_fail: continue",
        ", undo: { effect: change, shell: 'undo it' }",
        ", on_crash: { probe: { shell: look }, done_if: exit_code == 0 }",
        ", verify: [{ shell: verify, that: exit_code == 0 }]",
        ", evidence: { files: [x.log], ask: Seen? }",
        ", confirm: { ask: Sure?, second_person: 'true' }",
        ", killer: true",
        ", for_each: \"['x', 'y']\"",
        ", on_fail: stop",
        ", marks: mitigated",
    ]);
    match dice.roll(10) {
        0 => format!("pause: {at}s"),
        1 => "confirm: Good?".to_owned(),
        2 => "manual: Do it".to_owned(),
        3 => "assert: env.name == 'low'".to_owned(),
        4 => {
            "wait_for_url: { url: http://x.example.com, every: 2s, times_in_a_row: 2 }, timeout: 9s"
                .to_owned()
        }
        5 => format!("effect: {class}, target: db, sql: UPDATE t{more}"),
        6 => "notify: { to: [team, page], message: hi }".to_owned(),
        7 => "choose: { ask: Which?, options: { a: A, b: B } }".to_owned(),
        _ => format!("effect: {class}, timeout: 20s, shell: go{more}"),
    }
}

fn playbook(dice: &mut Dice) -> String {
    let mut text =
        "mayday: 1\nid: test\ntitle: Test\nseverity: SEV-1\nobjectives: { rto: 1m }\nphases:\n"
            .to_owned();
    let mut at = 0;
    for phase in 0..=dice.roll(2) {
        let when = dice.pick(&["", "    when: env.name == 'low'\n", "    when: env.name == 'x'\n"]);
        write!(text, "  - id: p{phase}\n    title: P\n    budget: 20s\n{when}    steps:\n")
            .unwrap();
        for _ in 0..=dice.roll(3) {
            at += 1;
            writeln!(text, "      - {{ id: s{at}, title: S, {} }}", action(dice, at)).unwrap();
        }
    }
    text
}

/// A world that is as good or as bad as the dice say, and an operator who answers anything.
fn reply(dice: &mut Dice, effect: &Effect) -> Option<Reply> {
    if let Effect::Ask(question) = effect {
        let texts: Vec<String> = match &question.wants {
            mayday::effect::Wants::Enter => vec![String::new()],
            mayday::effect::Wants::YesNo => vec![dice.pick(&["y", "y", "n"]).to_owned()],
            mayday::effect::Wants::Typed(text) => vec![text.clone()],
            mayday::effect::Wants::OneOf(choices) => {
                let place = usize::try_from(dice.roll(choices.len() as u64)).unwrap();
                vec![choices[place].key.clone()]
            }
            _ => vec!["bo".to_owned()],
        };
        return Some(Reply::Types(secs(i64::try_from(dice.roll(4)).unwrap()), texts));
    }
    Some(match (dice.roll(8), effect) {
        (0, Effect::Process(_)) => Reply::exit(1, ""),
        (0, Effect::Http(_)) => Reply::status(503, ""),
        (0, Effect::Keep(_) | Effect::Notify(_)) => Reply::fails(FailKind::NotFound, "gone"),
        (1, Effect::Process(_) | Effect::Http(_)) => Reply::Never,
        (2, Effect::SqlEnd(_)) => Reply::unknown("the connection broke"),
        (3, Effect::Sql(_)) => Reply::fails(FailKind::Refused, "no such table"),
        _ => return None,
    })
}

fn go_on(plan: &Plan, events: &[Event], seed: u64, attended: bool) -> Came {
    let mut dice = Dice(seed | 1);
    let at = events.last().unwrap().at;
    let mut world = SimWorld::new(at, secs(5), move |effect| reply(&mut dice, effect));
    let mut record = MemoryRecord::of(events.to_vec()).with_room(events.len() + 3000);
    let mut run = Run::fold(events);
    let mut session = Session { attended, ..Session::default() };
    let mut onlooker = Onlooker::default();
    let trouble = Driver {
        plan,
        run: &mut run,
        session: &mut session,
        record: &mut record,
        world: &mut world,
        observer: &mut onlooker,
        zone: Zone::east_opt(0).unwrap(),
    }
    .drive()
    .err();
    Came { events: record.into_committed(), run, world, onlooker, trouble }
}

/// A step that changes something begins again only when it is known to have failed before, or when the
/// operator asked for it.
fn repeats_nothing(plan: &Plan, came: &Came) {
    let mut open: HashMap<&str, bool> = HashMap::new();
    for event in &came.events {
        match &event.kind {
            Kind::Started { step, part: 0, class, .. } => {
                let begun = open.insert(step, true).unwrap_or(false);
                assert!(
                    !begun || *class == EffectClass::Read || again(plan, step),
                    "step {step} was begun twice:\n{}",
                    came.story()
                );
            }
            Kind::Ended { step, verdict: Verdict::Fail(_), .. } | Kind::Revoked { step, .. } => {
                open.insert(step, false);
            }
            Kind::Checked { step, verdict: Verdict::Fail(_), check, .. } if check != "probe" => {
                open.insert(step, false);
            }
            Kind::Chose { step, choice, .. } if ["retry", "edit", "undo"].contains(&&**choice) => {
                open.insert(step, false);
                open.retain(|key, _| *key != format!("{step}.undo"));
            }
            // What was undone is done again.
            Kind::RollbackEnded { again } => open.retain(|key, _| {
                !again.iter().any(|step| key.strip_suffix(".undo").unwrap_or(key) == step)
            }),
            _ => {}
        }
    }
}

fn deadlines_fire_once(came: &Came) {
    let mut seen = std::collections::BTreeSet::new();
    for event in &came.events {
        if let Kind::DeadlinePassed { clock, .. } = &event.kind {
            assert!(seen.insert(clock), "{clock} passed twice:\n{}", came.story());
        }
    }
}

/// A question is asked again; messages that were queued are not queued again.
fn again(plan: &Plan, step: &str) -> bool {
    let action = plan.unit(step).map(|unit| &unit.step.action);
    action.is_some_and(|action| action.is_question() || matches!(action, Action::Notify(_)))
}

/// Every message is queued once and arrives once.
fn messages_arrive_once(came: &Came) {
    let mut queued = std::collections::BTreeSet::new();
    let mut arrived = std::collections::BTreeSet::new();
    for event in &came.events {
        match &event.kind {
            Kind::MessageQueued { to, cause, signal, .. } => {
                let new = queued.insert((to, cause, signal.word()));
                assert!(new, "{to} is told twice of {cause}:\n{}", came.story());
            }
            Kind::Notifying { letter: Some(letter), .. } => {
                let over = arrived.contains(letter);
                assert!(!over, "{letter} had arrived:\n{}", came.story());
            }
            Kind::Notified { letter: Some(letter), ending: Ending::Done, .. } => {
                arrived.insert(*letter);
            }
            _ => {}
        }
    }
}

fn check(plan: &Plan, came: &Came) {
    assert_eq!(came.trouble, None, "goes round in circles:\n{}", came.story());
    assert!(!came.world.stuck(), "hangs:\n{}", came.story());
    assert!(
        came.run.closed.is_some() || came.run.stopped.is_some(),
        "neither over nor stopped:\n{}",
        came.story()
    );
    assert_eq!(came.run, Run::fold(&came.events));
    repeats_nothing(plan, came);
    deadlines_fire_once(came);
    messages_arrive_once(came);
}

#[test]
fn a_run_cut_anywhere_is_taken_up_and_repeats_nothing() {
    for seed in 1..=250u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..5 {
            dice.roll(2);
        }
        let text = playbook(&mut dice);
        let environment = dice.pick(&["low", "high"]);
        let rig = Rig::on(&[&text], environment, Mode::Real)
            .milestone(Milestone::ImpactStarted, secs(30))
            .milestone(Milestone::Detected, secs(20));
        let event =
            |kind| Event { at: begin(), boot_ms: 0, by: "mayday".to_owned(), slip: None, kind };
        let kinds = std::iter::once(rig.first()).chain(rig.opening.iter().cloned());
        let opening: Vec<Event> = kinds.map(event).collect();
        let whole = go_on(&rig.plan, &opening, seed, true);
        check(&rig.plan, &whole);
        let step = 1 + whole.events.len() / 25;
        for cut in (opening.len()..whole.events.len()).step_by(step) {
            let mut past = whole.events[..cut].to_vec();
            if past.iter().any(|event| matches!(event.kind, Kind::Closed { .. })) {
                break;
            }
            let attached = Kind::Attached {
                operator: if cut % 2 == 0 { "ana" } else { "ben" }.to_owned(),
                boot_id: "boot-2".to_owned(),
                host: "host".to_owned(),
                changed_files: Vec::new(),
                answers: std::collections::BTreeMap::default(),
            };
            let at = past.last().unwrap().at + secs(i64::try_from(cut % 3).unwrap() * 400);
            past.push(Event { at, ..event(attached) });
            let came = go_on(&rig.plan, &past, seed + cut as u64, cut % 4 != 0);
            check(&rig.plan, &came);
            gates_are_asked_again(&came, cut);
        }
    }
}

/// What is destructive is begun behind a gate that was answered by whoever drives, in the last 10 minutes.
fn gates_are_asked_again(came: &Came, cut: usize) {
    for (place, event) in came.events.iter().enumerate().skip(cut) {
        let Kind::Started { step, part: 0, class: EffectClass::Destructive, .. } = &event.kind
        else {
            continue;
        };
        let answered = |before: &&Event| {
            matches!(&before.kind, Kind::Answered { step: about, question, .. }
                if about == step && *question == mayday::run::event::Asking::Gate)
        };
        let last = came.events[..place].iter().rfind(answered);
        let fresh = last.is_some_and(|last| {
            last.by == came.run.operator && event.at.since(last.at) <= secs(10 * 60)
        });
        assert!(fresh, "{step} was begun without a fresh answer:\n{}", came.story());
    }
}

#[test]
fn a_full_record_stops_the_next_effect() {
    let rig = Rig::of(
        "  - { id: a, title: A, effect: read, shell: one }\n  - { id: b, title: B, effect: read, shell: two }",
    );
    let event = |kind| Event { at: begin(), boot_ms: 0, by: "mayday".to_owned(), slip: None, kind };
    let came = rig.drive(MemoryRecord::of(vec![event(rig.first())]).with_room(4));
    assert!(came.trouble.is_some());
    assert_eq!(came.begun(), ["one"]);
    assert_eq!(came.onlooker.events.len(), came.events.len() - 1, "shown is durable");
}

#[test]
fn resume_does_not_run_finished_commands_again() {
    let rig = Rig::of(
        "  - { id: a, title: A, effect: read, shell: one }\n  - { id: b, title: B, effect: read, shell: two }",
    );
    let whole = rig.run().closed();
    let settled = |event: &Event| matches!(&event.kind, Kind::Settled { step, .. } if step == "a");
    let cut = whole.events.iter().position(settled).unwrap() + 1;
    let came = rig.resume(&whole.events[..cut], secs(100), vec![]).closed();
    assert_eq!(came.begun(), ["two"]);
}

#[test]
fn a_pause_and_a_wait_keep_their_deadlines_over_a_resume() {
    let rig = Rig::of("  - { id: p, title: P, pause: 10m }").interrupt(60, Interrupt::HangUp);
    let first = rig.run();
    assert_eq!(first.when(|kind| matches!(kind, Kind::Stopped { .. })), secs(60));
    let rig = Rig::of("  - { id: p, title: P, pause: 10m }");
    let came = rig.resume(&first.events, secs(120), vec![]).closed();
    assert_eq!(came.when(|kind| matches!(kind, Kind::Ended { .. })), secs(600));
    let text = "  - { id: w, title: W, wait_for_url: 'http://x.example.com', timeout: 5m }";
    let down = || Reply::status(503, "");
    let rig = Rig::of(text).reply("GET", [down()]).interrupt(60, Interrupt::Terminate);
    let first = rig.run();
    let came = Rig::of(text).unattended().reply("GET", [down()]);
    let came = came.resume(&first.events, secs(100), vec![]);
    assert!(came.when(|kind| matches!(kind, Kind::Ended { .. })) <= secs(300), "{}", came.story());
    assert_eq!(came.starts("w"), 2);
}

#[test]
fn a_read_whose_time_passed_while_nobody_drove_is_not_begun_again_and_says_so() {
    let text = "  - { id: a, title: A, effect: read, timeout: 5m, shell: go, retry: { times: 2 } }";
    let first = Rig::of(text).reply("go", [Reply::Never]).interrupt(60, Interrupt::HangUp).run();
    let came = Rig::of(text).resume(&first.events, secs(600), vec![]).closed();
    let failed = |kind: &Kind| matches!(kind, Kind::Ended { attempt: 1, verdict: mayday::steps::Verdict::Fail(why), .. } if why.message.starts_with("its time limit had passed (at 10:05:00Z)"));
    assert_eq!(came.count(failed), 1, "{}", came.story());
    // The retry has a time of its own.
    assert_eq!(came.begun(), ["go"]);
    assert_eq!(came.status("a"), Some(StepStatus::Ok));
}

#[test]
fn deciding_takes_as_long_in_a_long_playbook_as_in_a_short_one() {
    let long: String = (0..1_000).fold(String::new(), |mut text, at| {
        writeln!(text, "  - {{ id: s{at}, title: S, effect: read, shell: go, capture: {{ c{at}: exit_code }} }}").unwrap();
        text
    });
    let rig = Rig::of(&long).unattended();
    let event = |kind| Event { at: begin(), boot_ms: 0, by: "mayday".to_owned(), slip: None, kind };
    let record = MemoryRecord::of(vec![event(rig.first())]);
    let came = rig.drive(record).closed();
    // Every step costs the same few events and one effect: nothing is looked at again.
    assert_eq!(came.events.len(), 2 + 1_000 * 3 + 3);
    assert_eq!(came.world.begun().len(), 1_000);
}

/// What can lose data is sent again, where that is the same as once, only by a driver who was asked.
#[test]
fn a_destructive_request_with_a_key_is_sent_again_behind_a_gate() {
    let text = "  - { id: a, title: A, effect: destructive, target: api, http: { delete: /x, idempotency_key: k } }";
    let first = Rig::of(text).types("a", ["a"]).run();
    let started = |event: &Event| matches!(&event.kind, Kind::Started { .. });
    let cut = first.events.iter().position(started).unwrap() + 1;
    let again = Rig::of(text).operator("bo").types("a", ["a"]);
    let came = again.resume(&first.events[..cut], secs(9), vec![]).closed();
    assert_eq!(came.starts("a"), 2);
    let asked = |kind: &Kind| matches!(kind, Kind::Asked { .. });
    assert_eq!(came.count(asked), 2, "{}", came.story());
    let no = Rig::of(text).operator("bo").reply(
        "a",
        [Reply::Ends(
            secs(1),
            mayday::effect::Output {
                ending: mayday::effect::Ending::Cancelled,
                ..mayday::effect::Output::done(serde_json::Map::new(), secs(0))
            },
        )],
    );
    let came = no.types("a.menu", ["stop"]).types("a.reason", ["late"]);
    let came = came.resume(&first.events[..cut], secs(9), vec![]);
    assert_eq!(came.starts("a"), 1);
    assert!(came.failure("a").starts_with("unknown: it was under way"), "{}", came.story());
}

/// A step that is over and captured a secret runs again for it: behind the secrets that it uses itself,
/// and with a time of its own.
#[test]
fn a_step_that_runs_again_for_its_secret_has_what_it_uses_and_its_time() {
    let text = "mayday: 1\nid: test\ntitle: Test\ninputs:\n  key: { type: secret }\nsteps:\n  - { id: a, title: A, effect: read, shell: 'get \"$key\"', timeout: 1m, capture: { token: { from: stdout, secret: true } } }\n  - { id: q, title: Q, confirm: Good? }\n  - { id: b, title: B, effect: read, shell: 'use \"$token\"' }\n";
    let rig = || Rig::new(text).types("key", ["secret-key"]).types("q", ["y"]);
    let first = rig().interrupt(5, Interrupt::HangUp).reply("q", [Reply::Never]).run();
    // The session in between began to run it again and died.
    let second = rig().reply("q", [Reply::Never]).interrupt(9, Interrupt::HangUp);
    let second = second.resume(&first.events, secs(300), vec![]);
    let again = |event: &Event| matches!(&event.kind, Kind::Started { attempt: 2, .. });
    let cut = second.events.iter().position(again).unwrap() + 1;
    let came = rig().resume(&second.events[..cut], secs(300), vec![]).closed();
    let begun = came.begun();
    let place = |words: &str| begun.iter().position(|what| what.contains(words)).unwrap();
    assert!(place("key?") < place("get"), "{begun:?}");
    assert_eq!(came.status("b"), Some(StepStatus::Ok), "{}", came.story());
    assert!(!came.has("timed_out"), "{}", came.story());
}
