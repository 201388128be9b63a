//! The truth of one seed: clocks, the disk, what really happens outside, and who dies when.
//!
//! Everything here outlives the engine. What the engine may see of it, `outside` and `paper` show.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use mayday::effect::{EffectClass, EffectId, Ending, Input, Interrupt, Output};
use mayday::journal::{Hash, Redact};
use mayday::plan::Plan;
use mayday::run::event::Event;
use mayday::run::state::Run;
use mayday::time::{Moment, Span, Timestamp};

use super::dice::Dice;
use super::laws::Known;

/// What unwinds through the engine when its process dies.
pub(super) struct Crash;

/// How a session ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// `kill -9`: what is on its way to the disk arrives or not.
    Kill,
    /// The machine goes down: the keeper too.
    PowerCut,
    /// The disk refuses a write; the engine leaves.
    DiskFull,
}

/// One thing really done outside.
#[derive(Clone, Debug)]
pub(super) struct Doing {
    pub(super) id: u64,
    pub(super) step: String,
    pub(super) attempt: u32,
    pub(super) class: EffectClass,
    pub(super) sort: Sort,
    /// When it changes something; never when `None`.
    pub(super) effect_at: Option<i64>,
    pub(super) end_at: i64,
    /// It was ended from outside, without a trace of how.
    pub(super) killed_at: Option<i64>,
    pub(super) output: Output,
    /// Nobody may say that it has not happened when it has.
    pub(super) denied: Option<String>,
}

/// How a doing lives and dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A command under the keeper: outlives the engine.
    Kept,
    /// A command of the engine's own: dies with it, or goes on alone.
    Alone,
    /// A transaction held open: gone with its connection.
    Held,
    /// COMMIT or ROLLBACK.
    End,
    /// Sent away: arrives or not.
    Sent,
}

impl Doing {
    pub(super) fn over_at(&self) -> i64 {
        self.killed_at.unwrap_or(self.end_at)
    }

    /// True when it has changed something by then.
    pub(super) fn happened(&self, at: i64) -> bool {
        self.effect_at.is_some_and(|effect| effect <= at && effect <= self.over_at())
    }

    /// Ends it at this instant, if it has not ended by itself.
    fn kill(&mut self, at: i64) {
        if self.killed_at.is_none() && self.end_at > at {
            self.killed_at = Some(at);
        }
    }
}

struct Coming {
    at: i64,
    order: u64,
    what: Happening,
}

enum Happening {
    End(EffectId, i64, Output),
    Line(EffectId, String),
    Interrupt(Interrupt),
}

enum Change {
    Step(i64),
    Sleep(i64),
}

/// Everything that is true.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Nature {
    pub(super) dice: Dice,
    pub(super) mind: Dice,
    pub(super) fate: Dice,
    /// True milliseconds since the beginning, asleep or not.
    pub(super) t: i64,
    /// The latest time that the engine was told.
    pub(super) told: Stamp,
    wall_off: i64,
    boot_at: i64,
    pub(super) boots: u32,
    /// A wall clock was set where no boot clock could tell: times are no longer known.
    pub(super) lost_time: bool,
    // the disk
    pub(super) bytes: Vec<u8>,
    pub(super) events: Vec<Event>,
    pub(super) times: Vec<i64>,
    pub(super) newest: Hash,
    pub(super) staged: Vec<u8>,
    pub(super) staged_events: Vec<(Event, Stamp)>,
    /// When the events were staged that may have arrived without anybody being told.
    pub(super) limbo: Vec<Stamp>,
    /// The latest write failed.
    pub(super) unwritten: bool,
    pub(super) shown: usize,
    pub(super) redact: Redact,
    // outside
    pub(super) doings: Vec<Doing>,
    coming: Vec<Coming>,
    changes: Vec<(i64, Change)>,
    order: u64,
    // this session
    calls: usize,
    death: Option<(usize, Death)>,
    /// Death comes soon after something that changes has begun.
    waylaid: Option<Death>,
    pub(super) session_from: usize,
    pub(super) attended: bool,
    pub(super) gone: bool,
    pub(super) calm: bool,
    pub(super) budget: usize,
    // secrets
    kept: BTreeSet<String>,
    pub(super) canaries: Vec<String>,
    /// The run as it would be with a clock that nobody sets.
    pub(super) straight: Run,
    pub(super) trace: u64,
    pub(super) plan: Rc<Plan>,
    pub(super) steps: HashMap<String, Known>,
    /// Attempts that a driver found without an end, and in which row of the table they stand.
    pub(super) broken: HashMap<String, String>,
    /// What became of them, and how often.
    pub(super) rows: BTreeMap<String, u32>,
    /// The boot and the error of the wall clock at the latest event.
    pub(super) written: (u32, i64),
}

