//! PostgreSQL URLs, with libpq's meaning of every option that is taken.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::Value;
use tokio_postgres::config::{ChannelBinding, SslMode, SslNegotiation, TargetSessionAttrs};

use super::super::trouble::Trouble;
use super::super::url::{self, Url};
use crate::effect::Facts;

/// A connection that nobody answers is given up after this long: an operator who waits needs to know.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

const KNOWN: &[&str] = &[
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "options",
    "password",
    "port",
    "schema",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// What Prisma adds for itself.
const PRISMA: &[&str] = &[
    "connection_limit",
    "max_connection_lifetime",
    "max_idle_connection_lifetime",
    "pgbouncer",
    "pool_timeout",
    "single_use_connections",
    "socket_timeout",
    "sslaccept",
    "statement_cache_size",
];

/// How far the server's certificate is believed (libpq's `sslmode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    Off,
    /// Encrypted when the server can, by whatever certificate it has.
    IfOffered,
    /// Encrypted, by whatever certificate.
    Unverified,
    /// Encrypted, by a certificate of a known authority, for whatever name.
    VerifyCa,
    /// Encrypted, by a certificate of a known authority for this name.
    VerifyFull,
}

impl Tls {
    /// The word in URLs.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Off => "disable",
            Self::IfOffered => "prefer",
            Self::Unverified => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

/// Everything that a URL says.
pub(super) struct Address {
    pub(super) config: tokio_postgres::Config,
    pub(super) tls: Tls,
    /// Certificates to believe; none: the system's.
    pub(super) roots: Option<PathBuf>,
    /// Prisma's `schema`.
    pub(super) search_path: Option<String>,
    pub(super) connect_limit: Duration,
    /// What was in the URL and has no meaning here.
    pub(super) notes: Vec<String>,
    /// What in the URL tells that a pooler stands before the server.
    pub(super) pooler: Option<&'static str>,
    hosts: Vec<String>,
}

impl Address {
    pub(super) fn read(text: &str) -> Result<Self, Trouble> {
        let mut url = url::parse(text, &["postgres", "postgresql"])?;
        let mut address = Self {
            config: tokio_postgres::Config::new(),
            tls: Tls::IfOffered,
            roots: None,
            search_path: None,
            connect_limit: CONNECT_LIMIT,
            notes: Vec::new(),
            pooler: None,
            hosts: Vec::new(),
        };
        let mut mode = None;
        for (key, value) in std::mem::take(&mut url.options) {
            if key == "sslmode" {
                mode = Some(value);
            } else {
                address.option(&key, value, &mut url)?;
            }
        }
        address.settle_tls(mode.as_deref())?;
        address.place(&url)?;
        Ok(address)
    }

