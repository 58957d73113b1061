//! What a person does in the lobby, and what it says.

use js_sys::{Function, Object, Reflect};
use visavis::element;
use visavis_app::generate_room_name;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{
    Element, Event, EventTarget, HtmlElement, HtmlFormElement, HtmlInputElement, KeyboardEvent,
    KeyboardEventInit,
};

use crate::support::{shadow, until};

/// A lobby without devices, whose server is not there. Dropping it removes it.
struct Lobby(HtmlElement);

impl Lobby {
    async fn open() -> Self {
        element::register();
        let document = web_sys::window().unwrap().document().unwrap();
        let room: HtmlElement = document.create_element("visavis-room").unwrap().unchecked_into();
        let config = "data:application/json,{\"defaults\":{\"camera\":false,\"microphone\":false}}";
        room.set_attribute("config", config).unwrap();
        room.set_attribute("signaling", "ws://127.0.0.1:49151/ws").unwrap();
        document.body().unwrap().append_child(&room).unwrap();
        let lobby = Self(room);
        until("the lobby", || lobby.state().as_deref() == Some("lobby")).await;
        lobby
    }

    fn state(&self) -> Option<String> {
        self.0.get_attribute("data-state")
    }

    fn find<T: JsCast>(&self, selector: &str) -> T {
        self.0.query_selector(selector).unwrap().unwrap().unchecked_into()
    }

    fn is_pressed(&self, control: &str) -> bool {
        let button: Element = self.find(&format!("[data-control={control}]"));
        button.get_attribute("aria-pressed").as_deref() == Some("true")
    }
}

impl Drop for Lobby {
    fn drop(&mut self) {
        self.0.remove();
    }
}

/// Presses a key. False if somebody took it.
fn press(key: &str, code: &str) -> bool {
    let init = KeyboardEventInit::new();
    init.set_key(key);
    init.set_code(code);
    init.set_bubbles(true);
    init.set_cancelable(true);
    let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
    let body = web_sys::window().unwrap().document().unwrap().body().unwrap();
    body.dispatch_event(&event).unwrap()
}

/// It is built and laid out before there is a call, which then has less to wait for.
#[wasm_bindgen_test]
async fn the_stage_stands_behind_the_lobby_where_nobody_reaches_it() {
    let lobby = Lobby::open().await;
    until("a stage", || lobby.0.query_selector(".stage").unwrap().is_some()).await;
    let stage: HtmlElement = lobby.find(".stage");
    assert!(stage.offset_height() > 0);
    assert!(stage.has_attribute("inert"));
    assert!(press("f", "KeyF"), "the stage has such a control, the lobby has not");
    assert!(!press("m", "KeyM"), "both have this one");
    assert!(!lobby.is_pressed("microphone"), "and the lobby's is pressed");
    assert!(lobby.find::<Element>("[data-self]").closest(".preview").unwrap().is_some());
    assert_eq!(lobby.0.query_selector_all("[data-participant]").unwrap().length(), 0, "nobody is in it");
}

/// Cyrillic, Greek, Hebrew and Hangul letters count by their place, Latin ones by what they are: AZERTY has its M where
/// others have a semicolon, and a comma where they have their M. Dvorak has its V where others have a full stop.
#[wasm_bindgen_test]
async fn keys_press_controls_on_every_layout() {
    let lobby = Lobby::open().await;
    for (key, code, control) in [
        ("m", "KeyM", "microphone"),
        ("ь", "KeyM", "microphone"),
        ("Ь", "KeyM", "microphone"),
        ("μ", "KeyM", "microphone"),
        ("צ", "KeyM", "microphone"),
        ("ㅡ", "KeyM", "microphone"),
        ("m", "Semicolon", "microphone"),
        ("v", "KeyV", "camera"),
        ("м", "KeyV", "camera"),
        ("v", "Period", "camera"),
    ] {
        for pressed in [true, false] {
            press(key, code);
            until(&format!("{key} at {code}"), || lobby.is_pressed(control) == pressed).await;
        }
    }
    for (key, code) in [
        (",", "KeyM"),
        ("b", "KeyM"),
        ("ö", "KeyM"),
        ("ẅ", "KeyV"),
        ("’", "KeyM"),
        ("k", "KeyV"),
        ("ж", "Semicolon"),
        ("Dead", "KeyM"),
    ] {
        for (real, control, other) in [("v", "camera", "microphone"), ("m", "microphone", "camera")] {
            press(key, code);
            // What this one does is shown no earlier than what the one before would have done.
            for pressed in [true, false] {
                press(real, "");
                until(real, || lobby.is_pressed(control) == pressed).await;
                assert!(!lobby.is_pressed(other), "{key} at {code}");
            }
        }
    }
}

