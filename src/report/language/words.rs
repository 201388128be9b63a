//! Words that blame, or that tell of a world that was not: English and Spanish, each with its source.

use super::reads::Rule;

/// Words, what to write instead, and who says so.
#[derive(Clone, Copy, Debug)]
pub struct Phrase {
    /// The words, in lower case.
    pub words: &'static str,
    /// What to write instead, or to ask.
    pub instead: &'static str,
    /// The key of its source in [`SOURCES`].
    pub source: &'static str,
    /// What must hold around them.
    pub rule: Rule,
}

/// Where the lists come from. The Spanish entries say the same in Spanish.
pub const SOURCES: &[(&str, &str)] = &[
    (
        "etsy",
        "J. Allspaw, M. Evans, D. Schauenberg, Debriefing Facilitation Guide, Etsy 2016: ask how, not why; no counterfactuals",
    ),
    (
        "just-culture",
        "J. Allspaw, Blameless PostMortems and a Just Culture, Etsy 2012: what people did made sense to them then",
    ),
    (
        "dekker",
        "S. Dekker, The Field Guide to Understanding Human Error: human error is where to begin to ask, not an answer",
    ),
    (
        "cook",
        "R. Cook, How Complex Systems Fail, points 7 and 8: no accident has a single cause; hindsight bends what is told",
    ),
    (
        "pagerduty",
        "PagerDuty Incident Response, After an Incident: an action of one person is never the cause",
    ),
];

const fn say(words: &'static str, instead: &'static str, source: &'static str) -> Phrase {
    Phrase { words, instead, source, rule: Rule::Unless(&[]) }
}

impl Phrase {
    const fn only(self, rule: Rule) -> Self {
        Self { rule, ..self }
    }
}

/// What follows `user error` where a machine is spoken of.
const MESSAGES: &[&str] = &[
    "message", "messages", "page", "pages", "rate", "rates", "report", "reports", "log", "logs",
    "code", "codes", "screen", "text", "budget", "handling",
];
/// What follows `the cause was` where no cause is named.
const OPEN: &[&str] = &[
    "not",
    "found",
    "known",
    "unknown",
    "unclear",
    "still",
    "looked",
    "identified",
    "confirmed",
    "seen",
    "only",
    "never",
];
const ABIERTA: &[&str] = &[
    "desconocida",
    "buscada",
    "encontrada",
    "identificada",
    "confirmada",
    "hallada",
    "vista",
    "conocida",
];
/// `root cause analysis` is the name of a method, `root cause and contributing factors` that of a chapter.
const ANALYSIS: &[&str] = &["analysis", "analyses", "contributing", "and"];
const ANALISIS: &[&str] = &["y", "factores"];
const DOMAINS: &[&str] = &[
    "domain",
    "domains",
    "injection",
    "level",
    "log",
    "logs",
    "line",
    "rate",
    "time",
    "tolerance",
];

const THEN: &str = "tell what was done and how it looked at that moment";
const SYSTEM: &str = "tell what the system did or allowed";
const FACTORS: &str = "tell the contributing factors, in the plural";
const ENTONCES: &str = "cuente qué se hizo y cómo se veía en ese momento";
const SISTEMA: &str = "cuente qué hizo o permitió el sistema";
const FACTORES: &str = "cuente los factores que contribuyeron, en plural";

