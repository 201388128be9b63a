//! What can only block, on threads of its own, and the end of waiting for it.
//!
//! A thread cannot be ended from outside. What is asked to end and does not answer is left behind, with
//! an output that says so.

use std::collections::HashMap;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{LiveWorld, boot_clock};
use crate::effect::{Effect, EffectId, Ending, Facts, FailKind, Output, Recover};
use crate::time::Span;

/// How an effect on a thread takes being ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// It answers when it is asked to end.
    Answers,
    /// It does not: only the server's answer tells what it did.
    Commits,
    /// It knows nothing of being ended: it is left behind at once.
    Deaf,
}

struct Running {
    manner: Manner,
    since: Span,
    asked: bool,
    left: bool,
}

/// Effects that run on threads.
#[derive(Default)]
pub(super) struct Threads(HashMap<EffectId, Running>);

impl Threads {
    /// Remembers an effect that is about to run on a thread, if it does.
    pub(super) fn begin(&mut self, id: EffectId, effect: &Effect) {
        let manner = match effect {
            Effect::Sql(_) | Effect::Ask(_) => Manner::Answers,
            Effect::SqlEnd(_) => Manner::Commits,
            Effect::Http(_) | Effect::Notify(_) | Effect::Recover(Recover::Sql(_)) => Manner::Deaf,
            Effect::Process(_) | Effect::Keep(_) | Effect::Recover(Recover::Command(_)) => return,
        };
        let since = boot_clock();
        self.0.insert(id, Running { manner, since, asked: false, left: false });
    }

    /// It ended by itself; false when nobody waits for it any more.
    pub(super) fn ended(&mut self, id: EffectId) -> bool {
        self.0.remove(&id).is_none_or(|running| !running.left)
    }

    /// It is asked to end. Asked again, or when it cannot be asked, it is left behind: its output.
    pub(super) fn cancel(&mut self, id: EffectId) -> Option<Output> {
        let running = self.0.get_mut(&id).filter(|running| !running.left)?;
        if running.manner != Manner::Deaf && !std::mem::replace(&mut running.asked, true) {
            return None;
        }
        running.left = true;
        let ending = match running.manner {
            Manner::Answers | Manner::Deaf => Ending::Cancelled,
            Manner::Commits => Ending::Unknown {
                reason: "its end was under way, and the answer was not waited for".to_owned(),
            },
        };
        Some(Output { ending, ..Output::done(Facts::new(), boot_clock() - running.since) })
    }
}

impl LiveWorld {
    /// Runs what can only block on a thread of its own; its end wakes the loop.
    pub(super) fn on_thread(
        &self,
        id: EffectId,
        name: &str,
        work: impl FnOnce() -> Output + Send + 'static,
    ) -> Result<(), Output> {
        let end = self.end.clone();
        let waker = Arc::clone(&self.waker);
        let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let started = boot_clock();
            // A bug of ours must not leave the run waiting for ever.
            let mut output = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
                let reason = "mayday itself went wrong while it ran (a bug)".to_owned();
                Output {
                    ending: Ending::Unknown { reason },
                    ..Output::done(Facts::new(), Span::ZERO)
                }
            });
            if output.elapsed == Span::ZERO {
                output.elapsed = boot_clock() - started;
            }
            // The receiver is gone only when the run is over.
            let _ = end.send((id, output));
            let _ = (&*waker).write_all(b".");
        });
        spawned.map(drop).map_err(|error| {
            Output::failed(FailKind::Input, format!("no thread could be started: {error}"))
        })
    }
}
