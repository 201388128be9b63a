//! Whether words that may blame do so where they stand: who is spoken of, what follows, whether it is denied.
//!
//! Owns the small grammar behind the lists. It errs towards silence: what is flagged for nothing is soon switched off, and
//! a list can only begin the talk about words (Etsy, Debriefing Facilitation Guide).

/// What must hold around a phrase so that it blames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It is not denied (`nobody is to blame`), and none of these follows (`user error rate`).
    Unless(&'static [&'static str]),
    /// The same, and not in a heading: organisations have chapters of that name.
    Chapter(&'static [&'static str]),
    /// A past that was not follows: `should have asked`, not `should have a primary key`.
    Past,
    /// The same where it is a matter of chance: not in what was luck, and not where it is denied.
    Chance,
    /// A person is spoken of, or what follows only a person does: not `the probe failed to connect`.
    Person,
    /// A past follows in the clause: `if only we had`, not `if only reads fail`.
    Wish,
    /// `debió avisar`, not `se debió a un disco`.
    Duty,
}

/// A word of people, plain and in lower case.
pub(super) struct Word {
    /// Its line, from 1.
    pub(super) line: usize,
    pub(super) text: String,
    /// A clause ends behind it.
    pub(super) ends: bool,
    pub(super) part: Part,
}

/// Where a word stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Prose,
    Heading,
    /// Where luck is told of.
    Luck,
}

/// So many words in front of a phrase can deny it.
const NEAR: usize = 6;

const DENY: &[&str] = &[
    "no", "not", "never", "nobody", "none", "nothing", "without", "neither", "nor", "isn't",
    "wasn't", "aren't", "weren't", "don't", "doesn't", "didn't", "nadie", "ningun", "ninguna",
    "ninguno", "nunca", "sin", "ni", "tampoco", "jamas",
];

const JOINS: &[&str] = &["and", "but", "y", "pero", "e"];

const PERSONS: &[&str] = &[
    "i",
    "we",
    "he",
    "she",
    "they",
    "you",
    "who",
    "nobody",
    "everybody",
    "everyone",
    "somebody",
    "someone",
    "anyone",
    "one",
    "person",
    "people",
    "team",
    "teams",
    "staff",
    "engineer",
    "engineers",
    "operator",
    "operators",
    "developer",
    "developers",
    "admin",
    "admins",
    "administrator",
    "administrators",
    "dba",
    "dbas",
    "lead",
    "leads",
    "manager",
    "managers",
    "management",
    "responder",
    "responders",
    "colleague",
    "colleagues",
    "support",
    "devops",
    "sre",
    "sres",
    "ops",
    "user",
    "users",
];

const THINGS: &[&str] = &["it", "that", "which"];

/// What only people fail to do.
const DEEDS: &[&str] = &[
    "notice",
    "check",
    "realise",
    "realize",
    "follow",
    "tell",
    "communicate",
    "ask",
    "remember",
    "escalate",
    "document",
    "test",
    "understand",
    "inform",
    "warn",
    "consider",
    "think",
    "recognise",
    "recognize",
    "consult",
    "mention",
    "look",
    "care",
];

/// Participles that do not end in `ed`.
const IRREGULAR: &[&str] = &[
    "been",
    "seen",
    "known",
    "done",
    "gone",
    "taken",
    "given",
    "told",
    "made",
    "had",
    "kept",
    "sent",
    "written",
    "shown",
    "caught",
    "thought",
    "found",
    "built",
    "held",
    "led",
    "met",
    "paid",
    "said",
    "spoken",
    "understood",
    "woken",
    "broken",
    "begun",
    "brought",
    "chosen",
    "felt",
    "forgotten",
    "got",
    "gotten",
    "heard",
    "meant",
    "stood",
    "taught",
    "risen",
    "lost",
];

/// Participles that are also what something is: only with an object do they tell of a deed.
const EITHER: &[&str] = &[
    "read",
    "set",
    "run",
    "cut",
    "put",
    "left",
    "hit",
    "let",
    "split",
    "shut",
    "automated",
    "tested",
    "dedicated",
    "documented",
    "required",
    "limited",
    "managed",
    "shared",
    "versioned",
    "encrypted",
    "signed",
    "replicated",
    "distributed",
    "isolated",
    "scheduled",
    "named",
    "detailed",
    "updated",
    "defined",
    "fixed",
    "increased",
    "reduced",
    "unlimited",
    "redundant",
];

const OBJECTS: &[&str] = &[
    "the", "a", "an", "it", "this", "that", "these", "those", "him", "her", "them", "his", "their",
    "our", "my", "your", "to", "off", "on", "out", "more", "before", "first", "earlier", "sooner",
];

