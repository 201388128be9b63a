//! The connection of a target as environment variables, so that no command line holds a password.

use secrecy::ExposeSecret;

use super::EnvValue;
use crate::effect::TargetKind;
use crate::secret::SecretValue;
use crate::world::address::Address;

/// Seconds that client programs wait for a connection when the URL says nothing: a dead host is a
/// finding, and libpq alone would wait for minutes.
const CONNECT_TIMEOUT: &str = "10";

/// The name under which a database lists connections made by commands.
const APPLICATION: &str = "mayday";

/// Variables for a command that works on a target.
///
/// | kind | variables |
/// |---|---|
/// | postgres | those of libpq: `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`, `PGSSLMODE`, ... |
/// | mysql | `MYSQL_HOST`, `MYSQL_TCP_PORT`, `MYSQL_PWD`, `MYSQL_UNIX_PORT`, which clients read; `MYSQL_USER`, `MYSQL_DATABASE`, for the command to pass on |
/// | sqlite | `DATABASE_PATH` |
/// | http | `BASE_URL` |
///
/// # Errors
/// What is wrong with the address, without repeating it.
pub fn target_variables(
    kind: TargetKind,
    address: &SecretValue,
) -> Result<Vec<(String, EnvValue)>, String> {
    let text = address.expose_secret();
    let one = |name: &'static str| vec![(name, text.to_owned())];
    let variables = match kind {
        TargetKind::Sqlite => one("DATABASE_PATH"),
        TargetKind::Http => one("BASE_URL"),
        TargetKind::Postgres => postgres(&parse(text, &["postgres", "postgresql"])?),
        TargetKind::Mysql => mysql(&parse(text, &["mysql", "mariadb"])?),
    };
    // All of them secret: the address may be one as a whole.
    let secret = |(name, value): (&str, String)| {
        (name.to_owned(), EnvValue::Secret(SecretValue::from(value)))
    };
    Ok(variables.into_iter().map(secret).collect())
}

fn parse(text: &str, schemes: &[&str]) -> Result<Address, String> {
    let wanted = schemes[0];
    let address = Address::parse(text)
        .map_err(|fault| format!("the address is not a {wanted}:// URL: {fault}"))?;
    if schemes.contains(&address.scheme.as_str()) {
        Ok(address)
    } else {
        Err(format!("the address is not a {wanted}:// URL: it begins with another scheme"))
    }
}

