//! Rooms that nobody sees: a driver, and whoever subscribes to it. They meet as the tabs of one browser do.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use visavis::driver::{Driver, DriverOptions, Subscription, Update, WarmUp};
use visavis::tracks::Tracks;
use visavis_core::flight::Recorder;
use visavis_core::signaling::dialects;
use visavis_core::{Command, ConnectionState, Event, Lifecycle, RoomConfig, RoomView, Source, TrackId};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{MediaStreamTrack, MediaStreamTrackState};

use crate::support::{Events, moves, until};

/// A driver that has not done anything yet. Those of one `channel` hear each other; `page` is one digit.
fn driver(channel: &str, page: &str, camera: bool) -> Driver {
    let options = dialects::Options {
        url: format!("tab:{channel}"),
        identity: page.repeat(64),
        page: page.to_owned(),
        ..dialects::Options::default()
    };
    Driver::start(DriverOptions {
        room: RoomConfig { camera, ..RoomConfig::default() },
        dialect: (dialects::named("tabs").unwrap().make)(options),
        fallback: None,
        recorder: Recorder::new(""),
        tracks: Tracks::default(),
    })
    .unwrap()
}

fn join(driver: &Driver) {
    driver.command(Command::Join { room: "tea".into(), name: String::new() });
}

/// What a subscriber was told, in a few words.
fn words(update: Update<'_>) -> String {
    match update {
        Update::View(view) => view.lifecycle.as_str().to_owned(),
        Update::Unchanged => "unchanged".to_owned(),
        Update::Event(Event::ParticipantJoined(..)) => "somebody joined".to_owned(),
        Update::Event(_) => "something happened".to_owned(),
        Update::Aborted => "aborted".to_owned(),
    }
}

/// Writes down who is told what.
fn record(driver: &Driver, name: &'static str, records: &Events<(&'static str, String)>) -> Subscription {
    let records = records.clone();
    driver.subscribe(move |update| records.push((name, words(update))))
}

/// Keeps the last view.
fn watch(driver: &Driver) -> (Rc<RefCell<Option<RoomView>>>, Subscription) {
    let last = Rc::new(RefCell::new(None));
    let sink = Rc::clone(&last);
    let subscription = driver.subscribe(move |update| {
        if let Update::View(view) = update {
            *sink.borrow_mut() = Some(RoomView::clone(view));
        }
    });
    (last, subscription)
}

fn own_camera(view: &RoomView) -> Option<TrackId> {
    view.me.source(Source::Camera).track
}

fn ended(track: &MediaStreamTrack) -> bool {
    track.ready_state() == MediaStreamTrackState::Ended
}

#[wasm_bindgen_test]
fn every_subscriber_is_told_everything_in_the_same_order() {
    let (driver, records) = (driver("order", "1", false), Events::new());
    let _subscriptions = [record(&driver, "Ann", &records), record(&driver, "Ben", &records)];
    driver.command(Command::EnterLobby);
    join(&driver);
    driver.command(Command::SetSource { source: Source::Camera, on: false });
    driver.command(Command::Leave);
    let told = records.take();
    let by = |name| told.iter().filter(move |(by, _)| *by == name).map(|(_, words)| words.as_str());
    assert!(by("Ann").eq(by("Ben")), "{told:?}");
    assert!(told.chunks(2).all(|pair| pair[0].0 == "Ann"), "one after the other: {told:?}");
    assert_eq!(by("Ann").next(), Some("lobby"));
    assert_eq!(by("Ann").next_back(), Some("left"));
    assert!(by("Ann").any(|words| words == "unchanged"), "{told:?}");
}

#[wasm_bindgen_test]
fn whoever_subscribes_late_is_told_of_the_view_at_once() {
    let (driver, records) = (driver("late", "1", false), Events::new());
    let early = record(&driver, "Ann", &records);
    assert_eq!(records.take(), [], "nothing was there to be told");
    driver.command(Command::EnterLobby);
    drop(early);
    driver.command(Command::Leave);
    assert_eq!(records.take(), [("Ann", "lobby".to_owned())]);
    let _late = record(&driver, "Ben", &records);
    assert_eq!(records.take(), [("Ben", "left".to_owned())]);
}

