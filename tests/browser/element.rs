//! `<visavis-room>` comes, says what is wrong with its configuration, and goes.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{JSON, Reflect};
use visavis::dom::Listener;
use visavis::element;
use visavis_app::ChoiceError;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{CustomEvent, Element, Event, HtmlElement, HtmlInputElement, Url, UrlSearchParams};

use crate::support::{sleep, until};

const NO_DEVICES: &str = "{\"defaults\":{\"camera\":false,\"microphone\":false}}";

pub(crate) fn room(config: &str) -> HtmlElement {
    element::register();
    let document = web_sys::window().unwrap().document().unwrap();
    let room: HtmlElement = document.create_element("visavis-room").unwrap().unchecked_into();
    room.set_attribute("config", &format!("data:application/json,{config}")).unwrap();
    room.set_attribute("signaling", "ws://127.0.0.1:49151/ws").unwrap();
    document.body().unwrap().append_child(&room).unwrap();
    room
}

fn state(room: &Element) -> Option<String> {
    room.get_attribute("data-state")
}

#[wasm_bindgen_test]
async fn shows_its_lobby_and_leaves_nothing_behind() {
    let room = room(NO_DEVICES);
    until("the lobby", || state(&room).as_deref() == Some("lobby")).await;
    room.remove();
    assert_eq!(room.child_element_count(), 0);
}

/// A script of the page may have seen enough. What the room was about to do is not done any more, and nothing stays.
#[wasm_bindgen_test]
async fn whoever_is_told_of_a_state_may_remove_it() {
    element::register();
    let body = web_sys::window().unwrap().document().unwrap().body().unwrap();
    let states = Rc::new(RefCell::new(Vec::new()));
    let told = states.clone();
    let _listener = Listener::new(&body, "visavis-state", move |event| {
        let room: HtmlElement = event.target().unwrap().unchecked_into();
        told.borrow_mut().push(state(&room));
        room.remove();
    });
    let room = room(NO_DEVICES);
    until("its end", || !room.is_connected()).await;
    assert_eq!((state(&room), room.child_element_count()), (None, 0));
    assert_eq!(*states.borrow(), [Some("lobby".to_owned())]);
}

#[wasm_bindgen_test]
async fn removed_before_it_knows_its_configuration_it_never_starts() {
    let room = room(NO_DEVICES);
    room.remove();
    sleep(300).await;
    assert_eq!((state(&room), room.child_element_count()), (None, 0));
}

/// A copy of the tab copies its storage: what it would find there must not be us.
#[wasm_bindgen_test]
async fn who_we_are_is_stored_only_while_no_page_lives() {
    const KEY: &str = "visavis ws://127.0.0.1:49151/ws";
    let window = web_sys::window().unwrap();
    let storage = window.session_storage().unwrap().unwrap();
    let happens = |name: &str| window.dispatch_event(&Event::new(name).unwrap()).unwrap();
    storage.set_item(KEY, &format!("{{\"identity\":\"{}\"}}", "7".repeat(64))).unwrap();
    let room = room(NO_DEVICES);
    room.set_attribute("from-url", "").unwrap();
    until("the lobby", || state(&room).as_deref() == Some("lobby")).await;
    assert_eq!(storage.get_item(KEY).unwrap(), None);
    happens("pagehide");
    let stored = storage.get_item(KEY).unwrap().unwrap();
    assert_eq!(stored, format!("{{\"identity\":\"{}\"}}", "7".repeat(64)));
    happens("pageshow");
    assert_eq!(storage.get_item(KEY).unwrap(), None);
    room.remove();
    happens("pagehide");
    assert_eq!(storage.get_item(KEY).unwrap(), None, "an element that is gone keeps nothing");
}

/// What one server is shown of us must not let it pass for us at another, be it the page's own.
#[wasm_bindgen_test]
async fn every_server_knows_us_under_another_secret() {
    let window = web_sys::window().unwrap();
    let storage = window.session_storage().unwrap().unwrap();
    let happens = |name: &str| window.dispatch_event(&Event::new(name).unwrap()).unwrap();
    let (history, before) = (window.history().unwrap(), window.location().href().unwrap());
    let goes_to = |address: &str| {
        history.replace_state_with_url(&JsValue::NULL, "", Some(address)).unwrap();
    };
    goes_to("?dialect=visavis&server=ws://127.0.0.1:49152/other");
    let url = Url::new_with_base("/ws", &before).unwrap().href().replacen("http", "ws", 1);
    let keys = [format!("visavis {url}"), "visavis ws://127.0.0.1:49152/other".to_owned()];
    let mut known = Vec::new();
    for time in ["first", "second"] {
        let room = room(NO_DEVICES);
        room.remove_attribute("signaling").unwrap();
        room.set_attribute("from-url", "").unwrap();
        until("the lobby", || state(&room).as_deref() == Some("lobby")).await;
        happens("pagehide");
        let stored = keys.clone().map(|key| storage.get_item(&key).unwrap().expect("a secret for each"));
        assert_ne!(stored[0], stored[1], "two servers");
        known.push(stored);
        room.remove();
        assert_eq!(known.first(), known.last(), "the {time} page of the tab");
    }
    for key in keys {
        storage.remove_item(&key).unwrap();
    }
    goes_to(&before);
}

