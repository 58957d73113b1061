//! The two things of WebDriver that the client library does not know.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::Value;
use url::{ParseError, Url};

/// A command outside the library's list: a vendor's, or of a later standard.
#[derive(Debug)]
pub(crate) struct VendorCommand {
    /// Path below the session.
    pub(crate) path: &'static str,
    /// The command's parameters.
    pub(crate) body: Value,
}

impl WebDriverCompatibleCommand for VendorCommand {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// Asks a driver to close its browser, without an executor: this happens in a destructor, perhaps of a panicking test.
pub(crate) fn end_session(port: u16, session: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(
        stream,
        "DELETE /session/{session} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    )?;
    stream.read_exact(&mut [0; 12])
}
