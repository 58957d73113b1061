//! Every kind of server: real ones, and likenesses of those that are only published as source.

use std::sync::Arc;
use std::time::Duration;

use visavis_e2e::call::{all_meet_somebody, join};
use visavis_e2e::{Browser, Page};

use crate::stage::{House, Stage};

/// A server, and how many of ours meet through it.
pub(crate) struct Place {
    server: &'static str,
    dialect: &'static str,
    path: &'static str,
    people: usize,
    /// Whether the others are told who leaves, by the server or by our dialect.
    tells_leave: bool,
}

pub(crate) const fn place(server: &'static str, dialect: &'static str, people: usize) -> Place {
    Place { server, dialect, path: "/", people, tells_leave: true }
}

impl Place {
    pub(crate) const fn path(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    pub(crate) const fn without_goodbye(self) -> Self {
        Self { tells_leave: false, ..self }
    }
}

/// One for each carrier: Socket.IO in its versions, and plain JSON.
const PLACES: &[Place] = &[
    place("codelab --version 1 --kind room", "codelab", 2),
    place("codelab --version 2 --kind ready", "codelab", 2),
    place("group-chat --version 4", "group-chat", 4),
    place("ayame", "ayame", 2).path("/signaling"),
];

const NAMES: [&str; 4] = ["Ann", "Ben", "Cem", "Dot"];
const LEAVE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn ours_meet_through_every_kind_of_carrier() {
    meet_in(PLACES).await;
}

/// In one place after the other.
pub(crate) async fn meet_in(places: &[Place]) {
    let mut stage = Stage::new().await;
    for place in places {
        let browser = stage.browser();
        stage.play(place.server, meet(browser, place)).await;
    }
    stage.close();
}

async fn meet(browser: Arc<Browser>, place: &Place) {
    let mut house = House::open(place.server, place.dialect, place.path).await;
    let mut pages = Vec::new();
    let mut room = "tea-and-cake".to_owned();
    for name in &NAMES[..place.people] {
        let page = browser.open(name, &house.app.url()).await;
        join(&page, &room).await;
        room = room_of(&page).await;
        pages.push(page);
    }
    all_meet_somebody(&pages.iter().collect::<Vec<_>>()).await;
    for page in &pages {
        assert_eq!(
            page.look().await.errors,
            Vec::<String>::new(),
            "{}: nothing goes wrong in silence",
            page.name()
        );
    }
    if place.tells_leave {
        let last = pages.pop().expect("there are people");
        last.press("leave").await;
        for page in &pages {
            let left = place.people - 2;
            page.within(LEAVE, "the tile to go", |look| look.others().count() == left).await;
        }
        last.close().await;
    }
    for page in pages {
        page.close().await;
    }
    house.other.assert_alive();
}

/// The room as the page's address names it: some servers choose it.
pub(crate) async fn room_of(page: &Page) -> String {
    let script = "return new URLSearchParams(location.hash.slice(1)).get('room')";
    page.eval(script, vec![]).await.as_str().unwrap_or_default().to_owned()
}
