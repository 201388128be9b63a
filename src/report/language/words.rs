//! Words that blame, or that tell of a world that was not: English and Spanish, each with its source.

/// Words, what to write instead, and who says so.
#[derive(Clone, Copy, Debug)]
pub struct Phrase {
    /// The words, in lower case.
    pub words: &'static str,
    /// What to write instead, or to ask.
    pub instead: &'static str,
    /// The key of its source in [`SOURCES`].
    pub source: &'static str,
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
    Phrase { words, instead, source }
}

const THEN: &str = "tell what was done and how it looked at that moment";
const SYSTEM: &str = "tell what the system did or allowed";
const FACTORS: &str = "tell the contributing factors, in the plural";
const ENTONCES: &str = "cuente qué se hizo y cómo se veía en ese momento";
const SISTEMA: &str = "cuente qué hizo o permitió el sistema";
const FACTORES: &str = "cuente los factores que contribuyeron, en plural";

/// The lists.
pub const BLAME: &[Phrase] = &[
    say("should have", THEN, "etsy"),
    say("shouldn't have", THEN, "etsy"),
    say("should not have", THEN, "etsy"),
    say("could have", THEN, "etsy"),
    say("would have", THEN, "etsy"),
    say("ought to have", THEN, "etsy"),
    say("if only", THEN, "etsy"),
    say("failed to", THEN, "etsy"),
    say("neglected to", THEN, "etsy"),
    say("forgot to", "tell what was meant to remind them, and whether it did", "just-culture"),
    say("did not bother", THEN, "just-culture"),
    say("didn't bother", THEN, "just-culture"),
    say("careless", SYSTEM, "just-culture"),
    say("carelessly", SYSTEM, "just-culture"),
    say("carelessness", SYSTEM, "just-culture"),
    say("negligent", SYSTEM, "just-culture"),
    say("negligence", SYSTEM, "just-culture"),
    say("incompetent", SYSTEM, "just-culture"),
    say("sloppy", SYSTEM, "just-culture"),
    say("stupid", SYSTEM, "just-culture"),
    say("obviously", "it is plain now; tell what could be seen then", "cook"),
    say("human error", "begin here: ask what made the action look right", "dekker"),
    say("operator error", "begin here: ask what made the action look right", "dekker"),
    say("user error", "begin here: ask what made the action look right", "dekker"),
    say("root cause", FACTORS, "cook"),
    say("the cause was", FACTORS, "cook"),
    say("at fault", SYSTEM, "pagerduty"),
    say("to blame", SYSTEM, "pagerduty"),
    say("fault of", SYSTEM, "pagerduty"),
    say("culprit", SYSTEM, "pagerduty"),
    say("debió", ENTONCES, "etsy"),
    say("debieron", ENTONCES, "etsy"),
    say("debería haber", ENTONCES, "etsy"),
    say("deberían haber", ENTONCES, "etsy"),
    say("debía haber", ENTONCES, "etsy"),
    say("tendría que haber", ENTONCES, "etsy"),
    say("tenía que haber", ENTONCES, "etsy"),
    say("podría haber", ENTONCES, "etsy"),
    say("pudo haber", ENTONCES, "etsy"),
    say("hubiera debido", ENTONCES, "etsy"),
    say("si tan solo", ENTONCES, "etsy"),
    say("no se molestó", ENTONCES, "just-culture"),
    say("se olvidó de", "cuente qué iba a recordarlo, y si lo hizo", "just-culture"),
    say("olvidó", "cuente qué iba a recordarlo, y si lo hizo", "just-culture"),
    say("por descuido", SISTEMA, "just-culture"),
    say("descuidado", SISTEMA, "just-culture"),
    say("negligencia", SISTEMA, "just-culture"),
    say("negligente", SISTEMA, "just-culture"),
    say("incompetente", SISTEMA, "just-culture"),
    say("obviamente", "ahora es claro; cuente qué se podía ver entonces", "cook"),
    say("error humano", "empiece aquí: pregunte qué hacía razonable esa acción", "dekker"),
    say("error del operador", "empiece aquí: pregunte qué hacía razonable esa acción", "dekker"),
    say("causa raíz", FACTORES, "cook"),
    say("la causa fue", FACTORES, "cook"),
    say("culpa de", SISTEMA, "pagerduty"),
    say("por culpa", SISTEMA, "pagerduty"),
    say("culpable", SISTEMA, "pagerduty"),
];
