//! How long an effect may take, and how it is ended early.
//!
//! Both are looked at from the thread that runs the effect; [`Cancel::cancel`] comes from any other.
#![expect(clippy::disallowed_methods, reason = "a database call is measured where it blocks")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::time::Span;

/// The span that an effect has, counted from when it began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    began: Instant,
    span: Duration,
}

impl Limit {
    pub(super) fn from_now(span: Span) -> Self {
        Self { began: Instant::now(), span: span.std() }
    }

    /// What is left, zero when it has passed.
    pub(super) fn left(self) -> Duration {
        self.span.saturating_sub(self.began.elapsed())
    }

    pub(super) fn passed(self) -> bool {
        self.left().is_zero()
    }

    /// The whole span, for messages.
    pub(super) fn whole(self) -> Span {
        Span::from_millis(i64::try_from(self.span.as_millis()).unwrap_or(i64::MAX))
    }

    pub(super) fn elapsed(self) -> Span {
        Span::from_millis(i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX))
    }
}

type Hook = Box<dyn FnMut() + Send>;

/// A request to stop, shared between who runs an effect and who may end it.
#[derive(Clone, Default)]
pub struct Cancel(Arc<State>);

#[derive(Default)]
struct State {
    asked: AtomicBool,
    hook: Mutex<Option<Hook>>,
}

impl Cancel {
    /// Not asked for yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the running statement to stop. Returns at once; asking twice does no harm.
    pub fn cancel(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        if let Some(hook) = self.0.hook.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            hook();
        }
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Calls `hook` on [`Cancel::cancel`], at once when it was called already. The hook lives until
    /// the returned guard is dropped.
    pub(super) fn hook(&self, mut hook: impl FnMut() + Send + 'static) -> Hooked<'_> {
        let mut place = self.0.hook.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_asked() {
            hook();
        }
        *place = Some(Box::new(hook));
        Hooked(self)
    }
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cancel").field(&self.is_asked()).finish()
    }
}

/// Keeps a hook in place.
pub(super) struct Hooked<'a>(&'a Cancel);

impl Drop for Hooked<'_> {
    fn drop(&mut self) {
        *self.0.0.hook.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
