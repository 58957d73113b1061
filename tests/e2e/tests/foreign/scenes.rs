//! One browser for many short calls, and how each of them went.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use serde_json::json;
use visavis_e2e::{Browser, Bundle, ForeignServer, Page, Server, Setup};

/// A browser that stays open, and what has gone wrong so far.
pub(crate) struct SceneRunner {
    browser: Arc<Browser>,
    /// The browser would close with its last window.
    _idle: Page,
    failures: Vec<String>,
    /// Only scenes with this in their names are played: `VISAVIS_SCENE`.
    wanted: Option<String>,
}

impl SceneRunner {
    pub(crate) async fn new() -> Self {
        let browser = Browser::start(Setup::small_chrome()).await;
        let idle = browser.open_blank("nobody").await;
        Self { browser, _idle: idle, failures: Vec::new(), wanted: std::env::var("VISAVIS_SCENE").ok() }
    }

    pub(crate) fn browser(&self) -> Arc<Browser> {
        self.browser.clone()
    }

    /// Plays one scene and says how long it took. One that fails does not keep the others from being played, but they
    /// get another browser: pages of the failed one may still be open.
    pub(crate) async fn run(&mut self, name: &str, scene: impl Future<Output = ()>) {
        if !self.wanted.as_ref().is_none_or(|word| name.contains(word)) {
            return;
        }
        let begin = Instant::now();
        let failed = AssertUnwindSafe(scene).catch_unwind().await.is_err();
        println!(
            "  {:<8}{:>6.1} s  {name}",
            if failed { "FAILED" } else { "ok" },
            begin.elapsed().as_secs_f64()
        );
        if failed {
            let failures = std::mem::take(&mut self.failures);
            *self = Self::new().await;
            self.failures = failures;
            self.failures.push(name.to_owned());
        }
    }

    /// Fails if any scene has.
    pub(crate) fn finish(self) {
        assert!(self.failures.is_empty(), "failed: {:#?}", self.failures);
    }
}

/// A server of somebody else, and our page set up for it.
pub(crate) struct Fixture {
    pub(crate) server: ForeignServer,
    pub(crate) app: Server,
    _bundle: Bundle,
}

impl Fixture {
    /// Starts a server, and the Visavis server with a page that speaks this dialect to it at this path.
    pub(crate) async fn start(command: &str, dialect: &str, path: &str) -> Self {
        let server = ForeignServer::start(command).await;
        let url = format!("ws://127.0.0.1:{}{path}", server.port());
        let bundle = Bundle::with_config(&json!({ "signaling": { "url": url, "dialect": dialect } }));
        let app = Server::serving(&bundle).await;
        Self { server, app, _bundle: bundle }
    }
}
