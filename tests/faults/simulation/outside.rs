//! What really happens when the engine asks for something, and what the engine gets to see of it.

use std::cell::RefCell;
use std::rc::Rc;

use mayday::effect::{
    Effect, EffectClass, EffectId, Ending, Facts, FailKind, Input, Output, ProcessEffect, Recover,
    SqlEnd, TargetKind, Text,
};
use mayday::run::drive::World;
use mayday::run::event::Kind;
use mayday::secret::SecretValue;
use mayday::time::{Moment, Span, Timestamp};
use serde_json::{Value, json};

use super::nature::{Doing, Nature, Sort};

/// The world as the engine sees it.
pub(super) struct Outside(pub(super) Rc<RefCell<Nature>>);

impl World for Outside {
    fn now(&mut self) -> Moment {
        let mut nature = self.0.borrow_mut();
        nature.call();
        nature.told = nature.stamp();
        nature.now()
    }

    fn start(&mut self, id: EffectId, effect: Effect) {
        let mut nature = self.0.borrow_mut();
        nature.call();
        if id != ABOUT_RECORD {
            assert!(!nature.unwritten, "I2: begins {} without a record", effect.what());
            nature.is_announced(id, &effect);
        }
        nature.note(effect.what().as_bytes());
        nature.is_clean(&effect.what(), "what is begun");
        nature.start(id.0, &effect);
        nature.call();
    }

    fn cancel(&mut self, id: EffectId) {
        let mut nature = self.0.borrow_mut();
        nature.call();
        nature.cancel(id.0);
    }

    fn leave(&mut self, id: EffectId) {
        let mut nature = self.0.borrow_mut();
        nature.call();
        nature.drop_end(id.0);
    }

    fn wait(&mut self, until: Option<Timestamp>) -> Input {
        let mut nature = self.0.borrow_mut();
        nature.call();
        if !nature.is_coming(ABOUT_RECORD.0) {
            assert!(nature.staged.is_empty(), "I1: waits before what it decided is durable");
            nature.clocks_are_heard();
        }
        nature.wait(until)
    }

    fn keep_secret(&mut self, name: &str, _: SecretValue) {
        let mut nature = self.0.borrow_mut();
        nature.call();
        nature.keep(name);
    }
}

/// The question how the record may go on is the only one that nothing announces.
const ABOUT_RECORD: EffectId = EffectId(u64::MAX);

/// What an announced effect is for.
struct Purpose {
    step: String,
    attempt: u32,
    class: EffectClass,
    check: bool,
}

impl Nature {
    /// I2: nothing happens that was not written down, durably, before.
    fn is_announced(&self, id: EffectId, effect: &Effect) {
        let place = usize::try_from(id.0).unwrap();
        let Some(event) = self.events.get(place) else {
            panic!("I2: {} was begun, its announcement is not on the disk", effect.what());
        };
        let fits = match effect {
            Effect::Notify(_) => {
                matches!(event.kind, Kind::Notifying { .. } | Kind::Started { .. })
            }
            Effect::Ask(_) => matches!(event.kind, Kind::Asked { .. } | Kind::Started { .. }),
            Effect::Process(command) if command.interactive => {
                matches!(event.kind, Kind::Started { .. } | Kind::ShellOpened { .. })
            }
            _ => matches!(event.kind, Kind::Started { .. } | Kind::CheckStarted { .. }),
        };
        assert!(fits, "I2: {} was announced as {:?}", effect.what(), event.kind);
    }

    fn purpose(&self, id: u64) -> Purpose {
        match &self.events[usize::try_from(id).unwrap()].kind {
            Kind::Started { step, attempt, class, .. } => {
                Purpose { step: step.clone(), attempt: *attempt, class: *class, check: false }
            }
            Kind::CheckStarted { step, .. } | Kind::ShellOpened { step, .. } => {
                Purpose { step: step.clone(), attempt: 0, class: EffectClass::Read, check: true }
            }
            other => panic!("{other:?} announces nothing that runs"),
        }
    }

