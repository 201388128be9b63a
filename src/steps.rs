//! Step types: what each can ask of the world and when that was good enough.
//!
//! Owns the [`StepType`] trait, the registry and what all types share. A step type is one file below
//! `steps/` and one line in `actions!`; retry, polling, time limits, capture, gates, dry runs and
//! crash rules belong to the engine, so every type has them. Nothing here does IO or reads a clock.

use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor, value};
use serde::{Serialize, de};

use crate::effect::{
    Channel, Effect, EffectClass, Ending, FailKind, Output, ProcessEffect, Target, Text,
};
use crate::playbook::Common;
use crate::template::{self, Lookup, View};
use crate::time::{Span, Timestamp};

pub mod ask;
pub mod assert;
mod broken;
pub mod choose;
pub mod confirm;
pub mod http;
pub mod include;
pub mod manual;
pub mod notify;
pub mod pause;
pub mod shell;
pub mod sql;
pub mod undo_of;
mod variables;
pub mod wait_for_url;
pub mod wait_until;

pub use broken::{Broken, Fate, attempt_name};
pub use variables::variables;
pub use wait_until::{Pace, WaitUntil};

pub use sql::{Parameter, scan};

/// A step is ended after this long when it names no `timeout` (playbook format: no step can hang).
pub const DEFAULT_TIMEOUT: Span = Span::from_mins(5);
/// A check is ended after this long when it names no `timeout`.
pub const DEFAULT_CHECK_TIMEOUT: Span = Span::from_secs(30);
/// Grace between TERM and KILL when a step names no `kill_after`.
pub const DEFAULT_KILL_AFTER: Span = Span::from_secs(5);

/// Names every step type once: its key in YAML, its type, and a sentence for the schema.
macro_rules! actions {
    ($($key:literal $name:ident($type:ty) $about:literal;)*) => {
        /// The typed part of a step.
        #[derive(Clone, Debug)]
        pub enum Action { $(#[doc = $about] $name($type),)* }

        impl Action {
            /// Stands where an author's action could not be read, so that the steps behind it keep
            /// their places; never run.
            #[must_use]
            pub const fn nothing() -> Self {
                Self::Pause(pause::Pause { length: Span::ZERO })
            }

            /// The keys, in the order of the documentation.
            pub const KEYS: &'static [&'static str] = &[$($key,)*];

            /// The key that names this type in YAML.
            #[must_use]
            pub const fn key(&self) -> &'static str {
                match self { $(Self::$name(_) => $key,)* }
            }

            /// Reads the value of an action key. `None` when the key names no step type.
            pub fn deserialize<'de, D: Deserializer<'de>>(
                key: &str,
                deserializer: D,
            ) -> Option<Result<Self, D::Error>> {
                match key {
                    $($key => Some(<$type>::deserialize(deserializer).map(Self::$name)),)*
                    _ => None,
                }
            }

            /// The schema of each type's value, with a sentence on what the type does.
            pub fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, &'static str, schemars::Schema)> {
                vec![$(($key, $about, generator.subschema_for::<$type>()),)*]
            }
        }

        impl std::ops::Deref for Action {
            type Target = dyn StepType;
            fn deref(&self) -> &Self::Target {
                match self { $(Self::$name(action) => action,)* }
            }
        }
    };
}

actions! {
    "shell" Shell(shell::Shell) "Run a command in strict bash.";
    "sql" Sql(sql::Sql) "Run SQL statements on a database target.";
    "confirm" Confirm(Brief<confirm::Confirm>) "Ask the operator to confirm something.";
    "wait_for_url" WaitForUrl(Brief<wait_for_url::WaitForUrl>) "Wait until a URL answers as expected.";
    "wait_until" WaitUntil(wait_until::WaitUntil) "Repeat a read check until it holds.";
    "choose" Choose(choose::Choose) "Ask the operator to pick one of several.";
    "ask" Ask(Brief<ask::Ask>) "Ask the operator for a typed value.";
    "manual" Manual(Brief<manual::Manual>) "Something a person does outside mayday.";
    "http" Http(http::Http) "One HTTP request.";
    "notify" Notify(notify::Notify) "Tell contacts.";
    "assert" Assert(assert::Assert) "Stop unless conditions hold.";
    "pause" Pause(pause::Pause) "Wait for a fixed time.";
    "include" Include(Brief<include::Include>) "The steps of another playbook, here.";
    "undo_of" UndoOf(undo_of::UndoOf) "The undo of another step, as a step of its own.";
}