/// When something is written down: the true time, and how wrong the wall clock was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    pub(super) t: i64,
    pub(super) off: i64,
    pub(super) boot: u32,
}

/// When every seed begins.
pub(super) fn begin() -> Timestamp {
    Timestamp::from_millis(1_795_341_600_000)
}

/// More calls than any session of a book needs.
const MOST_CALLS: usize = 60_000;

impl Nature {
    pub(super) fn new(seed: u64, plan: Rc<Plan>) -> Self {
        let mut fate = Dice::apart(seed, 3);
        let budget = fate.roll(11);
        Self {
            dice: Dice::apart(seed, 2),
            mind: Dice::apart(seed, 4),
            fate,
            t: 0,
            told: Stamp { t: 0, off: 0, boot: 1 },
            wall_off: 0,
            boot_at: -1_000_000,
            boots: 1,
            lost_time: false,
            bytes: Vec::new(),
            events: Vec::new(),
            times: Vec::new(),
            newest: Hash::NONE,
            staged: Vec::new(),
            staged_events: Vec::new(),
            limbo: Vec::new(),
            unwritten: false,
            shown: 0,
            redact: Box::new(|_| None),
            doings: Vec::new(),
            coming: Vec::new(),
            changes: Vec::new(),
            order: 0,
            calls: 0,
            death: None,
            waylaid: None,
            session_from: 0,
            attended: true,
            gone: false,
            calm: false,
            budget,
            kept: BTreeSet::new(),
            canaries: Vec::new(),
            straight: Run::default(),
            trace: 0xcbf2_9ce4_8422_2325,
            plan,
            steps: HashMap::new(),
            broken: HashMap::new(),
            rows: BTreeMap::new(),
            written: (1, 0),
        }
    }

