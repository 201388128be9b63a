//! What must hold of a page of Markdown, whatever the words on it and whatever the template.

use mayday::report::{self, Names};
use mayday::run::event::Event;
use pulldown_cmark::{Event as Part, Options, Parser, Tag};
use serde_json::Value;

use super::{GOLDEN, harmless, lossy, now};

fn events(words: Option<&str>) -> Vec<(u64, Event)> {
    const FREE: [&str; 14] = [
        "title",
        "operator",
        "by",
        "what",
        "text",
        "reason",
        "message",
        "answer",
        "to",
        "source",
        "second_person",
        "measured",
        "stderr",
        "playbook",
    ];
    fn put(value: &mut Value, key: &str, words: &str) {
        match value {
            Value::String(text) if FREE.contains(&key) => words.clone_into(text),
            Value::Array(items) => items.iter_mut().for_each(|item| put(item, key, words)),
            Value::Object(map) => map.iter_mut().for_each(|(key, value)| put(value, key, words)),
            _ => {}
        }
    }
    let event = |line: &str| {
        let mut value = serde_json::from_str::<Value>(line).unwrap()["ev"].take();
        let before = value.clone();
        if let Some(words) = words {
            put(&mut value, "", words);
        }
        // `reason` is a word of ours in some events.
        serde_json::from_value(value).or_else(|_| serde_json::from_value(before)).unwrap()
    };
    (0..).zip(GOLDEN.lines().map(event)).collect()
}

/// The page of a run whose every free text is this one. The run's own id stays.
fn page(words: &str) -> String {
    let context = report::context(&events(Some(words)), None, None, Names::Full, now());
    report::render(report::POSTMORTEM, "postmortem.md.j2", &context).unwrap()
}

/// What a page of Markdown consists of, without its words.
fn shape(page: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH;
    let told = |part: Part<'_>| match part {
        Part::Text(_) | Part::SoftBreak => None,
        // A mark has the hash of the words behind it.
        Part::Html(html) => {
            Some(format!("html {}", html.split(" sha256:").next().unwrap_or_default().trim()))
        }
        Part::End(end) => Some(format!("end {end:?}")),
        Part::Start(Tag::Heading { level, .. }) => Some(format!("heading {level}")),
        other => Some(format!("{other:?}")),
    };
    Parser::new_ext(page, options).filter_map(told).collect()
}

/// No text of a run opens a tag, ends a cell or a fence, or adds a row.
pub fn postmortem_md(data: &[u8]) {
    let words = lossy(data);
    // Where there are no words at all, fewer are said.
    if words.chars().any(|c| !c.is_whitespace() && !c.is_control()) {
        sound_page(&words);
    }
}

/// The page of [`page`], which has the shape of any other.
pub fn sound_page(words: &str) -> String {
    thread_local! {
        static PLAIN: Vec<String> = shape(&page("plain words"));
    }
    let page = page(words);
    harmless(&page);
    PLAIN.with(|plain| {
        let shape = shape(&page);
        let differs = plain.iter().zip(&shape).find(|(a, b)| a != b);
        assert!(differs.is_none() && plain.len() == shape.len(), "{words:?}: {differs:?}\n{page}");
    });
    page
}

/// A template is filled in or refused, within its limits.
pub fn render_limited(data: &[u8]) {
    thread_local! {
        static CONTEXT: Value =
            report::context(&events(None), None, None, Names::Full, now());
    }
    let template = lossy(data);
    CONTEXT.with(|context| match report::render(&template, "f.md.j2", context) {
        Ok(page) => assert!(page.len() <= 8 << 20),
        Err(trouble) => assert!(!trouble.to_string().is_empty()),
    });
}
