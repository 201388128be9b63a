//! The watch over a blocking driver: connecting within a limit, and KILL QUERY when time is up or the
//! operator asks.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;

use mysql::prelude::Queryable;
use mysql::{Conn, DriverError, Error, Opts};

use super::super::limit::{Cancel, Hooked, Limit};
use super::super::trouble::Trouble;
use super::address::{Address, Tls};
use super::{FAREWELL, trouble};
use crate::effect::FailKind;
use crate::time::Span;

/// Why a statement was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Asked,
    Late,
}

impl Why {
    pub(super) const fn kind(self) -> FailKind {
        match self {
            Self::Asked => FailKind::Cancelled,
            Self::Late => FailKind::Timeout,
        }
    }

    pub(super) fn trouble(self, limit: Limit) -> Trouble {
        Trouble::new(
            self.kind(),
            match self {
                Self::Asked => "ended by the operator".to_owned(),
                Self::Late => format!("no end within {}", limit.whole()),
            },
        )
    }
}

enum Word {
    Stop,
    Asked,
}

/// A thread that stops the statement when it must.
pub(super) struct Watch<'a> {
    say: Sender<Word>,
    thread: JoinHandle<Option<Why>>,
    _hooked: Hooked<'a>,
}

impl<'a> Watch<'a> {
    pub(super) fn start(
        connection: &Conn,
        options: Opts,
        limit: Limit,
        cancel: &'a Cancel,
    ) -> Self {
        let (say, hear) = mpsc::channel();
        let asked = say.clone();
        let hooked = cancel.hook(move || {
            // Nobody hears it when the statement has just ended.
            let _ = asked.send(Word::Asked);
        });
        let id = connection.connection_id();
        let thread = std::thread::spawn(move || {
            let why = match hear.recv_timeout(limit.left() + FAREWELL / 4) {
                Ok(Word::Asked) => Why::Asked,
                Err(RecvTimeoutError::Timeout) => Why::Late,
                Ok(Word::Stop) | Err(RecvTimeoutError::Disconnected) => return None,
            };
            // A server that cannot be told answers nobody: the read limit of the driver ends the wait.
            let _ = Conn::new(options)
                .and_then(|mut other| other.query_drop(format!("KILL QUERY {id}")));
            Some(why)
        });
        Self { say, thread, _hooked: hooked }
    }

    /// Ends the watch; tells whether it had to act.
    pub(super) fn stop(self) -> Option<Why> {
        let _ = self.say.send(Word::Stop);
        self.thread.join().ok().flatten()
    }
}

/// Connects within the shorter of the effect's limit and the connection's own, names included. Tells
/// how the connection is encrypted.
pub(super) fn connect(
    address: &Address,
    application_name: &str,
    limit: Limit,
    cancel: &Cancel,
) -> Result<(Conn, &'static str), Trouble> {
    // The driver takes the process-wide provider; a second installation is refused and does no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (say, hear) = mpsc::channel();
    let asked = say.clone();
    let _hooked = cancel.hook(move || {
        let _ = asked.send(None);
    });
    let (first, clear) = (address.clone(), address.in_the_clear());
    let name = application_name.to_owned();
    // A thread of its own, left behind when nobody answers it.
    std::thread::spawn(move || {
        let mut result = (Conn::new(first.options(&name, limit)), first.tls);
        if let (Err(Error::DriverError(DriverError::TlsNotSupported)), Tls::IfOffered) = &result {
            result = (Conn::new(clear.options(&name, limit)), clear.tls);
        }
        let _ = say.send(Some(result));
    });
    let place = address.short();
    match hear.recv_timeout(address.connect_limit.min(limit.left())) {
        Ok(Some((Ok(connection), tls))) => Ok((connection, tls.said())),
        Ok(Some((Err(error), _))) => {
            let inner = trouble(&error);
            let kind = match &inner.ending {
                crate::effect::Ending::Failed { kind, .. } => *kind,
                _ => FailKind::Connection,
            };
            Err(Trouble::new(kind, format!("could not connect to {place}: {}", inner.message())))
        }
        Ok(None) => {
            Err(Trouble::new(FailKind::Cancelled, "ended by the operator while connecting"))
        }
        Err(_) => {
            let own = Span::from_millis(
                i64::try_from(address.connect_limit.as_millis()).unwrap_or(i64::MAX),
            );
            let waited = if own.millis() < limit.whole().millis() { own } else { limit.whole() };
            let message = format!("could not connect to {place}: no answer within {waited}");
            Err(Trouble::new(FailKind::Connection, message))
        }
    }
}
