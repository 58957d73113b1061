//! One page under test, and the person in front of it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;
use visavis_e2e::Page;

use crate::clients::Client;
use crate::rig::Rig;

const PROBE: &str = include_str!("../clients/probe.js");
/// After which nobody waits any more.
const LIMIT: u32 = 40_000;

/// A size of the camera's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Camera {
    /// For many people on few cores.
    Small,
    /// 640x480.
    Usual,
    /// 1280x720.
    Large,
}

impl Camera {
    fn size(self) -> Value {
        let (width, height) = match self {
            Self::Small => (160, 120),
            Self::Usual => (640, 480),
            Self::Large => (1280, 720),
        };
        json!({ "width": width, "height": height })
    }
}

/// What is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene {
    pub(crate) client: Client,
    /// Milliseconds each way.
    pub(crate) delay: u64,
    pub(crate) camera: Camera,
}

/// When things happened in a page, in milliseconds of the clock that all pages share.
#[derive(Debug, Deserialize)]
pub(crate) struct Times {
    /// When it was navigated to.
    pub(crate) origin: f64,
    /// When it could be joined.
    pub(crate) ready: Option<f64>,
    /// The click.
    pub(crate) click: Option<f64>,
    /// When so many others were seen at once, from one on.
    pub(crate) reached: Vec<Option<f64>>,
    /// When a picture of another was as large as the camera's.
    pub(crate) full: Option<f64>,
    failed: Option<String>,
}

impl Times {
    /// When so many were seen.
    pub(crate) fn reached(&self, count: usize) -> Result<f64> {
        let time = self.reached.get(count.saturating_sub(1)).copied().flatten();
        time.with_context(|| format!("{count} were not seen; {:?}", self.failed))
    }
}

/// A page in a window of its own.
pub(crate) struct Visit {
    page: Page,
    url: String,
}

impl Visit {
    /// Opens a window for a page, without going there. With a room, the page joins by itself as soon as it can.
    pub(crate) async fn prepare_window(
        rig: &Rig,
        scene: Scene,
        person: usize,
        room: Option<&str>,
    ) -> Result<Self> {
        let url = rig.url(scene.client, scene.delay, person)?;
        let page = rig.browser().await.open_bare(&format!("{:?} {person}", scene.client)).await;
        let config =
            json!({ "camera": scene.camera.size(), "full": scene.camera != Camera::Small, "room": room });
        let source = format!("window.probeConfig = {config};\n{PROBE}\n{}", scene.client.adapter());
        page.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await;
        page.cdp("Performance.enable", json!({})).await;
        Ok(Self { page, url })
    }

    /// Opens a page and waits until it can be joined.
    pub(crate) async fn open(rig: &Rig, scene: Scene, person: usize) -> Result<Self> {
        let visit = Self::prepare_window(rig, scene, person, None).await?;
        visit.go().await;
        visit.eval("await probe.waitForReady()").await;
        Ok(visit)
    }

    /// Goes to the page.
    pub(crate) async fn go(&self) {
        self.page.goto(&self.url).await;
    }

    /// Forgets everything that the browser has loaded before.
    pub(crate) async fn forget_cache(&self) {
        self.page.cdp("Network.clearBrowserCache", json!({})).await;
    }

    /// Looks at oneself, as long as somebody takes who types a name: all that a lobby makes ready is.
    pub(crate) async fn prepare(&self, delay: u64) {
        self.look_at_oneself().await;
        sleep(Duration::from_millis(1000 + 8 * delay)).await;
    }

    /// Waits for one's own picture only.
    pub(crate) async fn look_at_oneself(&self) {
        self.eval("await bench.prepare()").await;
    }

    /// The click.
    pub(crate) async fn join(&self, room: &str) {
        self.page.eval("probe.join(arguments[0])", vec![json!(room)]).await;
    }

    /// Leaves.
    pub(crate) async fn leave(&self) {
        self.eval("await bench.leave()").await;
    }

    /// Waits for the pictures of so many others.
    pub(crate) async fn wait_for_pictures(&self, count: usize) -> Result<()> {
        let seen = self.eval(&format!("return await probe.waitForPictures({count}, {LIMIT})")).await;
        ensure!(seen == json!(true), "{} pictures were not seen: {}", count, self.page.name());
        Ok(())
    }

    /// Waits for a picture of the camera's size, for at most this long. Nothing is wrong if it does not come.
    pub(crate) async fn wait_for_full_picture(&self, limit: u32) {
        self.eval(&format!("return await probe.waitForFullPicture({limit})")).await;
    }

    /// What happened when.
    pub(crate) async fn times(&self) -> Result<Times> {
        let script = "const { origin, times, reached, full, failed } = probe; \
            const counts = [1, 2, 3, 4, 5, 6, 7]; \
            return { origin, ...times, reached: counts.map(count => reached[count] ?? null), full, failed }";
        Ok(serde_json::from_value(self.eval(script).await)?)
    }

    /// A counter of the browser's about this page (`Performance.getMetrics`).
    pub(crate) async fn metric(&self, name: &str) -> Result<f64> {
        let answer = self.page.cdp("Performance.getMetrics", json!({})).await;
        let metrics = answer["metrics"].as_array().context("no metrics")?;
        let found = metrics.iter().find(|metric| metric["name"] == name);
        found.and_then(|metric| metric["value"].as_f64()).with_context(|| format!("no metric {name}"))
    }

    /// For how many milliseconds its main thread was busy so far.
    pub(crate) async fn main_thread(&self) -> Result<f64> {
        Ok(self.metric("TaskDuration").await? * 1000.0)
    }

    /// Has everything collected that nobody needs any more.
    pub(crate) async fn collect_garbage(&self) {
        for _ in 0..2 {
            self.page.cdp("HeapProfiler.collectGarbage", json!({})).await;
        }
    }

    /// Minimizes the window, so that the page is hidden.
    pub(crate) async fn hide(&self) {
        let window = self.page.cdp("Browser.getWindowForTarget", json!({})).await["windowId"].take();
        let bounds = json!({ "windowId": window, "bounds": { "windowState": "minimized" } });
        self.page.cdp("Browser.setWindowBounds", bounds).await;
        self.eval(
            "while (!document.hidden)
                await new Promise(changed => addEventListener('visibilitychange', changed, { once: true }))",
        )
        .await;
    }

    /// A number that the probe tells.
    pub(crate) async fn number(&self, expression: &str) -> Result<f64> {
        let value = self.eval(&format!("return {expression}")).await;
        value.as_f64().with_context(|| format!("{expression} is {value}"))
    }

    /// Runs the body of an asynchronous function in the page.
    pub(crate) async fn eval(&self, script: &str) -> Value {
        self.page.eval(script, vec![]).await
    }

    /// Closes the window.
    pub(crate) async fn close(self) {
        self.page.close().await;
    }
}
