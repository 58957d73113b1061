//! WebKitGTK, the engine of Safari in a browser for Linux. It knows no headless mode, so it has a screen that nobody sees.

use std::time::{Duration, Instant};

use fantoccini::Client;
use fantoccini::error::CmdError;
use fantoccini::wd::WindowHandle;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::display::Display;
use crate::process::Process;
use crate::server::free_port;
use crate::tools;

/// Options of WebKitGTK's MiniBrowser: it has a camera and a microphone that may be used, and a page may open the windows
/// of the others.
pub(crate) const FLAGS: [&str; 3] = [
    "--automation",
    "--enable-mock-capture-devices=true",
    "--javascript-can-open-windows-automatically=true",
];

/// A display with room for every window of the tests.
const DISPLAY: &str = "2000x1200";

/// A window without the toolbar, whose buttons would not let it be as narrow as a telephone, and in a process of its own.
const OPEN: &str = "window.open('about:blank', '', 'popup,noopener,width=1280,height=800')";

/// Starts a driver and the display for its browser. Returns them in the order in which they should end, and the driver's
/// port.
pub(crate) async fn start_driver() -> (Vec<Process>, u16) {
    let display = Display::start(DISPLAY).await;
    let port = free_port();
    let (program, args) = display.command(&tools::webkit_driver(), &[format!("--port={port}")]);
    let mut driver = Process::start(&program, &args);
    wait_until_listening(&mut driver, port).await;
    (vec![driver, display.process], port)
}

/// The driver does not say when it is ready.
async fn wait_until_listening(driver: &mut Process, port: u16) {
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        let waits = driver.is_alive() && begin.elapsed() < Duration::from_secs(30);
        assert!(waits, "WebKitWebDriver does not listen; it said:\n{}", driver.last_output());
        sleep(Duration::from_millis(50)).await;
    }
}

/// Opens a window from the one that the browser has started with, which is never a page: its policy might forbid that.
pub(crate) async fn open_window(client: &Client, first: &WindowHandle) -> Result<WindowHandle, CmdError> {
    client.switch_to_window(first.clone()).await?;
    let before = client.windows().await?;
    client.execute(OPEN, vec![]).await?;
    let begin = Instant::now();
    loop {
        if let Some(window) = client.windows().await?.into_iter().find(|window| !before.contains(window)) {
            return Ok(window);
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "a window opens");
        sleep(Duration::from_millis(50)).await;
    }
}
