//! What clicks, keys and the lobby's form do. One listener for each on the whole frame finds the button by its
//! `data-control`, so parts that come and go have no listeners to keep.

use std::rc::Rc;

use visavis_core::{Command, RoomView};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Document, Element, Event, EventTarget, HtmlElement, HtmlFormElement, HtmlInputElement, KeyboardEvent,
};

use super::shared::Shared;
use super::{
    controls, details, interactions, layouts, mapping_editor, notices, picture, preflight, push_to_talk,
    recording, report, safety, second_tab, server, settings, shortcuts, text, trace,
};
use crate::dom::{self, Listener};
use crate::on_demand::{self, NotLoaded};

/// What a button does, on what the person sees.
type Action = fn(&Rc<Shared>, &RoomView, &Element);

/// The buttons that are not in the bar of controls.
const ACTIONS: [(&str, Action); 10] = [
    ("join", |shared, _, _| drop(join(shared))),
    ("retry", |shared, _, _| shared.send(Command::RetryNow)),
    ("cancel", |shared, _, _| shared.send(Command::EnterLobby)),
    ("rejoin", |shared, view, _| rejoin(shared, view)),
    ("lobby", |shared, _, _| shared.send(Command::EnterLobby)),
    ("try-device", |shared, view, button| switch_failed(shared, view, button, true)),
    ("without-device", |shared, view, button| switch_failed(shared, view, button, false)),
    ("sound", |shared, _, _| picture::play_all(&shared.frame)),
    ("close-link", |_, _, button| close_link(button)),
    ("reload", |_, _, _| reload()),
];

/// What a button does that wants something of the other part of the program.
pub(super) type OnDemand = fn(&Rc<Shared>, &Element);

/// Buttons for which the other part of the program is loaded, when one of them is pressed.
const ON_DEMAND: [(&str, OnDemand); 24] = [
    ("chat", interactions::toggle_chat),
    ("close-chat", interactions::toggle_chat),
    ("send-chat", interactions::send_chat),
    ("more", interactions::toggle_menu),
    ("hand", interactions::toggle_hand),
    ("react", interactions::toggle_reactions),
    ("record", recording::toggle),
    ("be-quiet", second_tab::notice::mute),
    ("close-settings", settings::close),
    ("test-sound", settings::play_test_sound),
    ("check", preflight::begin),
    ("close-check", preflight::close),
    ("use-server", server::apply),
    ("use-fallback", server::use_fallback),
    ("trace", trace::open),
    ("close-trace", trace::close),
    ("copy-trace", trace::copy),
    ("try-mapping", mapping_editor::start),
    ("save-mapping", mapping_editor::save),
    ("drop-mapping", mapping_editor::discard),
    ("pin", layouts::toggle_pin),
    ("details", details::open),
    ("safety", safety::reveal),
    ("report", report::save),
];

/// Listens on the frame for as long as the listeners live.
pub(super) fn listen(shared: &Rc<Shared>, document: &Document) -> Vec<Listener> {
    let frame = &shared.frame;
    vec![
        on(frame, "click", shared, |shared, event| {
            click(shared, &event);
        }),
        // Whatever submits a form past its button, as an extension may, does not carry the page away.
        on(frame, "submit", shared, |_, event| event.prevent_default()),
        // Files that are dropped onto the call are offered: what takes them is there before they are dropped.
        on(frame, "dragenter", shared, |shared, event| {
            if dom::closest(&event, ".stage").is_some() {
                load(shared, shared.frame.clone().into(), interactions::watch_drops);
            }
        }),
        on(document, "keydown", shared, |shared, event| {
            let _ = event.dyn_into::<KeyboardEvent>().map(|event| press_key(shared, &event));
        }),
    ]
}

fn on(
    target: &EventTarget,
    event: &'static str,
    shared: &Rc<Shared>,
    mut act: impl FnMut(&Rc<Shared>, Event) + 'static,
) -> Listener {
    let shared = shared.clone();
    Listener::new(target, event, move |event| act(&shared, event))
}

fn click(shared: &Rc<Shared>, event: &Event) -> Option<()> {
    let button = dom::closest(event, "[data-control]")?;
    let name = button.get_attribute("data-control")?;
    if let Some(form) = submitted(event, &button)
        && !form.report_validity()
    {
        return None;
    }
    let view = shared.view()?;
    if let Some(control) = controls::ALL.iter().find(|control| control.name == name) {
        (control.press)(shared, &view);
    } else if let Some((_, act)) = ACTIONS.iter().find(|(known, _)| *known == name) {
        act(shared, &view, &button);
    } else if let Some((_, act)) = ON_DEMAND.iter().find(|(known, _)| *known == name) {
        load(shared, button, *act);
    }
    Some(())
}

/// Does what wants something of the other part of the program, once that is loaded.
pub(super) fn load(shared: &Rc<Shared>, button: Element, act: OnDemand) {
    let shared = Rc::clone(shared);
    on_demand::load_then(Box::new(move |loaded| match loaded {
        Ok(()) => act(&shared, &button),
        Err(NotLoaded) => shared.toasts.show(text::part_not_loaded()),
    }));
}

