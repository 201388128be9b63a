//! An action item as a note gives it: `TODO: @ana alert on the disk, due 2026-12-01`.

use crate::time::Timestamp;

/// What is to be done, by whom, by when.
#[derive(Debug, PartialEq)]
pub(super) struct Task<'a> {
    /// What, without owner and date.
    pub(super) what: String,
    /// The word behind `@`.
    pub(super) owner: Option<&'a str>,
    /// The date behind `due`.
    pub(super) due: Option<Timestamp>,
}

impl<'a> Task<'a> {
    /// The words of a note behind `TODO:`.
    pub(super) fn of(text: &'a str) -> Self {
        let mut task = Self { what: String::new(), owner: None, due: None };
        let mut words = text.split_whitespace().peekable();
        let mut kept: Vec<&str> = Vec::new();
        while let Some(word) = words.next() {
            let bare = bare(word);
            if let Some(owner) = bare.strip_prefix('@').filter(|owner| is_name(owner))
                && task.owner.is_none()
            {
                task.owner = Some(owner);
            } else if bare.eq_ignore_ascii_case("due")
                && task.due.is_none()
                && let Some(date) = words.peek().and_then(|word| day(self::bare(word)))
            {
                task.due = Some(date);
                words.next();
            } else {
                kept.push(word);
            }
        }
        kept.join(" ").trim_end_matches([',', ';', ' ']).clone_into(&mut task.what);
        task
    }
}

fn bare(word: &str) -> &str {
    word.trim_matches(['(', ')', ',', ';', ':', '.', '[', ']'])
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// `2026-12-01`: its beginning, in UTC.
fn day(word: &str) -> Option<Timestamp> {
    (word.len() == 10).then(|| format!("{word}T00:00:00Z").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::Task;

    #[test]
    fn owner_and_date_are_taken_out_wherever_they_stand() {
        let task = |what: &str, owner, due| Task { what: what.to_owned(), owner, due };
        let (ana, day) = (Some("ana"), "2026-12-01T00:00:00Z".parse().ok());
        assert_eq!(Task::of("alert on the disk"), task("alert on the disk", None, None));
        assert_eq!(Task::of("@ana alert on it, due 2026-12-01"), task("alert on it", ana, day));
        assert_eq!(Task::of("alert on it (@ana, due: 2026-12-01)."), task("alert on it", ana, day));
        // What is no date and no name stays what it is.
        let odd = "pay what is due 2026-13-01 to a@b.c @ noon";
        assert_eq!(Task::of(odd), task(odd, None, None));
        assert_eq!(Task::of("").what, "");
    }
}
