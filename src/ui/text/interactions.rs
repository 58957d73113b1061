//! Sentences about chat, raised hands and reactions. In the part of the program that is loaded on demand.

use visavis_core::Reaction;

/// Longest beginning of a message that is shown in passing, in characters.
const MAX_EXCERPT_CHARS: usize = 80;

/// What we are called above what we have written.
pub(in crate::ui) const YOU: &str = "You";

/// What the button of the chat is called.
pub(in crate::ui) fn chat(unread: u32) -> String {
    match unread {
        0 => "Chat".to_owned(),
        1 => "Chat, 1 unread message".to_owned(),
        _ => format!("Chat, {unread} unread messages"),
    }
}

/// What the button of the hand does.
pub(in crate::ui) fn hand(raised: bool) -> &'static str {
    if raised { "Lower your hand (H)" } else { "Raise your hand (H)" }
}

/// The mark of a raised hand; `turn` counts from 1.
pub(in crate::ui) fn raised(turn: usize) -> String {
    format!("hand raised, number {turn}")
}

/// Somebody has raised a hand.
pub(in crate::ui) fn raises(who: &str) -> String {
    format!("{who} raised a hand")
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
    match reaction {
        Reaction::ThumbsUp => "Thumbs up",
        Reaction::Applause => "Applause",
        Reaction::Heart => "Heart",
        Reaction::Laugh => "Laughing",
        Reaction::Surprise => "Surprised",
        Reaction::Think => "Thinking",
    }
}

/// Somebody shows it.
pub(in crate::ui) fn reacts(who: &str, what: Reaction) -> String {
    [who, ": ", reaction(what)].concat()
}

/// These people never see the chat.
pub(in crate::ui) fn impossible(names: &[&str]) -> String {
    let what = "not see this chat: they use another program, or the server between you carries no messages.";
    about(names, ["does", "do"], what)
}

/// These people do not have the last of what was written yet.
pub(in crate::ui) fn pending(names: &[&str]) -> String {
    about(names, ["has", "have"], "not received your last words yet. They go out as soon as there is a way.")
}

/// A sentence about some people, with the verb for one and for several; empty about nobody.
fn about(names: &[&str], [one, several]: [&str; 2], what: &str) -> String {
    match names {
        [] => String::new(),
        [name] => [name, one, what].join(" "),
        _ => [&list(names), several, what].join(" "),
    }
}

/// Names, as one says them.
pub(super) fn list(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => [&first.join(", "), " and ", last].concat(),
        _ => names.concat(),
    }
}
