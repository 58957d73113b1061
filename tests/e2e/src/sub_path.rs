//! A proxy that shows a whole site at a path of its own, as nginx and Caddy are told to.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running proxy. Dropping it stops it.
#[derive(Debug)]
pub struct SubPathProxy {
    address: SocketAddr,
    path: &'static str,
    task: JoinHandle<()>,
}

impl SubPathProxy {
    /// Shows what a server on this port has, at a path that begins and ends with a slash. Everything else is 404.
    pub async fn start(port: u16, path: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(proxy(stream, port, path));
            }
        });
        Self { address, path, task }
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }
}

impl Drop for SubPathProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request for each connection, so that there is one head to rewrite; a WebSocket goes on after it.
async fn proxy(mut client: TcpStream, port: u16, path: &str) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16_384 {
        head.push(client.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let Some(inside) = head.strip_prefix(&format!("GET {path}")) else {
        let nothing = "HTTP/1.1 404 .\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        return client.write_all(nothing.as_bytes()).await.ok();
    };
    let mut server = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let once = inside.replace("Connection: keep-alive", "Connection: close");
    server.write_all(format!("GET /{once}").as_bytes()).await.ok()?;
    copy_bidirectional(&mut client, &mut server).await.ok().map(drop)
}
