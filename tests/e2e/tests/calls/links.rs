//! What a link may do to whoever opens it, and what an address gives away.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use visavis_e2e::call::{join, join_by_link, sees, wait_for_lobby};
use visavis_e2e::page::WAIT_TIMEOUT;
use visavis_e2e::relay::pass_through;
use visavis_e2e::{Browser, Bundle, Page, Relay, Server, Snapshot, tools};

use crate::server_menu::{text, wait_for_text};

/// The lobby, with our own picture in it.
async fn lobby_with_own_video(page: &Page) -> Snapshot {
    page.wait_until("the lobby with its own picture", |snapshot| {
        snapshot.state == "lobby" && snapshot.control("camera").is_some_and(|camera| camera.state == "on")
    })
    .await
}

/// A STUN server that answers nobody, and who has asked it.
fn silent_stun() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("there is a free port");
    socket.set_nonblocking(true).expect("it can be asked without waiting");
    socket
}

fn was_asked(stun: &UdpSocket) -> bool {
    match stun.recv(&mut [0; 64]) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
            false
        }
    }
}

/// Any page can have a link opened, and these browsers let our page use camera and microphone without asking.
#[tokio::test]
async fn a_link_joins_nothing_and_contacts_no_stranger() {
    let bundle = Bundle::with_config(&json!({ "signaling": { "choose": true } }));
    let own = Server::serving(&bundle).await;
    let browser = Browser::chrome().await;
    let ann = browser.open("Ann", &own.url()).await;
    join(&ann, "tea").await;
    let ben = browser.open("Ben", &format!("{}?room=tea&name=Ben&join", own.url())).await;
    lobby_with_own_video(&ben).await;
    // Their pages have one ready each, and nobody is at its other end.
    let snapshot = ann.snapshot().await;
    assert_eq!(snapshot.resources.connections, 0, "{snapshot}");
    assert!(snapshot.others().next().is_none(), "nobody has come");
    join_by_link(&ben).await;
    sees(&ann, &["Ben"]).await;

    // A stranger's server, with a STUN server of theirs. The relay in front of it counts who comes.
    let stun = silent_stun();
    let ice = format!("stun:{}", stun.local_addr().expect("it is bound"));
    let strangers = Server::with(tools::dist(), &["--ice-url", &ice]).await;
    let relay = Relay::start(strangers.port(), pass_through).await;
    let link = format!("{}?Room=tea&join&dialect=visavis&server={}", own.url(), relay.url());
    let [cem, dot] = [browser.open("Cem", &link).await, browser.open("Dot", &link).await];
    for page in [&cem, &dot] {
        let snapshot = lobby_with_own_video(page).await;
        // An offer may be ready: without STUN and TURN of our own nobody hears of it.
        assert_eq!(snapshot.resources.connections, 0, "{snapshot}");
        wait_for_text(page, "[data-server]", "127.0.0.1").await;
    }
    assert_eq!((relay.sockets(), was_asked(&stun)), (0, false), "whoever wrote the link knows of nobody");
    for page in [&cem, &dot] {
        join(page, "tea").await;
    }
    sees(&cem, &["Dot"]).await;
    assert_eq!((relay.sockets(), was_asked(&stun)), (2, true), "that was what they had to be asked for");

    // A reload is the person's own.
    cem.reload().await;
    cem.wait_until("to be back in the call", |snapshot| snapshot.state == "joined").await;
}

async fn address(page: &Page) -> Value {
    page.eval("return [location.search, location.hash]", vec![]).await
}

