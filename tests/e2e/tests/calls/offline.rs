//! The page where its server or the network is missing, and the page after it was installed anew.

use std::fs;
use std::path::Path;

use serde_json::json;
use visavis_e2e::call::wait_for_lobby;
use visavis_e2e::{Browser, Bundle, Server};

/// The program gets another hash, as that of a new version has.
fn put_new_build(bundle: &Path) -> String {
    let html = fs::read_to_string(bundle.join("index.html")).expect("the bundle has a page");
    let (_, after) = html.split_once("visavis-page-").expect("it names its program");
    let (old, new) = (&after[..16], "0123456789abcdef");
    for entry in fs::read_dir(bundle).expect("a folder") {
        let path = entry.expect("a file").path();
        let name = path.file_name().expect("a name").to_string_lossy().replace(old, new);
        fs::rename(&path, bundle.join(name)).expect("it can be renamed");
    }
    fs::write(bundle.join("index.html"), html.replace(old, new)).expect("the page can be written");
    for twin in ["br", "gz"] {
        let _ = fs::remove_file(bundle.join(format!("index.html.{twin}")));
    }
    format!("visavis-page-{new}.js")
}

#[tokio::test]
async fn without_its_server_the_page_says_what_it_needs_and_comes_back_as_the_newest() {
    for browser in [Browser::chrome().await, Browser::firefox().await] {
        let bundle = Bundle::with_config(&json!({}));
        let mut server = Server::serving(&bundle).await;
        let ann = browser.open("Ann", &server.url()).await;
        wait_for_lobby(&ann).await;
        let active = "(await navigator.serviceWorker.getRegistration())?.active?.state === 'activated'";
        ann.until("a service worker", active).await;

        server.kill().await;
        // Not `reload`: Firefox's driver passes over the service worker, as a person does who holds Shift.
        ann.goto(&format!("{}?again", server.url())).await;
        ann.until("what the page needs", "document.querySelector('[data-offline]')").await;
        let said = ann.eval("return document.body.innerText", vec![]).await;
        assert!(said.as_str().is_some_and(|said| said.contains("no network")), "{said}");
        ann.eval("localStorage.setItem('visavis.language', 'ar')", vec![]).await;
        ann.goto(&format!("{}?in-arabic", server.url())).await;
        ann.until("the same in Arabic", "document.title.includes('لا يوجد اتصال') && document.dir === 'rtl'")
            .await;
        ann.eval("localStorage.removeItem('visavis.language')", vec![]).await;

        let script = put_new_build(bundle.path());
        server.restart().await;
        // By itself.
        ann.until("the lobby", "document.querySelector('visavis-room')?.dataset.state === 'lobby'").await;
        let newest =
            format!("performance.getEntriesByType('resource').some(it => it.name.endsWith('/{script}'))");
        ann.until("the new program", &newest).await;
        assert_eq!(ann.eval("return (await caches.keys()).length", vec![]).await, 0, "nothing is kept");

        fs::write(bundle.path().join("config.json"), json!({ "serviceWorker": false }).to_string())
            .expect("a configuration can be written");
        ann.goto(&server.url()).await;
        wait_for_lobby(&ann).await;
        ann.until("no service worker", "!(await navigator.serviceWorker.getRegistration())").await;
    }
}
