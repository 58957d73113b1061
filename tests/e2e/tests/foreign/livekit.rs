//! Calls through a real LiveKit, whose server forwards everybody's media.

use std::sync::Arc;

use serde_json::json;
use url::form_urlencoded::Serializer;
use visavis_e2e::call::{all_see_and_hear, join};
use visavis_e2e::{Browser, Bundle, LiveKit, LiveKitOptions, Network, Page, Server, Setup, Token, tools};

use crate::clients::{they_see_and_hear, wait_until_ready, wait_until_theirs};

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
        let bundle = bundle();
        let site = Server::serving(&bundle).await;
        Self { livekit, network: None, site, _bundle: bundle }
    }

    /// With paths that can be cut. `None` where that cannot be had.
    pub(crate) async fn in_network(options: &LiveKitOptions) -> Option<Self> {
        let network = Network::new()?;
        let livekit = LiveKit::start(Some(&network.hosts[1]), options).await?;
        let bundle = bundle();
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
        let mut link = Serializer::new(format!("{}?", self.site.url()));
        link.append_pair("dialect", "livekit").append_pair("server", &(self.livekit.url() + query));
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

fn bundle() -> Bundle {
    let client = tools::packages().join("node_modules/livekit-client/dist");
    Bundle::with_config(&json!({ "signaling": { "choose": true } })).with_folders(&[
        ("theirs", tools::repository().join("tests/e2e/servers/pages")),
        ("theirs/livekit-client/dist", client),
    ])
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
    let firefox = fixture.browser(Setup::firefox()).await;
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
async fn two_of_ours_in_two_browsers() {
    let Some(fixture) = LiveKitFixture::start(&LiveKitOptions::default()).await else { return };
    let ann = fixture.join(&fixture.browser(Setup::small_chrome()).await, "tea", "Ann").await;
    let ben = fixture.join(&fixture.browser(Setup::firefox()).await, "tea", "Ben").await;
    all_see_and_hear(&[&ann, &ben]).await;
}
