//! One pass over the text, before anything is built from it: positions of all nodes, budgets, and the
//! parts of YAML that the language does without.
//!
//! No alias is ever expanded here: what it would expand to is added up. What passes is small enough to
//! be built, and for other YAML readers.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::entries as code;
use super::source::{Kids, Node, NodeId, Source};
use super::text::Offsets;
use crate::diagnostic::Diagnostic;

/// Nesting of collections, aliases included (reliability tests B2).
pub const MAX_DEPTH: usize = 64;
/// Nodes in the text, and nodes after aliases. 10,000 steps of the usual size have 150,000; the first
/// design said 50,000, which the speed goal of 10,000 steps does not fit into.
pub const MAX_NODES: u64 = 300_000;
/// Bytes of all scalars after aliases.
pub const MAX_EXPANDED_BYTES: u64 = 4 << 20;
/// Bytes of one scalar, decoded.
pub const MAX_SCALAR: usize = 256 << 10;
/// Faults after which the scan stops: a file with more is not a playbook with slips.
const MAX_FAULTS: usize = 100;

/// The scan ended early: what was found does not allow the YAML library to look at the text.
pub(super) struct Stopped;

/// What an anchor would add where its alias stands.
#[derive(Clone, Copy)]
struct Weight {
    node: NodeId,
    nodes: u64,
    bytes: u64,
    depth: usize,
}

/// A collection that is not complete.
struct Open {
    node: NodeId,
    is_map: bool,
    pending_key: Option<(Box<str>, Range<u32>)>,
    anchor: usize,
    nodes_before: u64,
    bytes_before: u64,
    depth_below: usize,
}

pub(super) struct Scan<'a> {
    source: &'a mut Source,
    faults: &'a mut Vec<Diagnostic>,
    offsets: Offsets<'a>,
    open: Vec<Open>,
    anchors: HashMap<usize, Weight>,
    nodes: u64,
    bytes: u64,
}

/// Builds the index of `source` and reports what YAML allows and the language does not.
pub(super) fn scan(source: &mut Source, faults: &mut Vec<Diagnostic>) -> Result<(), Stopped> {
    let file = source.file.clone();
    let offsets = Offsets::new(&file.text);
    let mut scan = Scan {
        source,
        faults,
        offsets,
        open: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        bytes: 0,
    };
    let mut parser = Parser::new_from_str(&file.text);
    scan.run(&mut parser)
}

