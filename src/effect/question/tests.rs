use serde_json::json;

use super::*;

fn now() -> Timestamp {
    "2026-11-22T17:00:00Z".parse().unwrap()
}

fn zone() -> Zone {
    Zone::west_opt(3 * 3600).unwrap()
}

fn question(wants: Wants) -> Question {
    Question { about: "import".into(), text: "Import?".into(), help: None, wants }
}

fn typed(wants: Wants, text: &str) -> Result<Value, String> {
    question(wants).accept(text, now(), zone())
}

fn scripted(wants: Wants, value: &Value) -> Result<Value, String> {
    question(wants).accept_value(value, now(), zone())
}

fn rule(kind: ValueKind) -> ValueRule {
    ValueRule { kind, pattern: None, options: vec![], default: None }
}

fn of(kind: ValueKind, text: &str) -> Result<Value, String> {
    rule(kind).accept(text, now(), zone())
}

fn menu() -> Wants {
    let choice = |key: &str, label: &str| Choice { key: key.into(), label: label.into() };
    Wants::OneOf(vec![choice("retry", "try again"), choice("stop", "stop and keep state")])
}

#[test]
fn a_pause_takes_only_enter() {
    assert_eq!(typed(Wants::Enter, "\n"), Ok(json!(true)));
    assert!(typed(Wants::Enter, "n").is_err());
    assert!(scripted(Wants::Enter, &json!(false)).is_err());
    assert_eq!(scripted(Wants::Enter, &json!("yes")), Ok(json!(true)));
}

#[test]
fn yes_and_no_are_spelt_out() {
    for text in ["y", "YES", " yes\n"] {
        assert_eq!(typed(Wants::YesNo, text), Ok(json!(true)), "{text:?}");
    }
    assert_eq!(typed(Wants::YesNo, "No"), Ok(json!(false)));
    for text in ["", "\n", "yy", "ye", "ok", "1"] {
        assert!(typed(Wants::YesNo, text).is_err(), "{text:?}");
    }
}

#[test]
fn a_typed_proof_is_exact_and_never_coerced() {
    let wants = || Wants::Typed("50".into());
    assert_eq!(typed(wants(), "50\r\n"), Ok(json!("50")));
    for text in ["", " 50", "50 ", "050", "50.0", "+50", "y", "fifty"] {
        assert_eq!(typed(wants(), text), Err("type exactly: 50".into()), "{text:?}");
    }
    assert_eq!(scripted(wants(), &json!(50)), Ok(json!("50")));
    for value in [json!(true), json!(50.0), json!(49), json!(["50"]), json!(null)] {
        assert!(scripted(wants(), &value).is_err(), "{value}");
    }
    assert!(scripted(Wants::Typed("true".into()), &json!(true)).is_err());
}

#[test]
fn a_choice_is_taken_by_key_or_by_number() {
    assert_eq!(typed(menu(), "stop"), Ok(json!("stop")));
    assert_eq!(typed(menu(), "2\n"), Ok(json!("stop")));
    for text in ["", "0", "3", "-1", "1.0", "try again", "s"] {
        assert_eq!(typed(menu(), text), Err("type a number from 1 to 2".into()), "{text:?}");
    }
    assert_eq!(scripted(menu(), &json!("retry")), Ok(json!("retry")));
    assert_eq!(scripted(menu(), &json!(2)), Err("one of retry, stop".into()));
}

#[test]
fn numbers_name_no_place_where_a_key_is_a_number() {
    let choice = |key: &str| Choice { key: key.into(), label: "replicas".into() };
    let wants = || Wants::OneOf(vec![choice("3"), choice("1")]);
    assert_eq!(typed(wants(), "1"), Ok(json!("1")));
    assert_eq!(typed(wants(), "2"), Err("type one of 3, 1".into()));
}