    fn option(&mut self, key: &str, value: String, url: &mut Url) -> Result<(), Trouble> {
        let bad = || url::wrong(&format!("`{key}` has no meaning with this value"));
        match key {
            "user" => url.user = Some(value),
            "password" => url.password = Some(value.into()),
            "dbname" => url.database = Some(value),
            "host" => {
                let ports: Vec<Option<u16>> = url.hosts.iter().map(|(_, port)| *port).collect();
                let port = |at: usize| ports.get(at).or(ports.first()).copied().flatten();
                let names = value.split(',').map(str::to_owned).enumerate();
                url.hosts = names.map(|(at, name)| (name, port(at))).collect();
            }
            "port" => {
                let port = url::port_of(&value)?;
                url.hosts.iter_mut().for_each(|(_, known)| *known = Some(port));
            }
            "hostaddr" => {
                self.config.hostaddr(value.parse::<IpAddr>().map_err(|_| bad())?);
            }
            "sslrootcert" => {
                self.roots = (value != "system").then(|| PathBuf::from(&value));
                // libpq: the system's roots are worth nothing without the name.
                let tls = if value == "system" { Tls::VerifyFull } else { Tls::VerifyCa };
                self.tls = tls;
            }
            "sslnegotiation" => {
                self.config.ssl_negotiation(match value.as_str() {
                    "postgres" => SslNegotiation::Postgres,
                    "direct" => SslNegotiation::Direct,
                    _ => return Err(bad()),
                });
            }
            "channel_binding" => {
                self.config.channel_binding(match value.as_str() {
                    "disable" => ChannelBinding::Disable,
                    "prefer" => ChannelBinding::Prefer,
                    "require" => ChannelBinding::Require,
                    _ => return Err(bad()),
                });
            }
            "target_session_attrs" => {
                self.config.target_session_attrs(match value.as_str() {
                    "any" => TargetSessionAttrs::Any,
                    "read-write" | "primary" => TargetSessionAttrs::ReadWrite,
                    "read-only" | "standby" => TargetSessionAttrs::ReadOnly,
                    _ => return Err(bad()),
                });
            }
            "connect_timeout" => {
                let seconds: u64 = value.parse().map_err(|_| bad())?;
                if seconds > 0 {
                    self.connect_limit = Duration::from_secs(seconds);
                }
            }
            "tcp_user_timeout" => {
                let ms = value.parse().map_err(|_| bad())?;
                self.config.tcp_user_timeout(Duration::from_millis(ms));
            }
            "keepalives" => {
                self.config.keepalives(value != "0");
            }
            "options" => {
                self.config.options(value);
            }
            "schema" => self.search_path = Some(value),
            "sslsni" if value == "1" => {}
            "application_name" => {
                self.notes.push("application_name: mayday names the run and step instead".into());
            }
            _ if PRISMA.contains(&key) => {
                if key == "pgbouncer" && value == "true" {
                    self.pooler = Some("the URL says pgbouncer=true");
                }
                self.notes.push(format!("{key} is Prisma's own, and dropped"));
            }
            _ => return Err(url::unknown_option(key, KNOWN)),
        }
        Ok(())
    }

    /// `sslmode`, with what libpq makes of it when a root certificate is named.
    fn settle_tls(&mut self, mode: Option<&str>) -> Result<(), Trouble> {
        let by_roots = self.tls;
        let given = match mode {
            None if by_roots == Tls::VerifyFull => Tls::VerifyFull,
            // `allow` would try without encryption first; nobody is worse off the other way round.
            None | Some("allow" | "prefer") => Tls::IfOffered,
            Some("disable") => Tls::Off,
            Some("require") if by_roots == Tls::IfOffered => Tls::Unverified,
            Some("require") => by_roots,
            Some("verify-ca") => Tls::VerifyCa,
            Some("verify-full") => Tls::VerifyFull,
            Some(_) => {
                let known = "disable, allow, prefer, require, verify-ca or verify-full";
                return Err(url::wrong(&format!("`sslmode` is one of {known}")));
            }
        };
        if by_roots == Tls::VerifyFull && given != Tls::VerifyFull {
            return Err(url::wrong("sslrootcert=system needs sslmode=verify-full"));
        }
        self.tls = given;
        Ok(())
    }

    fn place(&mut self, url: &Url) -> Result<(), Trouble> {
        let config = &mut self.config;
        if let Some(user) = &url.user {
            config.user(user);
        }
        if let Some(password) = &url.password {
            config.password(password.expose_secret());
        }
        // libpq: the database is named like its user when none is named.
        if let Some(database) = url.database.as_ref().or(url.user.as_ref()) {
            config.dbname(database);
        }
        for (host, port) in &url.hosts {
            if host.is_empty() {
                return Err(url::wrong("it names no host"));
            }
            let port = port.unwrap_or(5432);
            config.host(host).port(port);
            let first_label = host.split('.').next().unwrap_or_default();
            if first_label.ends_with("-pooler") || host.ends_with(".pooler.supabase.com") {
                self.pooler = Some("the host is a provider's pooler");
            }
            if host.starts_with('/') {
                self.tls = Tls::Off;
            }
            let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
            self.hosts.push(format!("{host}:{port}"));
        }
        config.ssl_mode(match self.tls {
            Tls::Off => SslMode::Disable,
            Tls::IfOffered => SslMode::Prefer,
            _ => SslMode::Require,
        });
        Ok(())
    }

