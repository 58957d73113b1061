//! Scripts of others in our page, extensions and translators for instance: what they take out is built again, what they
//! wrap goes on, and if nothing can be shown any more, nobody is on the air.

use std::rc::Rc;

use js_sys::{Function, Reflect};
use visavis::tracks::Tracks;
use visavis::ui::{RoomHandle, Ui, UiOptions};
use visavis_core::signaling::{MediaState, ParticipantId, RejectCode};
use visavis_core::{
    Command, ConnectionReason, ConnectionState, ConnectionView, Lifecycle, ParticipantView, PreflightItem,
    PreflightResult, PreflightState, Problem, RoomView, SelfView, Source, SourceState, SourceView,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{
    Document, Element, Event, HtmlElement, HtmlInputElement, HtmlVideoElement, MediaStream, MediaStreamTrack,
    MediaStreamTrackState,
};

use crate::element::room;
use crate::support::{shadow, until};

fn document() -> Document {
    web_sys::window().unwrap().document().unwrap()
}

fn participant(name: &str) -> ParticipantView {
    ParticipantView {
        id: ParticipantId::new(name).unwrap(),
        name: name.into(),
        media: Some(MediaState::default()),
        speaking: false,
        connection: ConnectionView {
            state: ConnectionState::Connected,
            reason: ConnectionReason::None,
            fingerprints: None,
            issue: None,
        },
        publications: Vec::new(),
    }
}

pub(crate) fn view(lifecycle: Lifecycle, people: &[&str]) -> RoomView {
    let source = |source| SourceView { source, state: SourceState::Off, track: None };
    let line =
        PreflightResult { item: PreflightItem::Server, url: String::new(), state: PreflightState::Running };
    RoomView {
        lifecycle,
        problem: None,
        fallback: false,
        may_fall_back: false,
        room: "tea".into(),
        capacity: Some(8),
        me: SelfView { id: None, name: "Me".into(), sources: Source::ALL.map(source).into(), issue: None },
        participants: people.iter().map(|name| participant(name)).collect(),
        active_speaker: None,
        blocked: false,
        preflight: if lifecycle == Lifecycle::Lobby { vec![line.clone(), line] } else { Vec::new() },
        devices: None,
        interactions: None,
    }
}

fn rejected(mut view: RoomView) -> RoomView {
    view.problem = Some(Problem::Rejected { code: RejectCode::RoomFull, text: String::new() });
    view
}

/// What is shown before and after a foreign script has been at work, screen by screen.
fn scenes() -> Vec<[RoomView; 2]> {
    vec![
        [rejected(view(Lifecycle::Lobby, &[])), rejected(view(Lifecycle::Lobby, &[]))],
        [
            rejected(view(Lifecycle::Joined, &["Ann", "Ben"])),
            rejected(view(Lifecycle::Joined, &["Ben", "Cem"])),
        ],
        [view(Lifecycle::Joined, &["Ann"]), view(Lifecycle::Joined, &[])],
        [rejected(view(Lifecycle::Left, &[])), rejected(view(Lifecycle::Left, &[]))],
    ]
}

/// A user interface for itself.
struct NoRoom;

impl RoomHandle for NoRoom {
    fn command(&self, _: Command) {}

    fn report(&self) -> Option<String> {
        None
    }

    fn abort(&self) {
        panic!("something could not be shown");
    }
}

pub(crate) struct Mounted {
    pub(crate) root: HtmlElement,
    pub(crate) ui: Rc<Ui>,
}

impl Mounted {
    pub(crate) fn new() -> Self {
        Self::of(Box::new(NoRoom))
    }

    /// With this room behind it.
    pub(crate) fn of(room: Box<dyn RoomHandle>) -> Self {
        let root: HtmlElement = document().create_element("div").unwrap().unchecked_into();
        document().body().unwrap().append_child(&root).unwrap();
        let ui = Ui::mount(&root, Tracks::default(), UiOptions::default(), room).unwrap();
        Self { root, ui }
    }

    pub(crate) fn show(&self, view: &RoomView) {
        self.ui.render(&Rc::new(view.clone()));
    }

    fn elements(&self) -> Vec<Element> {
        let all = self.root.query_selector_all("*").unwrap();
        (0..all.length()).map(|at| all.item(at).unwrap().unchecked_into()).collect()
    }

    /// Everything that is there, but for what others have put around it.
    fn skeleton(&self) -> Vec<String> {
        let is_rendered = |element: &Element| element.local_name() != "font";
        let name = |element: Element| {
            let class = element.get_attribute("class").unwrap_or_default();
            [element.local_name(), class, element.get_attribute("data-control").unwrap_or_default()].join(" ")
        };
        self.elements().into_iter().filter(is_rendered).map(name).collect()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.root.remove();
    }
}

/// Does something to each element in turn, and then shows the next view.
fn after_each(hurt: impl Fn(&Element)) {
    for [before, after] in scenes() {
        let sound = Mounted::new();
        sound.show(&before);
        let count = sound.elements().len();
        sound.show(&after);
        for at in 0..count {
            let page = Mounted::new();
            page.show(&before);
            let element = page.elements().remove(at);
            hurt(&element);
            page.show(&after);
            assert_eq!(page.skeleton(), sound.skeleton(), "after {}", element.outer_html());
            assert!(!page.ui.is_damaged());
            page.show(&before);
        }
    }
}

#[wasm_bindgen_test]
fn what_is_taken_out_is_built_again() {
    after_each(Element::remove);
}

#[wasm_bindgen_test]
fn what_is_wrapped_goes_on() {
    after_each(|element| {
        let around = document().create_element("font").unwrap();
        element.replace_with_with_node_1(&around).unwrap();
        around.append_child(element).unwrap();
    });
}

#[wasm_bindgen_test]
fn whatever_is_gone_at_once_comes_back() {
    for [before, after] in scenes() {
        let page = Mounted::new();
        page.show(&before);
        page.root.set_inner_html("");
        assert!(page.ui.is_damaged());
        page.show(&after);
        let sound = Mounted::new();
        sound.show(&before);
        sound.show(&after);
        assert_eq!(page.skeleton(), sound.skeleton());
    }
}

#[wasm_bindgen_test]
fn what_was_typed_survives() {
    let page = Mounted::new();
    page.show(&view(Lifecycle::Lobby, &[]));
    let field = || {
        page.root.query_selector("input[name=room]").unwrap().unwrap().unchecked_into::<HtmlInputElement>()
    };
    field().set_value("coffee");
    page.root.query_selector("h1").unwrap().unwrap().remove();
    page.show(&view(Lifecycle::Lobby, &[]));
    assert_eq!(field().value(), "coffee");
}

#[wasm_bindgen_test]
fn the_tiles_of_the_others_stay_when_one_is_taken_out() {
    let page = Mounted::new();
    let call = view(Lifecycle::Joined, &["Ann", "Ben"]);
    page.show(&call);
    let tile = |name: &str| {
        let selector = format!("[data-participant={name}]");
        page.root.query_selector(&selector).unwrap().unwrap()
    };
    let (ann, ben) = (tile("Ann"), tile("Ben"));
    ann.remove();
    page.show(&call);
    assert!(tile("Ann") != ann, "Ben's video was not touched");
    assert!(tile("Ben") == ben, "Ben's video was not touched");
}

#[wasm_bindgen_test]
async fn without_a_resize_observer_the_tiles_follow_the_window() {
    let (global, name) = (js_sys::global(), "ResizeObserver".into());
    let theirs = Reflect::get(&global, &name).unwrap();
    Reflect::set(&global, &name, &JsValue::UNDEFINED).unwrap();
    let page = Mounted::new();
    page.show(&view(Lifecycle::Joined, &["Ann"]));
    Reflect::set(&global, &name, &theirs).unwrap();
    let area: HtmlElement = page.root.query_selector(".tiles").unwrap().unwrap().unchecked_into();
    let tile: HtmlElement = page.root.query_selector(".tile").unwrap().unwrap().unchecked_into();
    area.style().set_css_text("width:800px;height:300px");
    web_sys::window().unwrap().dispatch_event(&Event::new("resize").unwrap()).unwrap();
    let width = || tile.style().get_property_value("width").unwrap();
    until("a tile of half the area", || width() == "395px").await;
}

/// There is no style here that would animate it.
#[wasm_bindgen_test]
async fn a_toast_goes_where_nothing_is_animated() {
    let page = Mounted::new();
    page.ui.event(&visavis_core::Event::ParticipantLeft(ParticipantId::new("Ann").unwrap(), "Ann".into()));
    let toasts = || page.root.query_selector_all(".toast").unwrap().length();
    until("a toast", || toasts() == 1).await;
    until("the toast to be gone", || toasts() == 0).await;
}

fn lives(track: &MediaStreamTrack) -> bool {
    track.ready_state() == MediaStreamTrackState::Live
}

/// Nothing can be built any more: the page says that it has stopped, and means it.
#[wasm_bindgen_test]
async fn a_page_that_cannot_go_on_is_not_on_the_air() {
    let room = room("{}");
    let video = || room.query_selector("video").unwrap().map(JsCast::unchecked_into::<HtmlVideoElement>);
    let stream = || video().and_then(|video| video.src_object());
    until("the own picture", || stream().is_some()).await;
    let tracks: Vec<MediaStreamTrack> = stream()
        .unwrap()
        .unchecked_into::<MediaStream>()
        .get_tracks()
        .iter()
        .map(JsCast::unchecked_into)
        .collect();
    assert!(!tracks.is_empty());
    assert!(tracks.iter().all(lives));
    shadow(&document(), "createElement", &Function::new_no_args("throw new Error('not here')"));
    room.query_selector("h1").unwrap().unwrap().remove();
    web_sys::window().unwrap().dispatch_event(&Event::new("online").unwrap()).unwrap();
    until("the page to stop", || room.get_attribute("data-problem").as_deref() == Some("panic")).await;
    Reflect::delete_property(&document(), &"createElement".into()).unwrap();
    assert!(!tracks.iter().any(lives), "no device is on");
    assert!(room.text_content().unwrap().contains("had to stop"), "and the person is told");
    room.remove();
}
