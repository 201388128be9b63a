//! Faults between mayday and a service over HTTP: servers that misbehave, certificates, services that come
//! and go, names that nobody answers (F40 to F43).
//!
//! Through the binary, and judged by the record: the reason in words, the attempts, the deadline. What the
//! client makes of each answer is tested beside it in `crate::http`.

use std::fmt::Write as _;
use std::net::{TcpListener, UdpSocket};
use std::process::Command;
use std::thread::JoinHandle;

use serde_json::Value;

use crate::cli::desk;
use crate::faults::{Row, always, is_root};
use crate::http::{closed, silent};
use crate::support::desk::{Desk, MAYDAY, Said};
use crate::support::http::{Server, certified, identity, self_signed, wants_client_certificate};

/// Time limit of each try, in milliseconds.
const LIMIT: i64 = 1000;

/// Far beyond what is needed to notice a limit.
const FAR: i64 = 60_000;

/// Every event of the one run at the desk.
fn events(desk: &Desk) -> Vec<Value> {
    let run = std::fs::read_dir(desk.path("state")).unwrap().flatten().next().unwrap();
    let text = std::fs::read_to_string(run.path().join("journal.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["ev"].take()).collect()
}

fn ended<'a>(events: &'a [Value], step: &str) -> Vec<&'a Value> {
    let of = |event: &&Value| event["type"] == "ended" && event["step"] == step;
    events.iter().filter(of).collect()
}

fn elapsed(event: &Value) -> i64 {
    let text = event["elapsed"].as_str().unwrap();
    text.parse::<mayday::time::Span>().unwrap().millis()
}

fn message(event: &Value) -> String {
    event["ending"]["message"].as_str().unwrap_or_default().to_owned()
}

/// A step that asks a URL; the run goes on without it.
fn step(id: &str, url: &str, more: &str) -> String {
    format!(
        "  - {{id: {id}, title: Ask, effect: read, timeout: 1s, on_fail: continue, retry: {{times: 2, every: 100ms}}, http: {{get: '{url}', follow_redirects: true{more}}}}}\n"
    )
}

#[test]
fn a_service_that_misbehaves_is_left_at_the_limit_with_a_reason_of_its_own() {
    let mut row = Row::new("F40", "a service over HTTP that misbehaves", always(13));
    let server = Server::start();
    let tls = Server::start_tls(self_signed("localhost"));
    let at = |path: &str| server.url(path);
    let late = "no complete answer from 127.0.0.1:";
    let broke = "the connection broke off before the answer";
    let kinds: [(&str, String, &str); 13] = [
        ("hang", at("/hang"), late),
        ("drip_headers", at("/drip-headers"), late),
        ("drip_body", at("/drip-body"), late),
        ("redirects", at("/loop"), "more than 3 redirects"),
        ("endless", at("/endless"), ""),
        ("garbage", at("/garbage"), "does not speak HTTP"),
        ("reset", at("/reset"), broke),
        ("empty", at("/empty"), broke),
        ("headers", at("/headers"), "more headers than any service needs"),
        ("refused", closed(), "connection refused; nothing listens there"),
        ("handshake", format!("https://127.0.0.1:{}/", silent()), late),
        ("self_signed", format!("https://localhost:{}/json/1", tls.port), "does not trust"),
        ("no_host", "http://no-such-host.invalid/".to_owned(), "no-such-host.invalid: "),
    ];
    let steps: String = kinds.iter().map(|(id, url, _)| step(id, url, "")).collect();
    let desk = desk(&steps);
    let said = desk.mayday(&["run", "p"]);
    said.is(0, &["COMPLETED"]);
    let events = events(&desk);
    for (id, _, words) in kinds {
        let tries = ended(&events, id);
        if words.is_empty() {
            // An answer that never ends is an answer: what is read of it is bounded.
            assert_eq!(tries.len(), 1, "{id}");
            assert_eq!(tries[0]["facts"]["body_truncated"], true, "{id}: {}", tries[0]);
            row.pass();
            continue;
        }
        assert_eq!(tries.len(), 2, "{id}: {tries:#?}");
        for attempt in tries {
            let message = message(attempt);
            assert!(message.contains(words), "{id}: {message}");
            let took = elapsed(attempt);
            let least = if words == late { LIMIT } else { 0 };
            assert!((least..LIMIT + FAR).contains(&took), "{id}: {took}");
            assert_eq!(attempt["verdict"]["is"], "fail", "{id}");
        }
        row.pass();
    }
    // Nothing of this is shown as good.
    assert_eq!(said.all().matches("/13 OK ").count(), 1, "{}", said.all());
}

