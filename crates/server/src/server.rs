//! Listening, accepting, and coming to an end.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;
use tracing::{debug, info, warn};

use crate::addresses::{Addresses, Source};
use crate::config::{Bounds, Config};
use crate::door::{Door, HttpPlace, Owner};
use crate::impatient::Impatient;
use crate::proxy::Proxies;
use crate::refusals::Refusals;
use crate::routes::{self, Shared};
use crate::switchboard::Switchboard;

/// A connection that is still no WebSocket after this takes no further request...
pub(crate) const HTTP_LIFETIME: Duration = Duration::from_secs(60);
/// ...and the answer it has begun has to end in so much more: nothing here takes that long to download.
pub(crate) const ANSWER_TIME: Duration = Duration::from_secs(60);
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
        let refusals = Arc::new(Refusals::default());
        let switchboard = CutOnDrop(Arc::new(Switchboard::new(&self.config, Arc::clone(&refusals))));
        let mut house = House::new(&self.config, &switchboard.0, refusals);
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
    door: Arc<Door>,
    proxies: Arc<Proxies>,
    config: Arc<Config>,
}

impl House {
    fn new(config: &Arc<Config>, switchboard: &Arc<Switchboard>, refusals: Arc<Refusals>) -> Self {
        let shared = Shared {
            config: Arc::clone(config),
            switchboard: Arc::clone(switchboard),
            addresses: Arc::new(Addresses::new(&config.bounds)),
            refusals: Arc::clone(&refusals),
        };
        Self {
            app: routes::router(shared),
            guests: JoinSet::new(),
            door: Arc::new(Door::new(refusals)),
            proxies: Arc::new(Proxies::new(&config.trusted_proxies)),
            config: Arc::clone(config),
        }
    }

    /// Accepts for ever.
    async fn welcome(&mut self, listener: &TcpListener) {
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, addr)) => self.admit(stream, addr.ip()),
                    Err(error) => {
                        warn!(%error, "cannot accept");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = self.guests.join_next() => {}
            }
        }
    }

    fn admit(&mut self, stream: TcpStream, peer: IpAddr) {
        // Small messages that wait for each other would make every join slower.
        let _ = stream.set_nodelay(true);
        let trusted = self.proxies.trusts(peer);
        let (place, cut) =
            self.door.enter(if trusted { Owner::TrustedProxy } else { Owner::Address(Source::of(peer)) });
        let visit = Visit { peer, place, proxies: Arc::clone(&self.proxies), app: self.app.clone() };
        let config = Arc::clone(&self.config);
        self.guests.spawn(async move {
            tokio::select! {
                () = speak_http(stream, visit, &config.bounds) => {}
                _ = cut => debug!(%peer, "made room for somebody else"),
            }
        });
    }
}

/// One connection that speaks HTTP.
struct Visit {
    peer: IpAddr,
    place: HttpPlace,
    proxies: Arc<Proxies>,
    app: Router,
}

impl Visit {
    /// What the app answers. Each request may come from somebody else, if a proxy sends it.
    fn ask(&self, request: Request<Incoming>) -> impl Future<Output = Result<Response, Infallible>> + use<> {
        let mut request = request.map(Body::new);
        let caller = self.proxies.caller(self.peer, request.headers());
        request.extensions_mut().insert(caller);
        self.place.answering();
        self.app.clone().oneshot(request)
    }
}

/// Answers requests until the connection ends or becomes a WebSocket.
async fn speak_http(stream: TcpStream, visit: Visit, bounds: &Bounds) {
    let stream = Impatient::new(stream, bounds.write_timeout);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header_timeout)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service_fn(|request| visit.ask(request)))
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = sleep(HTTP_LIFETIME) => {
            connection.as_mut().graceful_shutdown();
            timeout(ANSWER_TIME, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        debug!(%error, "HTTP ended");
    }
}
