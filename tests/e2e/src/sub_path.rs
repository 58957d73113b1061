//! A proxy that shows a whole site at a path of its own, as nginx and Caddy are told to, or leaves out a path of it.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running proxy. Dropping it stops it.
#[derive(Debug)]
pub struct SubPathProxy {
    address: SocketAddr,
    shown: Shown,
    task: JoinHandle<()>,
}

/// What it shows. Everything else is 404.
#[derive(Debug, Clone, Copy)]
enum Shown {
    /// All that the server has, at a path that begins and ends with a slash.
    At(&'static str),
    /// All that the server has, but for what begins with this path.
    Without(&'static str),
}

impl SubPathProxy {
    /// Shows what a server on this port has, at a path that begins and ends with a slash. Everything else is 404.
    pub async fn start(port: u16, path: &'static str) -> Self {
        Self::showing(port, Shown::At(path)).await
    }

    /// Shows what a server on this port has, but for what begins with this path.
    pub async fn without(port: u16, path: &'static str) -> Self {
        Self::showing(port, Shown::Without(path)).await
    }

    async fn showing(port: u16, shown: Shown) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(proxy(stream, port, shown));
            }
        });
        Self { address, shown, task }
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        let path = match self.shown {
            Shown::At(path) => path,
            Shown::Without(_) => "/",
        };
        format!("http://{}{path}", self.address)
    }
}

impl Drop for SubPathProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request for each connection, so that there is one head to rewrite; a WebSocket goes on after it.
async fn proxy(mut client: TcpStream, port: u16, shown: Shown) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16_384 {
        head.push(client.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let inside = match shown {
        Shown::At(path) => head.strip_prefix(&format!("GET {path}")),
        Shown::Without(path) => {
            head.strip_prefix("GET /").filter(|_| !head.starts_with(&format!("GET {path}")))
        }
    };
    let Some(inside) = inside else {
        let nothing = "HTTP/1.1 404 .\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        return client.write_all(nothing.as_bytes()).await.ok();
    };
    let mut server = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let once = inside.replace("Connection: keep-alive", "Connection: close");
    server.write_all(format!("GET /{once}").as_bytes()).await.ok()?;
    copy_bidirectional(&mut client, &mut server).await.ok().map(drop)
}
