//! Calls through a real LiveKit, whose server forwards everybody's media.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;
use url::form_urlencoded::Serializer;
use visavis_e2e::call::{
    all_see_and_hear, falls_silent, join, media_recovers, muting_is_seen, sees_and_hears,
    sees_and_hears_count, sees_microphone, wait_until_rejoined,
};
use visavis_e2e::preflight::{check, states};
use visavis_e2e::screen::{start_sharing, stop_sharing};
use visavis_e2e::{
    Browser, Bundle, LiveKit, LiveKitOptions, Network, Page, Server, Setup, SubPathProxy, Token, tools,
};

use crate::clients::{they_see_and_hear, they_see_and_hear_count, wait_until_ready, wait_until_theirs};
use crate::livekit_messages::KEEP_MESSAGES;

/// Keeps the page's sockets, so that a test can close one: as when a proxy between page and server is restarted.
const KEEP_SOCKETS: &str = "window.sockets = [];
    window.WebSocket = class extends WebSocket {
        constructor(...a) { super(...a); window.sockets.push(this); }
    };";

/// A server, and a site that hands out our page and theirs.
pub(crate) struct LiveKitFixture {
    pub(crate) livekit: LiveKit,
    /// LiveKit and people in networks of their own, and the site on the router between them.
    pub(crate) network: Option<Network>,
    site: Server,
    _bundle: Bundle,
}

impl LiveKitFixture {
    /// All on this machine. `None` where that cannot be had.
    pub(crate) async fn start(options: &LiveKitOptions) -> Option<Self> {
        Some(Self::around(LiveKit::start(None, options).await?).await)
    }

    /// The same around a server that is there already.
    pub(crate) async fn around(livekit: LiveKit) -> Self {
        let bundle = bundle(&json!({ "signaling": { "choose": true } }));
        let site = Server::serving(&bundle).await;
        Self { livekit, network: None, site, _bundle: bundle }
    }

    /// The page is configured for several servers of one deployment, and is given its tokens by our own server.
    pub(crate) async fn giving_tokens(livekit: LiveKit, alternatives: &[String]) -> Self {
        let signaling = json!({ "dialect": "livekit", "tokenUrl": "token", "alternativeUrls": alternatives });
        let bundle = bundle(&json!({ "signaling": signaling }));
        let site = Server::giving_tokens(&bundle, &livekit).await;
        Self { livekit, network: None, site, _bundle: bundle }
    }

    /// Opens our page where it is configured.
    pub(crate) async fn open_configured(&self, browser: &Arc<Browser>, name: &str) -> Page {
        browser.open(name, &self.site.url()).await
    }

    /// With paths that can be cut. `None` where that cannot be had.
    pub(crate) async fn in_network(options: &LiveKitOptions) -> Option<Self> {
        let network = Network::new()?;
        let livekit = LiveKit::start(Some(&network.hosts[1]), options).await?;
        let bundle = bundle(&json!({ "signaling": { "choose": true } }));
        let site = Server::serving_on_router(&network, &bundle).await;
        Some(Self { livekit, network: Some(network), site, _bundle: bundle })
    }

    /// Starts a browser that reaches it.
    pub(crate) async fn browser(&self, setup: Setup) -> Arc<Browser> {
        let host = self.network.as_ref().map(|network| &network.hosts[0]);
        Browser::start(match host {
            Some(host) => setup.on_host(host),
            None => setup,
        })
        .await
    }

    /// Opens the link that leads our page to this server. `query` goes with the URL of the server.
    pub(crate) async fn open(&self, browser: &Arc<Browser>, name: &str, query: &str) -> Page {
        self.open_at(browser, &self.livekit.url(), name, query).await
    }

    /// The same by way of another address of the server.
    async fn open_at(&self, browser: &Arc<Browser>, url: &str, name: &str, query: &str) -> Page {
        let mut link = Serializer::new(format!("{}?", self.site.url()));
        link.append_pair("dialect", "livekit").append_pair("server", &[url, query].concat());
        browser.open(name, &link.finish()).await
    }

    /// Opens our page with what lets it into the room, and joins.
    pub(crate) async fn join(&self, browser: &Arc<Browser>, room: &str, name: &str) -> Page {
        let page = self.open(browser, name, &format!("?access_token={}", self.token(room, name))).await;
        join(&page, room).await;
        page
    }

    /// What lets somebody in who is called the same by the server and by people.
    pub(crate) fn token(&self, room: &str, name: &str) -> String {
        self.livekit.token(&Token { identity: name, name, room, ..Token::default() })
    }

    /// Opens a page that uses LiveKit's own client, and waits until it is in the room.
    pub(crate) async fn open_theirs(&self, browser: &Arc<Browser>, room: &str, name: &str) -> Page {
        self.open_theirs_at(browser, &self.livekit.url(), room, name).await
    }

