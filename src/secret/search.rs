//! Finding forms in bytes that come one by one.
//!
//! Owns the automata, and how a form is found that an encoder broke into lines: where a line ends inside
//! one, the search goes on twice, once as if the line end were not there.

use std::collections::HashMap;
use std::sync::Arc;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::{Builder, NFA};
use aho_corasick::{Anchored, MatchKind};

use super::Known;

/// Bytes of line ends that are passed over in one place: `\r\n`. A longer gap is no wrapping.
const LINE_END: u8 = 2;

/// The automata over all forms.
#[derive(Clone)]
pub(super) struct Matcher {
    all: Arc<Forms>,
    /// Those that may be broken into lines, without the line ends.
    wrapping: Arc<Forms>,
    /// For each state of `all`: how much of a form was seen, and the state of `wrapping` after the same.
    places: Arc<HashMap<StateID, Place>>,
    /// For each state of `wrapping`: how much was seen of a form, and of one that is not over yet.
    begun: Arc<HashMap<StateID, Begun>>,
}

#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    wrapping: StateID,
}

#[derive(Clone, Copy, Default)]
struct Begun {
    depth: usize,
    unfinished: usize,
}

struct Forms {
    nfa: NFA,
    start: StateID,
    /// The index that each had among all forms.
    index: Vec<usize>,
}

impl Forms {
    fn new<'f>(forms: impl Iterator<Item = (usize, &'f [u8])> + Clone) -> Option<Self> {
        let nfa = Builder::new()
            .match_kind(MatchKind::Standard)
            .prefilter(false)
            .build(forms.clone().map(|(_, bytes)| bytes))
            .ok()?;
        let start = nfa.start_state(Anchored::No).ok()?;
        Some(Self { nfa, start, index: forms.map(|(index, _)| index).collect() })
    }

    fn next(&self, state: StateID, byte: u8) -> StateID {
        self.nfa.next_state(Anchored::No, state, byte)
    }

    /// The longest form that ends in this state.
    fn longest(&self, state: StateID) -> Option<Match> {
        if !self.nfa.is_match(state) {
            return None;
        }
        (0..self.nfa.match_len(state))
            .map(|index| self.nfa.match_pattern(state, index))
            .map(|form| (self.nfa.pattern_len(form), form.as_usize()))
            .max_by_key(|(len, form)| (*len, std::cmp::Reverse(*form)))
            .map(|(len, form)| Match { len, form: self.index.get(form).copied().unwrap_or(0) })
    }
}

impl Matcher {
    pub(super) fn new(forms: &[Known]) -> Option<Self> {
        let numbered = forms.iter().map(|form| form.bytes.as_slice()).enumerate();
        let wrapping = numbered.clone().filter(|(index, _)| forms[*index].wraps);
        let unfinished = wrapping.clone().map(|(index, bytes)| (index, &bytes[..bytes.len() - 1]));
        let all = Forms::new(numbered)?;
        let wrapping = Forms::new(wrapping)?;
        let unfinished = Forms::new(unfinished)?;
        // A form's own bytes lead down its branch of the trie, one level a byte. The same bytes lead the
        // other automata to the longest end of them that begins a form there.
        let depths = |of: &Forms, bytes: fn(&Known) -> &[u8]| {
            let mut depths = HashMap::new();
            for index in &of.index {
                let mut state = of.start;
                for (depth, byte) in (1..).zip(bytes(&forms[*index])) {
                    state = of.next(state, *byte);
                    depths.insert(state, depth);
                }
            }
            depths
        };
        let depth_of_wrapping = depths(&wrapping, |form| &form.bytes);
        let depth_of_unfinished = depths(&unfinished, |form| &form.bytes[..form.bytes.len() - 1]);
        let (mut places, mut begun) = (HashMap::new(), HashMap::new());
        for form in forms {
            let mut states = (all.start, wrapping.start, unfinished.start);
            for (depth, byte) in (1..).zip(form.bytes.iter()) {
                states.0 = all.next(states.0, *byte);
                states.1 = wrapping.next(states.1, *byte);
                states.2 = unfinished.next(states.2, *byte);
                places.insert(states.0, Place { depth, wrapping: states.1 });
                if let Some(depth) = depth_of_wrapping.get(&states.1).copied() {
                    let unfinished = depth_of_unfinished.get(&states.2).copied().unwrap_or(0);
                    begun.insert(states.1, Begun { depth, unfinished });
                }
            }
        }
        Some(Self {
            all: Arc::new(all),
            wrapping: Arc::new(wrapping),
            places: Arc::new(places),
            begun: Arc::new(begun),
        })
    }

    fn begun(&self, state: StateID) -> Begun {
        self.begun.get(&state).copied().unwrap_or_default()
    }
}

/// A form that ends at the byte just seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match {
    /// Its length.
    pub(super) len: usize,
    /// Its index.
    pub(super) form: usize,
}

/// What ends at one byte.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Matches {
    /// As it stands.
    pub(super) plain: Option<Match>,
    /// When the line ends inside it are passed over.
    pub(super) wrapped: Option<Match>,
}

impl Matches {
    pub(super) const fn any(self) -> bool {
        self.plain.is_some() || self.wrapped.is_some()
    }
}

/// Where a search stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    state: StateID,
    wrapped: Option<Wrapped>,
}

/// The search as if the line ends were not there.
#[derive(Clone, Copy, Debug)]
struct Wrapped {
    state: StateID,
    /// Bytes since the last line end.
    since: usize,
    /// Bytes of the line end that stands last.
    line_end: u8,
}

impl Search {
    pub(super) fn new(matcher: &Matcher) -> Self {
        Self { state: matcher.all.start, wrapped: None }
    }

    /// Takes the next byte.
    pub(super) fn step(&mut self, matcher: &Matcher, byte: u8) -> Matches {
        let before = self.state;
        self.state = matcher.all.next(before, byte);
        let plain = matcher.all.longest(self.state);
        if matches!(byte, b'\n' | b'\r') {
            self.line_end(matcher, before);
            return Matches { plain, wrapped: None };
        }
        let Some(on) = &mut self.wrapped else { return Matches { plain, wrapped: None } };
        on.state = matcher.wrapping.next(on.state, byte);
        on.since += 1;
        on.line_end = 0;
        let wrapped = matcher.wrapping.longest(on.state).filter(|found| found.len > on.since);
        if matcher.begun(on.state).depth <= on.since {
            // All that is begun stands in this line.
            self.wrapped = None;
        }
        Matches { plain, wrapped }
    }

    fn line_end(&mut self, matcher: &Matcher, before: StateID) {
        if let Some(on) = &mut self.wrapped {
            on.line_end += 1;
            on.since = 0;
            if on.line_end > LINE_END {
                self.wrapped = None;
            }
        } else if let Some(place) = matcher.places.get(&before)
            && matcher.begun(place.wrapping).unfinished > 0
        {
            self.wrapped = Some(Wrapped { state: place.wrapping, since: 0, line_end: 1 });
        }
    }

    /// How many bytes are seen of a form that is not over: as it stands, and without the line ends inside it.
    pub(super) fn begun(&self, matcher: &Matcher) -> (usize, usize) {
        let plain = matcher.places.get(&self.state).map_or(0, |place| place.depth);
        let wrapped = self.wrapped.map_or(0, |on| {
            Some(matcher.begun(on.state).unfinished).filter(|begun| *begun > on.since).unwrap_or(0)
        });
        (plain, wrapped)
    }
}
