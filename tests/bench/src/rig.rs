//! Everything that runs beside the pages: servers, the distance to them, and the browser.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;
use tokio::sync::Mutex;
use url::form_urlencoded::Serializer;
use visavis_e2e::{Browser, ForeignServer, Page, Server, Setup, tools};

use crate::clients::{Client, Missing, copy_bundle};
use crate::delay::DelayProxy;
use crate::livekit::{self, LivekitServer};
use crate::room_server::RoomServer;

/// Our server knows no difference between a bench and somebody who wants to do it harm.
const UNBOUNDED: [&str; 4] = ["--max-connections-per-ip", "0", "--log", "error"];
/// Pictures a second of the fake camera: as many as two cores encode and decode with room to spare.
const CAMERA: &str = "--use-fake-device-for-media-stream=fps=20";

/// A server that a client speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Service {
    Room,
    Visavis,
    Peerjs,
    Livekit,
}

/// What a client under test speaks to.
fn services(client: Client) -> &'static [Service] {
    match client {
        Client::Plain | Client::PlainEarly | Client::SimplePeer => &[Service::Room],
        Client::Ours | Client::Against => &[Service::Visavis],
        Client::Peerjs => &[Service::Room, Service::Peerjs],
        Client::Livekit | Client::OursLivekit => &[Service::Livekit],
    }
}

/// All of it. Dropping it ends it.
pub(crate) struct Rig {
    /// Who is measured, in the order of the tables.
    pub(crate) clients: Vec<Client>,
    /// Who is not, and why.
    pub(crate) missing: Missing,
    browser: Mutex<Running>,
    proxies: BTreeMap<(Service, u64), DelayProxy>,
    /// The hosts of the pages. A page of ours is configured, and so has a host for each distance.
    sites: BTreeMap<(Client, u64), Server>,
    folder: PathBuf,
    _room: RoomServer,
    _visavis: Server,
    _peerjs: Option<ForeignServer>,
    _livekit: Option<LivekitServer>,
}

impl Rig {
    /// Starts what these clients need, at these distances.
    pub(crate) async fn start(wanted: &[Client], delays: &[u64], against: Option<&Path>) -> Result<Self> {
        let mut clients = wanted.to_vec();
        let mut missing = Missing::new();
        let room = RoomServer::start().await?;
        let visavis = Server::with(tools::dist(), &UNBOUNDED).await;
        let peerjs =
            if clients.contains(&Client::Peerjs) { Some(ForeignServer::start("peerjs").await) } else { None };
        let on_livekit: Vec<Client> =
            clients.iter().copied().filter(|client| services(*client).contains(&Service::Livekit)).collect();
        let livekit = if on_livekit.is_empty() {
            None
        } else {
            let why_not =
                |why: String| missing.extend(on_livekit.iter().map(|client| (*client, why.clone())));
            LivekitServer::start().await.map_err(why_not).ok()
        };
        clients.retain(|client| !missing.contains_key(client));
        let mut proxies = BTreeMap::new();
        let ports = [
            (Service::Room, Some(room.port())),
            (Service::Visavis, Some(visavis.port())),
            (Service::Peerjs, peerjs.as_ref().map(ForeignServer::port)),
            (Service::Livekit, livekit.as_ref().map(LivekitServer::port)),
        ];
        for (service, port) in ports {
            for &delay in delays {
                let Some(port) = port else { continue };
                let proxy = DelayProxy::start(port, Duration::from_millis(delay)).await?;
                proxies.insert((service, delay), proxy);
            }
        }
        let folder = std::env::temp_dir().join(format!("visavis-bench-{}", std::process::id()));
        let mut rig = Self {
            clients,
            missing,
            browser: Mutex::new(launch().await),
            proxies,
            sites: BTreeMap::new(),
            folder,
            _room: room,
            _visavis: visavis,
            _peerjs: peerjs,
            _livekit: livekit,
        };
        rig.serve_pages(delays, against).await?;
        Ok(rig)
    }