/// As the browser reads an address, so it is shown: with `xn--` for letters that may only look like others.
#[wasm_bindgen_test]
fn a_link_names_the_server_that_is_meant() {
    let server = |url: &str| {
        let query = UrlSearchParams::new().unwrap();
        query.set("server", url);
        let address = format!("https://meet.example/?{}", String::from(query.to_string()));
        assert!(element::address::asked_by(&address).names_server);
        element::address::server_of(&address).unwrap().map(|choice| (choice.host().to_owned(), choice.url))
    };
    for (url, host, whole) in [
        ("ws://127.0.0.1:9/ws", "127.0.0.1:9", "ws://127.0.0.1:9/ws"),
        ("WSS://Meet.Example", "meet.example", "wss://meet.example/"),
        ("wss://meet.ex\u{430}mple/", "meet.xn--exmple-4nf", "wss://meet.xn--exmple-4nf/"),
        (
            "wss:\\\\elsewhere.example\\meet.example",
            "elsewhere.example",
            "wss://elsewhere.example/meet.example",
        ),
        (
            "wss://elsewhere.example/\u{202e}elpmaxe.teem",
            "elsewhere.example",
            "wss://elsewhere.example/%E2%80%AEelpmaxe.teem",
        ),
        ("/ws", "", "/ws"),
    ] {
        let (shown, read) = server(url).unwrap();
        assert_eq!((shown.as_str(), read.as_str()), (host, whole));
    }
    for url in [
        "wss://meet.example@elsewhere.example/",
        "wss://a:b@elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
    ] {
        assert_eq!(server(url), Err(ChoiceError::Url), "{url}");
    }
}

/// Any page can have a link opened, also one that says to join.
#[wasm_bindgen_test]
async fn an_address_joins_nothing() {
    let window = web_sys::window().unwrap();
    let (history, before) = (window.history().unwrap(), window.location().href().unwrap());
    let go = |address: &str| {
        history.replace_state_with_url(&JsValue::NULL, "", Some(address)).unwrap();
    };
    for asked in ["?room=tea&name=Ann&join", "?Room=tea&name=Ann&JOIN", "?name=Ann&join#room=tea&join"] {
        go(asked);
        let room = room(NO_DEVICES);
        room.set_attribute("from-url", "").unwrap();
        room.set_attribute("join", "").unwrap();
        until("a state", || state(&room).is_some()).await;
        assert_eq!(state(&room).as_deref(), Some("lobby"), "{asked}");
        let value = |name: &str| {
            let field = room.query_selector(&format!("input[name={name}]")).unwrap().unwrap();
            field.unchecked_into::<HtmlInputElement>().value()
        };
        assert_eq!((value("room").as_str(), value("name").as_str()), ("tea", "Ann"), "{asked}");
        room.remove();
    }
    go(&before);
}

#[wasm_bindgen_test]
async fn names_the_field_that_is_wrong() {
    let room = room("{\"capacity\":1}");
    until("the problem", || room.get_attribute("data-problem").as_deref() == Some("config")).await;
    assert!(room.text_content().unwrap().contains("\"capacity\" must be 2 or more"));
    room.remove();
}

/// The property counts more than any file.
#[wasm_bindgen_test]
async fn takes_its_configuration_as_an_object_and_tells_of_itself_in_plain_values() {
    let given = |config: &JsValue| {
        element::register();
        let document = web_sys::window().unwrap().document().unwrap();
        let room: HtmlElement = document.create_element("visavis-room").unwrap().unchecked_into();
        room.set_attribute("signaling", "ws://127.0.0.1:49151/ws").unwrap();
        Reflect::set(&room, &"config".into(), config).unwrap();
        let told = Rc::new(RefCell::new(Vec::new()));
        let tell = told.clone();
        let listener = Listener::new(&room, "visavis-state", move |event| {
            tell.borrow_mut().push(event.unchecked_into::<CustomEvent>().detail());
        });
        document.body().unwrap().append_child(&room).unwrap();
        (room, told, listener)
    };
    let config = "({defaults: {room: 'coffee', name: 'Ann', camera: false, microphone: false}, capacity: 4})";
    let (room, told, _listener) = given(&js_sys::eval(config).unwrap());
    until("the lobby", || state(&room).as_deref() == Some("lobby")).await;
    let field: HtmlInputElement = room.query_selector("[name=room]").unwrap().unwrap().unchecked_into();
    assert_eq!(field.value(), "coffee");
    // The lobby is there before the rest of the program, and the event comes with that.
    until("the event", || !told.borrow().is_empty()).await;
    let detail = told.borrow().first().cloned().unwrap();
    assert_eq!(JSON::stringify(&detail).unwrap(), "{\"state\":\"lobby\",\"participants\":0}");
    room.remove();

    for (wrong, sentence) in [
        ("({capacity: 1})", "\"capacity\" must be 2 or more"),
        ("(() => { const a = {}; a.a = a; return a; })()", "no plain data"),
    ] {
        let (room, ..) = given(&js_sys::eval(wrong).unwrap());
        until("the problem", || room.get_attribute("data-problem").as_deref() == Some("config")).await;
        assert!(room.text_content().unwrap().contains(sentence), "{:?}", room.text_content());
        room.remove();
    }
}

#[wasm_bindgen_test]
async fn moving_it_starts_afresh() {
    let room = room(NO_DEVICES);
    until("the lobby", || state(&room).as_deref() == Some("lobby")).await;
    let body = web_sys::window().unwrap().document().unwrap().body().unwrap();
    body.insert_before(&room, body.first_child().as_ref()).unwrap();
    room.remove_attribute("data-state").unwrap();
    until("the lobby again", || state(&room).as_deref() == Some("lobby")).await;
    room.remove();
}

/// Hosts of single-page apps answer every path with their page, and whoever expects a file there must not be put into a demo.
#[wasm_bindgen_test]
async fn a_page_in_place_of_the_configuration_is_told() {
    let room = room(NO_DEVICES);
    room.set_attribute("config", "data:text/html,<!doctype html>").unwrap();
    until("the problem", || room.get_attribute("data-problem").as_deref() == Some("config-unavailable"))
        .await;
    assert!(room.text_content().unwrap().contains("web page instead of a file"));
    room.remove();
}