    pub(super) fn start(&mut self, id: u64, effect: &Effect) {
        assert!(!self.is_coming(id), "{} was begun while it runs", effect.what());
        match effect {
            Effect::Process(command) => self.command(id, command, effect),
            Effect::Sql(sql) => {
                let lasting = sql.hold;
                let sort = if lasting { Sort::Held } else { Sort::Sent };
                let mut facts = json!({ "rows": [], "row_count": 0, "rows_affected": 1 });
                if self.dice.often(15) {
                    facts["rows_affected"] = 3.into();
                }
                if sql.hold {
                    facts["session"] = id.into();
                }
                if sql.hold && sql.target.kind == TargetKind::Postgres && self.dice.often(90) {
                    facts["tx"] = json!({ "xid": id, "server": "one" });
                }
                self.run(id, effect, sort, facts, !lasting);
            }
            Effect::SqlEnd(end) => self.end_transaction(id, *end, effect),
            Effect::Http(_) => {
                let code = if self.trouble() { 503 } else { 200 };
                let facts =
                    json!({ "status": code, "status_code": code, "body": "", "json": null });
                self.run(id, effect, Sort::Sent, facts, true);
            }
            Effect::Ask(question) => self.ask(id, question),
            Effect::Notify(_) => {
                let output = if self.trouble() {
                    Output::failed(FailKind::Connection, "refused")
                } else {
                    done(json!({ "delivered": true }))
                };
                let after = self.dice.between(5, 6000);
                self.will_end(self.t + after.min(5000), id, output);
            }
            Effect::Keep(_) => {
                let output = if self.trouble() {
                    Output::failed(FailKind::NotFound, "no such file")
                } else {
                    done(json!({}))
                };
                self.will_end(self.t, id, output);
            }
            Effect::Recover(Recover::Command(command)) => {
                self.recover_command(id, &command.attempt);
            }
            Effect::Recover(Recover::Sql(sql)) => self.recover_transaction(id, &sql.tx),
        }
    }

    /// Something goes wrong, as long as anything may.
    fn trouble(&mut self) -> bool {
        self.dice.often(15) && !self.calm
    }

    fn command(&mut self, id: u64, command: &ProcessEffect, effect: &Effect) {
        let code = if self.trouble() { self.dice.between(1, 3) } else { 0 };
        let mut said = format!("line of {}", effect.what());
        for (_, text) in &command.env {
            if let Text::Secret(name) = text {
                if !self.holds(name) {
                    assert!(name != "key", "{} uses a key that nobody asked for", effect.what());
                    let output = Output::failed(FailKind::Secret, format!("{name} is not known"));
                    return self.will_end(self.t, id, output);
                }
                said.push_str(" with [redacted]");
            }
        }
        if command.withhold {
            said = self.canary();
        } else if self.dice.often(20) {
            self.will_say(self.t + 200, id, said.clone());
        }
        let facts = json!({ "exit_code": code, "stdout": said, "stderr": "", "json": null });
        let sort = if command.attempt.is_some() { Sort::Kept } else { Sort::Alone };
        if self.dice.often(3) && !self.calm {
            let output = Output::failed(FailKind::NotFound, "no such program");
            return self.does(id, sort, None, self.t + 3, output);
        }
        self.run(id, effect, sort, facts, true);
    }

    /// Something that takes its time, changes something on the way, and ends in one way or another.
    fn run(&mut self, id: u64, effect: &Effect, sort: Sort, facts: Value, changes: bool) {
        let begun = self.t;
        let takes = match self.dice.roll(8) {
            0 => self.dice.between(1, 20),
            1 if !self.calm => self.dice.between(20_000, 900_000),
            _ => self.dice.between(50, 9000),
        };
        let effect_at = changes.then(|| begun + self.dice.between(0, takes));
        let limit = effect.time_limit().map_or(i64::MAX, Span::millis);
        let mut output = done(facts);
        let mut end = begun + takes;
        if takes > limit {
            end = begun + limit;
            output.ending = Ending::TimedOut;
        } else if sort != Sort::Kept && sort != Sort::Alone && self.trouble() {
            // A broken connection, before or behind what it did.
            output = if self.dice.often(50) {
                Output { ending: Ending::Unknown { reason: "broken off".to_owned() }, ..output }
            } else {
                return self.does(
                    id,
                    sort,
                    None,
                    end,
                    Output::failed(FailKind::Connection, "refused"),
                );
            };
        }
        self.does(id, sort, effect_at.filter(|at| *at <= end), end, output);
    }