    /// True when no host is a socket of this machine.
    pub(super) fn by_network(&self) -> bool {
        !self.hosts.iter().any(|host| host.starts_with('/'))
    }

    /// `postgres bloom_prod@db:5432`.
    pub(super) fn short(&self) -> String {
        let database = self.config.get_dbname().unwrap_or("?");
        format!("postgres {database}@{}", self.hosts.join(","))
    }

    /// The parts that may be shown.
    pub(super) fn facts(&self) -> Facts {
        let mut facts = Facts::new();
        let mut put = |name: &str, value: Value| facts.insert(name.to_owned(), value);
        put("kind", "postgres".into());
        put("target", self.short().into());
        put("host", self.hosts.join(",").into());
        put("database", self.config.get_dbname().into());
        put("user", self.config.get_user().into());
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

    fn read(url: &str) -> Address {
        Address::read(url).map_err(|trouble| trouble.message()).unwrap()
    }

    #[test]
    fn neon_and_prisma_urls_are_taken_as_they_are() {
        let neon = read(
            "postgresql://u:p@ep-x.eu.aws.neon.tech/bloom?sslmode=require&channel_binding=require",
        );
        assert_eq!(neon.tls, Tls::Unverified);
        assert_eq!(neon.pooler, None);
        assert!(read("postgres://u@ep-x-pooler.eu.aws.neon.tech/d").pooler.is_some());
        assert!(read("postgres://u@aws-0-eu.pooler.supabase.com:6543/d").pooler.is_some());
        assert_eq!(neon.config.get_channel_binding(), ChannelBinding::Require);
        assert_eq!(neon.short(), "postgres bloom@ep-x.eu.aws.neon.tech:5432");
        let prisma = read("postgres://u:p@h:6543/d?schema=app&pgbouncer=true&connection_limit=1");
        assert_eq!(prisma.search_path.as_deref(), Some("app"));
        assert_eq!(prisma.notes.len(), 2);
        assert!(
            prisma.pooler.is_some() && read("postgres://u@h/d?pgbouncer=false").pooler.is_none()
        );
        assert!(!format!("{:?}", prisma.facts()).contains("\"p\""));
    }

    #[test]
    fn sslmode_means_what_libpq_means() {
        let mode = |query: &str| read(&format!("postgres://u@h/d{query}")).tls;
        assert_eq!(mode(""), Tls::IfOffered);
        assert_eq!(mode("?sslmode=disable"), Tls::Off);
        assert_eq!(mode("?sslmode=allow"), Tls::IfOffered);
        assert_eq!(mode("?sslmode=require"), Tls::Unverified);
        assert_eq!(mode("?sslmode=require&sslrootcert=/ca.pem"), Tls::VerifyCa);
        assert_eq!(mode("?sslrootcert=/ca.pem&sslmode=verify-full"), Tls::VerifyFull);
        assert_eq!(mode("?sslrootcert=system"), Tls::VerifyFull);
        assert_eq!(read("postgres://u@/d?host=/tmp&sslmode=require").tls, Tls::Off);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let said = |url: &str| Address::read(url).err().map(|t| t.message()).unwrap_or_default();
        assert!(said("postgres://u@h/d?sslmod=require").contains("did you mean `sslmode`?"));
        assert!(said("postgres://u@h/d?sslmode=strict").contains("verify-full"));
        assert!(said("postgres://u@h/d?sslrootcert=system&sslmode=prefer").contains("verify-full"));
        assert!(said("postgres://u@/d").contains("names no host"));
        assert!(said("mysql://u@h/d").contains("postgres://"));
        assert!(said("postgres://u@h/d?connect_timeout=soon").contains("connect_timeout"));
    }
}