#[wasm_bindgen_test]
fn unsubscribing_while_subscribers_are_told_takes_effect_at_once() {
    let (driver, records) = (driver("unsubscribe", "1", false), Events::new());
    let slots: [Rc<RefCell<Option<Subscription>>>; 2] = Default::default();
    // The first one has itself and the second one told no more.
    let (sink, own, other) = (records.clone(), Rc::clone(&slots[0]), Rc::clone(&slots[1]));
    let first = driver.subscribe(move |update| {
        drop((own.take(), other.take()));
        sink.push(("Ann", words(update)));
    });
    let second = record(&driver, "Ben", &records);
    let _third = record(&driver, "Cem", &records);
    slots[0].replace(Some(first));
    slots[1].replace(Some(second));
    driver.command(Command::EnterLobby);
    driver.command(Command::Leave);
    let told = records.take();
    assert_eq!(told.iter().filter(|(by, _)| *by == "Ann").count(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|(by, _)| *by == "Ben").count(), 0, "{told:?}");
    assert_eq!(told.last(), Some(&("Cem", "left".to_owned())));
}

#[wasm_bindgen_test]
fn what_is_captured_by_a_subscriber_is_freed_with_its_subscription() {
    let (driver, kept) = (driver("freed", "1", false), Rc::new(()));
    let captured = Rc::clone(&kept);
    let subscription = driver.subscribe(move |_| {
        let _ = &captured;
    });
    drop(subscription);
    assert_eq!(Rc::strong_count(&kept), 1);
}

/// Everybody is told of the lobby before anybody is told of what one of them makes of it.
#[wasm_bindgen_test]
fn a_command_of_a_subscriber_waits_until_all_have_been_told() {
    let (driver, records) = (driver("command", "1", false), Events::new());
    let (weak, sent) = (driver.downgrade(), Cell::new(false));
    let sink = records.clone();
    let _first = driver.subscribe(move |update| {
        sink.push(("Ann", words(update)));
        if !sent.replace(true) {
            weak.upgrade().unwrap().command(Command::Leave);
            sink.push(("Ann", "asked to leave".to_owned()));
        }
    });
    let _second = record(&driver, "Ben", &records);
    driver.command(Command::EnterLobby);
    let told = records.take();
    let told: Vec<(&str, &str)> = told.iter().map(|(by, words)| (*by, words.as_str())).collect();
    assert_eq!(
        told,
        [("Ann", "lobby"), ("Ann", "asked to leave"), ("Ben", "lobby"), ("Ann", "left"), ("Ben", "left")]
    );
}

#[wasm_bindgen_test]
fn whoever_subscribes_while_others_are_told_is_told_once() {
    let (driver, records) = (driver("within", "1", false), Events::new());
    let (weak, sink, slot) = (driver.downgrade(), records.clone(), RefCell::new(None));
    let _first = driver.subscribe(move |_| {
        if slot.borrow().is_none() {
            let within = record(&weak.upgrade().unwrap(), "Ben", &sink);
            slot.replace(Some(within));
        }
    });
    driver.command(Command::EnterLobby);
    assert_eq!(records.take(), [("Ben", "lobby".to_owned())]);
}

/// What is told has happened: of a room that is left, no camera is on any more.
#[wasm_bindgen_test]
async fn effects_come_before_views() {
    let driver = driver("effects", "1", true);
    let (last, _watching) = watch(&driver);
    driver.command(Command::EnterLobby);
    let track = || driver.tracks().get(last.borrow().as_ref().and_then(own_camera)?);
    until("the camera", || track().is_some()).await;
    let (track, seen) = (track().unwrap(), Rc::new(Cell::new(None)));
    assert!(!ended(&track));
    let (camera, sink) = (Clone::clone(&track), Rc::clone(&seen));
    let _subscription = driver.subscribe(move |update| {
        if let Update::View(view) = update
            && view.lifecycle == Lifecycle::Left
        {
            sink.set(Some(ended(&camera)));
        }
    });
    join(&driver);
    driver.command(Command::Leave);
    assert_eq!(seen.get(), Some(true));
}