/// What a step asks for next.
#[derive(Clone, Debug)]
pub enum Request {
    /// An effect on the world.
    Effect(Box<Effect>),
    /// Nothing: the step is judged at once.
    Nothing,
    /// Time.
    Pause(Span),
}

impl Request {
    /// A request for one effect.
    #[must_use]
    pub fn effect(effect: Effect) -> Self {
        Self::Effect(Box::new(effect))
    }
}

/// Whether what came back was good enough.
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verdict {
    /// It was.
    Pass,
    /// It was not.
    Fail(Failure),
    /// It may or may not have happened; nobody but a person or a probe can tell.
    Unknown {
        /// Why, a lowercase fragment.
        reason: String,
    },
    /// The attempt is not over: ask for the next effect.
    More,
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize)]
pub struct Failure {
    /// Where in the step.
    pub stage: Stage,
    /// What kind of trouble.
    pub kind: FailKind,
    /// What happened, a lowercase fragment: `exit code 3`.
    pub message: String,
    /// What it means for the operator, in the author's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
}

impl Failure {
    /// A failure without an author's words.
    #[must_use]
    pub fn new(stage: Stage, kind: FailKind, message: impl Into<String>) -> Self {
        Self { stage, kind, message: message.into(), meaning: None }
    }

    /// Something needed to start the step is missing or wrong.
    #[must_use]
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Stage::Input, FailKind::Input, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.meaning {
            Some(meaning) => write!(f, ": {meaning}"),
            None => Ok(()),
        }
    }
}

impl From<template::Fault> for Failure {
    fn from(fault: template::Fault) -> Self {
        Self::input(fault.message)
    }
}

/// Stages of a step in which it can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A value that the step needs.
    Input,
    /// The gate in front of it.
    Gate,
    /// The action itself, of which nothing happened, and that is proved: it may be tried again.
    NotDone,
    /// The action itself.
    Run,
    /// The checks behind it.
    Verify,
    /// A time limit.
    Timeout,
    /// The operator ended it.
    Cancelled,
}

/// How often an action is tried by nature, before any `retry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// Once.
    Once,
    /// Again and again until it holds so many times in a row, or the time limit passes.
    Poll {
        /// From the start of one look to the start of the next.
        every: Span,
        /// Looks that must hold one after the other.
        in_a_row: u32,
    },
}

/// What a step type needs to know about where it runs.
pub trait Surroundings {
    /// What `target: NAME` stands for in this environment.
    ///
    /// # Errors
    /// A fragment that names the environment and what it has instead.
    fn target(&self, name: &str) -> Result<Target, String>;
    /// The words in front of a script: `bash -euo pipefail -c`.
    fn shell(&self) -> &[String];
    /// Where commands run.
    fn cwd(&self) -> &std::path::Path;
    /// Folders put in front of PATH.
    fn path(&self) -> &[std::path::PathBuf];
    /// How a contact is reached. A name that mayday.yaml does not have is shown to the operator.
    fn contact(&self, name: &str) -> Channel;
    /// Variables for every command: `MAYDAY_RUN_ID` and the like.
    fn marks(&self) -> Vec<(String, String)>;
}

/// All that a step type may look at.
pub struct Context<'a> {
    /// The key of the step in the record.
    pub unit: &'a str,
    /// The fields around the action; for a check or an undo, made from its own head.
    pub common: &'a Common,
    /// What the step does to the world, resolved.
    pub class: EffectClass,
    /// Names and their values.
    pub names: &'a dyn Lookup,
    /// Targets, shell, contacts.
    pub place: &'a dyn Surroundings,
    /// Now.
    pub now: Timestamp,
}

