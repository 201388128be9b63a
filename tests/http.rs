//! HTTP requests against a real server on the loopback, good and bad.

use std::process::Command;

use mayday::effect::{Ending, FailKind, Output};
use mayday::secret::Redactor;
use mayday::time::Span;
use mayday::world::evidence::EvidenceSink;
use mayday::world::http::{BODY_CAP, PreparedHttp, send};
use mayday::world::process::EnvValue;
use serde_json::json;

use crate::support::http::{Server, identity};

/// Long enough for the slowest machine, where the limit is not what is tested.
const LONG: Span = Span::from_secs(30);
/// Short, where it is.
const SHORT: Span = Span::from_millis(300);

fn get(url: &str) -> PreparedHttp {
    PreparedHttp {
        method: "GET".to_owned(),
        url: EnvValue::Plain(url.to_owned()),
        headers: Vec::new(),
        body: None,
        redirects: 0,
        insecure: false,
        time_limit: LONG,
        withhold: false,
        redactor: Redactor::default(),
    }
}

fn answer(request: &PreparedHttp) -> Output {
    send(request, &EvidenceSink::nowhere())
}

/// Kind and words of the failure, which must show the place and nothing else of the URL.
fn failure(output: &Output) -> (FailKind, &str) {
    match &output.ending {
        Ending::Failed { kind, message } => (*kind, message),
        other => unreachable!("ended as {other:?}"),
    }
}

#[test]
fn an_answer_becomes_facts() {
    let server = Server::start();
    let output = answer(&get(&server.url("/json/{%22status%22:%22ok%22}")));
    assert_eq!(output.ending, Ending::Done);
    assert_eq!(output.facts["status_code"], 200);
    assert_eq!(output.facts["status"], 200);
    assert_eq!(output.facts["json"], json!({ "status": "ok" }));
    assert_eq!(output.facts["headers"]["content-type"], "application/json");
    assert!(output.facts["elapsed_ms"].is_i64());

    let output = answer(&get(&server.url("/")));
    assert_eq!(output.facts["body"], "fine");
    assert_eq!(output.facts["headers"]["x-two"], "a, b");
    assert!(output.facts["headers"].get("set-cookie").is_none());
    assert!(output.facts.get("json").is_none());
}

#[test]
fn any_status_is_an_answer() {
    let server = Server::start();
    for status in [204, 301, 404, 500, 503] {
        let output = answer(&get(&server.url(&format!("/status/{status}"))));
        assert_eq!(output.ending, Ending::Done);
        assert_eq!(output.facts["status_code"], status);
    }
}

