//! TLS by every `sslmode`, against a server whose authority we made.

use super::*;
use crate::support::postgres::{PASSWORD_IN_URL, Server};

#[test]
fn certificates_are_believed_as_far_as_sslmode_says() {
    let server = Server::start_tls();
    let ca = server.authority.to_str().unwrap().to_owned();
    let other = Server::start();
    let stranger = other.authority.to_str().unwrap().to_owned();
    let query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let at = |host: &str, options: &str| {
        let url = format!(
            "postgres://postgres:{PASSWORD_IN_URL}@{host}:{}/postgres?{options}",
            server.port
        );
        go(&job(TargetKind::Postgres, &url, &[query]))
    };
    let good = |host: &str, options: &str, said: &str| {
        let output = at(host, options);
        assert_eq!(output.ending, Ending::Done, "{host} {options}");
        assert_eq!(output.facts["tls"], said, "{options}");
        assert_eq!(output.facts["rows"][0]["ssl"], said != "not encrypted", "{options}");
    };
    let bad = |host: &str, options: &str, why: &str| {
        let (kind, message) = failed(at(host, options));
        assert_eq!(kind, FailKind::Connection, "{message}");
        assert!(message.contains(why), "{options}: {message}");
    };
    good("localhost", &format!("sslmode=verify-full&sslrootcert={ca}"), "encrypted, verified");
    good(
        "localhost",
        &format!("sslmode=verify-full&sslrootcert={ca}&channel_binding=require"),
        "encrypted, verified",
    );
    good(
        "127.0.0.1",
        &format!("sslmode=verify-ca&sslrootcert={ca}"),
        "encrypted, authority verified, name not",
    );
    good(
        "127.0.0.1",
        &format!("sslmode=require&sslrootcert={ca}"),
        "encrypted, authority verified, name not",
    );
    good("127.0.0.1", "sslmode=require", "encrypted, not verified");
    good("127.0.0.1", "", "encrypted, not verified");
    good("127.0.0.1", "sslmode=disable", "not encrypted");
    bad("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={ca}"), "not valid for name");
    bad("localhost", &format!("sslmode=verify-full&sslrootcert={stranger}"), "certificate");
    bad("localhost", &format!("sslmode=verify-ca&sslrootcert={stranger}"), "certificate");
    bad("localhost", "sslmode=verify-full", "sslrootcert=FILE");
    bad("localhost", "sslrootcert=system", "UnknownIssuer");
    let (kind, message) = failed(at("localhost", "sslmode=verify-full&sslrootcert=/nowhere.pem"));
    assert_eq!(kind, FailKind::Input);
    assert!(message.contains("/nowhere.pem"), "{message}");
    let plain = format!("postgres://postgres:{PASSWORD_IN_URL}@localhost:{}/postgres", other.port);
    let (_, message) =
        failure(&job(TargetKind::Postgres, &format!("{plain}?sslmode=require"), &[query]));
    assert!(message.contains("does not support TLS"), "{message}");
    let said = facts(&job(TargetKind::Postgres, &plain, &[query]));
    assert_eq!(said["tls"], "not encrypted");
}