/// A subscriber that cannot do its part, as a user interface that cannot be built any more.
#[wasm_bindgen_test]
async fn an_aborted_room_is_left_first_and_tells_nothing_more() {
    for while_told in [false, true] {
        let (driver, records) = (driver("abort", "1", true), Events::new());
        let (last, _watching) = watch(&driver);
        driver.command(Command::EnterLobby);
        let track = || driver.tracks().get(last.borrow().as_ref().and_then(own_camera)?);
        until("the camera", || track().is_some()).await;
        let track = track().unwrap();
        let (weak, armed) = (driver.downgrade(), Rc::new(Cell::new(false)));
        let aborts = Rc::clone(&armed);
        let _first = driver.subscribe(move |_| {
            if aborts.replace(false) {
                weak.upgrade().unwrap().abort();
            }
        });
        let (sink, camera) = (records.clone(), Clone::clone(&track));
        let _second = driver.subscribe(move |update| {
            let on = if ended(&camera) { "off" } else { "on" };
            sink.push((on, words(update)));
        });
        records.take();
        if while_told {
            armed.set(true);
            driver.command(Command::Preflight(false));
        } else {
            driver.abort();
        }
        let expected: &[(&str, &str)] = if while_told {
            &[("on", "unchanged"), ("off", "left"), ("off", "aborted")]
        } else {
            &[("off", "left"), ("off", "aborted")]
        };
        driver.command(Command::EnterLobby);
        driver.abort();
        let told = records.take();
        let told: Vec<(&str, &str)> = told.iter().map(|(on, words)| (*on, words.as_str())).collect();
        assert_eq!(told, expected);
    }
}

/// Two rooms in one page, and no user interface anywhere.
#[wasm_bindgen_test]
async fn rooms_without_a_user_interface_see_each_other() {
    let [ann, ben] = ["1", "2"].map(|page| driver("call", page, true));
    let [(of_ann, _watch_ann), (of_ben, _watch_ben)] = [&ann, &ben].map(watch);
    let records = Events::new();
    let _recording = record(&ann, "Ann", &records);
    join(&ann);
    let lifecycle = || of_ann.borrow().as_ref().map(|view| view.lifecycle);
    until("Ann to have joined", || lifecycle() == Some(Lifecycle::Joined)).await;
    join(&ben);
    for (driver, view) in [(&ann, &of_ann), (&ben, &of_ben)] {
        let camera = || view.borrow().as_ref()?.participants.first()?.track(Source::Camera);
        until("the other's camera", || camera().is_some()).await;
        moves(&driver.tracks().get(camera().unwrap()).unwrap()).await;
    }
    let told = records.take();
    let joined = told.iter().filter(|(_, words)| words == "somebody joined").count();
    assert_eq!(joined, 1, "{told:?}");
    ann.command(Command::Leave);
    until("Ben to be alone", || of_ben.borrow().as_ref().unwrap().participants.is_empty()).await;
    ben.command(Command::Leave);
}

/// Or code would stay uncompiled that a join needs.
#[wasm_bindgen_test]
fn the_warm_up_is_a_call_that_comes_about() {
    let mut warm_up = WarmUp::default();
    while warm_up.step() {}
    let view = warm_up.view();
    assert_eq!(view.lifecycle, Lifecycle::Joined);
    let connection = &view.participants[0].connection;
    assert_eq!(connection.state, ConnectionState::Connected);
    assert!(view.participants[0].track(Source::Microphone).is_some());
}