#[test]
fn each_type_reads_what_people_write() {
    use ValueKind::{Boolean, Datetime, Duration, Integer, List, Number, String};
    for (kind, text, value) in [
        (String, " main \n", json!("main")),
        (Integer, "-3", json!(-3)),
        (Number, "2.5", json!(2.5)),
        (Number, "7", json!(7)),
        (Boolean, "Yes", json!(true)),
        (Duration, "90s", json!("1m 30s")),
        (Datetime, "13:59", json!("2026-11-22T16:59:00.000Z")),
        (Datetime, "-20m", json!("2026-11-22T16:40:00.000Z")),
        (List, "clients, reservations", json!(["clients", "reservations"])),
    ] {
        assert_eq!(of(kind, text), Ok(value), "{kind:?} {text:?}");
    }
}

#[test]
fn each_type_refuses_what_it_is_not() {
    use ValueKind::{Boolean, Datetime, Duration, Integer, List, Number, String};
    for (kind, text) in [
        (String, ""),
        (String, "a\u{1b}[31mb"),
        (Integer, "3.0"),
        (Integer, "99999999999999999999"),
        (Integer, "all"),
        (Number, "1,5"),
        (Number, "NaN"),
        (Number, "inf"),
        (Boolean, ""),
        (Boolean, "maybe"),
        (Duration, "15"),
        (Datetime, "yesterday"),
        (List, "a,,b"),
    ] {
        assert!(of(kind, text).is_err(), "{kind:?} {text:?}");
    }
    assert!(of(String, &"x".repeat(LONGEST_ANSWER + 1)).is_err());
    assert!(rule(Duration).accept_value(&json!(90), now(), zone()).is_err());
}

#[test]
fn empty_input_takes_a_default_and_nothing_else() {
    let with = |default: Value| ValueRule { default: Some(default), ..rule(ValueKind::Integer) };
    assert_eq!(with(json!(5)).accept("\n", now(), zone()), Ok(json!(5)));
    assert_eq!(with(json!(5)).accept_value(&Value::Null, now(), zone()), Ok(json!(5)));
    assert!(with(json!("five")).accept("", now(), zone()).is_err());
    assert!(with(Value::Null).accept("", now(), zone()).is_err());
}

#[test]
fn a_pattern_covers_the_whole_text_and_each_item() {
    let with = |kind| ValueRule { pattern: Some("[a-z]+|b2".into()), ..rule(kind) };
    let accept = |kind, text: &str| with(kind).accept(text, now(), zone());
    assert_eq!(accept(ValueKind::String, "b2"), Ok(json!("b2")));
    assert!(accept(ValueKind::String, "b2; DROP TABLE").is_err());
    assert_eq!(accept(ValueKind::List, "a, b2"), Ok(json!(["a", "b2"])));
    assert_eq!(accept(ValueKind::List, "a, B"), Err("`B` does not match [a-z]+|b2".into()));
    let items = json!(["a", "B"]);
    assert!(with(ValueKind::List).accept_value(&items, now(), zone()).is_err());
}

#[test]
fn a_refused_secret_is_not_repeated() {
    let rule = ValueRule { pattern: Some("[0-9]+".into()), ..rule(ValueKind::Secret) };
    let message = rule.accept("hunter2hunter2", now(), zone()).unwrap_err();
    assert!(!message.contains("hunter2"), "{message}");
    assert_eq!(of(ValueKind::Secret, " s3cret \n"), Ok(json!(" s3cret ")));
    let short = of(ValueKind::Secret, "12345").unwrap_err();
    assert!(short.contains("6 characters at least") && !short.contains("12345"), "{short}");
}

#[test]
fn an_option_is_taken_by_text_or_by_number() {
    let options = vec!["eu-central-1".to_owned(), "us-east-1".to_owned()];
    let rule = ValueRule { options, ..rule(ValueKind::Choice) };
    assert_eq!(rule.accept("2", now(), zone()), Ok(json!("us-east-1")));
    assert_eq!(rule.accept("eu-central-1", now(), zone()), Ok(json!("eu-central-1")));
    assert_eq!(rule.accept("eu", now(), zone()), Err("type one of eu-central-1, us-east-1".into()));
}

#[test]
fn words_need_something_to_see() {
    assert_eq!(typed(Wants::Words, " asked Ana \n"), Ok(json!("asked Ana")));
    for text in ["", "  ", "\u{200b}\u{feff}", "\t\n"] {
        assert!(typed(Wants::Words, text).is_err(), "{text:?}");
    }
}
