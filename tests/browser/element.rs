//! `<visavis-room>` comes, says what is wrong with its configuration, and goes.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{JSON, Reflect};
use visavis::dom::Listener;
use visavis::element;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{CustomEvent, Element, Event, HtmlElement, HtmlInputElement};

use crate::support::{sleep, until};

const NO_DEVICES: &str = "{\"defaults\":{\"camera\":false,\"microphone\":false}}";

fn room(config: &str) -> HtmlElement {
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
    let window = web_sys::window().unwrap();
    let storage = window.session_storage().unwrap().unwrap();
    let happens = |name: &str| window.dispatch_event(&Event::new(name).unwrap()).unwrap();
    storage.set_item("visavis", &format!("{{\"identity\":\"{}\"}}", "7".repeat(64))).unwrap();
    let room = room(NO_DEVICES);
    room.set_attribute("from-url", "").unwrap();
    until("the lobby", || state(&room).as_deref() == Some("lobby")).await;
    assert_eq!(storage.get_item("visavis").unwrap(), None);
    happens("pagehide");
    let stored = storage.get_item("visavis").unwrap().unwrap();
    assert_eq!(stored, format!("{{\"identity\":\"{}\"}}", "7".repeat(64)));
    happens("pageshow");
    assert_eq!(storage.get_item("visavis").unwrap(), None);
    room.remove();
    happens("pagehide");
    assert_eq!(storage.get_item("visavis").unwrap(), None, "an element that is gone keeps nothing");
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
