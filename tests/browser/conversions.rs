//! Our types through the browser's own, and back.

use js_sys::{Function, JSON, Reflect};
use visavis::element::address::{Asked, asked_by, naming, server_of};
use visavis::rtc::convert;
use visavis_app::ServerChoice;
use visavis_core::ConnectionConfig;
use visavis_core::signaling::limits::MAX_ICE_SERVERS;
use visavis_core::signaling::{IceCandidate, IceServer, SdpType, SessionDescription, ice};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{RtcIceCandidate, RtcPeerConnection, RtcSessionDescription};

fn json(value: &JsValue) -> String {
    JSON::stringify(value).unwrap().into()
}

fn candidate(fragment: Option<&str>) -> IceCandidate {
    IceCandidate {
        candidate: "candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host".into(),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: fragment.map(str::to_owned),
    }
}

#[wasm_bindgen_test]
fn candidates_come_back_unchanged() {
    for original in
        [candidate(Some("abcd")), IceCandidate { sdp_m_line_index: None, ..candidate(Some("abcd")) }]
    {
        let browser_object = RtcIceCandidate::new(convert::candidate(&original).unchecked_ref()).unwrap();
        assert_eq!(convert::read_candidate(&browser_object), original);
    }
}

#[wasm_bindgen_test]
fn what_is_absent_stays_absent() {
    let bare = IceCandidate { sdp_mid: None, sdp_m_line_index: Some(1), ..candidate(None) };
    let written = json(&convert::candidate(&bare));
    assert!(!written.contains("sdpMid"), "{written}");
    assert!(!written.contains("usernameFragment"), "{written}");
    assert!(written.contains(r#""sdpMLineIndex":1"#), "{written}");
}

#[wasm_bindgen_test]
fn descriptions_come_back_unchanged() {
    for sdp_type in [SdpType::Offer, SdpType::Answer] {
        let original = SessionDescription { sdp_type, sdp: "v=0\r\n".into() };
        let init = convert::description(&original);
        let browser_object =
            RtcSessionDescription::new_with_description_init_dict(init.unchecked_ref()).unwrap();
        assert_eq!(convert::read_description(&browser_object), Some(original));
    }
}

#[wasm_bindgen_test]
fn the_browser_takes_our_configuration() {
    let turn = IceServer {
        urls: vec!["turn:192.0.2.1:3478".into(), "turns:192.0.2.1".into()],
        username: Some("ann".into()),
        credential: Some("secret".into()),
    };
    let stun = IceServer { urls: vec!["stun:192.0.2.1".into()], username: None, credential: None };
    let config = ConnectionConfig { ice_servers: vec![turn, stun], relay_only: true };
    let pc =
        RtcPeerConnection::new_with_configuration(convert::configuration(&config).unchecked_ref()).unwrap();
    let kept = json(&pc.get_configuration());
    for part in
        [r#""bundlePolicy":"max-bundle""#, r#""iceTransportPolicy":"relay""#, "turns:192.0.2.1", "ann"]
    {
        assert!(kept.contains(part), "{part} is not in {kept}");
    }
    pc.close();
}

fn accepted(servers: &[IceServer]) -> bool {
    let config = ConnectionConfig { ice_servers: servers.to_vec(), relay_only: false };
    let pc = RtcPeerConnection::new_with_configuration(convert::configuration(&config).unchecked_ref());
    pc.as_ref().iter().for_each(|pc| pc.close());
    pc.is_ok()
}

/// Else one server of many would end every call.
#[wasm_bindgen_test]
fn the_browser_takes_every_ice_server_that_passes() {
    let text = |text: &str| Some(text.to_owned());
    let server =
        |url: &str| IceServer { urls: vec![url.to_owned()], username: text("u"), credential: text("c") };
    let hosts = [
        "example.org",
        "a",
        "a_b-c.example.org.",
        "-a.example",
        "_sip.example",
        "192.0.2.1",
        "192.0.2.255.",
        "[2001:db8::1]",
        "[::]",
        "[::1]",
        "[1::]",
        "[1:2:3:4:5:6:7:8]",
        "[1:2:3:4:5:6:7::]",
        "xn--mller-kva.example",
    ];
    let ports = ["", ":53", ":443", ":3478", ":65535", ":00080"];
    let mut urls = Vec::new();
    for place in hosts.iter().flat_map(|host| ports.iter().map(move |port| [*host, port].concat())) {
        let tails = ["", "?transport=udp", "?transport=tcp"];
        urls.push(["stun:", &place].concat());
        for scheme in ["turn:", "turns:"] {
            urls.extend(tails.map(|tail| [scheme, &place, tail].concat()));
        }
    }
    urls.push(
        ["stun:", &["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join(".")].concat(),
    );
    let passed: Vec<_> = urls.iter().filter(|url| ice::validate(&server(url)).is_ok()).collect();
    assert_eq!(passed.len(), urls.len());
    // Many at once: Chromium makes no more than 500 connections, and counts those that are closed.
    for urls in passed.chunks(MAX_ICE_SERVERS) {
        let servers: Vec<_> = urls.iter().map(|url| server(url)).collect();
        assert!(accepted(&servers), "one of {urls:?}");
    }
    let longest = IceServer { username: Some("u".repeat(508)), ..server("turn:a") };
    assert_eq!(ice::validate(&longest), Ok(()));
    assert!(accepted(&[longest]));
    // Every port that passes, where a connection takes another configuration.
    let none = ConnectionConfig { ice_servers: Vec::new(), relay_only: false };
    let pc =
        RtcPeerConnection::new_with_configuration(convert::configuration(&none).unchecked_ref()).unwrap();
    for port in 0..=u16::MAX {
        let stun = IceServer { urls: vec![format!("stun:a:{port}")], username: None, credential: None };
        if ice::validate(&stun).is_ok() {
            let config = ConnectionConfig { ice_servers: vec![stun], relay_only: false };
            let set = Reflect::get(&pc, &"setConfiguration".into()).unwrap().unchecked_into::<Function>();
            assert!(set.call1(&pc, &convert::configuration(&config)).is_ok(), "{port}");
        }
    }
    pc.close();
    // As many as a page and its server may name together.
    let urls = vec!["stun:192.0.2.1".to_owned(); MAX_ICE_SERVERS];
    let crowd = vec![IceServer { urls, username: None, credential: None }; 2 * MAX_ICE_SERVERS];
    assert!(accepted(&crowd));
}

/// Not needed for anything, but it is why there is a check.
#[wasm_bindgen_test]
fn one_bad_ice_server_is_enough_for_the_browser() {
    let good = IceServer { urls: vec!["stun:192.0.2.1".into()], username: None, credential: None };
    for url in ["turn:a", "stun:h:99999", "stun:h?transport=udp", "stun:"] {
        let bad = IceServer { urls: vec![url.to_owned()], ..good.clone() };
        assert!(ice::validate(&bad).is_err(), "{url}");
        assert!(!accepted(&[good.clone(), bad]), "{url}");
    }
}

#[wasm_bindgen_test]
fn an_address_asks_for_a_room_and_names_it() {
    let asked = Asked { room: Some("tea time".into()), name: Some("Ann".into()), ..Asked::default() };
    for address in
        ["?room=tea%20time&name=Ann&join", "?Room=tea+time&NAME=Ann", "?room=milk&name=Ann#Room=tea%20time"]
    {
        assert_eq!(asked_by(&format!("https://example.org/app/{address}")), asked, "{address}");
    }
    for address in ["", "#", "#top", "?#", "?join"] {
        assert_eq!(asked_by(&format!("https://example.org/{address}")), Asked::default(), "{address}");
    }
    let named = naming("https://example.org/", "a&b=c#d", None).unwrap();
    assert_eq!(asked_by(&named), Asked { room: Some("a&b=c#d".into()), ..Asked::default() });
    assert_eq!(naming(&named, "a&b=c#d", None), None, "it does so already");
}

/// Whoever gets a copy of the address comes as somebody else, by an invitation of their own; and a server logs queries.
#[wasm_bindgen_test]
fn an_address_that_names_a_room_says_nothing_of_the_person() {
    for personal in
        ["?room=tea&name=Ann&join&token=x", "?ROOM=tea&%6eame=Ann&Join#Token=x&room=milk", "#room=milk"]
    {
        let named = naming(&format!("https://example.org/{personal}"), "tea", None).unwrap();
        let named = named.replace('?', "");
        assert_eq!(named, "https://example.org/#room=tea", "{personal}");
    }
    let server = ServerChoice::new("ayame", "wss://example.org/a?b=c&d", true).unwrap();
    let named =
        naming("https://example.org/?page=7&Server=wss://x.org/&name=Ann#room=tea", "tea", Some(&server))
            .unwrap();
    assert!(named.starts_with("https://example.org/?page=7&dialect=ayame&server=wss"), "{named}");
    assert!(named.ends_with("#room=tea"), "{named}");
    assert!(asked_by(&named).names_server);
    assert_eq!(server_of(&named), Some(Ok(server)));
}
