use super::*;

const NEW: &str = r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":200}"#;
const OLD: &str = r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":60000}"#;

fn step(carrier: &mut SocketIo, at: u64, input: CarrierInput) -> Vec<CarrierOutput> {
    let mut out = Vec::new();
    carrier.handle(Timestamp::from_millis(at), input, &mut out);
    out
}

fn on_frame(carrier: &mut SocketIo, frame: &str) -> Vec<CarrierOutput> {
    step(carrier, 0, CarrierInput::Frame(frame.to_owned()))
}

fn frame(text: &str) -> CarrierOutput {
    CarrierOutput::Frame(text.to_owned())
}

fn up(id: &str) -> CarrierOutput {
    CarrierOutput::Connected(Some(id.to_owned()))
}

fn event(name: &str, args: &[&str]) -> CarrierOutput {
    CarrierOutput::Message(Message::event(name, args.iter().map(|arg| Json::text(arg)).collect()))
}

#[test]
fn a_new_server_names_the_session_and_asks_for_the_heartbeat() {
    let mut carrier = SocketIo::default();
    assert_eq!(on_frame(&mut carrier, NEW), [frame("40")]);
    assert_eq!(on_frame(&mut carrier, r#"40{"sid":"s"}"#), [up("s")]);
    assert_eq!(on_frame(&mut carrier, "2"), [frame("3")]);
    assert_eq!(carrier.poll_timeout(), Some(Timestamp::from_millis(45_000)));
    assert_eq!(step(&mut carrier, 44_000, CarrierInput::Timeout), [], "we never ask");
    assert_eq!(step(&mut carrier, 45_000, CarrierInput::Timeout), [CarrierOutput::ServerSilent]);
}

#[test]
fn an_old_server_is_asked_for_its_heartbeat() {
    let mut carrier = SocketIo::default();
    assert_eq!(on_frame(&mut carrier, OLD), [frame("40")]);
    assert_eq!(on_frame(&mut carrier, "40"), [up("e")]);
    assert_eq!(on_frame(&mut carrier, "40"), [], "its answer to ours");
    assert_eq!(step(&mut carrier, 25_000, CarrierInput::Timeout), [frame("2")]);
    assert_eq!(step(&mut carrier, 25_001, CarrierInput::Frame("3".into())), []);
    assert_eq!(carrier.poll_timeout(), Some(Timestamp::from_millis(50_000)));
}

#[test]
fn namespaces_and_auth() {
    let auth = json::parse(r#"{"token":"x"}"#).unwrap();
    let mut carrier = SocketIo::new("/admin", Some(auth));
    assert_eq!(on_frame(&mut carrier, OLD), [frame(r#"40/admin,{"token":"x"}"#)]);
    assert_eq!(on_frame(&mut carrier, "40"), [], "the root of an old server");
    assert_eq!(on_frame(&mut carrier, "40/admin,"), [up("/admin#e")]);
    assert_eq!(on_frame(&mut carrier, r#"42["a"]"#), [], "of another namespace");
    assert_eq!(on_frame(&mut carrier, r#"42/admin,["a","b"]"#), [event("a", &["b"])]);
    let say = CarrierInput::Send(Message::event("c", vec![Json::Null]));
    assert_eq!(step(&mut carrier, 0, say), [frame(r#"42/admin,["c",null]"#)]);
}

#[test]
fn refusals_of_old_and_new_servers() {
    for (refusal, code, text) in [
        (r#"44{"message":"Not authorized","data":{}}"#, RejectCode::Unauthorised, "Not authorized"),
        (r#"44"Authentication error""#, RejectCode::Unauthorised, "Authentication error"),
        (r#"44{"message":"Invalid namespace"}"#, RejectCode::BadRequest, "Invalid namespace"),
    ] {
        let mut carrier = SocketIo::default();
        on_frame(&mut carrier, NEW);
        let rejection = Rejection { code, text: text.to_owned(), closes: false };
        assert_eq!(on_frame(&mut carrier, refusal), [CarrierOutput::Rejected(rejection)]);
    }
    let mut carrier = SocketIo::default();
    on_frame(&mut carrier, NEW);
    assert!(matches!(
        on_frame(&mut carrier, "41")[..],
        [CarrierOutput::Rejected(Rejection { closes: true, .. })]
    ));
}

#[test]
fn early_events_acks_and_oversize() {
    let mut carrier = SocketIo::default();
    on_frame(&mut carrier, NEW);
    assert_eq!(step(&mut carrier, 0, CarrierInput::Send(Message::event("x", vec![]))), [], "not up yet");
    assert_eq!(on_frame(&mut carrier, r#"42["a","offset"]"#), []);
    assert_eq!(on_frame(&mut carrier, r#"40{"sid":"s","pid":"p"}"#), [up("s"), event("a", &["offset"])]);
    assert_eq!(on_frame(&mut carrier, r#"4212["ask"]"#), [frame("4312[]"), event("ask", &[])]);
    assert_eq!(on_frame(&mut carrier, r#"431["ok"]"#), []);
    assert_eq!(on_frame(&mut carrier, r#"451-["bin",{"_placeholder":true,"num":0}]"#), []);
    let long = Message::event("x", vec![Json::Text("x".repeat(200))]);
    let out = step(&mut carrier, 0, CarrierInput::Send(long));
    assert!(matches!(out[..], [CarrierOutput::Invalid(_)]));
}

#[test]
fn garbage_changes_nothing() {
    let mut carrier = SocketIo::default();
    for garbage in ["", "0", "4", "42", "42[]", "42[7]", "42{}", "4ä", "40{", "9", "0{}", "HTTP/1.1 400"] {
        let out = on_frame(&mut carrier, garbage);
        assert!(out.iter().all(|one| matches!(one, CarrierOutput::Invalid(_))), "{garbage}: {out:?}");
    }
    on_frame(&mut carrier, NEW);
    for garbage in ["4", "42", "42[]", "42[7]", "42{}", "4ä"] {
        let out = on_frame(&mut carrier, garbage);
        assert!(matches!(out[..], [CarrierOutput::Invalid(_)]), "{garbage}: {out:?}");
    }
}

#[test]
fn urls() {
    let tail = "EIO=4&transport=websocket";
    for (url, expected) in [
        ("ws://h:1", "ws://h:1/socket.io/?"),
        ("ws://h:1/", "ws://h:1/socket.io/?"),
        ("wss://h/a/socket.io/", "wss://h/a/socket.io/?"),
        ("wss://h/rt/?token=x", "wss://h/rt/?token=x&"),
        ("/", "/socket.io/?"),
        ("/chat/", "/chat/?"),
    ] {
        assert_eq!(packet::url(url, "websocket"), [expected, tail].concat(), "{url}");
    }
}
