//! What somebody does first who has cloned the project: the page and its server, served from the source.

use visavis_e2e::call::{all_meet, join};
use visavis_e2e::process::Process;
use visavis_e2e::server::free_port;
use visavis_e2e::{Browser, Page, Server, tools};

/// Where the page of `trunk serve` looks for its server (Trunk.toml).
const BACKEND: u16 = 8081;

/// Waits for a line. What is to be compiled may take minutes.
async fn says(process: &mut Process, line: &str) {
    let found = |said: &str| said.contains(line).then_some(());
    while process.listens_for(found).await.is_none() {
        assert!(process.is_alive(), "{}", process.last_words());
    }
}

async fn meet(ann: &Page, ben: &Page) {
    for page in [ann, ben] {
        join(page, "tea").await;
    }
    all_meet(&[ann, ben]).await;
}

#[tokio::test]
async fn trunk_serve_shows_a_demo_and_finds_the_server_that_is_started_later() {
    let Some(trunk) = tools::trunk() else {
        return tools::skip("Trunk is not installed (`cargo xtask setup --for ci`)");
    };
    let port = free_port();
    let dist = tools::repository().join("target/xtask/trunk-serve");
    std::fs::create_dir_all(&dist).expect("a folder for the page");
    let args = ["serve", "--port", &port.to_string(), "--dist", &dist.display().to_string()];
    let args = args.map(str::to_owned);
    let mut trunk = Process::start_at(&tools::repository(), &trunk, &args);
    says(&mut trunk, "server listening at").await;
    let url = format!("http://127.0.0.1:{port}/");
    let browser = Browser::chrome().await;
    let ann = browser.open("Ann", &url).await;
    let look = ann
        .until("to be told that there is no server", |look| {
            look.state == "lobby" && look.problem.is_empty() && look.notice("no-server").is_some()
        })
        .await;
    let text = &look.notice("no-server").expect("just seen").text;
    let command = format!("cargo run --locked -p visavis-server -- --listen 127.0.0.1:{BACKEND}");
    assert!(text.contains(&command), "the command that starts it: {text}");

    let _server = Server::on_port(BACKEND, tools::dist(), vec![]).await;
    ann.press("retry").await;
    ann.until("the server to be found", |look| look.state == "lobby" && look.notice("no-server").is_none())
        .await;
    // From another browser: without the server they could not meet.
    let other = Browser::firefox().await;
    let ben = other.open("Ben", &url).await;
    meet(&ann, &ben).await;
}

#[tokio::test]
async fn xtask_serve_is_a_page_with_its_server() {
    let port = free_port();
    let args = ["serve".to_owned(), "--listen".to_owned(), format!("127.0.0.1:{port}")];
    let mut serve = Process::start_at(&tools::repository(), &tools::xtask(), &args);
    says(&mut serve, "Visavis is at").await;
    let (url, browser) = (format!("http://127.0.0.1:{port}/"), Browser::chrome().await);
    let (ann, ben) = (browser.open("Ann", &url).await, browser.open("Ben", &url).await);
    for page in [&ann, &ben] {
        let look = page.until("the lobby", |look| look.state == "lobby").await;
        assert!(look.notice("no-server").is_none(), "{look}");
    }
    meet(&ann, &ben).await;
}