/// mayday trusts these authorities and no others.
fn trusting(desk: &Desk, authorities: &str) -> Said {
    desk.write("authorities.pem", authorities);
    let mut command = desk.command(&["run", "p"]);
    command.env("SSL_CERT_FILE", desk.path("authorities.pem"));
    Said::from(command.output().unwrap())
}

#[test]
fn a_certificate_that_is_not_right_is_never_ok() {
    let mut row =
        Row::new("F41", "TLS: wrong certificates, no TLS, a client certificate", always(6));
    let other = "other.example";
    let known = [
        ("expired", identity("localhost", (2000, 2001)), "its certificate has expired"),
        ("early", identity("localhost", (2089, 2090)), "its certificate is not valid yet"),
        ("name", identity(other, (2000, 2090)), "its certificate is for other.example"),
        ("client", wants_client_certificate("localhost"), "does it want a client certificate?"),
        ("good", identity("localhost", (2000, 2090)), ""),
    ];
    let mut authorities = String::new();
    let mut steps = String::new();
    let mut expected = Vec::new();
    let mut servers = Vec::new();
    for (id, identity, words) in known {
        authorities += &identity.authority;
        let server = Server::start_tls(identity.config);
        let _ =
            write!(steps, "{}", step(id, &format!("https://localhost:{}/json/1", server.port), ""));
        expected.push((id, words));
        servers.push(server);
    }
    // An authority that is not among them; and the same once more with the check turned off.
    let unknown = Server::start_tls(certified("localhost"));
    let url = format!("https://localhost:{}/json/1", unknown.port);
    steps += &step("unknown", &url, "");
    steps += &step("insecure", &url, ", insecure: true");
    // An authority that was made anew has the name of one that is known, and another key.
    let anew = Server::start_tls(identity("localhost", (2000, 2090)).config);
    steps += &step("anew", &format!("https://localhost:{}/json/1", anew.port), "");
    let plain = Server::start();
    steps += &step("plain", &format!("https://localhost:{}/json/1", plain.port), "");
    expected.push(("unknown", "that this machine does not trust"));
    expected.push(("plain", "does not speak TLS"));
    expected.push(("anew", "with another key than the one this machine knows"));
    let desk = desk(&steps);
    let said = trusting(&desk, &authorities);
    said.is(0, &["COMPLETED"]);
    let events = events(&desk);
    // Without these two the rest would prove nothing: what is right passes, and what was waived is told.
    let good = ended(&events, "good");
    assert_eq!((good.len(), &good[0]["verdict"]["is"]), (1, &"pass".into()), "{good:#?}");
    let waived = ended(&events, "insecure");
    assert_eq!(waived[0]["verdict"]["is"], "pass", "{waived:#?}");
    assert_eq!(waived[0]["facts"]["insecure"], true);
    said.is(0, &["insecure"]);
    let report = desk.mayday(&["report"]);
    report.is(0, &["insecure"]);
    for (id, words) in expected.into_iter().filter(|(_, words)| !words.is_empty()) {
        for attempt in ended(&events, id) {
            assert_eq!(attempt["verdict"]["is"], "fail", "{id}");
            let message = message(attempt);
            assert!(message.contains(words), "{id}: {message}");
        }
        assert!(!ended(&events, id).is_empty(), "{id}");
        if id != "anew" {
            row.pass();
        }
    }
    // Nothing was told to whoever could not show who they are, but where it was waived.
    let asked = |server: &Server| server.asked().len();
    assert_eq!(servers.iter().map(asked).sum::<usize>(), 1);
    assert_eq!((asked(&unknown), asked(&anew)), (1, 0));
}

#[test]
fn a_service_that_comes_and_goes_counts_only_in_a_row() {
    let mut row =
        Row::new("F42", "a service that comes and goes, three in a row wanted", always(5));
    // `u` is up, `d` is down; the last one goes on. How many looks it takes; never, without a number.
    let patterns: [(&str, Option<u64>); 5] = [
        ("uuu", Some(3)),
        ("dddu", Some(6)),
        ("ududuuu", Some(7)),
        ("uuduuu", Some(6)),
        ("uuduuduuduuduuduuduuduuduuduuduuduuduuduuduuduuduuduuduuduuduuduud", None),
    ];
    let server = Server::start();
    let mut steps = String::new();
    for (index, (pattern, looks)) in patterns.iter().enumerate() {
        let limit = if looks.is_some() { "5m" } else { "2s" };
        let url = server.url(&format!("/flap/{pattern}"));
        let _ = writeln!(
            steps,
            "  - {{id: w{index}, title: Wait, timeout: {limit}, on_fail: continue, wait_for_url: {{url: '{url}', every: 100ms, times_in_a_row: 3}}}}"
        );
    }
    let desk = desk(&steps);
    desk.mayday(&["run", "p"]).is(0, &["COMPLETED"]);
    let events = events(&desk);
    for (index, (pattern, looks)) in patterns.iter().enumerate() {
        let ended = ended(&events, &format!("w{index}"));
        assert_eq!(ended.len(), 1, "{pattern}");
        let asked = server
            .asked()
            .iter()
            .filter(|asked| asked.line.contains(&format!("/{pattern} ")))
            .count();
        let told = ended[0]["looks"].as_u64().unwrap();
        // The end of the time limit may meet a look that is on its way: it has no answer, and does not count.
        let cut = u64::from(looks.is_none());
        assert!((told..=told + cut).contains(&(asked as u64)), "{pattern}: {asked} of {told}");
        match looks {
            Some(looks) => {
                assert_eq!(ended[0]["verdict"]["is"], "pass", "{pattern}");
                assert_eq!(ended[0]["looks"].as_u64(), Some(*looks), "{pattern}");
            }
            None => {
                assert_eq!(ended[0]["verdict"]["is"], "fail", "{pattern}");
                assert_eq!(ended[0]["verdict"]["stage"], "timeout", "{pattern}: {}", ended[0]);
            }
        }
        row.pass();
    }
}

