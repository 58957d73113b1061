//! One browser process, driven through WebDriver. Its pages are windows, so that none of them is in the background.

use std::path::PathBuf;
use std::sync::Arc;

use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WindowHandle};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

use crate::display::Display;
use crate::network::Host;
use crate::page::Page;
use crate::picture;
use crate::process::Process;
use crate::server::PORT;
use crate::tools;
use crate::voice;
use crate::webdriver::{VendorCommand, end_session};
use crate::webkit;

/// What looks at a page. Injected into every page of Chrome before its scripts; elsewhere by the first snapshot, or by a
/// [`Bundle`](crate::Bundle) that brings it.
pub const PROBE: &str = include_str!("probe.js");

/// An `RTCPeerConnection` for [`BrowserKind::WebKit`]: what is received from it are a canvas and a tone.
pub const PEER_CONNECTION: &str = include_str!("peer_connection.js");

/// A small picture for a fake camera that draws what a page wants: for [`BrowserKind::WebKit`]; Firefox has it as an extension.
pub const SMALL_CAMERA: &str = include_str!("small_camera/small_camera.js");

/// Which browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrowserKind {
    /// Chromium.
    Chrome,
    /// Firefox.
    Firefox,
    /// WebKitGTK's MiniBrowser. Debian builds it without `RTCPeerConnection`.
    WebKit,
}

/// How a browser is started.
#[derive(Debug, Clone)]
pub struct Setup {
    kind: BrowserKind,
    flags: Vec<String>,
    /// What chromedriver adds by itself, and should not.
    excluded_switches: Vec<&'static str>,
    prefs: serde_json::Map<String, Value>,
    host: Option<Host>,
    /// What Chrome notes down of its own doings, as categories of its tracing.
    traced: Option<&'static str>,
    /// How many pixels the display has that its windows are on. Without one it is headless.
    display: Option<&'static str>,
    /// Whether its windows are opened by a page.
    popups: bool,
    /// The folder of an extension for Firefox.
    extension: Option<PathBuf>,
}

/// The machine may have no screen, sandbox or sound card; devices are fake and allowed. Without the suggestions below its field for
/// addresses, which are pages of their own, Chromium 156 starts with less than half of the work.
const CHROME_FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
    "--window-size=1280,800",
    "--use-fake-device-for-media-stream=fps=10",
    "--use-fake-ui-for-media-stream",
];

/// Whatever is in front, every page runs at full speed. chromedriver has most of these by itself.
const UNTHROTTLED: [&str; 3] = [
    "disable-background-timer-throttling",
    "disable-renderer-backgrounding",
    "disable-backgrounding-occluded-windows",
];

impl Setup {
    fn of(kind: BrowserKind, flags: Vec<String>) -> Self {
        let prefs = serde_json::Map::new();
        let popups = kind == BrowserKind::WebKit;
        Self {
            kind,
            flags,
            excluded_switches: Vec::new(),
            prefs,
            host: None,
            traced: None,
            display: None,
            popups,
            extension: None,
        }
    }

    /// Chromium with a fake camera and microphone that may be used.
    pub fn chrome() -> Self {
        let mut setup = Self::of(BrowserKind::Chrome, CHROME_FLAGS.iter().map(ToString::to_string).collect());
        setup.flags.extend(UNTHROTTLED.map(|switch| format!("--{switch}")));
        setup
    }

    /// The same as people have it: timers of hidden tabs run once a second, and those of pages without a call once a
    /// minute; after ten seconds already, instead of five minutes.
    pub fn throttled_chrome() -> Self {
        let mut setup = Self::of(BrowserKind::Chrome, CHROME_FLAGS.iter().map(ToString::to_string).collect());
        setup.excluded_switches.extend(UNTHROTTLED);
        setup.with("--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/10")
    }

    /// Firefox with a fake camera and microphone that may be used.
    pub fn firefox() -> Self {
        let mut setup = Self::of(BrowserKind::Firefox, vec!["-headless".into()]);
        for (name, value) in [
            ("media.navigator.streams.fake", json!(true)),
            ("media.navigator.permission.disabled", json!(true)),
            ("media.autoplay.default", json!(0)),
            ("media.navigator.video.default_fps", json!(10)),
            ("media.peerconnection.ice.loopback", json!(true)),
            ("media.peerconnection.ice.obfuscate_host_addresses", json!(false)),
            // There is no H.264 to download here, and no hardware to ask.
            ("media.gmp-manager.updateEnabled", json!(false)),
            ("media.hardware-video-decoding.enabled", json!(false)),
            ("widget.windows.window_occlusion_tracking.enabled", json!(false)),
            ("dom.min_background_timeout_value", json!(4)),
            ("app.normandy.enabled", json!(false)),
            // Of processes that are started in case somebody opens another tab.
            ("dom.ipc.processPrelaunch.enabled", json!(false)),
        ] {
            setup.prefs.insert(name.into(), value);
        }
        setup
    }

