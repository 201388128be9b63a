//! One connection: how it is made, what drives it, and what it says unasked.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{AsyncMessage, Client, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::limit::Limit;
use super::super::trouble::Trouble;
use super::address::Address;
use super::said;
use super::tls::Connector;
use crate::effect::FailKind;
use crate::time::Span;

/// Notices of one effect that are kept; a loop in a function can raise millions.
const NOTICE_CAP: usize = 100;

/// Runs the connection on the calling thread, and only while something is waited for.
pub(super) struct Driver(Option<Runtime>);

impl Driver {
    pub(super) fn new() -> Result<Self, Trouble> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| {
            Trouble::new(FailKind::Connection, format!("could not start a connection: {error}"))
        })?;
        Ok(Self(Some(runtime)))
    }

    pub(super) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.0 {
            Some(runtime) => runtime.block_on(work),
            None => unreachable!("the runtime is taken only on drop"),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // A name that never resolves must not hold us up: its thread is left behind.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// What the server says unasked.
#[derive(Clone, Default)]
pub(super) struct Notices(Arc<Mutex<Vec<String>>>);

impl Notices {
    fn push(&self, notice: String) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < NOTICE_CAP {
            kept.push(notice);
        }
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Why the connection ended, once it has.
#[derive(Clone, Default)]
pub(super) struct Gone(Arc<Mutex<Option<String>>>);

impl Gone {
    pub(super) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// An open connection.
pub(super) struct Connected {
    pub(super) client: Client,
    pub(super) make_tls: MakeRustlsConnect,
    pub(super) tls: &'static str,
    pub(super) notices: Notices,
    pub(super) gone: Gone,
    /// Prepared statements; after `client`, so that it is gone when they are dropped.
    pub(super) statements: RefCell<Vec<Statement>>,
}

/// Connects within the shorter of the effect's limit and the connection's own, names included.
pub(super) async fn connect(
    address: &Address,
    application_name: &str,
    limit: Limit,
) -> Result<Connected, Trouble> {
    let connector = Connector::new(address)?;
    let mut config = address.config.clone();
    config.application_name(application_name);
    let patience = address.connect_limit.min(limit.left());
    let answered = tokio::time::timeout(patience, config.connect(connector.make.clone())).await;
    let place = address.short();
    let (client, mut connection) = match answered {
        Ok(Ok(pair)) => pair,
        Ok(Err(error)) => return Err(explain(&error, &place)),
        Err(_) => {
            let own = Span::from_millis(
                i64::try_from(address.connect_limit.as_millis()).unwrap_or(i64::MAX),
            );
            let waited = if own.millis() < limit.whole().millis() { own } else { limit.whole() };
            let message = format!("could not connect to {place}: no answer within {waited}");
            return Err(Trouble::new(FailKind::Connection, message));
        }
    };
    let (notices, gone) = (Notices::default(), Gone::default());
    let (hear, end) = (notices.clone(), gone.clone());
    tokio::spawn(async move {
        while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
            match message {
                Ok(AsyncMessage::Notice(notice)) => {
                    hear.push(format!("{}: {}", notice.severity(), notice.message()));
                }
                Ok(_) => {}
                Err(error) => {
                    let mut why = end.0.lock().unwrap_or_else(PoisonError::into_inner);
                    *why = Some(said::chain(&error));
                    return;
                }
            }
        }
    });
    Ok(Connected {
        client,
        make_tls: connector.make.clone(),
        tls: connector.said(),
        notices,
        gone,
        statements: RefCell::default(),
    })
}

fn explain(error: &tokio_postgres::Error, place: &str) -> Trouble {
    let trouble = said::trouble(error, None);
    let text = trouble.message();
    let kind = match &trouble.ending {
        crate::effect::Ending::Failed { kind, .. } => *kind,
        _ => FailKind::Connection,
    };
    let kind = if text.contains("password missing") { FailKind::Permission } else { kind };
    let help = if text.contains("UnknownIssuer") {
        "; name the authority's certificate with sslrootcert=FILE in the URL"
    } else if text.contains("password missing") {
        "; the server wants a password and the URL has none"
    } else if text.contains("does not support TLS") {
        "; sslmode=disable would connect in the clear"
    } else {
        ""
    };
    Trouble::new(kind, format!("could not connect to {place}: {text}{help}"))
}
