//! What somebody does first who has cloned the project: the page and its server, served from the source.

use visavis_e2e::call::{all_see_and_hear, join};
use visavis_e2e::process::Process;
use visavis_e2e::server::free_port;
use visavis_e2e::{Browser, Page, Server, tools};

/// Where the page of `trunk serve` looks for its server (Trunk.toml).
const BACKEND: u16 = 8081;

/// Waits for a line. What is to be compiled may take minutes.
async fn wait_for_output(process: &mut Process, line: &str) {
    let found = |output: &str| output.contains(line).then_some(());
    while process.try_wait_for_line(found).await.is_none() {
        assert!(process.is_alive(), "{}", process.last_output());
    }
}

async fn call_each_other(ann: &Page, ben: &Page) {
    for page in [ann, ben] {
        join(page, "tea").await;
    }
    all_see_and_hear(&[ann, ben]).await;
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
    wait_for_output(&mut trunk, "server listening at").await;
    let url = format!("http://127.0.0.1:{port}/");
    let browser = Browser::chrome().await;
    let ann = browser.open("Ann", &url).await;
    let snapshot = ann
        .wait_until("to be told that there is no server", |snapshot| {
            snapshot.state == "lobby" && snapshot.problem.is_empty() && snapshot.notice("no-server").is_some()
        })
        .await;
    let text = &snapshot.notice("no-server").expect("just seen").text;
    let command = format!("cargo run --locked -p visavis-server -- --listen 127.0.0.1:{BACKEND}");
    assert!(text.contains(&command), "the command that starts it: {text}");

    let _server = Server::on_port(BACKEND, tools::dist(), vec![]).await;
    ann.press("retry").await;
    ann.wait_until("the server to be found", |snapshot| {
        snapshot.state == "lobby" && snapshot.notice("no-server").is_none()
    })
    .await;
    // From another browser: without the server they could not meet.
    let other = Browser::firefox().await;
    let ben = other.open("Ben", &url).await;
    call_each_other(&ann, &ben).await;
}

#[tokio::test]
async fn xtask_serve_is_a_page_with_its_server() {
    let port = free_port();
    let args = ["serve".to_owned(), "--listen".to_owned(), format!("127.0.0.1:{port}")];
    let mut serve = Process::start_at(&tools::repository(), &tools::xtask(), &args);
    wait_for_output(&mut serve, "Visavis is at").await;
    let (url, browser) = (format!("http://127.0.0.1:{port}/"), Browser::chrome().await);
    let (ann, ben) = (browser.open("Ann", &url).await, browser.open("Ben", &url).await);
    for page in [&ann, &ben] {
        let snapshot = page.wait_until("the lobby", |snapshot| snapshot.state == "lobby").await;
        assert!(snapshot.notice("no-server").is_none(), "{snapshot}");
    }
    call_each_other(&ann, &ben).await;
}