    /// Adds to the trace: the same seed must leave the same one.
    pub(super) fn note(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.trace = (self.trace ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    // clocks

    pub(super) fn wall(&self) -> Timestamp {
        Timestamp::from_millis(begin().millis() + self.t + self.wall_off)
    }

    pub(super) fn now(&self) -> Moment {
        Moment { wall: self.wall(), boot: Span::from_millis(self.t - self.boot_at) }
    }

    pub(super) fn boot_id(&self) -> String {
        format!("boot-{}", self.boots)
    }

    pub(super) const fn stamp(&self) -> Stamp {
        Stamp { t: self.t, off: self.wall_off, boot: self.boots }
    }

    /// When an instant of the wall clock of now really is.
    fn true_time(&self, wall: Timestamp) -> i64 {
        wall.millis() - begin().millis() - self.wall_off
    }

    /// Time passes, and with it whatever changes the clocks. True when the wall clock was set.
    pub(super) fn pass_until(&mut self, until: i64) -> bool {
        let mut set = false;
        let mut until = until;
        while let Some(place) = (0..self.changes.len())
            .filter(|place| self.changes[*place].0 <= until)
            .min_by_key(|place| self.changes[*place].0)
        {
            let (at, change) = self.changes.remove(place);
            self.t = self.t.max(at);
            match change {
                Change::Step(by) => {
                    self.wall_off += by;
                    set = true;
                }
                Change::Sleep(length) => {
                    self.sleep(length);
                    until += length;
                }
            }
        }
        self.t = self.t.max(until);
        set
    }

    /// The machine sleeps: everything on it waits.
    fn sleep(&mut self, length: i64) {
        let from = self.t;
        let later = |at: &mut i64| {
            if *at > from {
                *at += length;
            }
        };
        for doing in &mut self.doings {
            if doing.killed_at.is_none() {
                doing.effect_at.iter_mut().for_each(later);
                later(&mut doing.end_at);
            }
        }
        self.coming.iter_mut().for_each(|coming| later(&mut coming.at));
        self.changes.iter_mut().for_each(|(at, _)| later(at));
        self.t += length;
    }

    fn next_change(&self) -> Option<i64> {
        self.changes.iter().map(|(at, _)| *at).min()
    }

    // death

    /// The engine asks for something: it may be the last thing that it does.
    pub(super) fn call(&mut self) {
        self.calls += 1;
        assert!(self.calls < MOST_CALLS, "goes round in circles");
        // Nothing takes no time.
        let step = self.dice.between(0, 2);
        self.pass_until(self.t + step);
        if let Some((at, death)) = self.death
            && self.calls >= at
            && death != Death::DiskFull
        {
            self.die(death);
        }
    }

    /// Somebody made room, or the record lives elsewhere.
    pub(super) fn disk_is_good(&mut self) {
        self.death = None;
    }

    pub(super) fn dying(&self) -> Option<Death> {
        self.death.filter(|(at, _)| self.calls >= *at).map(|(_, death)| death)
    }

    pub(super) fn calls(&mut self) -> &mut usize {
        &mut self.calls
    }

    pub(super) fn die(&mut self, death: Death) -> ! {
        self.bury(death);
        let payload: Box<dyn Any + Send> = Box::new(Crash);
        std::panic::resume_unwind(payload)
    }

    /// What a session leaves behind that ended without a word.
    pub(super) fn bury(&mut self, death: Death) {
        let at = self.t;
        let cut = death == Death::PowerCut;
        for doing in &mut self.doings {
            if doing.end_at <= at || doing.killed_at.is_some() {
                continue;
            }
            match doing.sort {
                Sort::Kept if !cut => {}
                Sort::Held | Sort::Kept => doing.kill(at),
                // On its way: it arrives, or it does not.
                Sort::End | Sort::Sent | Sort::Alone => {
                    if self.fate.often(50) {
                        doing.kill(at);
                    }
                }
            }
        }
        if cut {
            self.boots += 1;
            self.boot_at = self.t;
        }
        self.forget();
    }

    /// The end of a session, however it came.
    pub(super) fn forget(&mut self) {
        self.unwritten = false;
        self.staged.clear();
        self.staged_events.clear();
        self.coming.clear();
        self.changes.clear();
        self.death = None;
        self.waylaid = None;
    }

    /// Something that changes is about to begin, or has begun.
    pub(super) fn lie_in_wait(&mut self, most: usize) {
        if self.waylaid.is_some() && self.fate.often(30) {
            let soon = self.calls + 1 + self.fate.roll(most);
            self.death = self.waylaid.take().map(|death| (soon, death));
        }
    }

    /// What will go wrong in the next session.
    pub(super) fn arm(&mut self) {
        self.calls = 0;
        self.kept.clear();
        self.gone = false;
        self.session_from = self.events.len();
        if self.calm {
            return;
        }
        if self.budget > 0 && self.fate.often(70) {
            self.budget -= 1;
            let at = match self.fate.roll(3) {
                0 => 1 + self.fate.roll(12),
                1 => 1 + self.fate.roll(60),
                _ => 1 + self.fate.roll(400),
            };
            let death = match self.fate.roll(6) {
                0 => Death::DiskFull,
                1 => Death::PowerCut,
                _ => Death::Kill,
            };
            if self.fate.often(60) {
                self.death = Some((at, death));
            } else {
                self.waylaid = Some(death);
            }
        }
        if self.budget > 0 && self.fate.often(30) {
            self.budget -= 1;
            let how = match self.fate.roll(4) {
                0 => Interrupt::Terminate,
                1 => Interrupt::HangUp,
                _ => Interrupt::Interrupt,
            };
            let mut at = self.t + self.soon();
            for _ in 0..=self.fate.roll(3) {
                self.will(at, Happening::Interrupt(how));
                at += self.fate.between(100, 6000);
            }
        }
        if self.budget > 0 && self.fate.often(25) {
            self.budget -= 1;
            let by = self.fate.between(3000, 7_200_000);
            let by = if self.fate.often(50) { by } else { -by };
            let at = self.t + self.soon();
            self.changes.push((at, Change::Step(by)));
        }
        if self.budget > 0 && self.fate.often(15) {
            self.budget -= 1;
            let length = self.fate.between(1000, 10_000_000);
            let at = self.t + self.soon();
            self.changes.push((at, Change::Sleep(length)));
        }
    }

    fn soon(&mut self) -> i64 {
        match self.fate.roll(3) {
            0 => self.fate.between(0, 3000),
            1 => self.fate.between(0, 60_000),
            _ => self.fate.between(0, 600_000),
        }
    }

    /// Nobody drives for a while.
    pub(super) fn down(&mut self) {
        let length = match self.fate.roll(3) {
            0 => self.fate.between(10, 2000),
            1 => self.fate.between(1000, 120_000),
            _ => self.fate.between(60_000, 4_000_000),
        };
        self.t += length;
        if !self.calm && self.fate.often(10) {
            let by = self.fate.between(3000, 7_200_000);
            self.wall_off += if self.fate.often(50) { by } else { -by };
        }
    }

    // what comes

    fn will(&mut self, at: i64, what: Happening) {
        self.order += 1;
        self.coming.push(Coming { at, order: self.order, what });
    }

    pub(super) fn will_end(&mut self, at: i64, id: u64, output: Output) {
        self.will(at, Happening::End(EffectId(id), self.t, output));
    }

    pub(super) fn will_say(&mut self, at: i64, id: u64, line: String) {
        self.will(at, Happening::Line(EffectId(id), line));
    }

    pub(super) fn is_coming(&self, id: u64) -> bool {
        self.coming.iter().any(|coming| coming.what.is_end_of(id))
    }

    /// Its end does not arrive any more.
    pub(super) fn drop_end(&mut self, id: u64) {
        self.coming.retain(|coming| !coming.what.is_about(id));
    }

    /// It ends like this at that time instead.
    pub(super) fn ends_instead(&mut self, id: u64, at: i64, ending: &Ending) {
        for coming in &mut self.coming {
            if let Happening::End(theirs, _, output) = &mut coming.what
                && theirs.0 == id
                && coming.at > at
            {
                coming.at = at;
                output.ending = ending.clone();
            }
        }
    }

    /// The next input, as the live world gives it: a wall clock that is set ends the wait.
    pub(super) fn wait(&mut self, until: Option<Timestamp>) -> Input {
        loop {
            let next = (0..self.coming.len())
                .min_by_key(|place| (self.coming[*place].at, self.coming[*place].order));
            let due = next.map(|place| self.coming[place].at.max(self.t));
            let tick = until.map(|until| self.true_time(until).max(self.t));
            let Some(stop) = due.into_iter().chain(tick).min() else {
                panic!("waits for something that never comes");
            };
            if let Some(change) = self.next_change()
                && change <= stop
            {
                if self.pass_until(change) {
                    let glance = self.dice.between(0, 900);
                    self.pass_until(self.t + glance);
                    return Input::Tick(self.wall());
                }
                continue;
            }
            self.t = stop;
            let Some(place) = next.filter(|_| due == Some(stop)) else {
                return Input::Tick(self.wall());
            };
            return match self.coming.remove(place).what {
                Happening::Interrupt(how) => {
                    self.gone |= how == Interrupt::HangUp;
                    Input::Interrupt(how)
                }
                Happening::Line(id, line) => Input::Line(id, line),
                Happening::End(id, began, mut output) => {
                    output.elapsed = Span::from_millis(self.t - began);
                    Input::Done(id, output)
                }
            };
        }
    }

    // secrets

    /// A value that must never be seen.
    pub(super) fn canary(&mut self) -> String {
        let canary = format!("canary-{:06}-{}", self.dice.roll(1_000_000), self.canaries.len());
        self.canaries.push(canary.clone());
        canary
    }

    /// The engine gives a secret away, for later steps to use and for everything to be redacted.
    pub(super) fn keep(&mut self, name: &str) {
        self.kept.insert(name.to_owned());
    }

    pub(super) fn holds(&self, name: &str) -> bool {
        name == "token" || self.kept.contains(name)
    }

    /// Nothing that is shown or kept holds a secret.
    pub(super) fn is_clean(&self, text: &str, place: &str) {
        if let Some(at) = text.find("canary-") {
            let shown = self.canaries.iter().find(|canary| text[at..].starts_with(*canary));
            assert!(shown.is_none(), "I6: a secret in {place}: {text}");
        }
    }
}

impl Happening {
    fn is_end_of(&self, id: u64) -> bool {
        matches!(self, Self::End(theirs, ..) if theirs.0 == id)
    }

    fn is_about(&self, id: u64) -> bool {
        matches!(self, Self::End(theirs, ..) | Self::Line(theirs, _) if theirs.0 == id)
    }
}