    /// Chromium whose fake camera and microphone may be used, and which shares the tab with this title without asking.
    pub fn chrome_sharing_tab(title: &str) -> Self {
        Self::chrome()
            .without("--use-fake-ui-for-media-stream")
            .with("--auto-accept-camera-and-microphone-capture")
            .with(&format!("--auto-select-tab-capture-source-by-title={title}"))
    }

    /// WebKitGTK with a fake camera and microphone that may be used.
    pub fn webkit() -> Self {
        let flags = webkit::FLAGS.map(str::to_owned).to_vec();
        Self::of(BrowserKind::WebKit, flags)
    }

    /// The same with a small picture in its camera, which costs a tenth of a large one.
    pub fn with_small_camera(self) -> Self {
        match self.kind {
            BrowserKind::Chrome => {
                let file = picture::small();
                self.with(&format!("--use-file-for-fake-video-capture={}", file.display()))
            }
            BrowserKind::Firefox => {
                let extension = tools::repository().join("tests/e2e/src/small_camera");
                Self { extension: Some(extension), ..self }
            }
            BrowserKind::WebKit => self,
        }
    }

    /// Chromium with a small picture in its camera.
    pub fn small_chrome() -> Self {
        Self::chrome().with_small_camera()
    }

    /// Firefox with a small picture in its camera.
    pub fn small_firefox() -> Self {
        Self::firefox().with_small_camera()
    }

    /// Chromium with a camera whose lens is covered.
    pub fn black_chrome() -> Self {
        Self::chrome().with(&format!("--use-file-for-fake-video-capture={}", picture::black().display()))
    }

    /// Chromium before which somebody speaks without a pause, with a picture that needs all that a link can carry.
    pub fn demanding_chrome() -> Self {
        Self::chrome()
            .with(&format!("--use-file-for-fake-audio-capture={}", voice::file().display()))
            .with(&format!("--use-file-for-fake-video-capture={}", picture::detailed().display()))
    }

    /// Chromium before which somebody speaks without a pause, with a small picture.
    pub fn speaking_chrome() -> Self {
        Self::small_chrome().with(&format!("--use-file-for-fake-audio-capture={}", voice::file().display()))
    }

    /// Chromium whose microphone is open and gives nothing but zeros, with a small picture.
    pub fn silent_chrome() -> Self {
        Self::small_chrome()
            .with(&format!("--use-file-for-fake-audio-capture={}", voice::silence().display()))
    }

    /// Firefox on a machine with a camera and no microphone: it is told to take only a device that does not exist.
    pub fn no_microphone() -> Self {
        Self::firefox().pref("media.audio_loopback_dev", json!("none"))
    }

    /// Firefox on a machine without any device, whatever the real one has.
    pub fn no_device() -> Self {
        Self::no_microphone().pref("media.video_loopback_dev", json!("none"))
    }

    /// Lets Chrome note down what it does in these categories of its tracing, for [`Page::trace`].
    pub fn traced(self, categories: &'static str) -> Self {
        Self { traced: Some(categories), ..self }
    }

    /// With windows that a page has opened: others of Firefox are never as narrow as a telephone.
    pub fn popups(self) -> Self {
        Self { popups: true, ..self }.pref("dom.disable_open_during_load", json!(false))
    }

    /// Adds a command line flag.
    pub fn with(mut self, flag: &str) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// Takes away the flags that start like this.
    pub fn without(mut self, flag: &str) -> Self {
        self.flags.retain(|known| !known.starts_with(flag));
        self
    }

    /// Sets a preference (Firefox).
    pub fn pref(mut self, name: &str, value: Value) -> Self {
        self.prefs.insert(name.into(), value);
        self
    }