/// Words that end in `ed` and are no participles.
const NO_PARTICIPLES: &[&str] =
    &["need", "seed", "feed", "speed", "bed", "red", "embed", "hundred"];

const BETWEEN: &[&str] = &[
    "also", "just", "already", "at", "least", "all", "then", "probably", "better", "tambien", "ya",
    "al", "menos", "antes", "mejor",
];

const PARTICIPIOS: &[&str] = &[
    "hecho",
    "dicho",
    "visto",
    "puesto",
    "escrito",
    "abierto",
    "roto",
    "vuelto",
    "cubierto",
    "resuelto",
    "muerto",
    "previsto",
    "descubierto",
    "devuelto",
];

/// What ends in `ado` or `ido` and is no participle behind `haber`.
const NO_PARTICIPIOS: &[&str] =
    &["estado", "lado", "grado", "resultado", "contenido", "pedido", "sonido", "sentido", "ruido"];

/// Whether the phrase of this many words at this place blames.
pub(super) fn blames(words: &[Word], at: usize, length: usize, phrase: &str, rule: Rule) -> bool {
    let behind = Behind(words, at + length);
    match rule {
        Rule::Unless(follow) => {
            !is_denied(words, at, phrase) && !behind.is_denied() && !behind.is_one_of(follow)
        }
        Rule::Chapter(follow) => {
            words[at].part != Part::Heading
                && blames(words, at, length, phrase, Rule::Unless(follow))
        }
        Rule::Past => behind.is_past(),
        Rule::Chance => {
            words[at].part != Part::Luck && !is_denied(words, at, phrase) && behind.is_past()
        }
        Rule::Person => {
            behind.next(0).is_none_or(|word| DEEDS.contains(&word)) || is_of_person(words, at)
        }
        Rule::Wish => {
            let had = |word: &str| ["had", "hadn't", "would", "could"].contains(&word);
            behind.next(0).is_none() || (0..6).map_while(|at| behind.next(at)).any(had)
        }
        Rule::Duty => {
            let mild = at > 0
                && !words[at - 1].ends
                && ["se", "nos", "les", "le"].contains(&&*words[at - 1].text);
            !mild && !behind.is_one_of(&["a", "al", "de", "del", "a", "principalmente"])
        }
    }
}

/// The words of the same clause behind a place.
struct Behind<'a>(&'a [Word], usize);

impl<'a> Behind<'a> {
    fn next(&self, at: usize) -> Option<&'a str> {
        let clause = self.0.get(self.1.checked_sub(1)?..)?;
        let open = clause.iter().take(at + 1).all(|word| !word.ends);
        open.then(|| clause.get(at + 1)).flatten().map(|word| word.text.as_str())
    }

    fn is_one_of(&self, follow: &[&str]) -> bool {
        self.next(0).is_some_and(|next| follow.contains(&next))
    }

    /// `human error is not ...`
    fn is_denied(&self) -> bool {
        let is = ["is", "was", "are", "were", "es", "fue", "son", "isn't", "wasn't"];
        match (self.next(0), self.next(1)) {
            (Some("isn't" | "wasn't" | "no"), _) => true,
            (Some(first), Some(second)) => is.contains(&first) && DENY.contains(&second),
            _ => false,
        }
    }

    /// A participle follows, or nothing.
    fn is_past(&self) -> bool {
        let mut at = 0;
        while self.next(at).is_some_and(|word| BETWEEN.contains(&word) || DENY.contains(&word)) {
            at += 1;
        }
        let Some(word) = self.next(at) else { return true };
        if EITHER.contains(&word) {
            return self.next(at + 1).is_none_or(|next| OBJECTS.contains(&next));
        }
        let english = word.ends_with("ed") && !NO_PARTICIPLES.contains(&word);
        let spanish =
            (word.ends_with("ado") || word.ends_with("ido")) && !NO_PARTICIPIOS.contains(&word);
        english || spanish || IRREGULAR.contains(&word) || PARTICIPIOS.contains(&word)
    }
}

fn is_denied(words: &[Word], at: usize, phrase: &str) -> bool {
    if phrase.split(' ').any(|word| DENY.contains(&word)) {
        return false;
    }
    let before = words[..at].iter().rev().take(NEAR);
    let mut clause = before.take_while(|word| !word.ends && !JOINS.contains(&&*word.text));
    clause.any(|word| DENY.contains(&&*word.text))
}

/// The nearest of the three words in front that is a person or a thing is a person.
fn is_of_person(words: &[Word], at: usize) -> bool {
    let before = words[..at].iter().rev().take_while(|word| !word.ends).take(3);
    for word in before {
        if THINGS.contains(&&*word.text) {
            return false;
        }
        if PERSONS.contains(&&*word.text) {
            return true;
        }
    }
    false
}
