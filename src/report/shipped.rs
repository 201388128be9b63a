//! The templates that come with mayday, by name.

/// Each template's name and text.
pub const SHIPPED: &[(&str, &str)] = &[
    ("postmortem", super::POSTMORTEM),
    ("postmortem.es", include_str!("../../templates/postmortem.es.md.j2")),
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
