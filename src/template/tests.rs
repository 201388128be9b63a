use proptest::prelude::*;
use serde_json::json;

use super::*;

mod hostile;

fn names() -> Names {
    Names::default()
        .with("rows", json!([{"n": 47, "name": "a b/c"}]))
        .with("empty", json!([]))
        .with("n", 47)
        .with("text", "10")
        .with("ok", true)
        .with("nothing", Value::Null)
        .with("json", json!({"branch": {"id": "br-1"}, "keep": 86400}))
        .with_secret("token")
        .with_step("health", json!({"status": "ok", "exit_code": 0}))
}

fn value(expression: &str) -> Value {
    evaluate(expression, &names()).unwrap_or_else(|f| panic!("{expression}: {}", f.message))
}

fn fault(expression: &str) -> Fault {
    match evaluate(expression, &names()) {
        Ok(value) => panic!("{expression} is {value}"),
        Err(fault) => fault,
    }
}

#[test]
fn expressions_have_the_values_they_read_like() {
    for (expression, wanted) in [
        ("rows[0].n", json!(47)),
        ("rows[-1]['n'] + 3", json!(50)),
        ("10 / 4", json!(2.5)),
        ("10 / 5", json!(2)),
        ("-7 // 2", json!(-4)),
        ("-7 % 3", json!(2)),
        ("2 ** 10", json!(1024)),
        ("1.0 == 1", json!(true)),
        ("10 > 9", json!(true)),
        ("text | int > 9", json!(true)),
        ("1 < n <= 47", json!(true)),
        ("'pitr-' ~ n", json!("pitr-47")),
        ("steps.health.status == 'ok'", json!(true)),
        ("steps['health'].exit_code", json!(0)),
        ("json.branch.id", json!("br-1")),
        ("missing | default(5)", json!(5)),
        ("json.no | default('x')", json!("x")),
        ("empty | first | default(0)", json!(0)),
        ("missing is defined", json!(false)),
        ("missing is defined and missing > 3", json!(false)),
        ("nothing == none", json!(true)),
        ("nothing is none", json!(true)),
        ("n == none", json!(false)),
        ("n in [1, 47]", json!(true)),
        ("'a' not in 'xyz'", json!(true)),
        ("not ok", json!(false)),
        ("'yes' if ok else 'no'", json!("yes")),
        ("'abcdef'[1:3]", json!("bc")),
        ("[1, 2, 3][-2:]", json!([2, 3])),
        ("{'a': n}", json!({"a": 47})),
        ("'5m' | seconds", json!(300)),
        ("300 | duration", json!("5m")),
        ("252 | clock", json!("04:12")),
        ("0 | rfc3339", json!("1970-01-01T00:00:00.000Z")),
        ("rows | map(attribute='n') | sum", json!(47)),
        ("rows | selectattr('n', 'equalto', 47) | length", json!(1)),
        ("[3, 1, 2] | sort | join(',')", json!("1,2,3")),
        ("'b a b' | split | unique | sort(reverse=true)", json!(["b", "a"])),
        ("[{'n': 1}, {}] | selectattr('n', 'defined') | length", json!(1)),
        ("[{'n': none}, {}] | selectattr('n', 'defined') | length", json!(1)),
        ("[{'n': 1}, {'m': 2}] | rejectattr('n', 'defined') | map(attribute='m')", json!([2])),
        ("[{'n': 1}, {}] | selectattr('n', 'undefined') | length", json!(1)),
        ("[{'a': {'b': 1}}, {'a': {}}] | selectattr('a.b', 'defined') | length", json!(1)),
        ("[1, none] | select('defined') | length", json!(2)),
        ("[1, 5, 9] | select('gt', 4) | map('string') | join(' ')", json!("5 9")),
        ("[1, 5, 9] | reject('>=', 5) | first", json!(1)),
        ("rows | selectattr('n', 'ne', 3) | length", json!(1)),
        ("[true, false] | select('true') | length", json!(1)),
        ("[true, false] | reject('false') | length", json!(1)),
        ("rows | map(attribute='no', default=0) | sum", json!(0)),
        ("[[2, 1], [3]] | map('sort', reverse=true)", json!([[2, 1], [3]])),
        ("[['A'], ['B']] | map('map', 'lower')", json!([["a"], ["b"]])),
        ("['', 'x'] | map('default', '-', true)", json!(["-", "x"])),
        ("'' | default('-', boolean=true)", json!("-")),
        ("[['a', 1], ['b', 2]] | map(attribute='0')", json!(["a", "b"])),
        ("'x\ny\n' | lines | length", json!(2)),
        ("'{\"a\": [1]}' | fromjson", json!({"a": [1]})),
        ("1.256 | round(2)", json!(1.26)),
        ("[1, 2.5] | max", json!(2.5)),
        ("9007199254740993 == 9007199254740992", json!(false)),
        ("'api-7' is matching('^api-[0-9]+$')", json!(true)),
    ] {
        assert_eq!(value(expression), wanted, "{expression}");
    }
}

