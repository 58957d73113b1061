//! The language that the page speaks: English, until messages of another one are loaded.

use std::cell::Cell;

use visavis_app::messages::{self, Messages};

pub use visavis_app::messages::Language;

thread_local! {
    /// One for all elements of a page, and for as long as it lives: so a message is as lasting in any language as in English.
    static MESSAGES: Cell<Option<&'static Messages>> = const { Cell::new(None) };
}

/// An English message in the language of the page: `message!("Your camera is off")`. With arguments, which are `&str`, a
/// `String`: `message!("{who} joined", who = name)`. An expression may choose: every literal in it is a message.
///
/// `crates/app/tests/languages.rs` finds the messages by the name of this macro.
macro_rules! message {
    ($english:expr $(,)?) => {
        $crate::dom::translate($english)
    };
    ($english:expr, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::dom::format_message($english, &[$((stringify!($name), $value)),+])
    };
}

pub(crate) use message;
pub(crate) use visavis_app::message_key;

/// Which language the page speaks.
pub fn language() -> Language {
    MESSAGES.get().map_or(Language::English, Messages::language)
}

/// Has the page speak another language from now on. What is shown already stays as it is.
pub fn set_messages(messages: Messages) {
    MESSAGES.set(Some(Box::leak(Box::new(messages))));
}

/// An English message in the language of the page; what has no translation, as it is.
pub fn translate(english: &str) -> &str {
    MESSAGES.get().and_then(|messages| messages.get(english)).unwrap_or(english)
}

/// An English message in the language of the page, with its arguments.
pub fn format_message(english: &str, arguments: &[(&str, &str)]) -> String {
    match MESSAGES.get().and_then(|messages| Some((messages.language(), messages.get(english)?))) {
        Some((language, translation)) => messages::format(language, translation, arguments),
        None => messages::fill(english, arguments),
    }
}

/// Markup of ours in the language of the page; none if that is English.
pub(super) fn translated_html(html: &str) -> Option<String> {
    MESSAGES.get().map(|messages| messages.translate_html(html))
}
