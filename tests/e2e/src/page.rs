//! One page in a window of its own, and the person in front of it.

use std::fs;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fantoccini::error::CmdError;
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::browser::{Browser, BrowserKind, PROBE};
use crate::snapshot::Snapshot;
use crate::tools;

/// Long enough for the slowest machine; a condition that holds is seen within a tenth of a second.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// Waits until the page has been painted anew.
const NEXT_PAINTS: &str =
    "for (let i = 0; i < 3; i++) await new Promise(painted => requestAnimationFrame(painted));";

/// A page, and who looks at it.
#[derive(Debug)]
pub struct Page {
    browser: Arc<Browser>,
    window: WindowHandle,
    name: String,
}

impl Page {
    pub(crate) fn new(browser: Arc<Browser>, window: WindowHandle, name: &str) -> Self {
        Self { browser, window, name: name.to_owned() }
    }

    /// Who looks at this page: the name they join with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The browser it is in.
    pub fn browser(&self) -> &Arc<Browser> {
        &self.browser
    }

    /// Goes to an address.
    pub async fn goto(&self, url: &str) {
        self.command("goto", async |client| client.goto(url).await).await;
    }

    /// Reloads, as a person does.
    pub async fn reload(&self) {
        self.command("reload", async |client| client.refresh().await).await;
    }

    /// Closes the window without a word to the page.
    pub async fn close(self) {
        self.command("close", async |client| client.close_window().await).await;
    }

    /// Opens another tab over this one, which is hidden from then on (Chrome). Gives what [`Page::unhide`] asks for.
    pub async fn hide(&self) -> Value {
        let tab = self.cdp("Target.createTarget", json!({ "url": "about:blank" })).await;
        self.wait_until("to be hidden", |snapshot| snapshot.hidden).await;
        tab
    }

    /// Closes the tab over this one.
    pub async fn unhide(&self, tab: Value) {
        self.cdp("Target.closeTarget", tab).await;
        self.wait_until("to be in view again", |snapshot| !snapshot.hidden).await;
    }

    /// From now on looks into the only frame of the page, until commands go to another window or the page is another.
    pub async fn enter_frame(&self) {
        self.command("frame", async |client| client.enter_frame(0).await).await;
    }

    /// Runs the body of an asynchronous function in the page.
    pub async fn eval(&self, script: &str, args: Vec<Value>) -> Value {
        let script = &format!("return (async () => {{ {script}\n }})()");
        self.command(script, async |client| client.execute(script, args).await).await
    }

    /// The kind of path that each connection uses: `host`, `srflx`, `prflx`, `relay`, or `none`.
    pub async fn paths(&self) -> Vec<String> {
        let paths = self.eval("return window.__e2e.paths()", vec![]).await;
        serde_json::from_value(paths).expect("a list of texts")
    }

    /// Clicks something where a person would: it must be visible and nothing may lie over it.
    pub async fn click(&self, selector: &str) {
        self.command(selector, async |client| client.find(Locator::Css(selector)).await?.click().await).await;
    }

    /// Clicks a control by its name.
    pub async fn press(&self, control: &str) {
        self.click(&format!("[data-control={control}]")).await;
    }

    /// Puts a text into a field.
    pub async fn fill(&self, selector: &str, text: &str) {
        self.command(selector, async |client| {
            let field = client.find(Locator::Css(selector)).await?;
            field.clear().await?;
            field.send_keys(text).await
        })
        .await;
    }

    /// Types on the keyboard, to whatever has the focus.
    pub async fn type_keys(&self, keys: &str) {
        self.type_keys_holding("", keys).await;
    }

    /// The same while others are held down.
    pub async fn type_keys_holding(&self, held: &str, keys: &str) {
        let step = |kind: &str, key: char| json!({ "type": kind, "value": key });
        let typed = keys.chars().flat_map(|key| ["keyDown", "keyUp"].map(|kind| step(kind, key)));
        let held = |kind| held.chars().map(move |key| step(kind, key));
        let steps: Vec<Value> = held("keyDown").chain(typed).chain(held("keyUp")).collect();
        let actions = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": steps }] });
        self.command("type", async |client| Browser::vendor_command(client, "actions", actions).await).await;
    }

    /// Presses a key that stays down, or lets it go.
    pub async fn hold_key(&self, key: char, down: bool) {
        let kind = if down { "keyDown" } else { "keyUp" };
        let step = json!([{ "type": kind, "value": key }]);
        let actions = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": step }] });
        self.command("hold", async |client| Browser::vendor_command(client, "actions", actions).await).await;
    }

    /// A command of the Chrome DevTools Protocol.
    pub async fn cdp(&self, method: &str, params: Value) -> Value {
        let body = json!({ "cmd": method, "params": params });
        self.command(method, async |client| Browser::vendor_command(client, "goog/cdp/execute", body).await)
            .await
    }

    /// What a browser that is [`traced`](crate::Setup::traced) has noted down so far, as events of its tracing. Once only: its
    /// driver gives no more after that.
    pub async fn trace(&self) -> Vec<Value> {
        let body = json!({ "type": "performance" });
        let entries =
            self.command("trace", async |client| Browser::vendor_command(client, "se/log", body).await).await;
        let messages = entries.as_array().into_iter().flatten().filter_map(|entry| entry["message"].as_str());
        messages
            .filter_map(|message| {
                let mut message: Value = serde_json::from_str(message).ok()?;
                Some(message["message"]["params"].take())
            })
            .collect()
    }

