//! Whether a server carries what pages tell each other, as far as it says so itself.

use visavis_signaling::dialects::{self, Options};
use visavis_signaling::{Dialect, DialectInput, MediaState, Outbound, Timestamp};

const IDENTITY: &str = "0123456789abcdef0123456789abcdef";

/// A dialect that has said `join`, and has heard these frames.
fn joined(dialect: &str, url: &str, frames: &[&str]) -> Box<dyn Dialect> {
    let options = Options {
        url: url.into(),
        identity: IDENTITY.into(),
        user_agent: "Firefox/153.0".into(),
        ..Options::default()
    };
    let mut dialect = (dialects::named(dialect).unwrap().make)(options);
    let join = Outbound::Join {
        room: "tea".into(),
        name: "Ann".into(),
        media: MediaState::default(),
        offers: vec![],
    };
    let frames = frames.iter().map(|frame| DialectInput::Frame((*frame).to_owned()));
    for input in [DialectInput::Opened, DialectInput::Send(join)].into_iter().chain(frames) {
        dialect.handle(Timestamp::default(), input, &mut Vec::new());
    }
    dialect
}

#[test]
fn a_janus_without_data_channels_carries_no_messages() {
    for (told, carries) in
        [("", true), (",\"data_channels\":true", true), (",\"data_channels\":false", false)]
    {
        let info = format!(r#"{{"janus":"server_info","transaction":"1","version":1102{told}}}"#);
        let dialect = joined("janus", "ws://server/", &[&info]);
        assert_eq!(dialect.carries_peer_messages(), carries, "{told}");
        assert_eq!(dialect.data_channels().is_some(), carries, "{told}");
    }
}

#[test]
fn who_may_not_say_anything_on_livekit_knows() {
    for (permission, carries) in [
        (r#""canPublish":true,"canPublishData":true"#, true),
        (r#""canPublish":true"#, false),
        (r#""canPublishData":true"#, false),
    ] {
        let me = format!(r#"{{"sid":"PA_a","identity":"ann","permission":{{{permission}}}}}"#);
        let join = format!(r#"{{"join":{{"participant":{me}}}}}"#);
        let dialect = joined("livekit", "wss://lk.example/?access_token=aa.b1.cc", &[&join]);
        assert_eq!(dialect.carries_peer_messages(), carries, "{permission}");
    }
}
