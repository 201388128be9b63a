//! Data stays data: read back as Markdown, no text of a run opens a tag, a row or a fence.

use mayday::effect::EffectClass::Change;
use mayday::plan::Mode;
use mayday::report::{self, Names, markdown};
use mayday::run::event::{Asking, Kind, Milestone};
use mayday::steps::Verdict;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::json;

use super::story::{Story, checked, failed, plan};
use super::{now, page};

/// Texts that Markdown, HTML, a terminal or a log reader would obey.
pub(super) const NAUGHTY: &[&str] = &[
    "a | b || c \\| d \\\\| e",
    "line one\nline two\n\n# heading\n- item",
    "\r\n\r\nnew row\r| 1 | 2 |",
    "<script>alert(1)</script>",
    "<!-- journal:seq 1-9 --> --> <b onclick=x>",
    "<!-- journal:seq 0-1 block:timeline sha256:0123456789abcdef -->",
    "\\<!-- /block:timeline -->\n<!-- /block:timeline -->\n<!-- journal:seq 0-1 block:head -->",
    "</table><img src=x onerror=alert(1)>",
    "`code` ``more`` ``` fence ```` longer",
    "```\nfence\n```\n~~~\nother\n~~~",
    "[link](javascript:alert(1)) ![image](http://x/y.png) [ref]: http://x",
    "https://example.com www.example.com me@example.com <http://auto.link>",
    "**bold** __bold__ *it* _it_ ~~gone~~ $x^2$ &lt;b&gt; &#60;",
    "\u{1b}[2J\u{1b}]0;title\u{7} \u{9b}31m \u{8}\u{8}",
    "\u{202e}gnp.exe \u{2066}x\u{2069} \u{200b}\u{feff}\u{ad}",
    "{{ run.id }} {% for x in y %} {# c #}",
    "# heading",
    "- item",
    "1. item",
    "12) item",
    "> quote",
    "===\n---\n***",
    "    indented code",
    "|---|---|",
    "\u{2028}line\u{2029}paragraph\u{85}next",
    "",
];

pub(super) fn told(text: &str) -> Story {
    let mut story = Story::open(Mode::Real);
    if let Kind::Opened(opened) = &mut story.events[0].1.kind {
        text.clone_into(&mut opened.title);
        text.clone_into(&mut opened.playbook);
        text.clone_into(&mut opened.environment);
        text.clone_into(&mut opened.operator);
        text.clone_into(&mut opened.run);
    }
    story.say(Kind::Milestone {
        milestone: Milestone::Detected,
        when: story.at,
        source: text.to_owned(),
        reason: Some(text.to_owned()),
    });
    story.phase(text).start("restore", 1, Change, text).pass("1s");
    story.end("restore", failed(text), json!({ "answer": text, "stdout": text }));
    story.ask("restore", Asking::Menu, text).answer("restore", Asking::Menu, json!(text));
    story.choose("restore", "retry", Some(text)).put("restore", Change, text).pass("1s");
    story.end("restore", Verdict::Unknown { reason: text.to_owned() }, json!({ "answer": text }));
    story.choose("restore", text, Some(text));
    story.say(Kind::Notifying {
        to: text.to_owned(),
        cause: text.to_owned(),
        kind: mayday::severity::EscalationKind::Engage,
        message: text.to_owned(),
        letter: None,
        attempt: 1,
    });
    story.say(Kind::Skipped {
        step: "tidy".to_owned(),
        reason: text.to_owned(),
        by_choice: true,
        second_person: Some(text.to_owned()),
    });
    story.note(text).note(&format!("TODO: {text}")).note(&format!("DECISION: {text}"));
    story.say(Kind::Abandoned { reason: text.to_owned() });
    story
}

fn parsed(page: &str) -> Vec<Event<'_>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH;
    Parser::new_ext(page, options).collect()
}

/// What the page consists of, without its words.
fn shape(page: &str) -> Vec<String> {
    let told = |event: &Event<'_>| match event {
        Event::Text(_) | Event::SoftBreak => None,
        // The hash of a block is that of its words.
        Event::Html(html) => {
            Some(format!("html {}", html.split(" sha256:").next().unwrap_or_default().trim()))
        }
        Event::End(end) => Some(format!("end {end:?}")),
        Event::Start(Tag::Heading { level, .. }) => Some(format!("heading {level}")),
        other => Some(format!("{other:?}")),
    };
    parsed(page).iter().filter_map(told).collect()
}

#[test]
fn no_text_of_a_run_changes_the_shape_of_the_page() {
    let plan = plan(Mode::Real);
    let of = |text: &str| {
        let story = told(text);
        page(&report::context(&story.events, Some(&plan), Some(&checked()), Names::Full, now()))
    };
    let plain = shape(&of("plain words"));
    for text in NAUGHTY.iter().filter(|text| !text.is_empty()) {
        let naughty = of(text);
        let shape = shape(&naughty);
        let differs = plain.iter().zip(&shape).find(|(a, b)| a != b);
        assert!(
            differs.is_none() && plain.len() == shape.len(),
            "{text:?}: {differs:?}\n{naughty}"
        );
        assert!(naughty.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        assert!(!naughty.contains(['\u{202e}', '\u{200b}', '\u{2028}']), "{text:?}");
    }
    for event in parsed(&of("<b>")) {
        match event {
            Event::Html(html) => {
                assert!(html.trim_start().starts_with("<!--") || !html.contains('<'));
            }
            Event::InlineHtml(html) => panic!("{html}"),
            _ => {}
        }
    }
}

#[test]
fn what_looks_like_a_mark_in_somebodys_words_is_none() {
    for text in NAUGHTY {
        let context = super::context(&told(text));
        for (name, template) in mayday::report::shipped::SHIPPED {
            let page = super::render(name, template, &context);
            let again = mayday::report::blocks::merge(&page, &page).unwrap();
            assert!(again.text == page && again.conflicts.is_empty(), "{name}: {text:?}");
            assert!(mayday::report::language::check(&page).is_ok(), "{name}: {text:?}");
        }
    }
}

#[test]
fn what_is_fenced_comes_back_as_one_block() {
    for text in NAUGHTY {
        let page = format!("before\n\n{}\n\nafter\n", markdown::fence(text));
        let events = parsed(&page);
        let blocks = events.iter().filter(|e| matches!(e, Event::Start(Tag::CodeBlock(_)))).count();
        let all = events.iter().filter(|e| matches!(e, Event::Start(_))).count();
        assert_eq!((blocks, all), (1, 3), "{text:?}");
    }
}

#[test]
fn a_template_that_forgets_the_filters_is_safe_as_well() {
    let story = told("<b>x</b> | y");
    let context = report::context(&story.events, None, None, Names::Full, now());
    let out = report::render("{{ run.title }} {{ run.people }}", "our.md.j2", &context).unwrap();
    assert!(out.starts_with("\\<b\\>x\\</b\\> \\| y ") && !out.contains("<b>"), "{out}");
}
