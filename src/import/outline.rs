//! The blocks of a Markdown text in their order. Every character of it is in one of them.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Lists inside lists are taken apart so deep; what is deeper stays text.
const DEEPEST: usize = 16;

/// One block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// A heading with its level, from 1.
    Heading(usize, String),
    /// Text as it was written: paragraphs, tables, quotes, HTML.
    Prose(String),
    /// A block of code, its language in lower case.
    Code { language: String, text: String },
    /// An item of a list.
    Item(Item),
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// The list is numbered.
    pub numbered: bool,
    /// It has a box to tick.
    pub ticked: bool,
    /// Its own words, as written.
    pub text: String,
    /// What stands below it.
    pub below: Vec<Block>,
}

type Events<'t> = [(Event<'t>, Range<usize>)];

/// The blocks of a text.
pub(super) fn of(text: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let events: Vec<_> = Parser::new_ext(text, options).into_offset_iter().collect();
    let mut blocks = Vec::new();
    let end = level(text, &events, 0, 0, &mut blocks);
    rest(&text[end..], &mut blocks);
    blocks
}

/// The blocks of one level; `from` is where its text begins. Where its text ends.
fn level(
    text: &str,
    events: &Events<'_>,
    from: usize,
    depth: usize,
    blocks: &mut Vec<Block>,
) -> usize {
    let (mut at, mut told) = (0, from);
    while let Some((event, range)) = events.get(at) {
        let end = end_of(events, at);
        let inner = &events[(at + 1).min(end)..end];
        // What no event speaks of (a definition of a link) stays text.
        rest(text.get(told..range.start).unwrap_or_default(), blocks);
        let source = text.get(range.clone()).unwrap_or_default();
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                blocks.push(Block::Heading(*level as usize, words(text, inner)));
            }
            Event::Start(Tag::CodeBlock(kind)) => code(kind, inner, blocks),
            Event::Start(Tag::List(first)) if depth < DEEPEST => {
                items(text, inner, range, first.is_some(), depth, blocks);
            }
            Event::Rule => {}
            _ => prose(source, blocks),
        }
        told = told.max(range.end);
        at = end + 1;
    }
    told
}

/// The index of the event that ends what begins at `at`; `at` itself for what does not contain others.
fn end_of(events: &Events<'_>, at: usize) -> usize {
    if !matches!(events[at].0, Event::Start(_)) {
        return at;
    }
    let mut open = 0_usize;
    for (index, (event, _)) in events.iter().enumerate().skip(at) {
        match event {
            Event::Start(_) => open += 1,
            Event::End(_) => open -= 1,
            _ => {}
        }
        if open == 0 {
            return index;
        }
    }
    events.len() - 1
}

/// The source of what stands inside, as it was written.
fn words(text: &str, inner: &Events<'_>) -> String {
    let start = inner.iter().map(|(_, range)| range.start).min().unwrap_or(0);
    let end = inner.iter().map(|(_, range)| range.end).max().unwrap_or(0);
    text.get(start..end).unwrap_or_default().trim().to_owned()
}

fn code(kind: &CodeBlockKind<'_>, inner: &Events<'_>, blocks: &mut Vec<Block>) {
    let info = match kind {
        CodeBlockKind::Fenced(info) => info.trim(),
        CodeBlockKind::Indented => "",
    };
    let (language, more) = info.split_once([' ', ',', '{']).unwrap_or((info, ""));
    prose(more, blocks);
    let text: String = inner
        .iter()
        .filter_map(|(event, _)| match event {
            Event::Text(text) => Some(text.as_ref()),
            _ => None,
        })
        .collect();
    blocks.push(Block::Code { language: language.to_lowercase(), text });
}

fn items(
    text: &str,
    events: &Events<'_>,
    list: &Range<usize>,
    numbered: bool,
    depth: usize,
    blocks: &mut Vec<Block>,
) {
    let (mut at, mut told) = (0, list.start);
    while let Some((_, range)) = events.get(at) {
        let end = end_of(events, at);
        let inner = &events[(at + 1).min(end)..end];
        rest(text.get(told..range.start).unwrap_or_default(), blocks);
        blocks.push(Block::Item(item(text, inner, range, numbered, depth)));
        told = told.max(range.end);
        at = end + 1;
    }
    rest(text.get(told..list.end).unwrap_or_default(), blocks);
}

fn item(
    text: &str,
    inner: &Events<'_>,
    range: &Range<usize>,
    numbered: bool,
    depth: usize,
) -> Item {
    let ticked = inner.iter().take(2).any(|(event, _)| matches!(event, Event::TaskListMarker(_)));
    // Its words: a first paragraph, or what stands in front of the first block.
    let own = match inner.first() {
        Some((Event::Start(Tag::Paragraph), _)) => end_of(inner, 0) + 1,
        _ => inner.iter().position(|(event, _)| is_block(event)).unwrap_or(inner.len()),
    };
    let said = inner[..own].iter().filter(|(event, _)| !matches!(event, Event::TaskListMarker(_)));
    let said: Vec<_> = said.filter(|(event, _)| !is_paragraph(event)).cloned().collect();
    let mut below = Vec::new();
    let from = inner[..own].iter().map(|(_, range)| range.end).max();
    let from = from.or_else(|| inner.first().map(|(_, range)| range.start)).unwrap_or(range.end);
    let end = level(text, &inner[own..], from, depth + 1, &mut below);
    rest(text.get(end..range.end).unwrap_or_default(), &mut below);
    Item { numbered, ticked, text: words(text, &said), below }
}

fn is_paragraph(event: &Event<'_>) -> bool {
    matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph))
}

/// A block that can stand inside an item.
fn is_block(event: &Event<'_>) -> bool {
    match event {
        Event::Rule => true,
        Event::Start(tag) => !matches!(
            tag,
            Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough
                | Tag::Superscript
                | Tag::Subscript
                | Tag::Link { .. }
                | Tag::Image { .. }
        ),
        _ => false,
    }
}

fn prose(source: &str, blocks: &mut Vec<Block>) {
    let source = source.trim_matches(['\n', '\r']).trim_end();
    if !source.trim().is_empty() {
        blocks.push(Block::Prose(source.to_owned()));
    }
}

/// What stands between blocks: text only when it has words.
fn rest(source: &str, blocks: &mut Vec<Block>) {
    if source.chars().any(char::is_alphanumeric) {
        prose(source, blocks);
    }
}
