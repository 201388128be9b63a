//! MySQL URLs, with the `ssl-mode` of MySQL's own client.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use mysql::{Opts, OptsBuilder, SslOpts};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::super::limit::Limit;
use super::super::trouble::Trouble;
use super::super::url::{self, Url};
use super::FAREWELL;
use crate::effect::Facts;

/// As for PostgreSQL: a connection that nobody answers is given up after this long.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

const KNOWN: &[&str] = &["connect_timeout", "socket", "ssl-ca", "ssl-mode"];

/// What Prisma adds for itself.
const PRISMA: &[&str] =
    &["connection_limit", "pool_timeout", "socket_timeout", "sslaccept", "statement_cache_size"];

/// How far the server's certificate is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    Off,
    IfOffered,
    Unverified,
    VerifyCa,
    VerifyIdentity,
}

impl Tls {
    const ALL: [(&'static str, Self); 5] = [
        ("DISABLED", Self::Off),
        ("PREFERRED", Self::IfOffered),
        ("REQUIRED", Self::Unverified),
        ("VERIFY_CA", Self::VerifyCa),
        ("VERIFY_IDENTITY", Self::VerifyIdentity),
    ];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, mode)| *mode == self).map_or("?", |(word, _)| word)
    }

    /// What may be said of a connection made this way.
    pub(super) const fn said(self) -> &'static str {
        match self {
            Self::Off => "not encrypted",
            Self::IfOffered | Self::Unverified => "encrypted, not verified",
            Self::VerifyCa => "encrypted, authority verified, name not",
            Self::VerifyIdentity => "encrypted, verified",
        }
    }
}

/// Everything that a URL says.
#[derive(Clone)]
pub(super) struct Address {
    host: String,
    port: u16,
    user: Option<String>,
    password: Option<SecretString>,
    database: Option<String>,
    socket: Option<String>,
    roots: Option<PathBuf>,
    pub(super) tls: Tls,
    pub(super) connect_limit: Duration,
    notes: Vec<String>,
}

impl Address {
    pub(super) fn read(text: &str) -> Result<Self, Trouble> {
        let Url { user, password, hosts, database, options } =
            url::parse(text, &["mysql", "mariadb"])?;
        let [(host, port)] = hosts.as_slice() else {
            return Err(url::wrong("it names several hosts"));
        };
        let mut address = Self {
            host: host.clone(),
            port: port.unwrap_or(3306),
            user,
            password,
            database,
            socket: None,
            roots: None,
            tls: Tls::IfOffered,
            connect_limit: CONNECT_LIMIT,
            notes: Vec::new(),
        };
        for (key, value) in options {
            address.option(&key, value)?;
        }
        if address.host.is_empty() && address.socket.is_none() {
            return Err(url::wrong("it names no host"));
        }
        if address.socket.is_some() {
            address.tls = Tls::Off;
        }
        Ok(address)
    }

    fn option(&mut self, key: &str, value: String) -> Result<(), Trouble> {
        match key.replace('_', "-").as_str() {
            "ssl-mode" | "sslmode" => {
                let wanted = value.to_uppercase().replace('-', "_");
                let mode = Tls::ALL.iter().find(|(word, _)| *word == wanted);
                let words = Tls::ALL.map(|(word, _)| word).join(", ");
                self.tls =
                    mode.ok_or_else(|| url::wrong(&format!("`ssl-mode` is one of {words}")))?.1;
            }
            "ssl-ca" => self.roots = Some(PathBuf::from(value)),
            "socket" => self.socket = Some(value),
            "connect-timeout" => {
                let seconds = value.parse().ok().filter(|seconds| *seconds > 0);
                let wrong = || url::wrong("`connect_timeout` is not a number of seconds");
                self.connect_limit = Duration::from_secs(seconds.ok_or_else(wrong)?);
            }
            _ if PRISMA.contains(&key) => {
                self.notes.push(format!("{key} is Prisma's own, and dropped"));
            }
            _ => return Err(url::unknown_option(key, KNOWN)),
        }
        Ok(())
    }

