//! Why a server is out of reach. A browser says only that a WebSocket failed; a probe over HTTP tells more.

use visavis_signaling::json::{self, Json};
use visavis_signaling::{Expects, Probe};

use crate::url::is_loopback;

/// The result of a probe of the server over plain HTTP ([`Effect::Probe`](crate::Effect::Probe)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeResult {
    /// The browser does not even ask: a secure page may not talk to an insecure server.
    MixedContent,
    /// Nobody answers.
    NoAnswer,
    /// Somebody answers, but what they say is not for this page (CORS).
    Opaque,
    /// Behind a proxy on this machine a WebSocket opens and stays open.
    WebSocketOpened,
    /// An answer.
    Response {
        /// Its status.
        status: u16,
        /// How it begins: at most [`MAX_PROBE_BODY_BYTES`], and empty unless the probe expects Engine.IO.
        body: String,
    },
}

/// Most of an answer that is read, in bytes.
pub const MAX_PROBE_BODY_BYTES: usize = 1024;

/// What stands between us and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnreachableReason {
    /// Nothing is known about it (yet).
    #[default]
    Unknown,
    /// A secure page may not talk to an insecure server.
    MixedContent,
    /// Nobody answers: the address may be wrong, the server down, the network offline.
    NoAnswer,
    /// Whoever answers is not the right server: the path may be wrong.
    WrongPath,
    /// The server is down, says the one in front of it.
    Down,
    /// A proxy on this machine answers, as that of `trunk serve` does, and no server is behind it.
    NoBackend,
    /// The server does not let us in: a token, or the site that this page comes from.
    Refused,
    /// The server is there, but opens no WebSocket: it may be full, or somebody in between does not let it pass.
    NoWebSocket,
    /// The server may be there, but opens no WebSocket in the subprotocol that we ask for.
    Subprotocol,
    /// A Socket.IO server that speaks none of the versions that we speak.
    SocketIoVersion,
    /// The server opens the WebSocket and then does not answer: it speaks another dialect.
    NoReply,
}

impl UnreachableReason {
    /// The stable name, for `data-` attributes and the API; empty for [`UnreachableReason::Unknown`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::MixedContent => "mixed-content",
            Self::NoAnswer => "no-answer",
            Self::WrongPath => "wrong-path",
            Self::Down | Self::NoBackend => "down",
            Self::Refused => "refused",
            Self::NoWebSocket => "no-websocket",
            Self::Subprotocol => "subprotocol",
            Self::SocketIoVersion => "socket-io-version",
            Self::NoReply => "no-reply",
        }
    }

    /// What a probe has shown. `asks` says whether we ask for a subprotocol.
    pub fn of(probe: &Probe, asks: bool, seen: &ProbeResult) -> Self {
        let there = if asks { Self::Subprotocol } else { Self::NoWebSocket };
        match seen {
            ProbeResult::MixedContent => Self::MixedContent,
            ProbeResult::NoAnswer => Self::NoAnswer,
            ProbeResult::Opaque | ProbeResult::WebSocketOpened => there,
            ProbeResult::Response { status, .. } if is_bare_proxy(probe, *status) => Self::NoBackend,
            ProbeResult::Response { status: 502..=504, .. } => Self::Down,
            ProbeResult::Response { status, body } if probe.expects == Expects::EngineIo => {
                engine_io(*status, body)
            }
            ProbeResult::Response { status: 401 | 403, .. } => Self::Refused,
            ProbeResult::Response { status, .. } => match (probe.expects, status) {
                (Expects::Upgrade, 400 | 426) | (Expects::Success, 200..=299) => there,
                _ => Self::WrongPath,
            },
        }
    }

    /// Whether there is no server at all where it should be, as on a host that only hands out files.
    pub(crate) fn is_no_server(self) -> bool {
        matches!(self, Self::WrongPath | Self::Refused | Self::NoBackend)
    }
}

/// Whether an answer is one that only a proxy on this machine gives which may have no server behind it: a server of
/// WebSockets asks for an upgrade (426). Then a probe over HTTP is not enough: the proxy of Trunk answers 400 either way.
pub fn is_bare_proxy(probe: &Probe, status: u16) -> bool {
    probe.expects == Expects::Upgrade && matches!(status, 400 | 502..=504) && is_loopback(&probe.url)
}

