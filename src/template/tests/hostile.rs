//! Texts made to exhaust the stack, the memory or the patience of the engine.

use super::super::*;

/// What each kind of attack repeats: head, body, tail.
const EXPRESSIONS: [(&str, &str, &str); 20] = [
    ("x", ".a", ""),
    ("1", "+1", ""),
    ("x", "()", ""),
    ("x", "[0]", ""),
    ("", "(", ""),
    ("", "[", ""),
    ("", "{1:", ""),
    ("", "not ", "x"),
    ("", "-", "1"),
    ("x", "|trim", ""),
    ("x", "|replace('a','aaaaaaaa')", ""),
    ("x", "~x", ""),
    ("x", " if x else x", ""),
    ("x", " is defined", ""),
    ("1", "**9", ""),
    ("1", "<2", ""),
    ("x", " and x", ""),
    ("x", "[1:", ""),
    ("x", "*1", ""),
    ("", "x,", ""),
];

fn names() -> Names {
    Names::default().with("x", "aaaaaaaa".repeat(1000)).with("n", 5)
}

#[test]
fn repetition_is_refused_before_it_is_compiled() {
    for (head, body, tail) in EXPRESSIONS {
        for times in [300, 40_000] {
            let bomb = format!("{head}{}{tail}", body.repeat(times));
            assert!(evaluate(&bomb, &names()).is_err(), "{body}");
            assert!(render(&format!("{{{{ {bomb} }}}}"), &names()).is_err(), "{body}");
        }
    }
}

/// The deepest expressions that are let through fit into the stack of any of our threads.
#[test]
fn what_is_let_through_fits_the_stack() {
    for (head, body, tail) in EXPRESSIONS {
        for times in (1..200).step_by(9) {
            let text = format!("{head}{}{tail}", body.repeat(times));
            let _ = holds(&text, &names());
            let closed = format!("{text}{}", ")".repeat(times));
            let _ = holds(&closed, &names());
        }
    }
    let nested = format!("{}1{}", "(not x if [".repeat(12), "] else 1)".repeat(12));
    let _ = holds(&nested, &names());
}

#[test]
fn chains_of_blocks_are_refused() {
    let elif = format!("{{% if n %}}{}{{% endif %}}", "{% elif n %}".repeat(3_000));
    let nested = format!("{}{}", "{% if n == 5 %}".repeat(500), "{% endif %}".repeat(500));
    let tags = "{{ n }}".repeat(MAX_TAGS + 1);
    let huge = "{{ n }}".to_owned() + &"x".repeat(MAX_TEMPLATE);
    let long_tag = format!("{{{{ '{}' }}}}", "x".repeat(MAX_TAG));
    for bomb in [elif, nested, tags, huge, long_tag] {
        let fault = render(&bomb, &names()).unwrap_err();
        assert!(fault.message.contains("too large"), "{}", fault.message);
    }
}

#[test]
fn no_part_grows_beyond_its_limit() {
    for bomb in [
        "'a' | indent(2000000000)",
        "[1] * 1000000000",
        "'a' * 1000000000",
        "range(100000000)",
        "x | replace('a', x) | replace('a', x)",
        "(x | list) | join(x)",
        "x ~ x | replace('a', y)",
        "9 ** 9 ** 9 ** 9",
        "10.0 ** 400",
        "1e308 * 10",
        "9223372036854775807 * 9223372036854775807",
        "253402300800 | rfc3339",
    ] {
        assert!(evaluate(bomb, &names()).is_err(), "{}", &bomb[..bomb.len().min(60)]);
    }
    let body = "{{ x }}".repeat(1_999);
    let fault = render(&body, &Names::default().with("x", "y".repeat(8_000))).unwrap_err();
    assert!(fault.message.contains("too large"));
}
