//! What only the stylesheet decides: whether everything that is said can be seen in the room there is.

use visavis_core::signaling::ParticipantId;
use visavis_core::{ConnectionReason, ConnectionState, Event, Lifecycle, RoomView};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Element;

use crate::foreign::{Mounted, view};
use crate::support::until;

const STYLES: &str = include_str!("../../www/visavis.css");
/// An upright phone, the same on its side, and a laptop.
const SIZES: [(u32, u32); 3] = [(360, 740), (740, 360), (1280, 800)];
const OTHERS: [&str; 8] =
    ["Annabella", "Benvenuto", "Cem", "Dorothea", "Ezra", "Friederike", "Giovanni", "Hal"];

/// A page of this size that looks as it does for people.
pub(crate) struct Styled {
    pub(crate) page: Mounted,
    sheet: Element,
}

impl Styled {
    pub(crate) fn new(size: (u32, u32)) -> Self {
        Self::of(size, Mounted::new())
    }

    pub(crate) fn of((width, height): (u32, u32), page: Mounted) -> Self {
        let document = web_sys::window().unwrap().document().unwrap();
        let sheet = document.create_element("style").unwrap();
        // Not by the name of the element, which would begin a room of its own.
        sheet.set_text_content(Some(&STYLES.replace("visavis-room", ".styled")));
        document.head().unwrap().append_child(&sheet).unwrap();
        page.root.set_class_name("styled");
        page.root.style().set_css_text(&format!("width:{width}px;height:{height}px"));
        Self { page, sheet }
    }

    /// Shows this, and waits until the tiles are where they belong.
    pub(crate) async fn show(&self, call: &RoomView) {
        self.page.show(call);
        until("every tile to be placed", || {
            self.all(".tiles .tile").iter().all(|tile| tile.client_width() > 0)
        })
        .await;
    }

    pub(crate) fn all(&self, selector: &str) -> Vec<Element> {
        let all = self.page.root.query_selector_all(selector).unwrap();
        (0..all.length()).map(|at| all.item(at).unwrap().unchecked_into()).collect()
    }
}

impl Drop for Styled {
    fn drop(&mut self) {
        self.sheet.remove();
    }
}

/// What there is no room for can be scrolled to.
#[wasm_bindgen_test]
async fn sentences_can_be_read_to_their_end_in_the_smallest_tiles() {
    for size in SIZES {
        let room = Styled::new(size);
        let mut call = view(Lifecycle::Joined, &OTHERS);
        for them in &mut call.participants {
            (them.connection.state, them.connection.reason) =
                (ConnectionState::Failed, ConnectionReason::NoAddressesThere);
        }
        room.show(&call).await;
        let tiles = room.all(".tile[data-reason]");
        assert_eq!(tiles.len(), OTHERS.len());
        for tile in tiles {
            let status = tile.query_selector(".status").unwrap().unwrap();
            let style = web_sys::window().unwrap().get_computed_style(&status).unwrap().unwrap();
            let scrolls = style.get_property_value("overflow-y").unwrap() == "auto";
            let (whole, shown) = (status.scroll_height(), status.client_height());
            assert!(shown >= 24, "{size:?}: {shown} of {whole}");
            assert!(scrolls || whole <= shown, "{size:?}: {shown} of {whole}");
            let (inside, around) = (status.get_bounding_client_rect(), tile.get_bounding_client_rect());
            assert!(inside.bottom() <= around.bottom(), "{size:?}: it ends outside of its tile");
        }
    }
}

fn overlap(one: &Element, other: &Element) -> bool {
    let (one, other) = (one.get_bounding_client_rect(), other.get_bounding_client_rect());
    let beside = one.right() <= other.left() || other.right() <= one.left();
    let above = one.bottom() <= other.top() || other.bottom() <= one.top();
    !beside && !above
}

#[wasm_bindgen_test]
async fn toasts_cover_no_name() {
    for size in SIZES {
        let room = Styled::new(size);
        room.show(&view(Lifecycle::Joined, &OTHERS[..1])).await;
        room.page.ui.event(&Event::ParticipantLeft(ParticipantId::new("Zoe").unwrap(), "Zoe".into()));
        until("a toast", || !room.all(".toast").is_empty()).await;
        for count in 1..=OTHERS.len() {
            room.show(&view(Lifecycle::Joined, &OTHERS[..count])).await;
            let (toasts, names) = (room.all(".toast"), room.all(".tiles .plate"));
            assert_eq!((toasts.len(), names.len()), (1, count + 1));
            let covered = names.iter().filter(|name| overlap(&toasts[0], name));
            let covered: Vec<_> = covered.filter_map(|name| name.text_content()).collect();
            assert_eq!(covered, [""; 0], "{size:?} with {count} others");
        }
    }
}

/// It would stand on the stage for ever, in every call in which nothing happens.
#[wasm_bindgen_test]
fn a_report_is_offered_on_the_stage_while_something_is_wrong() {
    let room = Styled::new((1280, 800));
    let is_offered = || room.all("[data-control=report]").iter().any(|button| button.client_height() > 0);
    let mut call = view(Lifecycle::Joined, &["Ann"]);
    room.page.show(&call);
    assert!(!is_offered());
    call.participants[0].connection.reason = ConnectionReason::NoPicture;
    room.page.show(&call);
    assert!(is_offered());
    call.participants[0].connection.reason = ConnectionReason::None;
    room.page.show(&call);
    assert!(!is_offered());
}