    /// Without encryption: what `PREFERRED` falls back to.
    pub(super) fn in_the_clear(&self) -> Self {
        Self { tls: Tls::Off, ..self.clone() }
    }

    /// For the driver. A read that takes longer than the whole effect may is given up.
    pub(super) fn options(&self, application_name: &str, limit: Limit) -> Opts {
        let patience = limit.left() + 2 * FAREWELL;
        let tls = match self.tls {
            Tls::Off => None,
            mode => {
                let believe_all = matches!(mode, Tls::IfOffered | Tls::Unverified);
                let roots = self.roots.clone().map(std::borrow::Cow::Owned);
                Some(
                    SslOpts::default()
                        .with_root_cert_path(roots)
                        .with_danger_accept_invalid_certs(believe_all && self.roots.is_none())
                        .with_danger_skip_domain_validation(mode != Tls::VerifyIdentity),
                )
            }
        };
        let name = HashMap::from([("program_name".to_owned(), application_name.to_owned())]);
        OptsBuilder::new()
            .ip_or_hostname(Some(self.host.clone()))
            .tcp_port(self.port)
            .socket(self.socket.clone())
            .prefer_socket(false)
            .user(self.user.clone())
            .pass(self.password.as_ref().map(|password| password.expose_secret().to_owned()))
            .db_name(self.database.clone())
            .tcp_connect_timeout(Some(self.connect_limit.min(patience)))
            .read_timeout(Some(patience))
            .write_timeout(Some(patience))
            .connect_attrs(Some(name))
            .ssl_opts(tls)
            .into()
    }

    /// `mysql bloom@db:3306`.
    pub(super) fn short(&self) -> String {
        let database = self.database.as_deref().unwrap_or("");
        match &self.socket {
            Some(path) => format!("mysql {database}@{path}"),
            None if self.host.contains(':') => {
                format!("mysql {database}@[{}]:{}", self.host, self.port)
            }
            None => format!("mysql {database}@{}:{}", self.host, self.port),
        }
    }

    /// The parts that may be shown.
    pub(super) fn facts(&self) -> Facts {
        let mut facts = Facts::new();
        let mut put = |name: &str, value: Value| facts.insert(name.to_owned(), value);
        put("kind", "mysql".into());
        put("target", self.short().into());
        put("host", format!("{}:{}", self.host, self.port).into());
        put("database", self.database.clone().into());
        put("user", self.user.clone().into());
        put("sslmode", self.tls.word().into());
        if !self.notes.is_empty() {
            put("notes", self.notes.clone().into());
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_odd_ones_refused() {
        let said =
            |url: &str| Address::read(url).map(|a| (a.short(), a.tls)).map_err(|t| t.message());
        let full = said("mysql://u:p%40@[::1]/d?ssl-mode=verify_identity&ssl-ca=/ca.pem").unwrap();
        assert_eq!(full, ("mysql d@[::1]:3306".to_owned(), Tls::VerifyIdentity));
        assert_eq!(said("mariadb://u@h:1/d").unwrap().1, Tls::IfOffered);
        assert_eq!(said("mysql://u@/d?socket=/run/m.sock&ssl-mode=REQUIRED").unwrap().1, Tls::Off);
        assert!(said("mysql://u@h/d?ssl-mod=x").unwrap_err().contains("did you mean `ssl-mode`?"));
        assert!(said("mysql://u@h/d?ssl-mode=on").unwrap_err().contains("VERIFY_CA"));
        assert!(said("mysql://u@/d").unwrap_err().contains("no host"));
        assert!(said("mysql://u@a,b/d").unwrap_err().contains("several hosts"));
        let shown = Address::read("mysql://u:hunter22@h/d").map(|a| format!("{:?}", a.facts()));
        assert!(!shown.map_err(|t| t.message()).unwrap().contains("hunter22"));
    }
}