impl Context<'_> {
    /// Fills in a text for people.
    ///
    /// # Errors
    /// A failure of stage `input` that names what is undefined.
    pub fn text(&self, text: &str) -> Result<String, Failure> {
        template::render(text, self.names).map_err(Failure::from)
    }

    /// The target that the step names.
    ///
    /// # Errors
    /// A failure of stage `input` when it names none or one that the environment does not have.
    pub fn target(&self) -> Result<Target, Failure> {
        let name = self.common.target.as_deref();
        let name = name.ok_or_else(|| Failure::input("the step names no target"))?;
        self.place.target(name).map_err(Failure::input)
    }

    /// The time limit of one attempt.
    #[must_use]
    pub fn time_limit(&self) -> Span {
        self.common.timeout.unwrap_or(DEFAULT_TIMEOUT)
    }

    /// True when the output holds a value to be captured as a secret.
    #[must_use]
    pub fn withhold(&self) -> bool {
        self.common.capture.iter().any(|(_, capture)| capture.secret)
    }

    /// A command in the shell of the environment, with the step's names and secrets as variables.
    ///
    /// # Errors
    /// A failure of stage `input` when a name that the script uses has no value or no text form.
    pub fn command(&self, script: &str) -> Result<ProcessEffect, Failure> {
        let mut env: Vec<(String, Text)> = Vec::new();
        for name in variables(script) {
            if self.names.name(name, View::Read)?.is_some() {
                env.push((name.to_owned(), template::as_variable(name, self.names)?));
            }
        }
        env.extend(self.place.marks().into_iter().map(|(name, value)| (name, Text::Plain(value))));
        env.push(("MAYDAY_STEP_ID".to_owned(), Text::Plain(self.unit.to_owned())));
        let secrets = self.common.secrets.iter();
        env.extend(secrets.map(|(name, secret)| (name.clone(), Text::Secret(secret.clone()))));
        let target = self.common.target.as_deref().map(|name| self.place.target(name)).transpose();
        let mut argv = self.place.shell().to_vec();
        argv.push(script.to_owned());
        Ok(ProcessEffect {
            argv,
            env,
            path: self.place.path().to_vec(),
            cwd: self.place.cwd().to_path_buf(),
            target: target.map_err(Failure::input)?,
            interactive: self.common.interactive,
            time_limit: self.time_limit(),
            kill_after: self.common.kill_after.unwrap_or(DEFAULT_KILL_AFTER),
            withhold: self.withhold(),
            attempt: None,
        })
    }
}

/// A step type: pure functions from what the author wrote to what the world is asked.
pub trait StepType: Send + Sync {
    /// What to ask next; `so_far` holds the outputs of this attempt.
    ///
    /// # Errors
    /// A failure of stage `input` when a value that the step needs cannot be had.
    fn request(&self, cx: &Context<'_>, so_far: &[Output]) -> Result<Request, Failure>;

    /// Was that good enough? The engine adds `expect`, retry, capture and checks.
    fn judge(&self, cx: &Context<'_>, outputs: &[Output]) -> Verdict {
        let _ = cx;
        outputs.last().map_or(Verdict::Pass, |output| judge_ending(output, cx.class))
    }

    /// How often it is tried by nature.
    fn rhythm(&self) -> Rhythm {
        Rhythm::Once
    }

    /// The effect of types that have just one; `None` where the author must declare it.
    fn own_effect(&self) -> Option<EffectClass> {
        Some(EffectClass::Read)
    }

    /// True when the operator's answer is the action.
    fn is_question(&self) -> bool {
        false
    }

    /// True when sending it twice is the same as sending it once, by the author's word.
    fn repeatable(&self) -> bool {
        false
    }

    /// What is known of an attempt that was announced and whose end nobody recorded: mayday died, or
    /// the answer was lost. `repeatable` types and those that only read are begun again without asking.
    fn broken(&self, cx: &Context<'_>, broken: &Broken<'_>) -> Fate {
        let _ = broken;
        if cx.class == EffectClass::Read || self.is_question() || self.repeatable() {
            Fate::Again
        } else {
            Fate::unknown()
        }
    }

    /// The names of the facts that its output has, for the static checks. Empty: none.
    fn facts(&self) -> &'static [(&'static str, FactType)];

    /// Every part that an author wrote, with its path below the action's key.
    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>));
}

/// What a fact is, as far as it can be known without running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactType {
    /// A text.
    Text,
    /// A number.
    Number,
    /// A list.
    List,
    /// Anything.
    Any,
}

