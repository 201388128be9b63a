//! The templates that come with mayday: each tells each kind of run, and says at its top what a reader must know.

use mayday::plan::Mode;
use mayday::report::shipped::{SHIPPED, named};
use mayday::report::{self, Checked, Names};

use super::runs::{self, Ends};
use super::story::{checked, plan};
use super::{full, now, render};

#[test]
fn every_template_tells_the_fullest_run() {
    for (name, template) in SHIPPED.iter().filter(|(name, _)| *name != "postmortem") {
        let real = render(name, template, &full(&runs::full()));
        insta::assert_snapshot!(format!("{name}-full"), real);
        let drill = runs::drill(Ends::Fails);
        let plan = plan(Mode::Drill);
        let context =
            report::context(&drill.events, Some(&plan), Some(&checked()), Names::Roles, now());
        let page = render(name, template, &context);
        if *name != "post-incident" {
            assert!(page.contains("FAIL"), "{name} says nothing of the verdict");
        }
        assert!(!page.contains("maria"), "{name} names somebody");
    }
}

#[test]
fn unfinished_unverified_and_damaged_stands_at_the_top_of_each() {
    let damaged = Checked {
        sound: false,
        head: String::new(),
        findings: vec!["event 3 was changed".to_owned()],
    };
    for (name, template) in SHIPPED {
        for story in [runs::stopped(), runs::aborted()] {
            for (checked, said) in
                [(None, "was not verified"), (Some(&damaged), "event 3 was changed")]
            {
                let context = report::context(&story.events, None, checked, Names::Roles, now());
                let page = render(name, template, &context);
                let top = page.split("<!-- /block:warnings -->").next().unwrap();
                for part in [said, "could not be read", "This run "] {
                    assert!(top.contains(part), "{name}: no `{part}` in\n{top}");
                }
                assert!(top.lines().count() < 20, "{name}: that is not the top");
            }
        }
        // Nothing at all is left of it.
        let nothing = report::context(&[], None, Some(&damaged), Names::Roles, now());
        assert!(render(name, template, &nothing).contains("event 3 was changed"));
    }
}

#[test]
fn a_template_goes_by_its_name_with_or_without_its_ending() {
    for (name, text) in SHIPPED {
        for called in [(*name).to_owned(), format!("{name}.md.j2")] {
            assert_eq!(named(&called), Some((format!("{name}.md.j2"), *text)));
        }
    }
    assert_eq!(named("postmorten"), None);
}

/// The headings of "Post-Incident Template", Recovery Playbook v1.0, in their order.
#[test]
fn the_source_organisation_finds_its_own_template() {
    let (_, template) = named("post-incident").unwrap();
    let page = render("post-incident", template, &full(&runs::rough()));
    let mut rest = page.as_str();
    for part in [
        "# Incident Post-Mortem: ",
        "**Date:** 2026-11-22",
        "**Severity:** SEV-1",
        "**Duration:** ",
        "**Affected Users:** ",
        "## Timeline",
        "## Root Cause",
        "## Impact",
        "Users affected: ",
        "Revenue impact: ",
        "Data loss: ",
        "## What Went Well",
        "- [ ] Detection time was quick",
        "- [ ] Communication was clear",
        "- [ ] Recovery procedure worked",
        "## What Went Wrong",
        "- [ ] Monitoring didn't catch it early",
        "- [ ] Documentation was incomplete",
        "- [ ] Escalation was slow",
        "## Action Items",
        "Update runbook",
        "**Sign-off:** ",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("no `{part}` behind what is before it"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn the_timeline_is_a_chart_where_a_page_shows_markdown() {
    for name in ["postmortem", "postmortem.es", "drill-report"] {
        let (_, template) = named(name).unwrap();
        let context = full(&runs::rough());
        let page = render(name, template, &context);
        let chart = format!("```mermaid\n{}```\n", context["gantt"].as_str().unwrap());
        assert!(page.contains(&chart), "{name}");
        assert!(chart.contains("milestone, "), "{chart}");
        // Of a run without a beginning there is no chart, and no fence without one.
        let nothing = report::context(&[], None, None, Names::Roles, now());
        assert_eq!(nothing["gantt"], serde_json::Value::Null);
        assert!(!render(name, template, &nothing).contains("mermaid"), "{name}");
    }
}
