//! What PeerServer calls a client, and where to connect under that name.

/// The id of a place in a room. PeerJS takes letters and digits with single separators between them, so everything else
/// becomes one; what is left of a name in another script is written in hexadecimal.
pub(super) fn slot(room: &str, number: u32) -> String {
    let mut id = String::new();
    for word in room.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if !id.is_empty() {
            id.push('-');
        }
        id.push_str(word);
    }
    if id.is_empty() || !room.is_ascii() {
        id = room.bytes().flat_map(|byte| [byte / 16, byte % 16].map(crate::json::hex_digit)).collect();
    }
    if number > 0 {
        id.push('-');
        id.push_str(&number.to_string());
    }
    id
}

/// The URL of the server's socket: its path ends with `peerjs`. A `key` in the configured URL is kept.
pub(super) fn url(base: &str, id: &str, token: &str) -> String {
    let (_, query) = base.split_once('?').unwrap_or((base, "key=peerjs"));
    [&root(base), "peerjs?", query, "&id=", id, "&token=", token, "&version=1.5.5"].concat()
}

/// Where the server tells over HTTP what it is: its path, without the last part.
pub(super) fn root(base: &str) -> String {
    let (base, _) = base.split_once('?').unwrap_or((base, ""));
    let base = base.strip_suffix('/').unwrap_or(base);
    [base.strip_suffix("/peerjs").unwrap_or(base), "/"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_what_peerjs_takes() {
        assert_eq!(slot("blue  tea!", 0), "blue-tea");
        assert_eq!(slot("tea", 2), "tea-2");
        assert_eq!(slot("茶", 0), "e88cb6");
    }

    #[test]
    fn urls_end_with_peerjs() {
        for base in ["ws://h:1", "ws://h:1/", "ws://h:1/peerjs", "ws://h:1/peerjs/"] {
            assert_eq!(url(base, "a", "t"), "ws://h:1/peerjs?key=peerjs&id=a&token=t&version=1.5.5");
        }
        assert_eq!(url("ws://h/p?key=k", "a", "t"), "ws://h/p/peerjs?key=k&id=a&token=t&version=1.5.5");
    }
}
