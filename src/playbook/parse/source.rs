//! From a path such as `phases[0].steps[2].timeout` to its place in the file.
//!
//! Owns the index of positions and how a part of a decoded scalar is found in the text. Knows YAML
//! only as far as it was scanned; knows nothing of playbooks.

use std::ops::Range;
use std::sync::Arc;

use saphyr_parser::ScalarStyle;

use crate::diagnostic::SourceFile;

/// A place in the arena of nodes.
pub(super) type NodeId = u32;

/// One node of the text. Offsets are bytes; files are far below 4 GiB.
#[derive(Debug)]
pub(super) struct Node {
    /// The key in front of it, decoded; empty for items of lists and the root.
    pub name: Box<str>,
    /// Where the key is; empty for items and the root.
    pub key: Range<u32>,
    /// The raw text of a scalar, alias or flow collection; empty for block collections.
    pub value: Range<u32>,
    /// What is below.
    pub kids: Kids,
}

/// What a node is made of.
#[derive(Debug)]
pub(super) enum Kids {
    /// A scalar, and its decoded text where that is not the raw text.
    Scalar(ScalarStyle, Option<Box<str>>),
    /// A map; once complete, sorted by name.
    Map(Vec<NodeId>),
    /// A list.
    List(Vec<NodeId>),
    /// An alias of that node.
    Alias(NodeId),
}

/// A file and the places of its nodes.
#[derive(Debug)]
pub struct Source {
    /// The file.
    pub file: Arc<SourceFile>,
    pub(super) nodes: Vec<Node>,
    pub(super) broken: std::collections::BTreeSet<String>,
}

impl Source {
    /// A source of which nothing is known yet.
    pub(super) fn new(file: &Arc<SourceFile>) -> Self {
        Self {
            file: Arc::clone(file),
            nodes: Vec::new(),
            broken: std::collections::BTreeSet::new(),
        }
    }

    /// Where the key at `path` is; for an item of a list, its first line. Falls back to the nearest
    /// parent that the text has.
    #[must_use]
    pub fn key(&self, path: &str) -> Range<usize> {
        let (id, _) = self.find(path);
        let key = self.nodes.get(id as usize).map_or(0..0, |node| node.key.clone());
        if key.is_empty() { self.shown(id) } else { wide(&key) }
    }

    /// Where the value at `path` is: a scalar's first line, a collection's first key or item. Falls
    /// back to the key when the value is empty, and to the nearest parent that the text has.
    #[must_use]
    pub fn value(&self, path: &str) -> Range<usize> {
        let (id, exact) = self.find(path);
        if !exact {
            return self.key(path);
        }
        let range = self.shown(id);
        if range.is_empty() { self.key(path) } else { range }
    }

    /// Where the part `inner` of the decoded scalar at `path` is, in bytes of that scalar. Falls back
    /// to the whole scalar when the text cannot be matched.
    #[must_use]
    pub fn within(&self, path: &str, inner: Range<usize>) -> Range<usize> {
        let (mut id, exact) = self.find(path);
        if let Some(Node { kids: Kids::Alias(target), .. }) = self.nodes.get(id as usize) {
            id = *target;
        }
        match self.nodes.get(id as usize) {
            Some(Node { kids: Kids::Scalar(style, decoded), value, .. }) if exact => {
                let (raw, start) = (&self.file.text[wide(value)], value.start as usize);
                let decoded = decoded.as_deref().unwrap_or(raw);
                match align(raw, *style, decoded, &inner) {
                    Some(found) => start + found.start..start + found.end,
                    None => self.value(path),
                }
            }
            _ => self.value(path),
        }
    }