#[test]
fn what_does_not_fit_is_a_fault_with_its_place() {
    for (expression, words, place) in [
        ("incident_tme + 1", "`incident_tme` has no value", "incident_tme"),
        ("json.bronch.id", "`json` has no `bronch`", "json.bronch"),
        ("empty[0].n == 5", "`empty` has no item 0 (it is empty)", "empty[0]"),
        ("nothing.x", "`nothing` is null, it has no \"x\"", "nothing.x"),
        ("steps.helth.status", "`steps.helth` has no value", "steps.helth"),
        ("n / 0", "division by zero", "n / 0"),
        (
            "ok and text == 10",
            "`\"10\"` is text, 10 is a number: convert with `| int`",
            "text == 10",
        ),
        ("text < 9", "`\"10\"` is text, 9 is a number: convert with `| int`", "text < 9"),
        ("text in [10]", "10 is a number, `\"10\"` is text: convert with `| int`", "text in [10]"),
        (
            "ok == 'true'",
            "true is true or false, \"true\" is text: they cannot be compared",
            "ok == 'true'",
        ),
        ("text + 1", "\"10\" is text: convert with `| int`", "text + 1"),
        ("token ~ 'x'", "`token` is a secret and cannot be used in an expression", "token"),
        ("n and ok", "`n` is 47, not true or false", "n"),
        ("range(3)", "there are no functions here; use a filter: `x | length`", "range(3)"),
        ("'a' * 5", "\"a\" is text: convert with `| int`", "'a' * 5"),
        ("n | nonsense", "`nonsense`: there is no such filter", "n | nonsense"),
        (
            "rows | sort(by='n')",
            "`sort`: takes no `by`; by name it takes attribute, reverse",
            "rows | sort(by='n')",
        ),
        (
            "rows | map('round', x=1)",
            "`map`: takes nothing by name, and no `x`",
            "rows | map('round', x=1)",
        ),
        (
            "rows | selectattr('no', 'eq', 1)",
            "`selectattr`: an item has no `no`",
            "rows | selectattr('no', 'eq', 1)",
        ),
        ("n is even(2)", "`is even`: takes nothing, has 1 argument", "n is even(2)"),
        ("steps", "`steps` needs the id of a step: `steps.<id>`", "steps"),
        ("steps[text]", "`steps` needs the id of a step, written out: `steps.<id>`", "steps[text]"),
    ] {
        let fault = fault(expression);
        assert_eq!(fault.message, words, "{expression}");
        assert_eq!(fault.range.map(|r| &expression[r]), Some(place), "{expression}");
    }
    assert_eq!(fault("empty[0].n").undefined.as_deref(), Some("empty[0]"));
    assert_eq!(fault("incident_tme").undefined.as_deref(), Some("incident_tme"));
    assert!(fault("1 +").message.starts_with("syntax error: "));
    assert!(fault(" ").message.contains("empty"));
}