    async fn serve_pages(&mut self, delays: &[u64], against: Option<&Path>) -> Result<()> {
        for client in self.clients.clone() {
            for &delay in delays {
                let folder = self.folder.join(format!("{client:?}-{delay}"));
                fs::create_dir_all(&folder)?;
                let mut flags: Vec<String> = UNBOUNDED.map(str::to_owned).to_vec();
                if client.is_ours() {
                    let dist = if client == Client::Against { against.map(Path::to_owned) } else { None };
                    let signaling = if client == Client::OursLivekit {
                        let url = self.address(Service::Livekit, delay, "ws")?;
                        flags.extend(self.token_flags(&url)?);
                        json!({ "url": url, "dialect": "livekit", "tokenUrl": "token" })
                    } else {
                        json!({ "url": self.address(Service::Visavis, delay, "ws")? + "/ws" })
                    };
                    copy_bundle(&dist.unwrap_or_else(tools::dist), &folder, &signaling)?;
                } else {
                    client.build(&folder)?;
                }
                let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
                self.sites.insert((client, delay), Server::with(folder, &flags).await);
            }
        }
        Ok(())
    }

    /// What has a server give out tokens for the LiveKit at this address.
    fn token_flags(&self, url: &str) -> Result<[String; 6]> {
        let secret = self.folder.join("secret");
        fs::write(&secret, livekit::SECRET)?;
        let file = secret.display().to_string();
        let flags =
            ["--livekit-url", url, "--livekit-api-key", livekit::KEY, "--livekit-api-secret-file", &file];
        Ok(flags.map(str::to_owned))
    }

    /// Where a service is, so far away.
    fn address(&self, service: Service, delay: u64, scheme: &str) -> Result<String> {
        let proxy = self.proxies.get(&(service, delay)).context("there is no such server")?;
        Ok(format!("{scheme}://127.0.0.1:{}", proxy.port()))
    }

    /// Where somebody opens a client whose server is so far away. Each person is another site to the browser, which so gives
    /// each a process of their own, as on machines of their own.
    pub(crate) fn url(&self, client: Client, delay: u64, person: usize) -> Result<String> {
        let site = self.sites.get(&(client, delay)).context("there is no such page")?;
        let mut query = Serializer::new(String::new());
        for service in services(client) {
            match service {
                // Its page is configured.
                Service::Visavis => {}
                Service::Room => {
                    query.append_pair("signal", &self.address(*service, delay, "ws")?);
                }
                Service::Peerjs => {
                    let address = self.address(*service, delay, "http")?;
                    query.append_pair("peer", address.trim_start_matches("http://"));
                }
                // Ours is configured, too.
                Service::Livekit if client.is_ours() => {}
                Service::Livekit => {
                    query.append_pair("signal", &self.address(*service, delay, "ws")?);
                    query.append_pair("secret", livekit::SECRET);
                }
            }
        }
        if client == Client::PlainEarly {
            query.append_pair("early", "");
        }
        Ok(format!("http://person-{person}.localhost:{}/?{}", site.port(), query.finish()))
    }

    /// The browser as it is now.
    pub(crate) async fn browser(&self) -> Arc<Browser> {
        self.browser.lock().await.browser.clone()
    }

    /// Begins with a new one: an old one has grown.
    pub(crate) async fn restart_browser(&self) {
        let mut browser = self.browser.lock().await;
        *browser = launch().await;
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A browser, and a window that keeps it running while all others are closed.
struct Running {
    browser: Arc<Browser>,
    _window: Page,
}

async fn launch() -> Running {
    let setup = Setup::chrome().without("--use-fake-device-for-media-stream").with(CAMERA);
    let browser = Browser::start(setup.with("--host-resolver-rules=MAP *.localhost 127.0.0.1")).await;
    Running { _window: browser.open_bare("nobody").await, browser }
}