impl Scan<'_> {
    fn run<'t>(&mut self, parser: &mut Parser<'t, StrInput<'t>>) -> Result<(), Stopped> {
        let mut documents = 0;
        while let Some(next) = parser.next_event() {
            let (event, span) = match next {
                Ok(found) => found,
                Err(error) => {
                    let at = self.offsets.byte(error.marker().index());
                    return self.stop(super::text::syntax(&self.source.file, at, error.info()));
                }
            };
            let range = self.range(span);
            if self.faults.len() > MAX_FAULTS {
                let many = Diagnostic::new(code::TOO_MANY_FAULTS, "too many faults to go on");
                return self.stop(many.at(&self.source.file, wide(&range), "reading stopped here"));
            }
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        let start = wide(&range).end.saturating_sub(3)..wide(&range).end;
                        let fault = Diagnostic::new(code::DOCUMENTS, "a second document begins")
                            .at(&self.source.file, start, "one file holds one document")
                            .help("remove `---`, or put the second document into its own file");
                        return self.stop(fault);
                    }
                }
                Event::MappingStart(anchor, tag) => {
                    self.tag(tag.is_some(), &range);
                    self.begin(true, anchor, &range)?;
                }
                Event::SequenceStart(anchor, tag) => {
                    self.tag(tag.is_some(), &range);
                    self.begin(false, anchor, &range)?;
                }
                Event::MappingEnd | Event::SequenceEnd => self.end(&range),
                Event::Scalar(text, style, anchor, tag) => {
                    self.tag(tag.is_some(), &range);
                    self.scalar(&text, style, anchor, range)?;
                }
                Event::Alias(anchor) => self.alias(anchor, range)?,
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        Ok(())
    }

    fn stop(&mut self, fault: Diagnostic) -> Result<(), Stopped> {
        self.faults.push(fault);
        Err(Stopped)
    }

    fn range(&self, span: Span) -> Range<u32> {
        let offset = |index| u32::try_from(self.offsets.byte(index)).unwrap_or(u32::MAX);
        let start = offset(span.start.index());
        start..offset(span.end.index()).max(start)
    }

    fn tag(&mut self, tagged: bool, range: &Range<u32>) {
        if tagged {
            let fault = Diagnostic::new(code::TAG, "tags are not used here")
                .at(&self.source.file, self.word(range), "a tag")
                .help("remove the word that starts with `!`; put quotes around text that does");
            self.faults.push(fault);
        }
    }

    /// The first word of a range.
    fn word(&self, range: &Range<u32>) -> Range<usize> {
        let range = wide(range);
        let text = &self.source.file.text[range.clone()];
        let length = text.find(char::is_whitespace).unwrap_or(text.len());
        range.start..range.start + length
    }

    /// Counts a node, with what it weighs beyond itself.
    fn count(&mut self, nodes: u64, bytes: u64, range: &Range<u32>) -> Result<(), Stopped> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.nodes <= MAX_NODES && self.bytes <= MAX_EXPANDED_BYTES {
            return Ok(());
        }
        let (what, help) = if nodes > 1 || !self.anchors.is_empty() {
            (
                "aliases expand to more than a playbook may hold",
                "write out what the alias stands for",
            )
        } else {
            ("more nodes than a playbook may hold", "split the playbook and use `include`")
        };
        let limit = format!("at most {MAX_NODES} nodes and {MAX_EXPANDED_BYTES} bytes of text");
        let fault = Diagnostic::new(code::BUDGET, what)
            .at(&self.source.file, self.word(range), "here it is too much")
            .help(limit)
            .help(help);
        self.stop(fault)
    }

    fn depth(&mut self, below: usize, range: &Range<u32>) -> Result<(), Stopped> {
        let depth = self.open.len() + below;
        for open in &mut self.open {
            open.depth_below = open.depth_below.max(below);
        }
        if depth <= MAX_DEPTH {
            return Ok(());
        }
        let range = range.start as usize..self.source.file.text.len().min(range.start as usize + 1);
        let fault = Diagnostic::new(code::DEPTH, "nested too deep")
            .at(&self.source.file, range, format!("level {depth}"))
            .help(format!("at most {MAX_DEPTH} levels of lists and maps"));
        self.stop(fault)
    }

    /// Puts a node below the collection that is open. Its place in the arena.
    fn place(&mut self, value: Range<u32>, kids: Kids) -> NodeId {
        let id = NodeId::try_from(self.source.nodes.len()).unwrap_or(NodeId::MAX);
        let (mut name, mut key) = (Box::default(), 0..0);
        if let Some(open) = self.open.last_mut() {
            if let Some((text, range)) = open.pending_key.take() {
                (name, key) = (text, range);
            }
            match &mut self.source.nodes[open.node as usize].kids {
                Kids::Map(kids) | Kids::List(kids) => kids.push(id),
                _ => {}
            }
        }
        self.source.nodes.push(Node { name, key, value, kids });
        id
    }

    /// True when the next node is the key of an entry.
    fn at_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_map && open.pending_key.is_none())
    }

    /// A key that is no scalar stands under this name, so that its entry keeps its form.
    fn odd_key(&mut self, range: &Range<u32>) {
        if !self.at_key() {
            return;
        }
        let text = &self.source.file.text;
        let template = text[..range.start as usize].ends_with('{')
            && text[range.start as usize..].starts_with('{');
        let help = if template {
            "put quotes around a text that starts with `{{`"
        } else {
            "put quotes around it when it is meant as text"
        };
        let fault = Diagnostic::new(code::KEY, "a key must be text")
            .at(&self.source.file, self.word(range), "not a text")
            .help(help);
        self.faults.push(fault);
    }

    fn begin(&mut self, is_map: bool, anchor: usize, range: &Range<u32>) -> Result<(), Stopped> {
        self.count(1, 0, range)?;
        let odd = self.at_key();
        self.odd_key(range);
        if odd {
            // Decoding would meet a key that has no name.
            return Err(Stopped);
        }
        let kids = if is_map { Kids::Map(Vec::new()) } else { Kids::List(Vec::new()) };
        let node = self.place(range.clone(), kids);
        self.open.push(Open {
            node,
            is_map,
            pending_key: None,
            anchor,
            nodes_before: self.nodes - 1,
            bytes_before: self.bytes,
            depth_below: 0,
        });
        self.depth(0, range)
    }

    fn end(&mut self, range: &Range<u32>) {
        let Some(open) = self.open.pop() else { return };
        let node = &mut self.source.nodes[open.node as usize];
        // A flow collection has its brackets in its spans; a block collection has none.
        node.value = if range.is_empty() { 0..0 } else { node.value.start..range.end };
        if let Some(parent) = self.open.last_mut() {
            parent.depth_below = parent.depth_below.max(open.depth_below + 1);
        }
        if open.anchor > 0 {
            let weight = Weight {
                node: open.node,
                nodes: self.nodes - open.nodes_before,
                bytes: self.bytes - open.bytes_before,
                depth: open.depth_below + 1,
            };
            self.anchors.insert(open.anchor, weight);
        }
        self.sort(open.node);
    }

    /// Sorts the entries of a complete map and reports keys that are there twice.
    fn sort(&mut self, map: NodeId) {
        let nodes = &mut self.source.nodes;
        let Kids::Map(kids) = &mut nodes[map as usize].kids else { return };
        let mut kids = std::mem::take(kids);
        kids.sort_by(|a, b| nodes[*a as usize].name.cmp(&nodes[*b as usize].name).then(a.cmp(b)));
        for pair in kids.windows(2) {
            let (first, again) = (&nodes[pair[0] as usize], &nodes[pair[1] as usize]);
            if first.name == again.name && self.faults.len() <= MAX_FAULTS {
                let message = format!("`{}` is there twice", first.name);
                let fault = Diagnostic::new(code::DUPLICATE_KEY, message)
                    .at(&self.source.file, wide(&again.key), "again here")
                    .at(&self.source.file, wide(&first.key), "first here")
                    .help("keep one of them: which one counts differs between YAML readers");
                self.faults.push(fault);
            }
        }
        // The first one counts, as in the decoding.
        kids.dedup_by(|again, first| nodes[*again as usize].name == nodes[*first as usize].name);
        nodes[map as usize].kids = Kids::Map(kids);
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        range: Range<u32>,
    ) -> Result<(), Stopped> {
        self.count(1, text.len() as u64, &range)?;
        let range = self.without_properties(range, style);
        if text.len() > MAX_SCALAR {
            let place = wide(&range).start;
            let fault = Diagnostic::new(code::BUDGET, format!("a text of {} bytes", text.len()))
                .at(&self.source.file, place..place + 1, "it begins here")
                .help(format!("at most {} KiB in one value", MAX_SCALAR >> 10))
                .help("keep large data in a file beside the playbook");
            return self.stop(fault);
        }
        let plain = style == ScalarStyle::Plain;
        if self.at_key() {
            self.check_key(text, plain, &range);
            if anchor > 0 {
                let fault = Diagnostic::new(code::ALIAS, "an anchor on a key")
                    .at(&self.source.file, wide(&range), "only values can be used again")
                    .help("remove the word that starts with `&`");
                return self.stop(fault);
            }
            if let Some(open) = self.open.last_mut() {
                open.pending_key = Some((text.into(), range));
            }
            return Ok(());
        }
        if plain && let Some(fault) = super::text::yaml_1_1(&self.source.file, &range, text) {
            self.faults.push(fault);
        }
        let same = self.source.file.text.get(wide(&range)) == Some(text);
        let decoded = (!same).then(|| text.into());
        let node = self.place(range, Kids::Scalar(style, decoded));
        if anchor > 0 {
            let weight = Weight { node, nodes: 1, bytes: text.len() as u64, depth: 0 };
            self.anchors.insert(anchor, weight);
        }
        Ok(())
    }

    fn check_key(&mut self, text: &str, plain: bool, range: &Range<u32>) {
        if text == "<<" {
            let fault = Diagnostic::new(code::MERGE, "merge keys are not used here")
                .at(&self.source.file, wide(range), "`<<` belongs to YAML 1.1")
                .help("write the fields out, or use an alias for each value");
            self.faults.push(fault);
        } else if plain && super::text::is_not_text(text) {
            self.odd_key(range);
        } else if plain && let Some(fault) = super::text::yaml_1_1(&self.source.file, range, text) {
            self.faults.push(fault);
        }
    }

    /// The range of a scalar without an anchor or tag in front and blanks behind.
    fn without_properties(&self, mut range: Range<u32>, style: ScalarStyle) -> Range<u32> {
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            return range;
        }
        let mut text = &self.source.file.text[wide(&range)];
        while text.starts_with(['&', '!']) {
            let property = text.find(char::is_whitespace).unwrap_or(text.len());
            text = text[property..].trim_start();
        }
        range.start = range.end - u32::try_from(text.len()).unwrap_or(0);
        range.end = range.start + u32::try_from(text.trim_end().len()).unwrap_or(0);
        range
    }

    fn alias(&mut self, anchor: usize, range: Range<u32>) -> Result<(), Stopped> {
        let Some(weight) = self.anchors.get(&anchor).copied() else {
            let fault = Diagnostic::new(code::ALIAS, "an alias stands inside what it stands for")
                .at(&self.source.file, wide(&range), "it would never end")
                .help("write out what is meant here");
            return self.stop(fault);
        };
        if self.at_key() {
            self.odd_key(&range);
            return Err(Stopped);
        }
        self.count(weight.nodes, weight.bytes, &range)?;
        self.depth(weight.depth, &range)?;
        self.place(range, Kids::Alias(weight.node));
        Ok(())
    }
}

fn wide(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}