#[test]
fn a_condition_shows_its_evaluated_parts() {
    for (condition, truth, trace) in [
        ("rows[0].n == 50", false, "rows[0].n == 50  ->  47 == 50  ->  false"),
        ("rows[0].n == 47", true, "rows[0].n == 47  ->  47 == 47  ->  true"),
        ("ok", true, "ok  ->  true"),
        ("n > 50 and ok", false, "n > 50 and ok  ->  47 > 50 and ...  ->  false"),
        (
            "(n > 50 or ok) and n == 1",
            false,
            "(n > 50 or ok) and n == 1  ->  (47 > 50 or true) and 47 == 1  ->  false",
        ),
        ("not ok", false, "not ok  ->  not true  ->  false"),
        ("1 < n < 20", false, "1 < n < 20  ->  1 < 47 < 20  ->  false"),
        ("text not in ['10']", false, "text not in ['10']  ->  \"10\" not in [\"10\"]  ->  false"),
        ("missing is defined", false, "missing is defined  ->  false"),
    ] {
        let held = holds(condition, &names()).unwrap();
        assert_eq!((held.truth, held.trace.as_str()), (truth, trace));
    }
    let long = Names::default().with("out", "x".repeat(5000));
    assert!(holds("out == 'y'", &long).unwrap().trace.chars().count() < 130);
    assert_eq!(holds("n", &names()).unwrap_err().message, "`n` is 47, not true or false");
}

#[test]
fn texts_are_filled_in_and_secrets_are_named_only() {
    let text = "{{ rows[0].n }} of {{ text }}, {{ ok }}, {{ token }}{% if ok %} yes{% else %} no{% endif %}\n";
    assert_eq!(render(text, &names()).unwrap(), "47 of 10, true, ‹secret token› yes\n");
    assert_eq!(render("plain { text }", &names()).unwrap(), "plain { text }");
    let fault = render("a {{ missing }} b", &names()).unwrap_err();
    assert_eq!((fault.undefined.as_deref(), fault.range), (Some("missing"), Some(5..12)));
    assert!(render("{{ token | upper }}", &names()).is_err());
    assert!(
        render("{% for x in rows %}{% endfor %}", &names()).unwrap_err().message.contains("only")
    );
    assert!(render("{% include '/etc/passwd' %}", &names()).is_err());
}