    /// True when the text has a node at `path`.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.find(path).1
    }

    /// True when reading found a fault at `path` or below it, so that what the types say about it is
    /// not what the author wrote: rules that would only repeat the fault in other words stay silent.
    #[must_use]
    pub fn broken(&self, path: &str) -> bool {
        let below = self.broken.range(path.to_owned()..).next();
        below.is_some_and(|at| {
            at.strip_prefix(path).is_some_and(|rest| {
                path.is_empty() || rest.is_empty() || rest.starts_with(['.', '['])
            })
        })
    }

    /// The first line of a node's value.
    fn shown(&self, mut id: NodeId) -> Range<usize> {
        loop {
            let Some(node) = self.nodes.get(id as usize) else { return 0..0 };
            if !node.value.is_empty() {
                return self.first_line(wide(&node.value));
            }
            let first = match &node.kids {
                // The children of a map are sorted by name; the first in the text is wanted.
                Kids::Map(kids) => kids.iter().min().copied(),
                Kids::List(kids) => kids.first().copied(),
                _ => None,
            };
            match first.map(|kid| (kid, &self.nodes[kid as usize])) {
                Some((_, kid)) if !kid.key.is_empty() => return wide(&kid.key),
                Some((kid, _)) => id = kid,
                None => return wide(&node.value),
            }
        }
    }

    fn first_line(&self, range: Range<usize>) -> Range<usize> {
        let text = &self.file.text[range.clone()];
        let lead = text.len() - text.trim_start().len();
        let line = text.trim_start().lines().next().unwrap_or_default().trim_end();
        range.start + lead..range.start + lead + line.len()
    }

    /// The node at `path`, or its nearest parent; and whether it is the node itself.
    fn find(&self, path: &str) -> (NodeId, bool) {
        let mut id: NodeId = 0;
        let mut rest = path;
        if self.nodes.is_empty() {
            return (0, false);
        }
        loop {
            if rest.is_empty() {
                return (id, true);
            }
            match self.nodes.get(id as usize).map(|node| &node.kids) {
                Some(Kids::Alias(target)) => id = *target,
                Some(Kids::List(kids)) => match index(rest)
                    .and_then(|(at, after)| kids.get(at).map(|kid| (*kid, after)))
                {
                    Some((kid, after)) => (id, rest) = (kid, after),
                    None => return (id, false),
                },
                Some(Kids::Map(kids)) => match self.entry(kids, rest) {
                    Some((kid, after)) => (id, rest) = (kid, after),
                    None => return (id, false),
                },
                _ => return (id, false),
            }
        }
    }

    /// The entry whose name starts `path`. Names may hold dots and brackets: the shortest name wins.
    fn entry<'p>(&self, kids: &[NodeId], path: &'p str) -> Option<(NodeId, &'p str)> {
        let path = path.strip_prefix('.').unwrap_or(path);
        let stops = path.match_indices(['.', '[']).map(|(at, _)| at).chain([path.len()]);
        stops.filter(|at| *at > 0).find_map(|at| {
            let name = &path[..at];
            let found =
                kids.binary_search_by(|kid| (*self.nodes[*kid as usize].name).cmp(name)).ok()?;
            Some((kids[found], &path[at..]))
        })
    }
}

fn wide(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// `[3].rest` is 3 and `.rest`.
fn index(path: &str) -> Option<(usize, &str)> {
    let (number, after) = path.strip_prefix('[')?.split_once(']')?;
    Some((number.parse().ok()?, after))
}

/// Matches a scalar's raw text with its decoded text, as far as `inner` reaches. Indentation and
/// folding change only white space, so everything else stands in both in the same order.
fn align(
    raw: &str,
    style: ScalarStyle,
    decoded: &str,
    inner: &Range<usize>,
) -> Option<Range<usize>> {
    let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
    let mut at = usize::from(quoted);
    let (mut start, mut end) = (None, at);
    for (offset, wanted) in decoded.char_indices().take_while(|(offset, _)| *offset < inner.end) {
        let (from, to) = step(raw, at, style, wanted)?;
        if start.is_none() && offset + wanted.len_utf8() > inner.start {
            start = Some(from);
        }
        (at, end) = (to, to);
    }
    (inner.end <= decoded.len()).then_some(())?;
    let start = start.unwrap_or(end);
    Some(start..end.max(start))
}

/// Where the decoded character `wanted` stands in `raw`, from `at` on.
fn step(raw: &str, mut at: usize, style: ScalarStyle, wanted: char) -> Option<(usize, usize)> {
    loop {
        let next = raw.get(at..)?.chars().next();
        match next {
            Some('\\') if style == ScalarStyle::DoubleQuoted => {
                let escape = raw[at + 1..].chars().next()?;
                let length = match escape {
                    'x' => 4,
                    'u' => 6,
                    'U' => 10,
                    _ => 1 + escape.len_utf8(),
                };
                if escape != '\n' && escape != '\r' {
                    return raw.get(at..at + length).map(|_| (at, at + length));
                }
                at += length; // a line that goes on: nothing was decoded
            }
            Some('\'') if style == ScalarStyle::SingleQuoted => {
                return raw[at..].starts_with("''").then_some((at, at + 2));
            }
            Some(found) if found == wanted && wanted != '\n' => {
                return Some((at, at + found.len_utf8()));
            }
            Some(found) if found.is_whitespace() => {
                if wanted.is_whitespace() {
                    // A fold: the line's end stands for the decoded space or line end.
                    let line_end = raw[at..].find('\n').map_or(raw.len(), |length| at + length + 1);
                    return Some((at, line_end));
                }
                at += found.len_utf8();
            }
            // The last line end of a block scalar may be left out at the end of the file.
            None if wanted.is_whitespace() => return Some((at, at)),
            _ => return None,
        }
    }
}
