//! The templates that come with mayday, by name.

/// Each template's name and text.
pub const SHIPPED: &[(&str, &str)] = &[
    ("postmortem", super::POSTMORTEM),
    ("postmortem.es", include_str!("../../templates/postmortem.es.md.j2")),
    ("drill-report.es", include_str!("../../templates/drill-report.es.md.j2")),
    ("post-exercise.es", include_str!("../../templates/post-exercise.es.md.j2")),
    ("drill-report", include_str!("../../templates/drill-report.md.j2")),
    ("post-exercise", include_str!("../../templates/post-exercise.md.j2")),
    ("post-incident", include_str!("../../templates/post-incident.md.j2")),
];

/// The name of its file and the text of the template that is called so; with or without `.md.j2`.
#[must_use]
pub fn named(name: &str) -> Option<(String, &'static str)> {
    let bare = name.strip_suffix(".md.j2").unwrap_or(name);
    let found = SHIPPED.iter().find(|(known, _)| *known == bare)?;
    Some((format!("{bare}.md.j2"), found.1))
}

/// The name of the Spanish one of a template, where there is one: `postmortem.es` for `postmortem`.
#[must_use]
pub fn in_spanish(name: &str) -> Option<String> {
    let spanish = format!("{}.es", name.strip_suffix(".md.j2").unwrap_or(name));
    SHIPPED.iter().any(|(known, _)| *known == spanish).then_some(spanish)
}

/// The name of the English one of a shipped template; any other name as it is.
#[must_use]
pub fn in_english(name: &str) -> String {
    let bare = name.strip_suffix(".md.j2").unwrap_or(name);
    match bare.strip_suffix(".es") {
        Some(english) if named(name).is_some() => english.to_owned(),
        _ => name.to_owned(),
    }
}

/// Whether the name says that a template is in Spanish: `postmortem.es`, `our.es.md.j2`.
#[must_use]
pub fn is_spanish(name: &str) -> bool {
    name.strip_suffix(".md.j2").unwrap_or(name).strip_suffix(".es").is_some()
}
