//! Pages of the stage: who is on which, and what is told of those who are on another.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use visavis::ui::RoomHandle;
use visavis_core::{Command, Lifecycle, TrackSettings};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, HtmlElement, KeyboardEvent, KeyboardEventInit};

use crate::foreign::{Mounted, view};
use crate::style::Styled;
use crate::support::until;

const OTHERS: [&str; 11] = ["Ann", "Ben", "Cem", "Dan", "Eva", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim"];

/// Notes down in what size each of the others was said to be shown last.
#[derive(Clone, Default)]
struct Told(Rc<RefCell<BTreeMap<String, Option<TrackSettings>>>>);

impl RoomHandle for Told {
    fn command(&self, command: Command) {
        if let Command::SetTrackSettings { participant, settings, .. } = command {
            self.0.borrow_mut().insert(participant.as_str().to_owned(), settings);
        }
    }

    fn report(&self) -> Option<String> {
        None
    }

    fn abort(&self) {
        panic!("something could not be shown");
    }
}

impl Told {
    /// Those whose video is wanted.
    fn wanted(&self) -> Vec<String> {
        let told = self.0.borrow();
        let wanted = told.iter().filter(|(_, settings)| matches!(settings, Some(TrackSettings::Enabled(_))));
        wanted.map(|(name, _)| name.clone()).collect()
    }
}

fn shown(room: &Styled) -> Vec<String> {
    let tiles = room.all(".tiles .tile:not([hidden]):not([data-self])");
    tiles.iter().filter_map(|tile| tile.get_attribute("data-participant")).collect()
}

fn press(key: &str) -> bool {
    let init = KeyboardEventInit::new();
    init.set_key(key);
    init.set_bubbles(true);
    init.set_cancelable(true);
    let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
    let body = web_sys::window().unwrap().document().unwrap().body().unwrap();
    body.dispatch_event(&event).unwrap()
}

#[wasm_bindgen_test]
async fn whoever_is_on_another_page_costs_no_video() {
    let told = Told::default();
    let room = Styled::of((640, 480), Mounted::of(Box::new(told.clone())));
    let call = view(Lifecycle::Joined, &OTHERS);
    room.page.show(&call);
    until("the first page", || shown(&room) == OTHERS[..8]).await;
    assert_eq!(room.all(".tiles [data-self]:not([hidden])").len(), 1, "ourselves we see on every page");
    until("those on it to be wanted", || told.wanted() == OTHERS[..8]).await;
    until("the others to be told", || told.0.borrow().len() == OTHERS.len()).await;
    let video = |name: &str| room.all(&format!("[data-participant={name}] video"))[0].clone();
    let before = ["Ann", "Kim"].map(video);

    room.all("[data-page=next]")[0].unchecked_ref::<HtmlElement>().click();
    assert_eq!(shown(&room), OTHERS[8..]);
    until("those on it to be wanted", || told.wanted() == OTHERS[8..]).await;
    assert!(press("PageDown"), "there is no page after the last");
    assert!(!press("PageUp"));
    assert_eq!(shown(&room), OTHERS[..8]);
    until("the first ones to be wanted again", || told.wanted() == OTHERS[..8]).await;
    assert!(["Ann", "Kim"].map(video) == before, "nothing was built anew");

    // So few that there is one page.
    room.page.show(&view(Lifecycle::Joined, &OTHERS[..8]));
    until("the buttons to be gone", || room.all("[data-page]").is_empty()).await;
    room.page.show(&call);
    until("the buttons to be back", || room.all("[data-page]").len() == 2).await;
    room.all(".pages")[0].remove();
    room.page.show(&call);
    until("what was taken out to be built again", || room.all("[data-page]").len() == 2).await;
}

#[wasm_bindgen_test]
async fn a_call_begins_with_the_plain_layout() {
    let room = Styled::new((1280, 800));
    let call = view(Lifecycle::Joined, &OTHERS[..3]);
    room.show(&call).await;
    let pin = |room: &Styled| room.all("[data-participant=Ben] .pin")[0].clone();
    pin(&room).unchecked_into::<HtmlElement>().click();
    let large = |room: &Styled| {
        let large = room.all("[data-large]");
        large.iter().filter_map(|tile| tile.get_attribute("data-participant")).collect::<Vec<_>>()
    };
    until("Ben to be large", || large(&room) == ["Ben"]).await;
    assert_eq!(pin(&room).get_attribute("aria-pressed").as_deref(), Some("true"));
    // Away, and back: it is remembered.
    room.show(&view(Lifecycle::Joined, &["Ann", "Cem"])).await;
    until("nobody to be large", || large(&room).is_empty()).await;
    room.show(&call).await;
    until("Ben to be large again", || large(&room) == ["Ben"]).await;
    room.page.show(&view(Lifecycle::Left, &[]));
    room.show(&call).await;
    assert_eq!(large(&room), [""; 0], "another call, another stage");
    let _: Element = pin(&room);
}