/// The form that a click would submit. What its button does happens here and now instead: a frame whose sandbox lacks
/// `allow-forms` submits nothing and fires no `submit` (HTML, section 4.10.21.3), but clicks the button for the Enter key
/// like any other page.
fn submitted(event: &Event, button: &Element) -> Option<HtmlFormElement> {
    let submits = button.get_attribute("type").is_some_and(|kind| kind == "submit");
    let form = button.closest("form").ok().flatten().filter(|_| submits)?;
    event.prevent_default();
    Some(form.unchecked_into())
}

/// Presses the button whose key it is, if that is on the screen.
fn press_key(shared: &Rc<Shared>, event: &KeyboardEvent) -> Option<()> {
    if !accepts_shortcut(shared, event) {
        return None;
    }
    if event.key() == push_to_talk::KEY && on_demand::is_later_loaded() {
        push_to_talk::press(shared, event);
    }
    if event.repeat() {
        return None;
    }
    if event.key() == shortcuts::KEY {
        load(shared, shared.frame.clone().into(), shortcuts::toggle);
        return None;
    }
    let pressed = latin(event);
    if !pressed.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    // The stage is there before the call.
    let selector = ["[aria-keyshortcuts=", &pressed, " i]:not([inert] *, [aria-disabled=true])"].concat();
    let button = shared.frame.query_selector(&selector).ok().flatten()?;
    event.prevent_default();
    button.unchecked_into::<HtmlElement>().click();
    Some(())
}

/// What is on a key; where that is a letter of another script, what a Latin layout has in the same place. Not else: on
/// AZERTY a comma is where others have their M.
fn latin(event: &KeyboardEvent) -> String {
    let key = event.key();
    let other_script = key.chars().next().is_some_and(is_of_another_script);
    match event.code().strip_prefix("Key") {
        Some(letter) if other_script => letter.to_owned(),
        Some(_) | None => key,
    }
}

/// From Greek on, but neither Latin with more marks nor punctuation and symbols.
fn is_of_another_script(letter: char) -> bool {
    matches!(letter, '\u{370}'..'\u{1e00}' | '\u{1f00}'..'\u{2000}' | '\u{2c00}'..)
}

/// Keys without a modifier are ours if nothing has the focus, or something of ours that does not take text. The rest of
/// the page keeps its own keys.
pub(super) fn accepts_shortcut(shared: &Shared, event: &KeyboardEvent) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return false;
    }
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return false;
    };
    if !shared.frame.contains(Some(&target)) {
        return target.local_name() == "body";
    }
    !target.matches("input, textarea, select, [contenteditable]").unwrap_or(true)
}

fn join(shared: &Rc<Shared>) -> Result<(), JsValue> {
    let value = |selector| dom::find::<HtmlInputElement>(&shared.frame, selector).map(|input| input.value());
    let (room, name) = (value("input[name=room]")?, value("input[name=name]")?);
    shared.send(Command::Join { room, name });
    Ok(())
}

/// Out of the queue at the door, and back to choosing.
fn rejoin(shared: &Shared, view: &RoomView) {
    shared.send(Command::Join { room: view.room.clone(), name: view.me.name.clone() });
}

/// Tries the devices that a notice is about once more, or goes on without them.
fn switch_failed(shared: &Shared, view: &RoomView, button: &Element, on: bool) {
    let notice = button.closest("[data-notice]").ok().flatten();
    let code = notice.and_then(|notice| notice.get_attribute("data-notice")).unwrap_or_default();
    for source in notices::failed_with(view, &code) {
        shared.send(Command::SetSource { source, on });
    }
}

fn close_link(button: &Element) {
    if let Ok(Some(sheet)) = button.closest(".link-sheet") {
        dom::set_flag(&sheet, "hidden", true);
    }
}

fn reload() {
    let _ = web_sys::window().map(|window| window.location().reload());
}

/// Takes the focus from whatever of ours has it. Before anything is changed: when an element with the focus leaves the page,
/// the browser lays out the page to see where the focus goes.
pub(super) fn release_focus(shared: &Shared) {
    if let Ok(active) = dom::find::<HtmlElement>(&shared.frame, ":focus") {
        let _ = active.blur();
    }
}

/// Moves the focus to `element`, unless the person is somewhere else in the page that we are only a part of. Soon, once
/// what was changed in this frame is laid out: the browser would have to lay it out at once to see whether the element is
/// there to be seen.
pub(super) fn focus(shared: &Rc<Shared>, element: &HtmlElement) {
    let (shared, element) = (Rc::clone(shared), element.clone());
    spawn_local(async move {
        dom::sleep(0).await;
        let active = dom::document().ok().and_then(|document| document.active_element());
        if active.is_none_or(|active| active.local_name() == "body" || shared.frame.contains(Some(&active))) {
            let _ = element.focus();
        }
    });
}