    fn does(&mut self, id: u64, sort: Sort, effect_at: Option<i64>, end: i64, output: Output) {
        let purpose = self.purpose(id);
        let effect_at = effect_at.filter(|_| purpose.class != EffectClass::Read);
        self.will_end(end, id, output.clone());
        if purpose.check {
            return;
        }
        if sort != Sort::End || effect_at.is_some() {
            self.may_begin(&purpose.step, purpose.class, sort);
        }
        if purpose.class != EffectClass::Read {
            self.lie_in_wait(6);
        }
        self.doings.push(Doing {
            id,
            step: purpose.step,
            attempt: purpose.attempt,
            class: purpose.class,
            sort,
            effect_at,
            end_at: end,
            killed_at: None,
            output,
            denied: None,
        });
    }

    fn end_transaction(&mut self, id: u64, end: SqlEnd, effect: &Effect) {
        let held = self.doings.iter().find(|doing| doing.id == end.session.0);
        let ours = end.session.0 >= u64::try_from(self.session_from).unwrap();
        let alive = ours && held.is_some_and(|held| held.end_at <= self.t);
        let lasting = held.is_some_and(|held| held.sort == Sort::Held);
        if !alive {
            let gone = "the connection is gone";
            return self.does(
                id,
                Sort::End,
                None,
                self.t,
                Output::failed(FailKind::Connection, gone),
            );
        }
        let facts = json!({ "committed": end.commit });
        self.run(id, effect, Sort::End, facts, end.commit && lasting);
    }

    fn recover_command(&mut self, id: u64, attempt: &str) {
        let named = |doing: &&Doing| format!("{}.{}", doing.step, doing.attempt) == attempt;
        let found = self.doings.iter().rfind(named).cloned();
        let soon = self.t + self.dice.between(1, 50);
        let lost = Ending::Unknown { reason: "its keeper is gone".to_owned() };
        let lost = Output { ending: lost, ..done(json!({})) };
        if self.dice.often(4) {
            return self.will_end(soon, id, lost);
        }
        match found {
            None => {
                let reason = "it never began, and it was taken back".to_owned();
                let ending = Ending::NotDone { reason };
                self.will_end(soon, id, Output { ending, ..done(json!({})) });
            }
            Some(doing) if doing.killed_at.is_some() => self.will_end(soon, id, lost),
            // Its true end, now or when it comes.
            Some(doing) => self.will_end(soon.max(doing.end_at), id, doing.output),
        }
    }

    fn recover_transaction(&mut self, id: u64, tx: &Value) {
        let soon = self.t + self.dice.between(5, 2000);
        let held = tx["xid"].as_u64();
        let step = self.doings.iter().find(|doing| Some(doing.id) == held).cloned();
        let end = self.doings.iter().rfind(|doing| {
            doing.sort == Sort::End
                && step
                    .as_ref()
                    .is_some_and(|held| held.step == doing.step && held.attempt == doing.attempt)
        });
        // Only what has been decided by now may be told.
        let pending = end.is_some_and(|end| end.killed_at.is_none() && end.end_at > soon);
        let committed = end.is_some_and(|end| end.happened(soon));
        let output = if pending || self.dice.often(10) {
            let reason = "the server is another one".to_owned();
            Output { ending: Ending::Unknown { reason }, ..done(json!({})) }
        } else if committed {
            done(json!({ "committed": true }))
        } else {
            let ending = Ending::NotDone { reason: "it was rolled back".to_owned() };
            Output { ending, ..done(json!({})) }
        };
        self.will_end(soon, id, output);
    }

    fn cancel(&mut self, id: u64) {
        let at = self.t + self.dice.between(0, 3000);
        self.ends_instead(id, at, &Ending::Cancelled);
        if let Some(doing) = self.doings.iter_mut().rfind(|doing| doing.id == id)
            && doing.killed_at.is_none()
            && doing.end_at > at
        {
            doing.end_at = at;
            doing.output.ending = Ending::Cancelled;
            doing.effect_at = doing.effect_at.filter(|effect| *effect <= at);
        }
    }
}

pub(super) fn done(facts: Value) -> Output {
    let facts = match facts {
        Value::Object(facts) => facts,
        _ => Facts::new(),
    };
    Output::done(facts, Span::ZERO)
}