type Variables = Vec<(&'static str, String)>;

/// Adds what is there.
fn put(variables: &mut Variables, name: &'static str, value: Option<impl Into<String>>) {
    if let Some(value) = value {
        variables.push((name, value.into()));
    }
}

fn password(address: &Address) -> Option<&str> {
    address.password.as_ref().map(ExposeSecret::expose_secret)
}

/// libpq's variables. Keys of the URL go before its parts, as in libpq.
fn postgres(url: &Address) -> Variables {
    let mut all = Vec::new();
    let joined = |list: Vec<String>| (!list.is_empty()).then(|| list.join(","));
    let hosts = || url.hosts.iter().map(|(host, _)| host.clone()).collect();
    let port = |(_, port): &(String, Option<u16>)| port.map_or_else(String::new, |p| p.to_string());
    let ports = || url.hosts.iter().map(port).collect();
    let key = |name: &str| url.param(name).map(str::to_owned);
    let has_port = url.hosts.iter().any(|(_, port)| port.is_some());
    put(&mut all, "PGHOST", key("host").or_else(|| joined(hosts())));
    put(&mut all, "PGPORT", key("port").or_else(|| joined(ports()).filter(|_| has_port)));
    put(&mut all, "PGUSER", key("user").or_else(|| url.user.clone()));
    put(&mut all, "PGPASSWORD", key("password").or_else(|| password(url).map(str::to_owned)));
    put(&mut all, "PGDATABASE", key("dbname").or_else(|| url.database.clone()));
    for (name, param) in [
        ("PGSSLMODE", "sslmode"),
        ("PGSSLROOTCERT", "sslrootcert"),
        ("PGSSLCERT", "sslcert"),
        ("PGSSLKEY", "sslkey"),
        ("PGCHANNELBINDING", "channel_binding"),
        ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ] {
        put(&mut all, name, url.param(param));
    }
    put(&mut all, "PGAPPNAME", Some(url.param("application_name").unwrap_or(APPLICATION)));
    let timeout = url.param("connect_timeout").filter(|text| text.parse::<u32>().is_ok());
    put(&mut all, "PGCONNECT_TIMEOUT", Some(timeout.unwrap_or(CONNECT_TIMEOUT)));
    put(&mut all, "PGOPTIONS", options(url));
    all
}

/// `options` of the URL, and Prisma's `schema`. A pooler takes no options, so `pgbouncer=true` stops
/// ours.
fn options(url: &Address) -> Option<String> {
    let given = url.param("options").map(str::to_owned);
    let pooled = url.param("pgbouncer") == Some("true");
    let schema = url.param("schema").filter(|schema| *schema != "public" && !pooled);
    // libpq splits options at spaces; a backslash keeps one.
    let schema = schema.map(|name| {
        let name = name.replace('\\', "\\\\").replace(' ', "\\ ");
        format!("-c search_path={name}")
    });
    match (given, schema) {
        (Some(given), Some(schema)) => Some(format!("{given} {schema}")),
        (given, schema) => given.or(schema),
    }
}

fn mysql(url: &Address) -> Variables {
    let mut all = Vec::new();
    let first = url.hosts.first();
    put(&mut all, "MYSQL_HOST", first.map(|(host, _)| host.as_str()));
    put(&mut all, "MYSQL_TCP_PORT", first.and_then(|(_, port)| *port).map(|port| port.to_string()));
    put(&mut all, "MYSQL_UNIX_PORT", url.param("socket"));
    put(&mut all, "MYSQL_USER", url.user.as_deref());
    put(&mut all, "MYSQL_PWD", password(url));
    put(&mut all, "MYSQL_DATABASE", url.database.as_deref());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(kind: TargetKind, url: &str) -> Vec<String> {
        let all = target_variables(kind, &SecretValue::from(url.to_owned())).unwrap();
        all.iter().map(|(name, value)| format!("{name}={}", value.text())).collect()
    }

    #[test]
    fn a_neon_url_becomes_what_libpq_reads() {
        let url = "postgresql://app:s3cret%2F1@ep-a.eu.example:5432/neondb?sslmode=require\
                   &channel_binding=require&options=endpoint%3Dep-a";
        let expected = [
            "PGHOST=ep-a.eu.example",
            "PGPORT=5432",
            "PGUSER=app",
            "PGPASSWORD=s3cret/1",
            "PGDATABASE=neondb",
            "PGSSLMODE=require",
            "PGCHANNELBINDING=require",
            "PGAPPNAME=mayday",
            "PGCONNECT_TIMEOUT=10",
            "PGOPTIONS=endpoint=ep-a",
        ];
        assert_eq!(variables(TargetKind::Postgres, url), expected);
    }

    #[test]
    fn prisma_keys_do_not_reach_libpq_and_its_schema_does() {
        let url = "postgres://app@db/app?schema=shop&connection_limit=5&pool_timeout=2";
        let expected = [
            "PGHOST=db",
            "PGUSER=app",
            "PGDATABASE=app",
            "PGAPPNAME=mayday",
            "PGCONNECT_TIMEOUT=10",
            "PGOPTIONS=-c search_path=shop",
        ];
        assert_eq!(variables(TargetKind::Postgres, url), expected);
        let pooled = format!("{url}&pgbouncer=true");
        assert!(!variables(TargetKind::Postgres, &pooled).iter().any(|v| v.contains("PGOPTIONS")));
    }

    #[test]
    fn other_kinds() {
        let expected = [
            "MYSQL_HOST=db",
            "MYSQL_TCP_PORT=3307",
            "MYSQL_USER=u",
            "MYSQL_PWD=p",
            "MYSQL_DATABASE=shop",
        ];
        assert_eq!(variables(TargetKind::Mysql, "mysql://u:p@db:3307/shop"), expected);
        assert_eq!(variables(TargetKind::Sqlite, "/a/b.db"), ["DATABASE_PATH=/a/b.db"]);
        assert_eq!(
            variables(TargetKind::Http, "https://a.example"),
            ["BASE_URL=https://a.example"]
        );
    }

    #[test]
    fn a_wrong_address_is_refused_without_being_repeated() {
        let wrong = SecretValue::from("mysql://u:hunter22@h/d".to_owned());
        let fault = target_variables(TargetKind::Postgres, &wrong).unwrap_err();
        assert_eq!(fault, "the address is not a postgres:// URL: it begins with another scheme");
    }
}
