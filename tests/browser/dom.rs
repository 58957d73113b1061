//! Listeners and the shelf of tracks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use visavis::dom::Listener;
use visavis::tracks::Tracks;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Event, EventTarget, MediaStream, MediaStreamConstraints, MediaStreamTrack};

fn fire(target: &EventTarget) {
    target.dispatch_event(&Event::new("ping").unwrap()).unwrap();
}

#[wasm_bindgen_test]
fn a_dropped_listener_is_gone() {
    let (target, heard) = (EventTarget::new().unwrap(), Rc::new(Cell::new(0)));
    let count = Rc::clone(&heard);
    let listener = Listener::new(&target, "ping", move |_| count.set(count.get() + 1));
    fire(&target);
    fire(&target);
    assert_eq!((heard.get(), Rc::strong_count(&heard)), (2, 2));
    drop(listener);
    fire(&target);
    assert_eq!((heard.get(), Rc::strong_count(&heard)), (2, 1), "what it captured is freed too");
}

#[wasm_bindgen_test]
fn a_listener_may_drop_itself() {
    let (target, slot) = (EventTarget::new().unwrap(), Rc::new(RefCell::new(None)));
    let (own, heard) = (Rc::clone(&slot), Rc::new(Cell::new(0)));
    let count = Rc::clone(&heard);
    let listener = Listener::new(&target, "ping", move |_| {
        drop(own.take());
        count.set(count.get() + 1);
    });
    *slot.borrow_mut() = Some(listener);
    fire(&target);
    fire(&target);
    assert_eq!((heard.get(), Rc::strong_count(&heard)), (1, 1));
}

async fn camera() -> MediaStreamTrack {
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&true.into());
    let devices = web_sys::window().unwrap().navigator().media_devices().unwrap();
    let stream =
        JsFuture::from(devices.get_user_media_with_constraints(&constraints).unwrap()).await.unwrap();
    stream.unchecked_into::<MediaStream>().get_tracks().get(0).unchecked_into()
}

#[wasm_bindgen_test]
async fn the_shelf_names_tracks_once() {
    let (shelf, track) = (Tracks::default(), camera().await);
    let other_handle = shelf.clone();
    // `track.clone()` would be `MediaStreamTrack.clone()`.
    let first = shelf.add(Clone::clone(&track));
    assert_eq!(other_handle.get(first).as_ref(), Some(&track), "every handle sees the same shelf");
    assert_eq!(shelf.remove(first).as_ref(), Some(&track));
    assert_eq!((shelf.get(first), shelf.remove(first)), (None, None));
    assert_ne!(shelf.add(Clone::clone(&track)), first, "a name is never used twice");
    track.stop();
}
