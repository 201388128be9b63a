//! Why there is no answer, in words that say what to do next.

use std::io::ErrorKind;

use rustls::CertificateError;
use ureq::http::StatusCode;

use super::HEADERS_CAP;
use crate::effect::FailKind;
use crate::time::Span;

/// A request without an answer.
#[derive(Debug)]
pub(super) struct Trouble {
    pub kind: FailKind,
    /// A lowercase fragment without secrets: of the URL it shows host and port at most.
    pub message: String,
    /// The request may have reached the service.
    pub sent: bool,
}

impl Trouble {
    pub(super) fn input(message: &str) -> Self {
        Self { kind: FailKind::Input, message: message.to_owned(), sent: false }
    }
}

/// Where a request went.
pub(super) struct Way {
    /// Host and port.
    pub place: String,
    /// Its time limit, for the words.
    pub limit: Span,
    /// An earlier request of the same effect was answered.
    pub sent: bool,
}

impl Way {
    pub(super) fn timeout(&self) -> Trouble {
        let (place, limit) = (&self.place, self.limit);
        Trouble {
            kind: FailKind::Timeout,
            message: format!("no complete answer from {place} within {limit}"),
            sent: true,
        }
    }

    pub(super) fn too_many_redirects(&self, allowed: u32) -> Trouble {
        refused(format!("more than {allowed} redirects, the last from {}", self.place))
    }

    pub(super) fn redirect(&self, why: &str) -> Trouble {
        refused(format!("{} redirects {why}; not followed", self.place))
    }

    fn connection(&self, words: &str, sent: bool) -> Trouble {
        let message = format!("{}: {words}", self.place);
        Trouble { kind: FailKind::Connection, message, sent: sent || self.sent }
    }

    /// The answer began and did not end.
    pub(super) fn in_body(&self, error: &ureq::Error, status: StatusCode) -> Trouble {
        match error {
            ureq::Error::Timeout(_) => self.timeout(),
            _ => self.connection(
                &format!("answered with status {}, then broke off", status.as_u16()),
                true,
            ),
        }
    }

    /// What an error of the client means.
    pub(super) fn explain(&self, error: ureq::Error) -> Trouble {
        match error {
            ureq::Error::Timeout(_) => self.timeout(),
            ureq::Error::HostNotFound => self.no_such_host(),
            ureq::Error::Io(error) => self.explain_io(&error),
            ureq::Error::Rustls(error) => self.explain_tls(&error),
            ureq::Error::Tls(_) | ureq::Error::TlsRequired => {
                self.connection("TLS could not be set up", false)
            }
            // The client's parser has no name for this that we could match.
            ureq::Error::Protocol(error) if error.to_string().contains("too many headers") => {
                self.connection("the answer has more headers than any service needs", true)
            }
            ureq::Error::Protocol(_) | ureq::Error::BodyStalled => self.connection(
                "what answers there does not speak HTTP; is the port right, and is it https?",
                true,
            ),
            ureq::Error::LargeResponseHeader(..) => self.connection(
                &format!("the headers of the answer are larger than {} KiB", HEADERS_CAP / 1024),
                true,
            ),
            ureq::Error::Http(_) | ureq::Error::BadUri(_) => {
                Trouble::input("the URL or a header is malformed")
            }
            ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => self.connection(
                "the proxy of this machine's environment did not let us through",
                false,
            ),
            ureq::Error::ConnectionFailed => self.connection("no connection", false),
            // Its own words might repeat the URL.
            _ => self.connection("the request failed", true),
        }
    }

    fn no_such_host(&self) -> Trouble {
        self.connection("no such host; check the name, and this machine's DNS", false)
    }

    fn explain_io(&self, error: &std::io::Error) -> Trouble {
        if let Some(inner) = error.get_ref()
            && let Some(tls) = inner.downcast_ref::<rustls::Error>()
        {
            return self.explain_tls(tls);
        }
        match error.kind() {
            ErrorKind::ConnectionRefused => {
                self.connection("connection refused; nothing listens there", false)
            }
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                self.connection("no route to it from this machine", false)
            }
            ErrorKind::TimedOut => self.timeout(),
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof => {
                self.connection("the connection broke off before the answer", true)
            }
            // The resolver's errors have no kind of their own.
            _ if error.to_string().starts_with("failed to lookup") => {
                if error.to_string().contains("Temporary failure") {
                    self.connection("the name could not be looked up: DNS does not answer", false)
                } else {
                    self.no_such_host()
                }
            }
            kind => self.connection(&format!("the connection failed: {kind}"), true),
        }
    }

    fn explain_tls(&self, error: &rustls::Error) -> Trouble {
        let words = match error {
            rustls::Error::InvalidCertificate(fault) => {
                format!("its certificate {}", certificate(fault))
            }
            rustls::Error::InvalidMessage(_) => {
                "what answers there does not speak TLS; is it http:// or another port?".to_owned()
            }
            rustls::Error::AlertReceived(alert) => {
                format!("it ended the TLS handshake: {alert:?}; does it want a client certificate?")
            }
            error => format!("TLS failed: {error}"),
        };
        self.connection(&words, false)
    }
}

/// An answer came, and it is not what it should be.
const fn refused(message: String) -> Trouble {
    Trouble { kind: FailKind::Connection, message, sent: true }
}

/// What is wrong with a certificate, after "its certificate ".
fn certificate(fault: &CertificateError) -> String {
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "has expired; renew it, or check this machine's clock".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet; check this machine's clock".to_owned()
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names = presented.iter().take(3).map(|name| shown_name(name));
            format!("is for {}, not for this name", names.collect::<Vec<_>>().join(", "))
        }
        CertificateError::NotValidForName => "is for another name".to_owned(),
        CertificateError::UnknownIssuer => {
            "is from an authority that this machine does not trust; for one of your own set \
             SSL_CERT_FILE to its file"
                .to_owned()
        }
        CertificateError::BadSignature => {
            "is signed with another key than the one this machine knows of its authority; if that was \
             made anew, set SSL_CERT_FILE to its file"
                .to_owned()
        }
        CertificateError::Revoked => "was revoked".to_owned(),
        other => format!("cannot be trusted ({other})"),
    }
}

/// `DnsName("a.example")` as `a.example`.
fn shown_name(presented: &str) -> &str {
    presented.split('"').nth(1).unwrap_or(presented)
}
