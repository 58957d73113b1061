//! What the flight recorder of a real page says, and whether the core decides the same when it hears it again.

use serde_json::Value;
use visavis_e2e::call::{join, sees_and_hears, wait_until_rejoined};
use visavis_e2e::{Browser, Page, Server};
use visavis_sim::replay::replay;

/// Catches what would go among the downloads: what makes the report is loaded first.
const CATCH_DOWNLOAD: &str = r"
return new Promise(told => {
  const click = HTMLAnchorElement.prototype.click;
  HTMLAnchorElement.prototype.click = function () {
    HTMLAnchorElement.prototype.click = click;
    const report = [this.download, decodeURIComponent(this.href.split(',')[1])];
    const toasts = () => [...document.querySelectorAll('.toast')].map(toast => toast.textContent).join(' ');
    queueMicrotask(() => told([...report, toasts()]));
  };
  document.querySelector('[data-control=report]').click();
});
";

async fn saved_report(page: &Page) -> String {
    let download = page.eval(CATCH_DOWNLOAD, vec![]).await;
    let text = |at: usize| download[at].as_str().expect("a text").to_owned();
    assert_eq!(text(0), "visavis-report.json");
    assert!(text(2).contains("Saved"), "{}", text(2));
    text(1)
}

#[tokio::test]
async fn a_report_of_a_real_call_says_nothing_private_and_is_replayed() {
    let server = Server::start().await;
    let (chrome, firefox) = (Browser::chrome().await, Browser::firefox().await);
    let ann = chrome.open("Annabella", &server.url()).await;
    let ben = firefox.open("Benvenuto", &server.url()).await;
    // A room is the same in every spelling: an é in two characters, a capital, a hyphen that nobody sees.
    join(&ann, "caf\u{e9} club").await;
    join(&ben, "Cafe\u{301} C\u{ad}lub").await;
    let shown = ben.eval("return document.querySelector('.where h1').textContent", vec![]).await;
    assert_eq!(shown, "Caf\u{e9} Club");
    sees_and_hears(&ann, &["Benvenuto"]).await;
    sees_and_hears(&ben, &["Annabella"]).await;
    ben.reload().await;
    wait_until_rejoined(&ben).await;
    sees_and_hears(&ann, &["Benvenuto"]).await;
    for page in [&ann, &ben] {
        let report = saved_report(page).await;
        if let Some(folder) = std::env::var_os("VISAVIS_KEEP_REPORTS") {
            std::fs::write(std::path::Path::new(&folder).join(page.name()), &report).expect("a folder");
        }
        let private = page.eval("return Object.values(sessionStorage)", vec![]).await;
        assert_eq!(private, Value::Array(vec![]), "the identity is not to be found while the page lives");
        let lowercase = report.to_lowercase();
        for private in ["annabella", "benvenuto", "caf", "club", "127.0.0.1", "192.168.", ".local"] {
            assert!(!lowercase.contains(private), "{private} in {report}");
        }
        let replay = replay(&report).expect("a report");
        assert_eq!((replay.difference, replay.truncated), (None, false), "{}", page.name());
        let people = replay.view.map_or(0, |view| view.participants.len());
        assert_eq!(people, 1, "the replay ends where the call is");
    }
}