    /// The same at another node.
    pub(crate) async fn open_theirs_at(
        &self,
        browser: &Arc<Browser>,
        url: &str,
        room: &str,
        name: &str,
    ) -> Page {
        let mut link = Serializer::new(format!("{}theirs/client.html?", self.site.url()));
        link.append_pair("kind", "livekit").append_pair("name", name);
        link.append_pair("server", url).append_pair("token", &self.token(room, name));
        let page = browser.open(name, &link.finish()).await;
        wait_until_ready(&page).await;
        page
    }
}

fn bundle(config: &Value) -> Bundle {
    let client = tools::packages().join("node_modules/livekit-client/dist");
    let scripts = [("keep-sockets.js", KEEP_SOCKETS), ("keep-messages.js", KEEP_MESSAGES)];
    Bundle::with_config(config).with_scripts(&scripts).with_folders(&[
        ("theirs", tools::repository().join("tests/e2e/servers/pages")),
        ("theirs/livekit-client/dist", client),
    ])
}

/// At which paths a page has opened sockets.
async fn paths(page: &Page) -> Value {
    page.eval("return window.sockets.map(socket => new URL(socket.url).pathname)", vec![]).await
}

/// A page of theirs is told that it is out of the room, and why (`DisconnectReason`).
pub(crate) async fn is_disconnected(page: &Page, reason: &str) {
    let script = format!("return window.client.disconnected === '{reason}'");
    wait_until_theirs(page, &format!("to be out of the room: {reason}"), &script).await;
}

#[tokio::test]
async fn two_pages_of_its_own_client_and_one_of_them_is_removed() {
    let Some(fixture) = LiveKitFixture::start(&LiveKitOptions::default()).await else { return };
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let yan = fixture.open_theirs(&chrome, "tea", "Yan").await;
    let firefox = fixture.browser(Setup::small_firefox()).await;
    let zoe = fixture.open_theirs(&firefox, "tea", "Zoe").await;
    they_see_and_hear(&yan).await;
    they_see_and_hear(&zoe).await;
    fixture.livekit.remove_participant("tea", "Zoe").await;
    is_disconnected(&zoe, "PARTICIPANT_REMOVED").await;
    wait_until_theirs(&yan, "Zoe to be gone", "return !document.querySelector('video')").await;
    let there = fixture.livekit.participants("tea").await;
    let there: Vec<_> = there.iter().map(|participant| &participant["identity"]).collect();
    assert_eq!(there, ["Yan"]);
}

#[tokio::test]
async fn a_chrome_and_a_firefox_of_ours_and_a_page_of_theirs() {
    let Some(fixture) = LiveKitFixture::start(&LiveKitOptions::default()).await else { return };
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let ann = fixture.join(&chrome, "tea", "Ann").await;
    let ben = fixture.join(&fixture.browser(Setup::small_firefox()).await, "tea", "Ben").await;
    all_see_and_hear(&[&ann, &ben]).await;
    // Chrome has one connection for everything, Firefox one for each direction.
    assert_eq!((paths(&ann).await, paths(&ben).await), (json!(["/rtc/v1"]), json!(["/rtc"])));
    assert_eq!(ann.snapshot().await.resources.connections, 1);
    assert_eq!(ben.snapshot().await.resources.connections, 2);
    muting_is_seen(&ann, &ben).await;
    muting_is_seen(&ben, &ann).await;
    let other = fixture.browser(Setup::small_chrome()).await;
    let yan = fixture.open_theirs(&other, "tea", "Yan").await;
    they_see_and_hear_count(&yan, 2).await;
    sees_and_hears(&ann, &["Ben", "Yan"]).await;
    sees_and_hears(&ben, &["Ann", "Yan"]).await;
    start_sharing(&ann).await;
    they_see_and_hear_count(&yan, 3).await;
    sees_and_hears_count(&ben, 3).await;
    stop_sharing(&ann).await;
    sees_and_hears(&ben, &["Ann", "Yan"]).await;
    they_see_and_hear_count(&yan, 2).await;
    // A screen that is shared no more is not there at all, and comes back.
    assert_eq!(sources(&fixture, "Ann").await, ["CAMERA", "MICROPHONE"]);
    start_sharing(&ann).await;
    they_see_and_hear_count(&yan, 3).await;
    sees_and_hears_count(&ben, 3).await;
    stop_sharing(&ann).await;
    sees_and_hears(&ben, &["Ann", "Yan"]).await;
    ben.press("leave").await;
    ann.wait_until("Ben to be gone", |snapshot| snapshot.others().count() == 1).await;
    they_see_and_hear_count(&yan, 1).await;
    ann.reload().await;
    wait_until_rejoined(&ann).await;
    they_see_and_hear_count(&yan, 1).await;
    sees_and_hears(&ann, &["Yan"]).await;
}