/// It changes soon after somebody is in the room, not at the same moment.
async fn wait_for_address(page: &Page, expected: &Value) {
    let begin = Instant::now();
    while address(page).await != *expected {
        assert!(begin.elapsed() < WAIT_TIMEOUT, "{} instead of {expected}", address(page).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// It changes soon after what it names, too.
async fn wait_for_title(page: &Page, expected: &str) {
    page.until("another title", &format!("document.title === {expected:?}")).await;
}

/// Whether the browser would ask before it leaves the page.
async fn asks_before_leaving(page: &Page) -> bool {
    let script = "const leaving = new Event('beforeunload', { cancelable: true });
        dispatchEvent(leaving);
        return leaving.defaultPrevented;";
    page.eval(script, vec![]).await == true
}

#[tokio::test]
async fn an_address_invites_and_says_nothing_of_the_person() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let link = format!("{}?lang=en&Room=Book%20club&name=Ann&join&TOKEN=x", server.url());
    let ann = browser.open("Ann", &link).await;
    assert_eq!(wait_for_lobby(&ann).await, ("Book club".to_owned(), "Ann".to_owned()));
    wait_for_title(&ann, "Book club · Visavis").await;
    join_by_link(&ann).await;
    wait_for_address(&ann, &json!(["?lang=en", "#room=Book+club"])).await;
    wait_for_title(&ann, "Book club · Visavis").await;
    assert!(!asks_before_leaving(&ann).await, "nobody else is there");
    ann.reload().await;
    ann.wait_until("to be back, under her name", |snapshot| {
        snapshot.state == "joined" && snapshot.tile("Ann").is_some()
    })
    .await;

    // The one who is given a copy of it; and what "Copy link" copies is as good.
    let script = "return new Promise(copied => {
        navigator.clipboard.writeText = async text => copied(text);
        document.querySelector('[data-control=copy-link]').click();
    })";
    let copied = ann.eval(script, vec![]).await;
    assert_eq!(copied, json!(format!("{}#room=Book+club", server.url())));
    let friend = Browser::chrome().await;
    let ben = friend.open("Ben", &format!("{}?lang=en#room=Book+club", server.url())).await;
    assert_eq!(wait_for_lobby(&ben).await, ("Book club".to_owned(), String::new()));
    assert_eq!(text(&ben, "[data-second-tab]").await, "");
    ben.fill("input[name=name]", "Ann").await;
    ben.press("join").await;
    ben.wait_until("to be in the room", |snapshot| snapshot.state == "joined").await;

    // The second tab of somebody, and a second Ann.
    let cem = browser.open("Cem", &format!("{}#room=tea", server.url())).await;
    wait_for_lobby(&cem).await;
    cem.goto(&format!("{}#ROOM=book%20club", server.url())).await;
    while wait_for_lobby(&cem).await.0 != "book club" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    cem.fill("input[name=room]", "Book club").await;
    wait_for_text(&cem, "[data-second-tab]", "Another tab of this browser is in this room").await;
    join(&cem, "Book club").await;
    sees(&cem, &["Ann", "Ann (2)"]).await;
    wait_for_title(&cem, "Ann, Ann (2) · Book club · Visavis").await;
    wait_for_title(&ann, "Ann (2), Cem · Book club · Visavis").await;
    cem.wait_until("to be told of the other tab", |snapshot| snapshot.notice("second-tab").is_some()).await;
    assert!(ann.snapshot().await.notice("second-tab").is_none(), "she was first");
    cem.press("be-quiet").await;
    let silent = |snapshot: &Snapshot| {
        snapshot.others().all(|tile| tile.video.as_ref().is_some_and(|video| video.muted))
    };
    cem.wait_until("silence", |snapshot| silent(snapshot) && snapshot.notice("second-tab").is_none()).await;
    ann.wait_until("nothing from the second tab", |snapshot| {
        snapshot.tile("Cem").is_some_and(|cem| cem.microphone == "off")
    })
    .await;
    cem.press("sound").await;
    cem.wait_until("sound again", |snapshot| !silent(snapshot)).await;

    assert!(asks_before_leaving(&ann).await, "others are in the call");
    ann.press("leave").await;
    ann.wait_until("to be out at once", |snapshot| snapshot.state == "left").await;
    assert!(!asks_before_leaving(&ann).await, "she has left");
    wait_for_title(&ann, "Visavis").await;
}