/// The lists.
pub const BLAME: &[Phrase] = &[
    say("should have", THEN, "etsy").only(Rule::Past),
    say("shouldn't have", THEN, "etsy").only(Rule::Past),
    say("should never have", THEN, "etsy").only(Rule::Past),
    say("should not have", THEN, "etsy").only(Rule::Past),
    say("should've", THEN, "etsy").only(Rule::Past),
    say("could've", THEN, "etsy").only(Rule::Chance),
    say("would've", THEN, "etsy").only(Rule::Chance),
    say("could have", THEN, "etsy").only(Rule::Chance),
    say("would have", THEN, "etsy").only(Rule::Chance),
    say("ought to have", THEN, "etsy").only(Rule::Past),
    say("if only", THEN, "etsy").only(Rule::Wish),
    say("failed to", THEN, "etsy").only(Rule::Person),
    say("neglected to", THEN, "etsy"),
    say("forgot to", "tell what was meant to remind them, and whether it did", "just-culture"),
    say("did not bother", THEN, "just-culture"),
    say("didn't bother", THEN, "just-culture"),
    say("careless", SYSTEM, "just-culture"),
    say("carelessly", SYSTEM, "just-culture"),
    say("carelessness", SYSTEM, "just-culture"),
    say("irresponsible", SYSTEM, "just-culture"),
    say("incompetence", SYSTEM, "just-culture"),
    say("messed up", SYSTEM, "just-culture"),
    say("screwed up", SYSTEM, "just-culture"),
    say("negligent", SYSTEM, "just-culture"),
    say("negligence", SYSTEM, "just-culture"),
    say("incompetent", SYSTEM, "just-culture"),
    say("sloppy", SYSTEM, "just-culture"),
    say("stupid", SYSTEM, "just-culture"),
    say("obviously", "it is plain now; tell what could be seen then", "cook"),
    say("human error", "begin here: ask what made the action look right", "dekker")
        .only(Rule::Unless(MESSAGES)),
    say("operator error", "begin here: ask what made the action look right", "dekker")
        .only(Rule::Unless(MESSAGES)),
    say("user error", "begin here: ask what made the action look right", "dekker")
        .only(Rule::Unless(MESSAGES)),
    say("root cause", FACTORS, "cook").only(Rule::Chapter(ANALYSIS)),
    say("the cause was", FACTORS, "cook").only(Rule::Unless(OPEN)),
    say("at fault", SYSTEM, "pagerduty").only(Rule::Unless(DOMAINS)),
    say("to blame", SYSTEM, "pagerduty"),
    say("the fault of", SYSTEM, "pagerduty"),
    say("his fault", SYSTEM, "pagerduty"),
    say("her fault", SYSTEM, "pagerduty"),
    say("their fault", SYSTEM, "pagerduty"),
    say("my fault", SYSTEM, "pagerduty"),
    say("was guilty", SYSTEM, "pagerduty"),
    say("culprit", SYSTEM, "pagerduty"),
    say("debió", ENTONCES, "etsy").only(Rule::Duty),
    say("debieron", ENTONCES, "etsy").only(Rule::Duty),
    say("debería haber", ENTONCES, "etsy").only(Rule::Past),
    say("deberían haber", ENTONCES, "etsy").only(Rule::Past),
    say("debía haber", ENTONCES, "etsy").only(Rule::Past),
    say("debería de haber", ENTONCES, "etsy").only(Rule::Past),
    say("habría debido", ENTONCES, "etsy"),
    say("tuvo que haber", ENTONCES, "etsy").only(Rule::Past),
    say("tendría que haber", ENTONCES, "etsy").only(Rule::Past),
    say("tenía que haber", ENTONCES, "etsy").only(Rule::Past),
    say("podría haber", ENTONCES, "etsy").only(Rule::Chance),
    say("pudo haber", ENTONCES, "etsy").only(Rule::Chance),
    say("hubiera debido", ENTONCES, "etsy"),
    say("si tan solo", ENTONCES, "etsy"),
    say("no se molestó", ENTONCES, "just-culture"),
    say("se olvidó de", "cuente qué iba a recordarlo, y si lo hizo", "just-culture"),
    say("olvidó", "cuente qué iba a recordarlo, y si lo hizo", "just-culture"),
    say("por descuido", SISTEMA, "just-culture"),
    say("descuidado", SISTEMA, "just-culture"),
    say("negligencia", SISTEMA, "just-culture"),
    say("negligente", SISTEMA, "just-culture"),
    say("irresponsable", SISTEMA, "just-culture"),
    say("metió la pata", SISTEMA, "just-culture"),
    say("incompetente", SISTEMA, "just-culture"),
    say("obviamente", "ahora es claro; cuente qué se podía ver entonces", "cook"),
    say("error humano", "empiece aquí: pregunte qué hacía razonable esa acción", "dekker"),
    say("fallo humano", "empiece aquí: pregunte qué hacía razonable esa acción", "dekker"),
    say("error del operador", "empiece aquí: pregunte qué hacía razonable esa acción", "dekker"),
    say("causa raíz", FACTORES, "cook").only(Rule::Chapter(ANALISIS)),
    say("la causa fue", FACTORES, "cook").only(Rule::Unless(ABIERTA)),
    say("culpa de", SISTEMA, "pagerduty"),
    say("por culpa", SISTEMA, "pagerduty"),
    say("su culpa", SISTEMA, "pagerduty"),
    say("tuvo la culpa", SISTEMA, "pagerduty"),
    say("culpable", SISTEMA, "pagerduty"),
];
