//! Packets of the Socket.IO protocol (`<type>[<attachments>-][<namespace>,][<ack id>][<json>]`), and where they go.

use crate::carrier::Message;
use crate::json::{self, Json};
use crate::malformed::Malformed;

/// Names that a server takes for its own and closes the connection over: they are never sent.
pub(super) const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// A packet, split into its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub(super) kind: char,
    /// Empty for the root.
    pub(super) namespace: &'a str,
    pub(super) ack: Option<&'a str>,
    pub(super) data: &'a str,
}

impl<'a> Packet<'a> {
    /// Splits what follows the `4` of an Engine.IO message. Nothing for binary packets, whose attachments a dialect could
    /// not use.
    ///
    /// # Errors
    /// If that is no packet.
    pub(super) fn read(text: &'a str) -> Result<Option<Self>, Malformed> {
        let mut chars = text.chars();
        let kind = match chars.next() {
            Some(kind @ '0'..='4') => kind,
            Some('5' | '6') => return Ok(None),
            _ => return Err(Malformed),
        };
        let rest = chars.as_str();
        let (namespace, rest) = match rest.strip_prefix('/') {
            // Some old servers write the query of a namespace behind it.
            Some(_) => rest.split_once(',').unwrap_or((rest, "")),
            None => ("", rest),
        };
        let namespace = namespace.split('?').next().unwrap_or_default();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (ack, data) = rest.split_at_checked(digits).ok_or(Malformed)?;
        let namespace = if namespace == "/" { "" } else { namespace };
        Ok(Some(Self { kind, namespace, ack: (digits > 0).then_some(ack), data }))
    }

    /// The event that the packet is.
    ///
    /// # Errors
    /// If it is none: not a list, or one that does not begin with a name.
    pub(super) fn event(&self) -> Result<Message, Malformed> {
        let Json::List(mut args) = json::parse_any(self.data)? else { return Err(Malformed) };
        let Some(Json::Text(_)) = args.first() else { return Err(Malformed) };
        let Json::Text(event) = args.remove(0) else { return Err(Malformed) };
        Ok(Message { event, args })
    }
}

/// A packet as a frame.
pub(super) fn write(kind: char, namespace: &str, data: &str) -> String {
    let mut frame = String::from("4");
    frame.push(kind);
    frame.push_str(namespace);
    if !namespace.is_empty() {
        frame.push(',');
    }
    frame.push_str(data);
    frame
}

/// An event as JSON.
pub(super) fn event_text(message: &Message) -> String {
    let mut list = vec![Json::text(&message.event)];
    list.extend(message.args.iter().cloned());
    Json::List(list).to_string()
}

/// What an old server calls the connection: its transport's id, behind the namespace.
pub(super) fn old_id(namespace: &str, engine_id: &str) -> String {
    if namespace.is_empty() { engine_id.to_owned() } else { [namespace, "#", engine_id].concat() }
}

/// The URL of a transport, for the URL of the server.
pub(super) fn url(url: &str, transport: &str) -> String {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    // What stands behind the host, or the whole if there is no host.
    let path = match base.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//")) {
        Some(rest) => rest.split_once('/').map_or("", |(_, path)| path),
        None => base.strip_prefix('/').unwrap_or(base),
    };
    let root = path.is_empty();
    let base = if root { base.strip_suffix('/').unwrap_or(base) } else { base };
    let path = if root { "/socket.io/" } else { "" };
    let also = if query.is_empty() { "" } else { "&" };
    [base, path, "?", query, also, "EIO=4&transport=", transport].concat()
}