    /// With windows on a display of its own, which Firefox shares without asking. `None`, with a sentence on what is
    /// missing, where there is no such display.
    pub fn on_display(self) -> Option<Self> {
        if tools::xvfb().is_none() {
            tools::skip("no display here for a browser to share (it needs Xvfb)");
            return None;
        }
        let headed = self.without("-headless").without("--headless");
        // As small as a page can be used: two cores have to encode it.
        Some(Self { display: Some("1024x720"), ..headed })
    }

    /// In a network of its own. Cameras work on the plain page of the router's server, as they would on a secure one.
    pub fn on_host(mut self, host: &Host) -> Self {
        let server = Host::SERVER.to_string();
        self.host = Some(host.clone());
        match self.kind {
            BrowserKind::Chrome => {
                self.with(&format!("--unsafely-treat-insecure-origin-as-secure=http://{server}:{PORT}"))
            }
            BrowserKind::Firefox => {
                self.prefs.insert("dom.securecontext.allowlist".into(), json!(server));
                self
            }
            BrowserKind::WebKit => unreachable!("it has no network of its own to find a path in"),
        }
    }

    fn capabilities(&self) -> Capabilities {
        let mut options = json!({ "args": self.flags });
        let (key, binary) = match self.kind {
            BrowserKind::Chrome => ("goog:chromeOptions", tools::chrome()),
            BrowserKind::Firefox => ("moz:firefoxOptions", tools::firefox()),
            // The driver knows where its own is.
            BrowserKind::WebKit => ("webkitgtk:browserOptions", None),
        };
        if let Some(binary) = binary {
            options["binary"] = json!(binary);
        }
        if self.kind == BrowserKind::Chrome {
            options["excludeSwitches"] = json!(self.excluded_switches);
        } else {
            options["prefs"] = Value::Object(self.prefs.clone());
        }
        let timeouts = json!({ "script": 120_000, "pageLoad": 60_000, "implicit": 0 });
        let mut all: Capabilities = [("timeouts".to_owned(), timeouts)].into_iter().collect();
        if let Some(categories) = self.traced {
            options["perfLoggingPrefs"] =
                json!({ "traceCategories": categories, "enableNetwork": false, "enablePage": false });
            all.insert("goog:loggingPrefs".to_owned(), json!({ "performance": "ALL" }));
        }
        all.insert(key.to_owned(), options);
        all
    }
}

/// A running browser. Dropping it closes it.
#[derive(Debug)]
pub struct Browser {
    kind: BrowserKind,
    client: Client,
    /// The window that commands go to, once the first page is open. Whoever holds the lock may send commands to it.
    current_window: Mutex<Option<WindowHandle>>,
    /// The window it has started with.
    first_window: WindowHandle,
    port: u16,
    session: String,
    processes: Vec<Process>,
    popups: bool,
}

impl Browser {
    /// Starts a Chromium as most tests need it: with a small picture in its camera, because they share a machine with others.
    pub async fn chrome() -> Arc<Self> {
        Self::start(Setup::small_chrome()).await
    }

    /// Starts a Firefox as most tests need it.
    pub async fn firefox() -> Arc<Self> {
        Self::start(Setup::small_firefox()).await
    }

    /// Starts a driver on a free port, and a browser with it.
    pub async fn start(setup: Setup) -> Arc<Self> {
        let (processes, port) = start_driver(&setup).await;
        setup.host.iter().for_each(|host| host.forward_port(port));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(setup.capabilities())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap_or_else(|error| panic!("no {:?}: {error}\n{}", setup.kind, processes[0].last_output()));
        if let Some(extension) = &setup.extension {
            let addon = json!({ "path": extension, "temporary": true });
            let installed = Self::vendor_command(&client, "moz/addon/install", addon).await;
            installed.unwrap_or_else(|error| panic!("the extension is not installed: {error}"));
        }
        let session = client.session_id().await.ok().flatten().expect("a session has an id");
        let first_window = client.window().await.expect("it has a window");
        let current_window = Mutex::new(None);
        let Setup { kind, popups, .. } = setup;
        Arc::new(Self { kind, client, current_window, first_window, port, session, processes, popups })
    }

    /// Which browser this is.
    pub fn kind(&self) -> BrowserKind {
        self.kind
    }

    /// What it calls itself, with its version; Chrome says it in the protocol of its developer tools.
    pub async fn version(self: &Arc<Self>) -> String {
        let page = self.open_bare("version").await;
        let version = page.cdp("Browser.getVersion", json!({})).await;
        page.close().await;
        version["product"].as_str().unwrap_or("an unknown browser").to_owned()
    }

