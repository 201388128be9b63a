//! Messages through programs: the words on stdin, or a whole mail.

use mayday::effect::Email;

use super::*;

fn script(text: &str) -> Vec<String> {
    ["sh", "-c", text].map(str::to_owned).to_vec()
}

fn program(text: &str, effect: &NotifyEffect) -> Output {
    send(effect, &Channel::Command(script(text)))
}

#[test]
fn a_program_gets_the_message_on_stdin_and_its_parts_as_variables() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("got");
    let variables = "$MAYDAY_TO|$MAYDAY_SEVERITY|$MAYDAY_RUN|$MAYDAY_MESSAGE_ID|$MAYDAY_MODE";
    let script = format!("(cat; echo; echo \"{variables}\") > {}", file.display());
    let effect = NotifyEffect { message: "Bookings fail\nRTO 04:12 left".to_owned(), ..message() };
    assert_eq!(program(&script, &effect).ending, Ending::Done);
    let got = std::fs::read_to_string(file).unwrap();
    let wanted = "Bookings fail\nRTO 04:12 left\n\
        ana|SEV-1|20261122-1000-p2c|20261122-1000-p2c/57|real\n";
    assert_eq!(got, wanted);
}

#[test]
fn a_program_that_fails_hangs_or_is_missing_is_told() {
    let output = program("echo 'no network' >&2; exit 7", &message());
    assert_eq!(failure(&output), (FailKind::Exit, "`sh` ended with exit status: 7: no network"));
    assert!(again(&output));
    let mut hasty = message();
    hasty.time_limit = Span::from_millis(200);
    let output = program("sleep 1000 & sleep 1000", &hasty);
    assert_eq!(failure(&output).0, FailKind::Timeout);
    assert!(again(&output) && output.elapsed < Span::from_secs(20));
    let output = send(&message(), &Channel::Command(vec!["no-such-pager".to_owned()]));
    assert_eq!(failure(&output), (FailKind::NotFound, "`no-such-pager` was not found"));
    assert!(!again(&output));
}

#[test]
fn a_program_need_not_read_a_long_message() {
    let mut long = message();
    long.message = "ä".repeat(500_000);
    assert_eq!(program("exit 0", &long).ending, Ending::Done);
}

fn mail(effect: &NotifyEffect, address: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("mail");
    let channel = Channel::Email(Email {
        command: script(&format!("cat > {}", file.display())),
        from: Some("mayday <mayday@example.com>".to_owned()),
        address: address.to_owned(),
    });
    assert_eq!(send(effect, &channel).ending, Ending::Done);
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn a_mail_has_what_sendmail_reads() {
    insta::assert_snapshot!("notify_mail", mail(&message(), "ana@example.com"));
}

#[test]
fn no_text_makes_a_header_of_its_own() {
    let mut effect = message();
    effect.about.title = "Büchungen\r\nBcc: everybody@example.com\r\n\r\nfail".to_owned();
    effect.message = "\r\n.\r\nQUIT".to_owned();
    let mail = mail(&effect, "ana@example.com\nBcc: bob@example.com");
    let (head, _) = mail.split_once("\n\n").unwrap();
    let names: Vec<&str> = head
        .lines()
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split_once(':').unwrap().0)
        .collect();
    let wanted = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];
    assert_eq!(names, wanted, "{mail}");
    assert!(head.is_ascii() && head.lines().all(|line| line.len() <= 90), "{head}");
}
