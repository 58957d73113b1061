//! Every kind of server: real ones, and likenesses of those that are only published as source.

use std::sync::Arc;
use std::time::Duration;

use visavis_e2e::call::{all_see_and_hear_somebody, join};
use visavis_e2e::{Browser, Page};

use crate::scenes::{Fixture, SceneRunner};

/// A server, and how many Visavis pages meet through it.
pub(crate) struct ServerCase {
    server: &'static str,
    dialect: &'static str,
    path: &'static str,
    people: usize,
    /// Whether the others are told who leaves, by the server or by our dialect.
    tells_leave: bool,
}

pub(crate) const fn case(server: &'static str, dialect: &'static str, people: usize) -> ServerCase {
    ServerCase { server, dialect, path: "/", people, tells_leave: true }
}

impl ServerCase {
    pub(crate) const fn path(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    pub(crate) const fn without_goodbye(self) -> Self {
        Self { tells_leave: false, ..self }
    }
}

/// One for each carrier: Socket.IO in its versions, and plain JSON.
const CASES: &[ServerCase] = &[
    case("codelab --version 1 --kind room", "codelab", 2),
    case("codelab --version 2 --kind ready", "codelab", 2),
    case("group-chat --version 4", "group-chat", 4),
    case("ayame", "ayame", 2).path("/signaling"),
];

const NAMES: [&str; 4] = ["Ann", "Ben", "Cem", "Dot"];
const LEAVE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn visavis_pages_meet_through_every_kind_of_carrier() {
    call_through_all(CASES).await;
}

/// In one place after the other.
pub(crate) async fn call_through_all(cases: &[ServerCase]) {
    let mut scenes = SceneRunner::new().await;
    for case in cases {
        let browser = scenes.browser();
        scenes.run(case.server, call_through(browser, case)).await;
    }
    scenes.finish();
}

async fn call_through(browser: Arc<Browser>, case: &ServerCase) {
    let mut fixture = Fixture::start(case.server, case.dialect, case.path).await;
    let mut pages = Vec::new();
    let mut room = "tea-and-cake".to_owned();
    for name in &NAMES[..case.people] {
        let page = browser.open(name, &fixture.app.url()).await;
        join(&page, &room).await;
        room = room_of(&page).await;
        pages.push(page);
    }
    all_see_and_hear_somebody(&pages.iter().collect::<Vec<_>>()).await;
    for page in &pages {
        assert_eq!(
            page.snapshot().await.errors,
            Vec::<String>::new(),
            "{}: nothing goes wrong in silence",
            page.name()
        );
    }
    if case.tells_leave {
        let last = pages.pop().expect("there are people");
        last.press("leave").await;
        for page in &pages {
            let left = case.people - 2;
            page.within(LEAVE, "the tile to go", |snapshot| snapshot.others().count() == left).await;
        }
        last.close().await;
    }
    for page in pages {
        page.close().await;
    }
    fixture.server.assert_alive();
}

/// The room as the page's address names it, soon after the page has joined: some servers choose it.
pub(crate) async fn room_of(page: &Page) -> String {
    let script = "const room = () => new URLSearchParams(location.hash.slice(1)).get('room');
        while (!room()) await new Promise(done => setTimeout(done, 20));
        return room();";
    page.eval(script, vec![]).await.as_str().unwrap_or_default().to_owned()
}
