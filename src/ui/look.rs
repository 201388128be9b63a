//! How things may look on this terminal: colour or none, how wide, cursor tricks or none.
//!
//! Pure: whoever starts the program reads the environment and passes it on.

use crate::ui::lang::Lang;
use crate::ui::layout::{NARROWEST, USUAL, WIDEST};

/// What is allowed and how wide it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Colours may be used. They never carry a meaning of their own.
    pub colour: bool,
    /// Lines may be drawn over: spinners, line editing. Otherwise everything is append-only.
    pub live: bool,
    /// Columns, from 20 to 200.
    pub width: usize,
    /// What is said is said in this language.
    pub lang: Lang,
}

impl Look {
    /// Chooses from the environment (`get`), `--plain` and what the terminal says of itself.
    /// Honours `NO_COLOR`, `FORCE_COLOR`, `CLICOLOR_FORCE`, `TERM=dumb`, `COLUMNS`, `CI`, `MAYDAY_PLAIN`.
    #[must_use]
    pub fn choose(
        get: &dyn Fn(&str) -> Option<String>,
        plain: bool,
        is_terminal: bool,
        columns: Option<u16>,
    ) -> Self {
        let said = |name: &str| get(name).filter(|value| !value.is_empty());
        let on = |name: &str| said(name).is_some_and(|value| value != "0");
        let dumb = said("TERM").is_none_or(|term| term == "dumb");
        let plain = plain || on("MAYDAY_PLAIN");
        let forced = on("FORCE_COLOR") || on("CLICOLOR_FORCE");
        let colour = said("NO_COLOR").is_none() && (forced || (is_terminal && !dumb && !plain));
        let columns = said("COLUMNS")
            .and_then(|columns| columns.parse::<usize>().ok())
            .or(columns.map(usize::from))
            .filter(|columns| *columns > 0);
        let width = fitting(columns.unwrap_or(USUAL));
        // Where nobody looks on, what moves is only noise in a log.
        let live = is_terminal && !dumb && !plain && said("CI").is_none();
        Self { colour, live, width, lang: Lang::choose(get) }
    }
}

/// Columns to fill in a window of so many.
#[must_use]
pub fn fitting(columns: usize) -> usize {
    columns.clamp(NARROWEST, WIDEST)
}

/// Puts colour on the status word of a sanitised line.
#[must_use]
pub fn paint(line: &str) -> String {
    let style = console::Style::new().force_styling(true);
    let mut at = 0;
    // The word stands behind `DRILL` and the place in the plan, never further right.
    for word in line.split_inclusive(' ').take(8) {
        let bare = word.trim_end();
        let style = match bare {
            "OK" => style.clone().green(),
            "FAIL" | "FALLO" => style.clone().red().bold(),
            "CLOCK" | "SKIP" | "RELOJ" | "OMITE" => style.clone().yellow(),
            "ASK" | "NEXT" | "PIDE" | "SIGUE" => style.clone().cyan().bold(),
            "RUN" | "WAIT" | "CORRE" | "ESPERA" => style.clone().bold(),
            "" | "DRILL" | "SIMULACRO" => {
                at += word.len();
                continue;
            }
            place if place.bytes().all(|b| b.is_ascii_digit() || b == b'/') => {
                at += word.len();
                continue;
            }
            _ => break,
        };
        return format!("{}{}{}", &line[..at], style.apply_to(bare), &line[at + bare.len()..]);
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(env: &[(&str, &str)], is_terminal: bool, columns: Option<u16>) -> Look {
        let get = |name: &str| {
            let found = env.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Look::choose(&get, false, is_terminal, columns)
    }

    #[test]
    fn colour_is_for_terminals_that_want_it() {
        let xterm = ("TERM", "xterm-256color");
        assert!(look(&[xterm], true, None).colour);
        assert!(!look(&[xterm], false, None).colour);
        assert!(!look(&[("TERM", "dumb")], true, None).colour);
        assert!(!look(&[], true, None).colour);
        assert!(!look(&[xterm, ("NO_COLOR", "1"), ("FORCE_COLOR", "1")], true, None).colour);
        assert!(look(&[xterm, ("NO_COLOR", "")], true, None).colour);
        assert!(look(&[("CLICOLOR_FORCE", "1")], false, None).colour);
        assert!(!look(&[("FORCE_COLOR", "0")], false, None).colour);
        assert!(!look(&[xterm, ("MAYDAY_PLAIN", "1")], true, None).colour);
    }

    #[test]
    fn nothing_is_drawn_over_where_that_cannot_work() {
        let xterm = ("TERM", "xterm");
        assert!(look(&[xterm], true, None).live);
        assert!(!look(&[xterm], false, None).live);
        assert!(!look(&[("TERM", "dumb")], true, None).live);
        assert!(!look(&[xterm, ("MAYDAY_PLAIN", "1")], true, None).live);
        assert!(!look(&[("FORCE_COLOR", "1")], false, None).live);
        assert!(!look(&[xterm, ("CI", "true")], true, None).live);
    }

    #[test]
    fn the_width_is_bounded_and_the_environment_wins() {
        assert_eq!(look(&[], true, Some(120)).width, 120);
        assert_eq!(look(&[("COLUMNS", "60")], true, Some(120)).width, 60);
        assert_eq!(look(&[("COLUMNS", "wide")], true, None).width, 100);
        assert_eq!(look(&[], true, Some(1)).width, 20);
        assert_eq!(look(&[], true, Some(0)).width, 100);
        assert_eq!(look(&[("COLUMNS", "9999")], true, None).width, 200);
    }

    #[test]
    fn only_the_status_word_is_painted() {
        let line = paint(" 4/14 FAIL  import  FAIL of OK");
        assert_eq!(console::strip_ansi_codes(&line), " 4/14 FAIL  import  FAIL of OK");
        assert_eq!(line.matches("FAIL\u{1b}[0m").count(), 1, "{line:?}");
        assert!(paint("DRILL  1/14 OK    a").contains("OK\u{1b}[0m"));
        for line in ["      | FAIL of a command", "Run OK", ""] {
            assert_eq!(paint(line), line);
        }
    }
}