/// A name server that takes questions and never answers; over TCP only after it said over UDP to ask there.
struct NameServer {
    address: &'static str,
    udp: UdpSocket,
    answers: Option<JoinHandle<u32>>,
}

impl NameServer {
    fn start(address: &'static str, over_tcp: bool) -> std::io::Result<Self> {
        let udp = UdpSocket::bind((address, 53))?;
        let tcp = TcpListener::bind((address, 53))?;
        let socket = udp.try_clone()?;
        let answers = std::thread::spawn(move || {
            // Connections are accepted by the kernel, and nobody reads.
            let _held = tcp;
            let (mut asked, mut packet) = (0, [0; 1500]);
            while let Ok((length, from)) = socket.recv_from(&mut packet) {
                if length == 0 {
                    break;
                }
                asked += 1;
                if over_tcp {
                    // An answer, and cut off: flags QR, TC, RA.
                    packet[2] |= 0x82;
                    packet[3] = 0x80;
                    let _ = socket.send_to(&packet[..length], from);
                }
            }
            asked
        });
        Ok(Self { address, udp, answers: Some(answers) })
    }

    /// Ends it; how often it was asked.
    fn end(mut self) -> u32 {
        self.udp.send_to(&[], (self.address, 53)).unwrap();
        self.answers.take().map_or(0, |thread| thread.join().unwrap())
    }
}

#[test]
fn a_name_that_nobody_answers_keeps_the_deadline() {
    let mut row = Row::new("F43", "names are asked for and never answered", always(2));
    if !is_root() {
        return row.skip_rest("needs root for port 53 and a mount namespace");
    }
    for (address, over_tcp) in [("127.53.43.1", false), ("127.53.43.2", true)] {
        let Ok(server) = NameServer::start(address, over_tcp) else {
            return row.skip_rest("port 53 of the loopback is taken");
        };
        let desk = desk(&format!(
            "{}{}",
            step("ask", "http://health.example.com/", ""),
            "  - {id: wait, title: Wait, timeout: 2s, on_fail: continue, wait_for_url: {url: 'https://health.example.com/', every: 100ms}}\n"
        ));
        desk.write(
            "resolv.conf",
            &format!("nameserver {address}\noptions timeout:30 attempts:5\n"),
        );
        let file = desk.path("resolv.conf").to_string_lossy().into_owned();
        let script = "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"";
        let plain = desk.command(&[]);
        let mut command = Command::new("unshare");
        command.args(["--mount", "--", "sh", "-c", script, &file, MAYDAY, "run", "p"]).env_clear();
        command.current_dir(desk.path("")).stdin(std::process::Stdio::null());
        for (name, value) in plain.get_envs() {
            command.env(name, value.unwrap());
        }
        let output = command.output().unwrap();
        if String::from_utf8_lossy(&output.stderr).contains("unshare failed") {
            server.end();
            return row.skip_rest("no mount namespaces here");
        }
        Said::from(output).is(0, &["COMPLETED"]);
        assert!(server.end() > 0, "the name server was never asked");
        let events = events(&desk);
        let tries = ended(&events, "ask");
        assert_eq!(tries.len(), 2, "{tries:#?}");
        for attempt in tries {
            assert_eq!(attempt["ending"]["kind"], "timeout", "{attempt}");
            assert!((LIMIT..LIMIT + FAR).contains(&elapsed(attempt)), "{attempt}");
        }
        let wait = ended(&events, "wait")[0];
        assert_eq!(wait["verdict"]["stage"], "timeout", "{wait}");
        row.pass();
    }
}