/// A part of an action, for the rules of `check` and for showing a step.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// A command.
    Script(&'a str),
    /// A SQL statement.
    Statement(&'a str),
    /// An expression over the names before the step.
    Expression(&'a str),
    /// An expression that also sees the facts of the output.
    Condition(&'a str),
    /// Text for people with `{{ }}`.
    Words(&'a str),
    /// A URL with `{{ }}`.
    Url(&'a str),
    /// A regular expression.
    Pattern(&'a str),
    /// The name of a contact.
    Contact(&'a str),
    /// The id of a playbook.
    Playbook(&'a str),
    /// The id of a step.
    Step(&'a str),
    /// A check nested in the action.
    Probe(&'a crate::playbook::Probe),
}

/// The verdict that an ending alone allows.
#[must_use]
pub fn judge_ending(output: &Output, class: EffectClass) -> Verdict {
    let unless_read = |failure: Failure, reason: String| match class {
        EffectClass::Read => Verdict::Fail(failure),
        // A command that was cut off may have done its work: unknown, never failed.
        _ => Verdict::Unknown { reason },
    };
    match &output.ending {
        Ending::Done => Verdict::Pass,
        Ending::Failed { kind, message } => {
            Verdict::Fail(Failure::new(Stage::Run, *kind, message.clone()))
        }
        Ending::TimedOut => {
            let took = format!("no end within its time limit; ended after {}", output.elapsed);
            let failure = Failure::new(Stage::Timeout, FailKind::Timeout, took.clone());
            unless_read(failure, took)
        }
        Ending::Cancelled => {
            let failure =
                Failure::new(Stage::Cancelled, FailKind::Cancelled, "ended by the operator");
            unless_read(failure, "it was ended while it ran".to_owned())
        }
        Ending::NotDone { reason } => {
            Verdict::Fail(Failure::new(Stage::NotDone, FailKind::Connection, reason.clone()))
        }
        Ending::Unknown { reason } => Verdict::Unknown { reason: reason.clone() },
    }
}

/// A value that may be written short, as one string, or long, as a map.
#[derive(Clone, Debug)]
pub struct Brief<T>(pub T);

impl<T> std::ops::Deref for Brief<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: StepType> StepType for Brief<T> {
    fn request(&self, cx: &Context<'_>, so_far: &[Output]) -> Result<Request, Failure> {
        self.0.request(cx, so_far)
    }
    fn judge(&self, cx: &Context<'_>, outputs: &[Output]) -> Verdict {
        self.0.judge(cx, outputs)
    }
    fn rhythm(&self) -> Rhythm {
        self.0.rhythm()
    }
    fn broken(&self, cx: &Context<'_>, broken: &Broken<'_>) -> Fate {
        self.0.broken(cx, broken)
    }
    fn own_effect(&self) -> Option<EffectClass> {
        self.0.own_effect()
    }
    fn is_question(&self) -> bool {
        self.0.is_question()
    }
    fn repeatable(&self) -> bool {
        self.0.repeatable()
    }
    fn facts(&self) -> &'static [(&'static str, FactType)] {
        self.0.facts()
    }
    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        self.0.parts(visit);
    }
}

impl<'de, T: Deserialize<'de> + From<String>> Deserialize<'de> for Brief<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ShortOrLong<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + From<String>> Visitor<'de> for ShortOrLong<T> {
            type Value = Brief<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a map")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Brief<T>, E> {
                Ok(Brief(T::from(text.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Brief<T>, A::Error> {
                T::deserialize(value::MapAccessDeserializer::new(map)).map(Brief)
            }
        }
        deserializer.deserialize_any(ShortOrLong(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Brief<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Brief{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let long = generator.subschema_for::<T>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, long] })
    }
}

/// One value, or a list of them.
#[derive(Clone, Debug)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Many<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Many<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value or a list of them")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(value::StrDeserializer::new(text)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                T::deserialize(value::U64Deserializer::new(number)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let one = T::deserialize(value::MapAccessDeserializer::new(map))?;
                Ok(OneOrMany(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut many = Vec::new();
                while let Some(one) = seq.next_element()? {
                    many.push(one);
                }
                Ok(OneOrMany(many))
            }
        }
        deserializer.deserialize_any(Many(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = generator.subschema_for::<T>();
        schemars::json_schema!({ "anyOf": [one.clone(), { "type": "array", "items": one }] })
    }
}