/// What the server says that somebody in the room publishes.
async fn sources(fixture: &LiveKitFixture, identity: &str) -> Vec<String> {
    let there = fixture.livekit.participants("tea").await;
    let them = there.iter().find(|participant| participant["identity"] == identity).unwrap();
    let tracks = them["tracks"].as_array().unwrap();
    let mut sources: Vec<_> =
        tracks.iter().map(|track| track["source"].as_str().unwrap().to_owned()).collect();
    sources.sort();
    sources
}

/// Whose socket is the way into the room.
#[tokio::test]
async fn a_connection_is_checked_and_nobody_joins() {
    let Some(fixture) = LiveKitFixture::start(&LiveKitOptions::default()).await else { return };
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let token =
        |valid_for| Token { identity: "Ann", name: "Ann", room: "tea", valid_for, ..Token::default() };
    for (query, state) in [
        (String::new(), "passed"),
        (format!("?access_token={}", fixture.livekit.token(&token(3600))), "passed"),
        (format!("?access_token={}", fixture.livekit.token(&token(-3600))), "failed"),
    ] {
        let page = fixture.open(&chrome, "Ann", &query).await;
        let lines = check(&page).await;
        assert_eq!(states(&lines)[..3], [state, "passed", "passed"], "{lines:#?}");
        assert_eq!(paths(&page).await, json!([]), "no socket is opened");
    }
    assert_eq!(fixture.livekit.participants("tea").await, [Value::Null; 0]);
}

/// As LiveKit was before version 1.9.10.
#[tokio::test]
async fn a_server_that_does_not_have_the_path_for_one_connection() {
    let Some(fixture) = LiveKitFixture::start(&LiveKitOptions::default()).await else { return };
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let old = SubPathProxy::without(fixture.livekit.port(), "/rtc/v1").await;
    let token = format!("?access_token={}", fixture.token("tea", "Ann"));
    let ann = fixture.open_at(&chrome, old.url().trim_end_matches('/'), "Ann", &token).await;
    join(&ann, "tea").await;
    let ben = fixture.join(&chrome, "tea", "Ben").await;
    all_see_and_hear(&[&ann, &ben]).await;
    assert_eq!(paths(&ann).await, json!(["/rtc/v1", "/rtc"]), "once it has failed");
    ann.press("leave").await;
    ann.wait_until("to be out", |snapshot| snapshot.state == "left").await;
    ann.press("lobby").await;
    join(&ann, "tea").await;
    all_see_and_hear(&[&ann, &ben]).await;
    assert_eq!(paths(&ann).await, json!(["/rtc/v1", "/rtc", "/rtc"]), "it is remembered");
}

#[tokio::test]
async fn whoever_runs_the_room_mutes_and_removes() {
    let Some(fixture) = LiveKitFixture::start(&LiveKitOptions::default()).await else { return };
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let ann = fixture.join(&chrome, "tea", "Ann").await;
    let ben = fixture.join(&chrome, "tea", "Ben").await;
    all_see_and_hear(&[&ann, &ben]).await;
    let there = fixture.livekit.participants("tea").await;
    let ann_there = there.iter().find(|participant| participant["identity"] == "Ann").unwrap();
    let tracks = ann_there["tracks"].as_array().unwrap();
    let microphone = tracks.iter().find(|track| track["source"] == "MICROPHONE").unwrap();
    fixture.livekit.mute_track("tea", "Ann", microphone["sid"].as_str().unwrap(), true).await;
    let told = "return document.body.textContent.includes('has muted you')";
    wait_until_theirs(&ann, "to be told", told).await;
    sees_microphone(&ben, "Ann", "off").await;
    falls_silent(&ben, "Ann").await;
    ann.press("microphone").await;
    all_see_and_hear(&[&ann, &ben]).await;
    fixture.livekit.remove_participant("tea", "Ben").await;
    ben.wait_until("to be out", |snapshot| snapshot.state == "left").await;
    // The same identity throws the one out who had it before.
    let again = fixture.join(&chrome, "tea", "Ann").await;
    ann.wait_until("to be replaced", |snapshot| snapshot.state == "left").await;
    again.wait_until("to be alone", |snapshot| snapshot.others().count() == 0).await;
}

#[tokio::test]
async fn a_socket_that_breaks_and_a_path_that_is_cut() {
    let Some(fixture) = LiveKitFixture::in_network(&LiveKitOptions::default()).await else { return };
    let network = fixture.network.as_ref().unwrap();
    let ann = fixture.join(&fixture.browser(Setup::small_chrome()).await, "tea", "Ann").await;
    let ben = fixture.join(&fixture.browser(Setup::small_firefox()).await, "tea", "Ben").await;
    all_see_and_hear(&[&ann, &ben]).await;
    network.cut();
    // The length of the cut is what is tested.
    sleep(Duration::from_secs(5)).await;
    network.restore();
    media_recovers(&[&ann, &ben], "a cut of 5 s").await;
}