    /// Opens a page in a window of its own; `name` says who looks at it.
    pub async fn open(self: &Arc<Self>, name: &str, url: &str) -> Page {
        let page = self.open_blank(name).await;
        page.goto(url).await;
        page
    }

    /// Opens a window without a page, but with the probe that will look into it.
    pub async fn open_blank(self: &Arc<Self>, name: &str) -> Page {
        let page = self.open_bare(name).await;
        if self.kind == BrowserKind::Chrome {
            page.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": PROBE })).await;
        }
        page
    }

    /// Opens a window without a page and without a probe, for whoever measures what a page costs.
    pub async fn open_bare(self: &Arc<Self>, name: &str) -> Page {
        let mut current_window = self.current_window.lock().await;
        let window = match current_window.as_ref() {
            _ if self.popups => webkit::open_window(&self.client, &self.first_window).await,
            None => Ok(self.first_window.clone()),
            Some(_) => self.new_window().await,
        };
        let window = window.unwrap_or_else(|error| panic!("no window for {name}: {error}"));
        self.client.switch_to_window(window.clone()).await.expect("a new window can be driven");
        *current_window = Some(window.clone());
        drop(current_window);
        Page::new(self.clone(), window, name)
    }

    /// How many seconds all its processes have had a processor so far, its driver among them. Zero where there is no `/proc`.
    pub fn processor_seconds(&self) -> f64 {
        self.processes.iter().map(Process::processor_seconds).sum()
    }

    /// Ends it as the power failing would: nothing is written or said any more.
    pub fn kill(&self) {
        self.processes.iter().for_each(Process::kill_all);
    }

    /// Opens a window from one that exists: the current one may be closed.
    async fn new_window(&self) -> Result<WindowHandle, CmdError> {
        if let Some(window) = self.client.windows().await?.pop() {
            self.client.switch_to_window(window).await?;
        }
        Ok(self.client.new_window(false).await?.handle)
    }

    /// Sends commands to a window until the returned guard is dropped.
    pub(crate) async fn switch_to(
        &self,
        window: &WindowHandle,
    ) -> Result<(MutexGuard<'_, Option<WindowHandle>>, &Client), CmdError> {
        let mut current_window = self.current_window.lock().await;
        if current_window.as_ref() != Some(window) {
            self.client.switch_to_window(window.clone()).await?;
            *current_window = Some(window.clone());
        }
        Ok((current_window, &self.client))
    }

    /// A command that only this kind of driver knows, to the current window.
    pub(crate) async fn vendor_command(
        client: &Client,
        path: &'static str,
        body: Value,
    ) -> Result<Value, CmdError> {
        client.issue_cmd(VendorCommand { path, body }).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked to close, a browser takes its temporary profile with it; if it does not answer, it is killed anyway.
        let _ = end_session(self.port, &self.session);
    }
}

/// Starts a driver on a free port. One that finds its port taken by somebody else at the last moment ends, and another
/// has better luck. Returns what runs, the driver first.
async fn start_driver(setup: &Setup) -> (Vec<Process>, u16) {
    let (program, args) = match setup.kind {
        BrowserKind::Chrome => (tools::chromedriver(), vec!["--port=0"]),
        BrowserKind::Firefox => (tools::geckodriver(), vec!["--port", "0", "--websocket-port", "0"]),
        BrowserKind::WebKit => return webkit::start_driver().await,
    };
    let mut args: Vec<String> = args.into_iter().map(str::to_owned).collect();
    let mut program = program;
    let mut display = None;
    if let Some(size) = setup.display {
        let started = Display::start(size).await;
        (program, args) = started.command(&program, &args);
        display = Some(started.process);
    }
    for _ in 0..3 {
        let mut driver = Process::start_in(setup.host.as_ref(), &program, &args);
        if let Some(port) = driver.try_wait_for_line(port_of).await {
            return ([driver].into_iter().chain(display).collect(), port);
        }
    }
    panic!("{} found no port three times", program.display())
}

/// The port that a driver says it listens on.
fn port_of(line: &str) -> Option<u16> {
    let (_, rest) = line
        .split_once("started successfully on port ")
        .or_else(|| line.split_once("Listening on 127.0.0.1:"))?;
    rest.trim_end_matches('.').trim().parse().ok()
}