#[test]
fn method_headers_and_body_arrive_as_given() {
    let server = Server::start();
    let mut request = get(&server.url("/x?y=1"));
    request.method = "POST".to_owned();
    request.body = Some(r#"{"a":1}"#.to_owned());
    request.headers = vec![
        ("Content-Type".to_owned(), EnvValue::Plain("application/json".to_owned())),
        ("X-Key".to_owned(), EnvValue::Secret("hunter2secret".to_owned().into())),
    ];
    assert_eq!(answer(&request).ending, Ending::Done);
    let asked = &server.asked()[0];
    assert_eq!(asked.line, "POST /x?y=1 HTTP/1.1");
    assert_eq!(asked.body, r#"{"a":1}"#);
    assert!(asked.headers.contains(&"x-key: hunter2secret".to_owned()), "{asked:?}");
    assert!(asked.headers.contains(&"content-type: application/json".to_owned()));
    for method in ["HEAD", "DELETE", "PUT", "PATCH"] {
        request.method = method.to_owned();
        request.body = None;
        assert_eq!(answer(&request).ending, Ending::Done, "{method}");
    }
}

#[test]
fn whoever_never_finishes_is_left_at_the_limit() {
    let server = Server::start();
    for path in ["/hang", "/drip-headers", "/drip-body"] {
        let mut request = get(&server.url(path));
        request.time_limit = SHORT;
        let output = answer(&request);
        let expected = format!("no complete answer from 127.0.0.1:{} within 300ms", server.port);
        assert_eq!(failure(&output), (FailKind::Timeout, expected.as_str()), "{path}");
        assert!(output.elapsed >= SHORT && output.elapsed < LONG);
    }
}

#[test]
fn a_change_without_an_answer_is_unknown_and_one_never_sent_is_not() {
    let server = Server::start();
    let mut request = get(&server.url("/hang"));
    request.method = "POST".to_owned();
    request.time_limit = SHORT;
    assert!(matches!(answer(&request).ending, Ending::Unknown { .. }));
    request.url = EnvValue::Plain(server.url("/reset"));
    request.time_limit = LONG;
    assert!(matches!(answer(&request).ending, Ending::Unknown { .. }));
    request.url = EnvValue::Plain(closed());
    assert_eq!(failure(&answer(&request)).0, FailKind::Connection);
}

/// A URL where nothing listens.
pub(crate) fn closed() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

#[test]
fn broken_answers_each_have_their_words() {
    let server = Server::start();
    for (path, words) in [
        ("/garbage", "what answers there does not speak HTTP; is the port right, and is it https?"),
        ("/headers", "the answer has more headers than any service needs"),
        ("/long-header", "the headers of the answer are larger than 64 KiB"),
        ("/short", "answered with status 200, then broke off"),
        ("/reset", "the connection broke off before the answer"),
        ("/empty", "the connection broke off before the answer"),
    ] {
        let output = answer(&get(&server.url(path)));
        let expected = format!("127.0.0.1:{}: {words}", server.port);
        assert_eq!(failure(&output), (FailKind::Connection, expected.as_str()), "{path}");
    }
}

#[test]
fn nobody_there_is_told_apart() {
    let output = answer(&get(&closed()));
    assert_eq!(failure(&output).0, FailKind::Connection);
    assert!(failure(&output).1.ends_with(": connection refused; nothing listens there"));
    let output = answer(&get("http://no-such-host.invalid/path"));
    let (kind, message) = failure(&output);
    assert_eq!(kind, FailKind::Connection);
    let dns = ["no-such-host.invalid: no such host", "no-such-host.invalid: the name could not"];
    assert!(dns.iter().any(|words| message.starts_with(words)), "{message}");
}

#[test]
fn what_is_no_url_is_refused_before_anything_is_sent() {
    for url in ["", "/health", "ftp://a.example/", "http://", "http://a b/", "file:///etc/passwd"] {
        assert_eq!(failure(&answer(&get(url))).0, FailKind::Input, "{url}");
    }
    let mut request = get(&closed());
    request.headers = vec![("X-Key".into(), EnvValue::Secret("hunter2\nsecret".to_owned().into()))];
    let output = answer(&request);
    assert_eq!(failure(&output), (FailKind::Input, "the value of header `X-Key` is malformed"));
}

#[test]
fn an_endless_body_is_cut() {
    let server = Server::start();
    let output = answer(&get(&server.url("/endless")));
    assert_eq!(output.ending, Ending::Done);
    assert_eq!(output.facts["body"].as_str().map(str::len), Some(BODY_CAP));
    assert_eq!(output.facts["body_truncated"], true);
}

#[test]
fn binary_is_shown_as_far_as_it_is_text() {
    let server = Server::start();
    let output = answer(&get(&server.url("/binary")));
    assert_eq!(output.facts["body"], "a\0\u{fffd}\n");
}

#[test]
fn redirects_are_followed_only_where_allowed() {
    let server = Server::start();
    let there = format!("/to/{}", server.url("/json/1"));
    assert_eq!(answer(&get(&server.url(&there))).facts["status_code"], 302);
    let mut request = get(&server.url(&there));
    request.redirects = 1;
    assert_eq!(answer(&request).facts["json"], 1);
    request.url = EnvValue::Plain(server.url("/loop"));
    request.redirects = 3;
    let output = answer(&request);
    assert!(failure(&output).1.starts_with("more than 3 redirects, the last from 127.0.0.1:"));
    request.url = EnvValue::Plain(server.url("/to/ftp://127.0.0.1/"));
    assert!(failure(&answer(&request)).1.contains("neither http nor https"));
}

#[test]
fn secrets_do_not_follow_to_another_host() {
    let (one, two) = (Server::start(), Server::start());
    let mut request = get(&one.url(&format!("/to/{}", two.url("/json/2"))));
    request.redirects = 1;
    request.headers = vec![
        ("X-Key".to_owned(), EnvValue::Secret("hunter2secret".to_owned().into())),
        ("Authorization".to_owned(), EnvValue::Plain("Basic eDp5".to_owned())),
        ("X-Open".to_owned(), EnvValue::Plain("1".to_owned())),
    ];
    assert_eq!(answer(&request).facts["json"], 2);
    let names = |server: &Server| server.asked()[0].headers.join("\n").to_lowercase();
    assert!(names(&one).contains("x-key") && names(&one).contains("authorization"));
    assert!(!names(&two).contains("x-key") && !names(&two).contains("authorization"));
    assert!(names(&two).contains("x-open: 1"));

    request.method = "POST".to_owned();
    request.body = Some("card=1".to_owned());
    request.url = EnvValue::Plain(one.url(&format!("/keep/{}", two.url("/json/2"))));
    assert!(
        matches!(answer(&request).ending, Ending::Unknown { reason } if reason.contains("body"))
    );
    assert_eq!(two.asked().len(), 1);
}

#[test]
fn secrets_are_hidden_in_what_comes_back() {
    let server = Server::start();
    let mut request = get(&server.url("/json/{%22token%22:%22hunter2secret%22}"));
    request.redactor.add("api", &"hunter2secret".to_owned().into()).unwrap();
    let output = answer(&request);
    assert_eq!(output.facts["json"], json!({ "token": "[redacted:api]" }));
    assert_eq!(output.facts["body"], r#"{"token":"[redacted:api]"}"#);
    request.withhold = true;
    assert_eq!(answer(&request).facts["json"]["token"], "hunter2secret");
}

#[test]
fn a_long_answer_is_kept() {
    let run = tempfile::tempdir().unwrap();
    let server = Server::start();
    let long = "y".repeat(6000);
    let request = get(&server.url(&format!("/json/{long}")));
    let output = send(&request, &EvidenceSink::new(run.path(), "0004-health.1"));
    let kept = &output.evidence[0];
    assert_eq!(kept.what, "body");
    assert_eq!(std::fs::read_to_string(run.path().join(&kept.path)).unwrap(), long);
}

#[test]
fn a_certificate_is_verified_unless_told_otherwise() {
    let server = Server::start_tls(identity("localhost", (2000, 2090)).config);
    let mut request = get(&format!("https://localhost:{}/json/1", server.port));
    let output = answer(&request);
    assert_eq!(failure(&output).0, FailKind::Connection);
    assert!(failure(&output).1.contains("that this machine does not trust"), "{output:?}");
    assert!(output.facts.get("insecure").is_none());
    request.insecure = true;
    let output = answer(&request);
    assert_eq!((&output.facts["json"], &output.facts["insecure"]), (&json!(1), &json!(true)));
}

#[test]
fn plain_and_tls_are_not_taken_for_each_other() {
    let plain = Server::start();
    let output = answer(&get(&format!("https://127.0.0.1:{}/", plain.port)));
    assert!(failure(&output).1.contains("does not speak TLS"), "{output:?}");
    let tls = Server::start_tls(identity("localhost", (2000, 2090)).config);
    let output = answer(&get(&tls.url("/")));
    assert_eq!(failure(&output).0, FailKind::Connection);
    let mut hang = get(&format!("https://127.0.0.1:{}/", silent()));
    hang.time_limit = SHORT;
    assert_eq!(failure(&answer(&hang)).0, FailKind::Timeout);
}

/// A port that takes connections and never says a word.
pub(crate) fn silent() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().flatten().collect::<Vec<_>>());
    port
}

/// The list of trusted authorities is read once in a process, so each case has its own: this test runs
/// itself again with `SSL_CERT_FILE` set.
#[test]
fn trust_comes_from_ssl_cert_file() {
    const CASE: &str = "MAYDAY_TEST_TLS_CASE";
    if let Ok(case) = std::env::var(CASE) {
        let (port, words) = case.split_once(' ').unwrap();
        let output = answer(&get(&format!("https://localhost:{port}/json/1")));
        if words.is_empty() {
            assert_eq!(output.facts.get("json"), Some(&json!(1)), "{output:?}");
        } else {
            assert_eq!(
                failure(&output),
                (FailKind::Connection, format!("localhost:{port}: {words}").as_str())
            );
        }
        return;
    }
    let cases = [
        (identity("localhost", (2000, 2090)), ""),
        (
            identity("other.example", (2000, 2090)),
            "its certificate is for other.example, not for this name",
        ),
        (
            identity("localhost", (2000, 2001)),
            "its certificate has expired; renew it, or check this machine's clock",
        ),
        (
            identity("localhost", (2089, 2090)),
            "its certificate is not valid yet; check this machine's clock",
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (identity, words) in cases {
        let file = folder.path().join("authority.pem");
        std::fs::write(&file, &identity.authority).unwrap();
        let server = Server::start_tls(identity.config);
        let again = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "http::trust_comes_from_ssl_cert_file", "--nocapture"])
            .env("SSL_CERT_FILE", &file)
            .env(CASE, format!("{} {words}", server.port))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&again.stderr);
        assert!(
            again.status.success() && server.asked().len() == usize::from(words.is_empty()),
            "{words}: {said}"
        );
    }
}
