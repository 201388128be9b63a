//! Templates and expressions that ask for too much, or for what makes no sense (B5, B6, T16).

use mayday::template;

use crate::faults::{Row, always};
use crate::fuzz::properties;
use crate::support::process::peak_mib;

/// Templates that repeat one thing very often, or ask for very much.
fn bombs() -> Vec<String> {
    let mut all = Vec::new();
    for (head, body, tail) in [
        ("{{ x", ".a", " }}"),
        ("{{ 1", "+1", " }}"),
        ("{{ x", "()", " }}"),
        ("{{ x", "[0]", " }}"),
        ("{{ ", "(", " }}"),
        ("{{ ", "[", " }}"),
        ("{{ ", "{1:", " }}"),
        ("{{ ", "not ", "x }}"),
        ("{{ ", "-", "1 }}"),
        ("{{ run.title", "|upper", " }}"),
        ("{{ 'x'", "~'x'", " }}"),
        ("{{ 1", " if 1 else 2", " }}"),
        ("{{ 1", " is defined", " }}"),
        ("{{ 2", "**9", " }}"),
        ("{{ 1", "<2", " }}"),
        ("{{ 1", " and 1", " }}"),
        ("", "{% if 1 %}", ""),
        ("", "{% for a in timeline %}", ""),
        ("{% if 1 %}", "{% elif 1 %}", "{% endif %}"),
        ("", "{{ 1 }}", ""),
        ("", "{# c #}", ""),
        ("", "{% set a = 1 %}", ""),
        ("", "{% with a = 1 %}", ""),
        ("", "{% raw %}", ""),
        ("{{ [", "1,", "] }}"),
        ("{{ '", "x", "' }}"),
    ] {
        for times in [300, 3_000, 60_000] {
            all.push(format!("{head}{}{tail}", body.repeat(times)));
        }
    }
    for one in [
        "{{ 'x' * 1000000000 }}",
        "{{ [1] * 1000000000 }}",
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{{ range(1000000000) }}",
        "{{ 'a' | indent(2000000000) }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ 'a' | center(2000000000) }}",
        "{{ 'a' | replace('', 'aaaa') }}",
        "{{ timeline | batch(1) | list }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% include '/etc/passwd' %}",
        "{% extends 'x' %}",
        "{% import 'x' as y %}",
        "{% block a %}{{ self.a() }}{% endblock %}",
        "{{ ''.__class__ }}",
        "{{ self }}",
        "{{ cycler }}",
        "{% do x %}",
    ] {
        all.push(one.to_owned());
    }
    let loops = "{% for a in timeline %}".repeat(12) + "{{ a.what }}" + &"{% endfor %}".repeat(12);
    all.push(loops);
    all
}

#[test]
fn templates_that_ask_for_too_much_are_refused_in_little_memory() {
    let bombs = bombs();
    assert!(bombs.len() >= 80);
    let mut row = Row::new(
        "B5",
        "hostile templates: refused or within 8 MiB, little memory",
        always(u32::try_from(bombs.len()).unwrap()),
    );
    for bomb in &bombs {
        properties::render_limited(bomb.as_bytes());
        row.pass();
    }
    assert!(peak_mib() < 256, "{} MiB", peak_mib());
    let mut row = Row::new(
        "T16",
        "as titles and conditions: refused by the language too",
        always(u32::try_from(bombs.len()).unwrap()),
    );
    for bomb in &bombs {
        properties::expression(bomb.as_bytes());
        properties::expression(bomb.trim_matches(['{', '}', '%', ' ']).as_bytes());
        row.pass();
    }
    assert!(peak_mib() < 256, "{} MiB", peak_mib());
}

/// No name has a value but the facts.
struct Nothing;
impl template::Lookup for Nothing {
    fn name(&self, _: &str, _: template::View) -> Result<Option<template::Named>, template::Fault> {
        Ok(None)
    }
    fn step(&self, _: &str, _: template::View) -> Option<serde_json::Value> {
        None
    }
    fn known(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn operators_on_values_of_every_kind_have_a_value_or_a_fault() {
    const VALUES: [&str; 8] = ["1", "2.5", "'a'", "[1, 'a']", "{'k': 1}", "true", "none", "x"];
    const OPERATORS: [&str; 13] =
        ["+", "-", "*", "/", "//", "%", "~", "==", "<", "in", "and", "or", "is sameas"];
    let mut row = Row::new(
        "B6",
        "Jinja's operators on all kinds of values: no crash, as recorded",
        always(832),
    );
    let mut told = String::new();
    let facts = serde_json::json!({ "x": "text" }).as_object().unwrap().clone();
    for operator in OPERATORS {
        for left in VALUES {
            for right in VALUES {
                let source = format!("{left} {operator} {right}");
                let names = template::WithFacts { facts: &facts, outer: &Nothing };
                let line = match template::evaluate(&source, &names) {
                    Ok(value) => value.to_string(),
                    Err(fault) => format!("fault: {}", fault.message),
                };
                told += &format!("{source}  ->  {line}\n");
                row.pass();
            }
        }
    }
    insta::assert_snapshot!("operators", told);
}
