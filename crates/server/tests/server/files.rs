//! The app from the same port.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use visavis_server::Config;

use crate::support::{Response, Running, config, get, raw, start};

const PAGE: &str = "<!doctype html><script type=module>import init from './app.js'; init();</script>";

/// A small dist, with a secret beside it.
fn lay_out() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let dist = home.path().join("dist");
    fs::create_dir(&dist).unwrap();
    fs::write(home.path().join("secret"), "secret").unwrap();
    let write = |name: &str, content: &str| fs::write(dist.join(name), content).unwrap();
    write("index.html", PAGE);
    write("config.json", "{}");
    write("page-0123456789abcdef_bg.wasm", "wasm");
    write("page-0123456789abcdef_bg.wasm.br", "wasm in brotli");
    write("page-0123456789abcdef_bg.wasm.gz", "wasm in gzip");
    write("page-0123456789abcdef.js", "js");
    home
}

async fn serve(home: &Path) -> Running {
    start(Config { dist: Some(home.join("dist")), ..config() }).await
}

async fn fetch(server: &Running, target: &str) -> Response {
    get(server.addr, target, "").await
}

#[tokio::test]
async fn serves_the_page_and_protects_it() {
    let home = lay_out();
    let server = serve(home.path()).await;
    for target in ["/", "/index.html", "/?room=r&name=n"] {
        let page = fetch(&server, target).await;
        assert_eq!((page.status, page.body.as_str()), (200, PAGE), "{target}");
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        let policy = page.header("content-security-policy").unwrap();
        for part in
            ["'wasm-unsafe-eval' 'sha256-", "connect-src 'self' ws: wss: http: https:", "mediastream:"]
        {
            assert!(policy.contains(part), "{part} is not in {policy}");
        }
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
    }
    let page = fetch(&server, "/").await;
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"));
    assert!(page.header("permissions-policy").unwrap().contains("camera=(self), microphone=(self)"));
}

#[tokio::test]
async fn a_new_bundle_under_a_running_server_has_its_own_hashes() {
    let home = lay_out();
    let server = serve(home.path()).await;
    let before = fetch(&server, "/").await;
    fs::write(home.path().join("dist/index.html"), PAGE.replace("init()", "init(1)")).unwrap();
    let after = fetch(&server, "/").await;
    assert_ne!(before.header("content-security-policy"), after.header("content-security-policy"));
}

#[tokio::test]
async fn files_have_types_caching_and_compressed_copies() {
    let home = lay_out();
    let server = serve(home.path()).await;
    let wasm = "/page-0123456789abcdef_bg.wasm";
    for (accepts, encoding, body) in [
        ("", None, "wasm"),
        ("accept-encoding: gzip\r\n", Some("gzip"), "wasm in gzip"),
        ("accept-encoding: gzip, deflate, br, zstd\r\n", Some("br"), "wasm in brotli"),
    ] {
        let file = get(server.addr, wasm, accepts).await;
        assert_eq!((file.status, file.body.as_str()), (200, body));
        assert_eq!(file.header("content-encoding"), encoding);
        assert_eq!(file.header("content-type"), Some("application/wasm"));
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(file.header("vary"), Some("accept-encoding"));
    }
    let script = fetch(&server, "/page-0123456789abcdef.js").await;
    assert_eq!(script.header("content-type"), Some("text/javascript"));
    assert_eq!(script.header("content-security-policy"), None);
    assert_eq!(fetch(&server, "/config.json").await.header("cache-control"), Some("no-cache"));
    let missing = fetch(&server, "/other-0123456789abcdef.js").await;
    assert_eq!((missing.status, missing.header("cache-control")), (404, Some("no-cache")));
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again() {
    let home = lay_out();
    let server = serve(home.path()).await;
    let modified = fetch(&server, "/config.json").await.header("last-modified").unwrap().to_owned();
    let again = get(server.addr, "/config.json", &format!("if-modified-since: {modified}\r\n")).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let home = lay_out();
    let server = serve(home.path()).await;
    let absolute = home.path().join("secret");
    for target in [
        "/../secret",
        "/..%2fsecret",
        "/%2e%2e/secret",
        "/%2e%2e%2fsecret",
        "/x/../../secret",
        "/..\\secret",
        "/..%5csecret",
        "/.%00./secret",
        "//../secret",
        "http://test/../secret",
        &format!("/{}", absolute.display()),
        &format!("/%2f{}", absolute.display()),
    ] {
        let answer = raw(
            server.addr,
            format!("GET {target} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").as_bytes(),
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{target}: {answer}");
        assert!(!answer.ends_with("secret"), "{target}: {answer}");
    }
}

#[tokio::test]
async fn the_app_does_not_hide_the_rest() {
    let home = lay_out();
    let server = serve(home.path()).await;
    assert_eq!(server.health().await["status"], "ok");
    server.join("r", 'a').await;
}
