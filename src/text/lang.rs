//! Which language people are spoken to in. The words themselves are those of whoever speaks.

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

impl Lang {
    /// The language that the environment asks for: `MAYDAY_LANG`, else `LANGUAGE` where a locale but `C` is set, else
    /// `LC_ALL`, `LC_MESSAGES`, `LANG`; the first one that is set decides (POSIX, "Environment Variables"; GNU gettext,
    /// "The LANGUAGE variable").
    #[must_use]
    pub fn choose(get: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &&str| get(name).filter(|value| !value.is_empty());
        if let Some(said) = set(&"MAYDAY_LANG") {
            return Self::of(&said);
        }
        let Some(locale) = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set) else {
            return Self::English;
        };
        let plain = matches!(locale.split('.').next(), Some("C" | "POSIX"));
        let first = |list: String| list.split(':').find_map(Self::known);
        match set(&"LANGUAGE").filter(|_| !plain).and_then(first) {
            Some(preferred) => preferred,
            None => Self::of(&locale),
        }
    }

    /// The language of `es`, `es_MX.UTF-8`, `en`; English for any other one.
    #[must_use]
    pub fn of(locale: &str) -> Self {
        Self::known(locale).unwrap_or_default()
    }

    fn known(locale: &str) -> Option<Self> {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_str() {
            "es" => Some(Self::Spanish),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// Two letters (ISO 639).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }
}
