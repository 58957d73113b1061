//! Listening, accepting, and coming to an end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tower::ServiceExt as _;
use tracing::{debug, info, warn};

use crate::addresses::{Addresses, Counted};
use crate::config::Config;
use crate::routes;
use crate::switchboard::Switchboard;

/// TCP connections that speak HTTP at one time. WebSockets are counted by themselves.
pub(crate) const MAX_HTTP_CONNECTIONS: usize = 512;
/// A connection that is still no WebSocket after this is closed: nothing here takes that long to download.
pub(crate) const HTTP_LIFETIME: Duration = Duration::from_secs(300);
/// How long clients may take to hear that the server is closing.
const FAREWELL: Duration = Duration::from_millis(1500);
/// Out of file descriptors, most likely: trying again at once would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A server that listens already; connections wait until it [runs](Server::run_until).
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    config: Arc<Config>,
}

/// Keeps one address's count while its connection lives, through the upgrade to a WebSocket.
pub(crate) type Peer = Arc<Counted>;

impl Server {
    /// Starts to listen.
    ///
    /// # Errors
    /// If the address is not ours, or is taken.
    pub async fn bind(config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind(config.listen).await?;
        let addr = listener.local_addr()?;
        Ok(Self { listener, addr, config: Arc::new(config) })
    }

    /// Where it listens, with the real port if port 0 was asked for.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves until `shutdown` resolves, then says goodbye to everybody, within two seconds.
    ///
    /// Dropping the future instead is a crash: every connection is cut off without a word.
    ///
    /// # Errors
    /// None at present; accepting goes on after an error.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let switchboard = CutOnDrop(Arc::new(Switchboard::new(&self.config)));
        let mut house = House::new(&self.config, &switchboard.0);
        info!(addr = %self.addr, "serving");
        tokio::select! {
            () = house.welcome(&self.listener) => {}
            () = switchboard.0.keep_time() => {}
            () = shutdown => {}
        }
        drop(self.listener);
        info!("closing");
        switchboard.0.close();
        if timeout(FAREWELL, switchboard.0.emptied()).await.is_err() {
            debug!("some clients did not close in time");
        }
        Ok(())
    }
}

/// Whatever ends the server, no connection outlives it.
struct CutOnDrop(Arc<Switchboard>);

impl Drop for CutOnDrop {
    fn drop(&mut self) {
        self.0.cut();
    }
}

struct House {
    app: Router,
    guests: JoinSet<()>,
    places: Arc<Semaphore>,
    addresses: Arc<Addresses>,
    config: Arc<Config>,
}

impl House {
    fn new(config: &Arc<Config>, switchboard: &Arc<Switchboard>) -> Self {
        Self {
            app: routes::router(config, switchboard),
            guests: JoinSet::new(),
            places: Arc::new(Semaphore::new(MAX_HTTP_CONNECTIONS)),
            addresses: Arc::default(),
            config: Arc::clone(config),
        }
    }

    /// Accepts for ever.
    async fn welcome(&mut self, listener: &TcpListener) {
        loop {
            tokio::select! {
                accepted = accept(listener, &self.places) => match accepted {
                    Ok((stream, addr, place)) => self.admit(stream, addr, place),
                    Err(error) => {
                        warn!(%error, "cannot accept");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = self.guests.join_next() => {}
            }
        }
    }

    fn admit(&mut self, stream: TcpStream, addr: SocketAddr, place: OwnedSemaphorePermit) {
        let max = self.config.bounds.max_connections_per_address;
        let Some(counted) = self.addresses.count(addr.ip(), max) else {
            return debug!(%addr, "too many connections from there");
        };
        // Small messages that wait for each other would make every join slower.
        let _ = stream.set_nodelay(true);
        let http = speak_http(stream, self.app.clone(), Arc::new(counted), self.config.bounds.header_timeout);
        self.guests.spawn(async move {
            let _ = timeout(HTTP_LIFETIME, http).await;
            drop(place);
        });
    }
}

/// Waits for a place first: who finds none waits in the system's queue.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, addr) = listener.accept().await?;
    Ok((stream, addr, place))
}

/// Answers requests until the connection ends or becomes a WebSocket.
async fn speak_http(stream: TcpStream, app: Router, peer: Peer, header_timeout: Duration) {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Arc::clone(&peer));
        app.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    if let Err(error) = connection.await {
        debug!(%error, "HTTP ended");
    }
}