/// What a Socket.IO server answers to a handshake by long polling: its session, or an error with a code.
fn engine_io(status: u16, body: &str) -> UnreachableReason {
    if body.starts_with("Welcome to socket.io") {
        return UnreachableReason::SocketIoVersion;
    }
    let error = json::parse(body).unwrap_or(Json::Null);
    let code = if let Json::Number(code) = error.at("code") { code.as_str() } else { "" };
    match (code, status) {
        ("5", _) => UnreachableReason::SocketIoVersion,
        ("4", _) | (_, 401 | 403) => UnreachableReason::Refused,
        ("0" | "1" | "2" | "3", _) => UnreachableReason::NoWebSocket,
        // The session stands behind a digit, or a length and a digit.
        (_, 200) if body.split_once('"').is_some_and(|(_, rest)| rest.starts_with("sid")) => {
            UnreachableReason::NoWebSocket
        }
        _ => UnreachableReason::WrongPath,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(expects: Expects, asks: bool, seen: &ProbeResult) -> &'static str {
        UnreachableReason::of(&Probe { url: "ws://x".into(), expects }, asks, seen).as_str()
    }

    fn answer(status: u16, body: &str) -> ProbeResult {
        ProbeResult::Response { status, body: body.into() }
    }

    #[test]
    fn who_does_not_answer_cannot_be_told_apart() {
        for expects in [Expects::Upgrade, Expects::EngineIo, Expects::Success] {
            assert_eq!(of(expects, false, &ProbeResult::NoAnswer), "no-answer");
            assert_eq!(of(expects, false, &ProbeResult::Opaque), "no-websocket");
            assert_eq!(of(expects, true, &ProbeResult::Opaque), "subprotocol");
            assert_eq!(of(expects, false, &ProbeResult::MixedContent), "mixed-content");
            assert_eq!(of(expects, false, &answer(502, "")), "down");
            assert_eq!(of(expects, false, &answer(404, "<html>")), "wrong-path");
            assert_eq!(of(expects, false, &answer(403, "")), "refused");
        }
    }

    #[test]
    fn a_websocket_server_asks_for_an_upgrade() {
        for status in [400, 426] {
            assert_eq!(of(Expects::Upgrade, false, &answer(status, "")), "no-websocket");
            assert_eq!(of(Expects::Upgrade, true, &answer(status, "")), "subprotocol");
            assert_eq!(of(Expects::Success, false, &answer(status, "")), "wrong-path");
        }
        // Hosts of single-page apps answer everything with their page.
        assert_eq!(of(Expects::Upgrade, false, &answer(200, "")), "wrong-path");
        assert_eq!(of(Expects::Success, false, &answer(200, "")), "no-websocket");
    }

    #[test]
    fn a_proxy_of_this_machine_with_nobody_behind_it_is_no_server() {
        for status in [400, 502, 503, 504] {
            let at = |url: &str, expects| {
                UnreachableReason::of(&Probe { url: url.into(), expects }, false, &answer(status, ""))
            };
            let local = at("ws://localhost:8080/ws", Expects::Upgrade);
            assert_eq!(local, UnreachableReason::NoBackend);
            assert!(local.is_no_server());
            for other in [
                at("wss://example.org/ws", Expects::Upgrade),
                at("ws://localhost:8080/ws", Expects::EngineIo),
                UnreachableReason::of(
                    &Probe { url: "ws://localhost/ws".into(), expects: Expects::Upgrade },
                    false,
                    &answer(426, ""),
                ),
            ] {
                assert!(other != UnreachableReason::NoBackend, "{other:?}");
                assert!(status == 400 || !other.is_no_server(), "{other:?}");
            }
        }
        assert_eq!(of(Expects::Upgrade, false, &ProbeResult::WebSocketOpened), "no-websocket");
    }

    #[test]
    fn socket_io_tells_what_is_wrong() {
        let session = r#"{"sid":"a","upgrades":["websocket"]}"#;
        for (status, body, expected) in [
            (200, format!("0{session}"), "no-websocket"),
            (200, format!("96:0{session}2:40"), "no-websocket"),
            (400, r#"{"code":0,"message":"Transport unknown"}"#.into(), "no-websocket"),
            (400, r#"{"code":5,"message":"Unsupported protocol version"}"#.into(), "socket-io-version"),
            (403, r#"{"code":4,"message":"Forbidden"}"#.into(), "refused"),
            (200, "Welcome to socket.io.".into(), "socket-io-version"),
            (200, "<!doctype html>".into(), "wrong-path"),
            (404, r#"{"code":"not found"}"#.into(), "wrong-path"),
        ] {
            assert_eq!(of(Expects::EngineIo, false, &answer(status, &body)), expected, "{body}");
        }
    }
}
