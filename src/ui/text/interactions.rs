//! Sentences about chat, raised hands and reactions. In the part of the program that is loaded on demand.

use js_sys::Array;
use visavis_core::Reaction;
use wasm_bindgen::JsValue;

use crate::dom::by_name::{call, construct, member};
use crate::dom::{self, message, message_key};

/// Longest beginning of a message that is shown in passing, in characters.
const MAX_EXCERPT_CHARS: usize = 80;

/// What we are called above what we have written.
pub(in crate::ui) fn you() -> &'static str {
    message!("You")
}

/// What the button of the chat is called.
pub(in crate::ui) fn chat(unread: u32) -> String {
    match unread {
        0 => message!("Chat").to_owned(),
        1 => message!("Chat, 1 unread message").to_owned(),
        _ => message!("Chat, {count} unread messages", count = &unread.to_string()),
    }
}

/// What the button of the hand does.
pub(in crate::ui) fn hand(raised: bool) -> &'static str {
    message!(if raised { "Lower your hand (H)" } else { "Raise your hand (H)" })
}

/// The mark of a raised hand; `turn` counts from 1.
pub(in crate::ui) fn raised(turn: usize) -> String {
    message!("hand raised, number {turn}", turn = &turn.to_string())
}

/// Somebody has raised a hand.
pub(in crate::ui) fn raises(who: &str) -> String {
    message!("{who} raised a hand", who = who)
}

/// Somebody has written something, in passing.
pub(in crate::ui) fn wrote(who: &str, text: &str) -> String {
    let mut excerpt: String =
        text.chars().take(MAX_EXCERPT_CHARS).map(|c| if c == '\n' { ' ' } else { c }).collect();
    if text.chars().nth(MAX_EXCERPT_CHARS).is_some() {
        excerpt.push('…');
    }
    [who, ": ", &excerpt].concat()
}

/// What a reaction looks like.
pub(in crate::ui) fn emoji(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::ThumbsUp => "👍",
        Reaction::Applause => "👏",
        Reaction::Heart => "❤️",
        Reaction::Laugh => "😂",
        Reaction::Surprise => "😮",
        Reaction::Think => "🤔",
    }
}

/// What it is called.
pub(in crate::ui) fn reaction(reaction: Reaction) -> &'static str {
    message!(match reaction {
        Reaction::ThumbsUp => "Thumbs up",
        Reaction::Applause => "Applause",
        Reaction::Heart => "Heart",
        Reaction::Laugh => "Laughing",
        Reaction::Surprise => "Surprised",
        Reaction::Think => "Thinking",
    })
}

/// Somebody shows it.
pub(in crate::ui) fn reacts(who: &str, what: Reaction) -> String {
    [who, ": ", reaction(what)].concat()
}

/// These people never see the chat.
pub(in crate::ui) fn impossible(names: &[&str]) -> String {
    about(names, |count| match count {
        1 => message_key!(
            "{who} does not see this chat: they use another program, or the server between you carries no messages."
        ),
        _ => message_key!(
            "{who} do not see this chat: they use another program, or the server between you carries no messages."
        ),
    })
}

/// These people do not have the last of what was written yet.
pub(in crate::ui) fn pending(names: &[&str]) -> String {
    about(names, |count| match count {
        1 => {
            message_key!(
                "{who} has not received your newest messages yet. They go out as soon as there is a way."
            )
        }
        _ => message_key!(
            "{who} have not received your newest messages yet. They go out as soon as there is a way."
        ),
    })
}

/// A sentence about some people, of whom there are so many; empty about nobody.
fn about(names: &[&str], sentence: fn(usize) -> &'static str) -> String {
    match names.len() {
        0 => String::new(),
        count => message!(sentence(count), who = &list(names)),
    }
}

/// Names, as one says them.
pub(super) fn list(names: &[impl AsRef<str>]) -> String {
    if let [name] = names {
        return name.as_ref().to_owned();
    }
    let said = || {
        let window: JsValue = web_sys::window()?.into();
        let intl = member(&window, "Intl");
        let format = construct(&intl, "ListFormat", &Array::of1(&dom::language().tag().into())).ok()?;
        let names: Array = names.iter().map(|name| JsValue::from_str(name.as_ref())).collect();
        call(&format, "format", &[&names]).ok()?.as_string()
    };
    said().unwrap_or_else(|| names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "))
}
