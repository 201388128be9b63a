//! Templates of one's own: what is wrong with them is said with name, line and variable.

use mayday::report;

use super::{context, runs};

fn trouble(template: &str) -> String {
    let context = context(&runs::clean());
    report::render(template, "our.md.j2", &context).unwrap_err().to_string()
}

#[test]
fn a_name_without_a_value_is_named_with_the_one_that_was_meant() {
    assert_eq!(
        trouble("# x\n\n{{ run.titel }}"),
        "our.md.j2, line 3: `run.titel` has no value; did you mean `run.title`?"
    );
    assert_eq!(
        trouble("{{ rum.title }}"),
        "our.md.j2, line 1: `rum.title` has no value; did you mean `run.title`?"
    );
    assert_eq!(
        trouble("{% for row in timeline %}\n{{ row.whatt }}\n{% endfor %}"),
        "our.md.j2, line 2: `row.whatt` has no value; did you mean `row.what`?"
    );
    assert_eq!(
        trouble("{{ run.opend_at | time }}"),
        "our.md.j2, line 1: `run.opend_at` has no value; did you mean `run.opened_at`?"
    );
    assert_eq!(trouble("{{ zzzzzz }}"), "our.md.j2, line 1: `zzzzzz` has no value");
    assert_eq!(
        trouble("\n{{ run.titel | cell }}"),
        "our.md.j2, line 2: `run.titel` has no value; did you mean `run.title`?"
    );
}

#[test]
fn what_cannot_be_read_has_its_line() {
    let said = trouble("a\n{% if run %}\nb");
    assert!(said.starts_with("our.md.j2, line 3: syntax error: "), "{said}");
    let said = trouble("{{ run.title | nosuch }}");
    assert!(said.contains("line 1") && said.contains("nosuch"), "{said}");
}

#[test]
fn nothing_endless_and_nothing_huge_is_rendered() {
    let loops = "{% for a in timeline %}{% for b in timeline %}{% for c in timeline %}\
                 {% for d in timeline %}{% if a.seq == d.seq %}{% endif %}{% endfor %}\
                 {% endfor %}{% endfor %}{% endfor %}";
    let endless = "{% for a in timeline %}".repeat(4) + loops + &"{% endfor %}".repeat(4);
    assert!(trouble(&endless).contains("too many steps"), "{}", trouble(&endless));
    let long = "x".repeat(2000);
    let writes = format!(
        "{{% for a in timeline %}}{{% for b in timeline %}}{{% for c in timeline %}}{long}\
         {{% endfor %}}{{% endfor %}}{{% endfor %}}"
    );
    assert!(trouble(&writes).ends_with("the report is larger than 8 MiB"));
    let big = "x".repeat(256 * 1024 + 1);
    assert_eq!(trouble(&big), "our.md.j2: too large: 262145 bytes, at most 262144");
    let attributes = format!("{{{{ x{} }}}}", ".a".repeat(6000));
    assert!(trouble(&attributes).contains("too large"));
    let elifs = format!("{{% if 1 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(201));
    assert!(trouble(&elifs).contains("201 `elif`, at most 200"));
    let tags = "{{ 1 }}".repeat(2001);
    assert!(trouble(&tags).contains("2001 tags, at most 2000"));
    let nested = "{% if 1 %}".repeat(33);
    assert!(trouble(&nested).contains("blocks inside each other"));
    let brackets = format!("{{{{ {}1{} }}}}", "(".repeat(40), ")".repeat(40));
    assert!(trouble(&brackets).contains("open brackets"));
}

#[test]
fn what_could_grow_without_bound_is_refused() {
    for grows in [
        "{{ 'x' * 1000000000 }}",
        "{{ [1] * 1000000000 }}",
        "{% set a = 'x' ~ 'x' %}{% set b = a ~ a %}",
        "{% set a = [run, run] %}{% set b = [a, a] %}",
        "{% for a in [run, run] %}{% endfor %}",
        "{% set a %}{{ run.title }}{% endset %}",
        "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
        "{% filter upper %}x{% endfilter %}",
        "{% for a in timeline recursive %}{{ loop(timeline) }}{% endfor %}",
        "{{ range(1000000000) }}",
        "{% include '/etc/passwd' %}",
        "{% extends '/etc/passwd' %}",
    ] {
        let said = trouble(grows);
        assert!(said.contains("cannot be used in a report"), "{grows}: {said}");
    }
    for missing in [
        "{{ 'a' | indent(2000000000) }}",
        "{{ 'a' | replace('a', 'aa') }}",
        "{{ [] | slice(1000000000) }}",
    ] {
        assert!(trouble(missing).contains("book/template-context.md"), "{missing}");
    }
}