/// A frame with a sandbox submits no form, and neither does this one: whatever listens for that would wait for ever.
fn submits_nothing(lobby: &Lobby) -> impl Fn() -> u32 + use<> {
    let form: HtmlFormElement = lobby.find("form");
    let count = "let count = 0;
        form.addEventListener('submit', event => { count++; event.preventDefault(); event.stopImmediatePropagation() }, true);
        return () => count;";
    let count = Function::new_with_args("form", count).call1(&JsValue::NULL, &form).unwrap();
    move || {
        let count: &Function = count.unchecked_ref();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
        let count = count.call0(&JsValue::NULL).unwrap().as_f64().unwrap() as u32;
        count
    }
}

#[wasm_bindgen_test]
async fn joining_submits_no_form() {
    let lobby = Lobby::open().await;
    let submitted = submits_nothing(&lobby);
    let (join, room): (HtmlElement, HtmlInputElement) =
        (lobby.find("[data-control=join]"), lobby.find("input[name=room]"));
    room.set_value("  ");
    join.click();
    assert_eq!(lobby.state().as_deref(), Some("lobby"), "a room needs a name");
    room.set_value("tea");
    join.click();
    until("to join", || lobby.state().as_deref() == Some("joining")).await;
    assert_eq!(submitted(), 0);
}

/// Only for scripts; but one of them may not carry the page away.
#[wasm_bindgen_test]
async fn a_form_that_is_submitted_stays_where_it_is() {
    let lobby = Lobby::open().await;
    let form: HtmlFormElement = lobby.find("form");
    let init = web_sys::EventInit::new();
    init.set_bubbles(true);
    init.set_cancelable(true);
    let event = Event::new_with_event_init_dict("submit", &init).unwrap();
    assert!(!EventTarget::dispatch_event(&form, &event).unwrap(), "it is prevented");
}

/// Calls `getUserMedia` whatever the devices are, and says what the lobby makes of its refusal.
async fn told(lobby: &Lobby, refusal: &str, controls: &[&str]) -> String {
    let devices = web_sys::window().unwrap().navigator().media_devices().unwrap();
    let body = format!("return Promise.reject(new DOMException('', '{refusal}'))");
    Reflect::set(&devices, &"getUserMedia".into(), &Function::new_no_args(&body)).unwrap();
    for control in controls {
        lobby.find::<HtmlElement>(&format!("[data-control={control}]")).click();
    }
    let failed = |control: &&str| {
        let selector = format!("[data-control={control}][data-source-state=failed]");
        lobby.0.query_selector(&selector).unwrap().is_some()
    };
    until("every device to be refused", || controls.iter().all(failed)).await;
    Reflect::delete_property(&devices, &"getUserMedia".into()).unwrap();
    let notice = |code: &str| lobby.0.query_selector(&format!("[data-notice={code}] p")).unwrap();
    let notice = ["not-found", "busy", "denied"].into_iter().find_map(notice).unwrap();
    notice.text_content().unwrap()
}

#[wasm_bindgen_test]
async fn sentences_about_devices_are_sentences() {
    for (controls, begins) in [
        (&["camera"][..], "No camera was found. "),
        (&["microphone", "camera"], "No camera or microphone was found. "),
    ] {
        let lobby = Lobby::open().await;
        let sentence = told(&lobby, "NotFoundError", controls).await;
        assert!(sentence.starts_with(begins), "{sentence}");
    }
}

/// The name of a room is the only key to it.
#[wasm_bindgen_test]
async fn a_proposed_room_is_drawn_from_what_nobody_can_guess() {
    let crypto: Object = web_sys::window().unwrap().crypto().unwrap().unchecked_into();
    let draw = Function::new_with_args("bytes", "return bytes.fill(0x5a)");
    shadow(&crypto, "getRandomValues", &draw);
    let lobby = Lobby::open().await;
    Reflect::delete_property(&crypto, &"getRandomValues".into()).unwrap();
    let room: HtmlInputElement = lobby.find("input[name=room]");
    assert_eq!(room.value(), generate_room_name(&[0x5a; 10]));
}
