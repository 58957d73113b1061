//! A host that hands out files and knows nothing else, as most do: no WebSocket, and 404 for what it has not.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::tools;

/// A running host. Dropping it stops it.
#[derive(Debug)]
pub struct StaticSite {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl StaticSite {
    /// Hands out the bundle as it is built.
    pub async fn start() -> Self {
        Self::serving(&tools::dist(), 0).await
    }

    /// Hands out a folder, on a port (0 for any that is free).
    pub async fn serving(folder: &Path, port: u16) -> Self {
        Self::answering(port, Responses::of(vec![folder.to_owned()], 404)).await
    }

    /// Hands out what is in any of these folders, the first before the others.
    pub async fn serving_all(folders: Vec<PathBuf>) -> Self {
        Self::answering(0, Responses::of(folders, 404)).await
    }

    /// Hands out a folder, with one more header in each answer.
    pub async fn with_header(header: &'static str, folder: &Path) -> Self {
        Self::answering(0, Responses { folders: vec![folder.to_owned()], missing: 404, header }).await
    }

    /// Hands out a folder at another address of this machine, and answers with this status to what is not in it.
    pub async fn at(host: &str, folder: &Path, missing: u16) -> Self {
        Self::listening(host, 0, Responses::of(vec![folder.to_owned()], missing)).await
    }

    /// Has nothing, and answers everything with this status.
    pub async fn with_status(status: u16) -> Self {
        Self::answering(0, Responses::of(Vec::new(), status)).await
    }

    async fn answering(port: u16, answers: Responses) -> Self {
        Self::listening("127.0.0.1", port, answers).await
    }

    async fn listening(host: &str, port: u16, answers: Responses) -> Self {
        let listener = TcpListener::bind((host, port)).await.expect("the port is free");
        let address = listener.local_addr().expect("it is bound");
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answers = answers.clone();
                tokio::spawn(async move { answer(stream, &answers).await });
            }
        });
        Self { address, task }
    }

    /// The page's address.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for StaticSite {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a host answers.
#[derive(Debug, Clone)]
struct Responses {
    folders: Vec<PathBuf>,
    /// The status for what is in none of the folders.
    missing: u16,
    /// A line of its own, or nothing.
    header: &'static str,
}

impl Responses {
    fn of(folders: Vec<PathBuf>, missing: u16) -> Self {
        Self { folders, missing, header: "" }
    }
}

/// Reads the head of one request and answers it; anybody may read the answer.
async fn answer(mut stream: TcpStream, answers: &Responses) -> Option<()> {
    let Responses { folders, missing, header } = answers;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16_384 {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let path = head.split(' ').nth(1)?.split('?').next()?.trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let mut files = folders.iter().map(|folder| folder.join(path)).filter(|_| !path.contains(".."));
    let found = files.find_map(|file| std::fs::read(file).ok());
    let status = if found.is_some() { 200 } else { *missing };
    let (body, kind) = (found.unwrap_or_default(), kind_of(path));
    let head = format!(
        "HTTP/1.1 {status} .\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\
         access-control-allow-origin: *\r\nconnection: close\r\n{header}{}\r\n",
        body.len(),
        if header.is_empty() { "" } else { "\r\n" }
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(&body).await.ok()
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("png") => "image/png",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        _ => "text/plain",
    }
}