    /// Grants, denies or resets a permission for the page's origin (`granted`, `denied`, `prompt`).
    pub async fn set_permission(&self, name: &str, state: &str) {
        let body = json!({ "descriptor": { "name": name }, "state": state });
        self.command("permissions", async |client| {
            Browser::vendor_command(client, "permissions", body).await
        })
        .await;
    }

    /// Makes the viewport this big. In Firefox, what is narrower than 450 pixels has to be a window that a page has opened
    /// ([`Setup::popups`](crate::Setup::popups)).
    pub async fn resize(&self, width: u32, height: u32) {
        if self.browser.kind() == BrowserKind::Chrome {
            let metrics =
                json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
            self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
            return;
        }
        // Firefox counts its toolbar too.
        let around = "return [outerWidth - innerWidth, outerHeight - innerHeight]";
        let around = self.eval(around, vec![]).await;
        let more = |at: usize| around[at].as_u64().and_then(|size| u32::try_from(size).ok()).unwrap_or(0);
        let more = if self.browser.kind() == BrowserKind::Firefox { [more(0), more(1)] } else { [0, 0] };
        let (outer_width, outer_height) = (width + more[0], height + more[1]);
        self.command("resize", async |client| client.set_window_size(outer_width, outer_height).await).await;
        let condition =
            |snapshot: &Snapshot| (snapshot.width, snapshot.height) == (width.into(), height.into());
        self.wait_until(&format!("a window of {width}x{height}"), condition).await;
        // Or a screenshot would show the page as it was.
        self.eval(NEXT_PAINTS, vec![]).await;
    }

    /// Takes a snapshot of everything the probe sees.
    pub async fn snapshot(&self) -> Snapshot {
        let snapshot = self.eval(&format!("{PROBE}\nreturn __e2e.snapshot();"), vec![]).await;
        serde_json::from_value(snapshot).expect("the probe says what a snapshot consists of")
    }

    /// Starts to measure sound and gaps afresh.
    pub async fn measure_audio(&self) {
        self.eval(&format!("{PROBE}\n__e2e.measuringAudio = true; __e2e.reset();"), vec![]).await;
    }

    /// Starts to measure gaps afresh.
    pub async fn reset_measurements(&self) {
        self.eval(&format!("{PROBE}\n__e2e.reset();"), vec![]).await;
    }

    /// Takes snapshots until one meets the condition.
    pub async fn wait_until(&self, what: &str, condition: impl FnMut(&Snapshot) -> bool) -> Snapshot {
        self.within(WAIT_TIMEOUT, what, condition).await
    }

    /// Takes snapshots until one meets the condition, for at most this long.
    pub async fn within(
        &self,
        limit: Duration,
        what: &str,
        mut condition: impl FnMut(&Snapshot) -> bool,
    ) -> Snapshot {
        let begin = Instant::now();
        loop {
            let snapshot = self.snapshot().await;
            if condition(&snapshot) {
                return snapshot;
            }
            if begin.elapsed() > limit {
                self.fail(what, &snapshot).await;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until this JavaScript expression is true.
    pub async fn until(&self, what: &str, expression: &str) {
        self.until_within(WAIT_TIMEOUT, what, expression).await;
    }

    /// Waits until this JavaScript expression is true, for at most this long.
    pub async fn until_within(&self, limit: Duration, what: &str, expression: &str) {
        let begin = Instant::now();
        while self.eval(&format!("return Boolean({expression})"), vec![]).await != Value::Bool(true) {
            if begin.elapsed() > limit {
                self.fail(what, &self.snapshot().await).await;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Stops the test, with what was seen, and keeps the page's remains among the artifacts.
    pub async fn fail(&self, what: &str, snapshot: &Snapshot) -> ! {
        let stem = self.save_artifacts(what).await;
        let pictures = self.eval("return (await window.__e2e?.pictures()) ?? []", vec![]).await;
        panic!("{}: not seen: {what}. Seen instead (more in {stem}.*):\n{snapshot}\n{pictures:#}", self.name);
    }

    /// Keeps a screenshot, the document and the console under a name like the given one.
    async fn save_artifacts(&self, what: &str) -> String {
        let words: String = format!("{}-{what}", self.name)
            .chars()
            .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .take(80)
            .collect();
        let stem = tools::artifacts().join(words);
        let script = "return [document.documentElement.outerHTML, (window.__e2e?.console ?? []).join('\\n')]";
        let found = self.eval(script, vec![]).await;
        let text = |i: usize| found[i].as_str().unwrap_or_default().to_owned();
        let _ = fs::write(stem.with_extension("html"), text(0));
        let _ = fs::write(stem.with_extension("log"), text(1));
        self.screenshot(&stem.with_extension("png").to_string_lossy()).await;
        stem.display().to_string()
    }

    /// Saves what the window shows.
    pub async fn screenshot(&self, path: &str) {
        let png = self.command("screenshot", async |client| client.screenshot().await).await;
        fs::write(path, png).expect("artifacts can be written");
    }

    /// Sends commands to this window, and says who and what if that fails.
    async fn command<'a, T, F>(&'a self, what: &str, act: impl FnOnce(&'a Client) -> F) -> T
    where
        F: Future<Output = Result<T, CmdError>>,
    {
        let done = async {
            let (_window, client) = self.browser.switch_to(&self.window).await?;
            act(client).await
        };
        let what: String = what.chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
        done.await.unwrap_or_else(|error| panic!("{}: {what}: {error}", self.name))
    }
}
