//! The languages in which there are messages.

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// What the program is written in.
    #[default]
    English,
    /// Deutsch.
    German,
    /// Español.
    Spanish,
    /// Français.
    French,
    /// العربية.
    Arabic,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::English, Self::German, Self::Spanish, Self::French, Self::Arabic];

    /// Its tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::Arabic => "ar",
        }
    }

    /// What those who speak it call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::Spanish => "Español",
            Self::French => "Français",
            Self::Arabic => "العربية",
        }
    }

    /// The language of a tag, whatever region or script it names besides (`de-AT`), if there is one.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let is_of = |language: &Self| {
            tag.get(..2) == Some(language.tag()) && matches!(tag.as_bytes().get(2), None | Some(b'-'))
        };
        Self::ALL.into_iter().find(is_of)
    }

    /// Whether it is written from right to left.
    pub const fn is_right_to_left(self) -> bool {
        matches!(self, Self::Arabic)
    }

    /// What stands between the whole part of a number and its fraction.
    pub const fn decimal_separator(self) -> &'static str {
        match self {
            Self::English | Self::Arabic => ".",
            Self::German | Self::Spanish | Self::French => ",",
        }
    }

    /// Which form a number takes: CLDR's rules for cardinals, as far as whole numbers need them. (The million of Spanish and
    /// French has no sentence here.)
    pub(super) const fn plural_category(self, number: u32) -> &'static str {
        match (self, number) {
            (Self::Arabic, 0) => "zero",
            (Self::French, 0) | (_, 1) => "one",
            (Self::Arabic, 2) => "two",
            (Self::Arabic, _) if number % 100 >= 3 && number % 100 <= 10 => "few",
            (Self::Arabic, _) if number % 100 >= 11 => "many",
            _ => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn a_tag_is_found_by_its_language() {
        assert_eq!(Language::of_tag("de-AT"), Some(Language::German));
        assert_eq!(Language::of_tag("ar"), Some(Language::Arabic));
        assert_eq!(Language::of_tag("dex"), None);
        assert_eq!(Language::of_tag("nl"), None);
        assert_eq!(Language::of_tag(""), None);
    }
}