#[test]
fn values_in_urls_are_encoded_for_their_place() {
    let names = names()
        .with("base", "https://api.example:8443/v1")
        .with("host", "example.com")
        .with("evil", "user:pw@evil")
        .with("up", "..");
    let url = |text| render_url(text, &names).map_err(|f| f.message);
    assert_eq!(url("{{ base }}/x").unwrap(), "https://api.example:8443/v1/x");
    assert_eq!(
        url("https://{{ host }}/{{ rows[0].name }}?q={{ rows[0].name }}").unwrap(),
        "https://example.com/a%20b%2Fc?q=a%20b%2Fc"
    );
    assert_eq!(url("/health").unwrap(), "/health");
    for wrong in [
        "https://{{ evil }}/",
        "https://u:p@example.com/",
        "ftp://x/",
        "example.com",
        "//evil/x",
        "https://x/{{ up }}/y",
        "https://x/{{ token }}",
        "https:///x",
        "{{ evil }}",
        "https://x/{{ rows }}",
        "https://x/a b",
    ] {
        assert!(url(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn variables_and_parameters_have_their_own_forms() {
    struct Clock;
    impl Lookup for Clock {
        fn name(&self, name: &str, view: View) -> Result<Option<Named>, Fault> {
            Ok(Some(Named::Value(match (name, view) {
                ("at", View::Compute) => json!(60),
                ("at", View::Read) => json!("1970-01-01T00:01:00.000Z"),
                ("margin", View::Compute) => json!(300),
                ("grace", View::Compute) => json!(90),
                ("grace", View::Read) => json!("1m 30s"),
                _ => json!("5m"),
            })))
        }
        fn step(&self, _: &str, _: View) -> Option<Value> {
            None
        }
        fn known(&self) -> Vec<String> {
            Vec::new()
        }
    }
    assert_eq!(as_value("at", &Clock).unwrap(), json!("1970-01-01T00:01:00.000Z"));
    assert_eq!(as_value("margin", &Clock).unwrap(), json!(300));
    assert_eq!(as_variable("margin", &Clock).unwrap(), Text::Plain("5m".into()));
    // Programs take no blank in a duration, people read one.
    assert_eq!(as_variable("grace", &Clock).unwrap(), Text::Plain("1m30s".into()));
    assert_eq!(render("{{ grace }}", &Clock).unwrap(), "1m 30s");
    assert_eq!(render("{{ at }} {{ margin }}", &Clock).unwrap(), "1970-01-01T00:01:00.000Z 5m");
    assert_eq!(
        render("{{ (at - margin) | rfc3339 }}", &Clock).unwrap(),
        "1969-12-31T23:56:00.000Z"
    );
    assert_eq!(evaluate("at - margin", &Clock).unwrap(), json!(-240));

    let names = names().with("list", json!(["a", 1])).with("nul", "a\0b");
    assert_eq!(as_variable("list", &names).unwrap(), Text::Plain("a\n1".into()));
    assert_eq!(as_variable("json", &names).unwrap(), Text::Plain(names.values["json"].to_string()));
    assert_eq!(as_variable("token", &names).unwrap(), Text::Secret("token".into()));
    assert!(as_variable("nul", &names).is_err());
    assert!(as_value("token", &names).is_err());
    assert_eq!(as_value("nope", &names).unwrap_err().undefined.as_deref(), Some("nope"));
}

#[test]
fn before_a_run_a_text_says_what_it_would_say_of_what_nobody_knows_yet() {
    struct Before(Names);
    impl Lookup for Before {
        fn name(&self, name: &str, view: View) -> Result<Option<Named>, Fault> {
            self.0.name(name, view)
        }
        fn step(&self, id: &str, view: View) -> Option<Value> {
            self.0.step(id, view)
        }
        fn known(&self) -> Vec<String> {
            self.0.known()
        }
        fn foresees(&self) -> bool {
            true
        }
    }
    let names = Before(Names::default().with("n", 7).with("at", "<from find.at>"));
    for (text, says) in [
        ("{{ n }} since {{ at | rfc3339 }}", "7 since <at | rfc3339>"),
        ("{{- (n - later) | duration -}}.", "<(n - later) | duration>."),
        ("é {{ steps.a.status ~ '}}' }}", "é <steps.a.status ~ '}}'>"),
        (
            "{% if steps.a.status == 'ok' %}well{% else %}ill{% endif %}",
            "<if steps.a.status == 'ok'>well<else>ill<end>",
        ),
        ("{% if n > 3 %}many{% endif %}", "many"),
    ] {
        assert_eq!(render(text, &names).unwrap(), says, "{text}");
        assert!(text.contains("n > 3") || render(text, &names.0).is_err(), "{text}");
    }
    // A URL is asked for: half of it is no address.
    assert!(render_url("https://a/{{ later }}", &names).is_err());
}

#[test]
fn vars_inside_vars_cannot_exhaust_the_stack() {
    struct Vars(usize);
    impl Lookup for Vars {
        fn name(&self, name: &str, _: View) -> Result<Option<Named>, Fault> {
            match name {
                "deep" => evaluate(&format!("{}deep", "-".repeat(self.0)), self)
                    .map(|value| Some(Named::Value(value))),
                "wrong" => evaluate("missing", self).map(|value| Some(Named::Value(value))),
                _ => Ok(None),
            }
        }
        fn step(&self, _: &str, _: View) -> Option<Value> {
            None
        }
        fn known(&self) -> Vec<String> {
            Vec::new()
        }
    }
    for nested in [1, 20, 100] {
        let fault = evaluate("deep", &Vars(nested)).unwrap_err();
        assert!(fault.message.contains("nested too deeply"), "{}", fault.message);
        assert_eq!(evaluate("1 + 1", &Vars(nested)).unwrap(), json!(2));
    }
    let fault = render("a {{ wrong }}", &Vars(1)).unwrap_err();
    assert_eq!(fault.message, "`wrong`: `missing` has no value");
    assert_eq!(fault.undefined.as_deref(), Some("missing"));
}

#[test]
fn names_are_told_with_their_paths() {
    let used =
        names_in_expression("steps.health.status == x[i].y and (a.b[1:] | default(c))").unwrap();
    let paths: Vec<String> = used.iter().map(|u| u.path.join(".")).collect();
    assert_eq!(paths, ["steps.health.status", "x", "i", "a.b", "c"]);
    assert_eq!(used[0].range, 0..19);
    let text = "é {{ one.two }} {% if three %}{{ four }}{% endif %}";
    let used = names_in_text(text).unwrap();
    let words: Vec<&str> = used.iter().map(|u| &text[u.range.clone()]).collect();
    assert_eq!(words, ["one.two", "three", "four"]);
}

#[test]
fn a_pattern_is_bounded_and_can_be_anchored() {
    assert!(pattern("b+").unwrap().is_match("abc"));
    assert!(full_pattern("a|ab").unwrap().is_match("ab"));
    assert!(!full_pattern("a|ab").unwrap().is_match("abc"));
    assert!(full_pattern("(?x) a b # end").unwrap().is_match("ab"));
    assert!(pattern("(a").unwrap_err().message.contains("is no pattern"));
    assert!(pattern("(((a{1,500}){1,500}){1,500})").is_err());
}

#[test]
fn items_are_chosen_by_comparisons_and_by_what_they_have() {
    let pods = serde_json::json!([{"n": 1, "at": {"up": true}}, {"n": 2}, {"n": 3}]);
    let names = Names::default().with("pods", pods);
    for (expression, left) in [
        ("pods | selectattr('n', 'eq', 2)", 1),
        ("pods | selectattr('n', 'ne', 2)", 2),
        ("pods | selectattr('n', 'lt', 2)", 1),
        ("pods | selectattr('n', 'le', 2)", 2),
        ("pods | selectattr('n', 'gt', 1)", 2),
        ("pods | rejectattr('n', 'ge', 2)", 1),
        ("pods | selectattr('at', 'defined')", 1),
        ("pods | selectattr('at.up', 'undefined')", 2),
        ("pods | rejectattr('at', 'defined')", 2),
        ("pods | map(attribute='n') | select('gt', 1)", 2),
    ] {
        let held = evaluate(&format!("{expression} | length"), &names);
        assert_eq!(held, Ok(left.into()), "{expression}");
    }
}

#[test]
fn every_published_filter_and_test_is_known() {
    for filter in FILTERS {
        let told = evaluate(&format!("1 | {filter}"), &names());
        assert!(told.is_ok() || !told.unwrap_err().message.contains("no such"), "{filter}");
    }
    for test in TESTS {
        let told = evaluate(&format!("1 is {test}"), &names());
        assert!(told.is_ok() || !told.unwrap_err().message.contains("no such"), "{test}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn data_is_never_compiled(data in "(\\{\\{|\\{%|%\\}|\\}\\}|\\{#|[ -~]|\\PC|\n){0,12}") {
        let names = Names::default().with("data", data.clone());
        prop_assert_eq!(render("<{{ data }}>", &names).unwrap(), format!("<{data}>"));
    }

    #[test]
    fn no_expression_panics(text in "([a-z0-9 .|()\\[\\]{}'\"+*/%<>=!~,:-]|rows|ok|is |not |in |and |if |else |é){0,30}") {
        let _ = holds(&text, &names());
        let _ = render(&format!("{{{{ {text} }}}}"), &names());
        let _ = render_url(&format!("/{{{{ {text}"), &names());
    }
}
