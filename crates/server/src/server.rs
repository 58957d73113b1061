//! The server: listening, accepting connections, shutting down.

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

use crate::address_limiter::{AddressKey, AddressLimiter};
use crate::client_registry::ClientRegistry;
use crate::config::{Config, Limits};
use crate::http_limiter::{HttpConnectionLimiter, HttpConnectionPermit, LimitKey};
use crate::proxy::ProxyHeaders;
use crate::refusal_log::RefusalLog;
use crate::routes::{self, AppState};
use crate::write_timeout::WriteTimeout;

/// How long clients may take to close at shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(1500);
/// Pause after a failed `accept`: most likely there are no file descriptors left, and trying again at once would spin.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// A server that listens already; connections are accepted once it [runs](Server::run_until).
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    config: Arc<Config>,
}

impl Server {
    /// Binds the address of the configuration and listens.
    ///
    /// # Errors
    /// If the address is not one of this machine, or is taken.
    pub async fn bind(config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind(config.listen).await?;
        let addr = listener.local_addr()?;
        Ok(Self { listener, addr, config: Arc::new(config) })
    }

    /// The address it listens on, with the real port if port 0 was asked for.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves until `shutdown` resolves, then closes all connections, within two seconds.
    ///
    /// Dropping the future instead aborts all connections without a close frame, as a crash would.
    ///
    /// # Errors
    /// None at present; accepting goes on after an error.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let refusal_log = Arc::new(RefusalLog::default());
        let registry = AbortOnDrop(Arc::new(ClientRegistry::new(&self.config, Arc::clone(&refusal_log))));
        let mut acceptor = Acceptor::new(&self.config, &registry.0, refusal_log);
        info!(addr = %self.addr, "serving");
        tokio::select! {
            () = acceptor.accept_loop(&self.listener) => {}
            () = registry.0.run_timers() => {}
            () = shutdown => {}
        }
        drop(self.listener);
        info!("closing");
        registry.0.shut_down();
        if timeout(SHUTDOWN_TIMEOUT, registry.0.wait_until_empty()).await.is_err() {
            debug!("some clients did not close in time");
        }
        Ok(())
    }
}

/// Aborts all WebSockets when the server ends, whatever the reason.
struct AbortOnDrop(Arc<ClientRegistry>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort_all();
    }
}

/// Accepts connections, and runs a task for each.
struct Acceptor {
    app: Router,
    connections: JoinSet<()>,
    http_limiter: Arc<HttpConnectionLimiter>,
    proxies: Arc<ProxyHeaders>,
    config: Arc<Config>,
}

impl Acceptor {
    fn new(config: &Arc<Config>, registry: &Arc<ClientRegistry>, refusal_log: Arc<RefusalLog>) -> Self {
        let state = AppState {
            config: Arc::clone(config),
            registry: Arc::clone(registry),
            address_limiter: Arc::new(AddressLimiter::new(&config.limits)),
            refusal_log: Arc::clone(&refusal_log),
        };
        Self {
            app: routes::router(state),
            connections: JoinSet::new(),
            http_limiter: Arc::new(HttpConnectionLimiter::new(refusal_log)),
            proxies: Arc::new(ProxyHeaders::new(&config.trusted_proxies)),
            config: Arc::clone(config),
        }
    }

    /// Accepts connections; never returns.
    async fn accept_loop(&mut self, listener: &TcpListener) {
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, addr)) => self.spawn_connection(stream, addr.ip()),
                    Err(error) => {
                        warn!(%error, "cannot accept");
                        sleep(ACCEPT_RETRY_DELAY).await;
                    }
                },
                Some(_) = self.connections.join_next() => {}
            }
        }
    }

    fn spawn_connection(&mut self, stream: TcpStream, peer: IpAddr) {
        // Nagle's algorithm would delay small messages, and with them every join.
        let _ = stream.set_nodelay(true);
        let trusted = self.proxies.trusts(peer);
        let (permit, evicted) = self.http_limiter.acquire(if trusted {
            LimitKey::TrustedProxy
        } else {
            LimitKey::Address(AddressKey::of(peer))
        });
        let http = HttpConnection { peer, permit, proxies: Arc::clone(&self.proxies), app: self.app.clone() };
        let config = Arc::clone(&self.config);
        self.connections.spawn(async move {
            tokio::select! {
                () = serve_http(stream, http, &config.limits) => {}
                _ = evicted => debug!(%peer, "made room for somebody else"),
            }
        });
    }
}

/// What one HTTP connection needs to answer its requests.
struct HttpConnection {
    peer: IpAddr,
    permit: HttpConnectionPermit,
    proxies: Arc<ProxyHeaders>,
    app: Router,
}

impl HttpConnection {
    /// Answers a request. Behind a proxy, each request of a connection may come from another client.
    fn call(&self, request: Request<Incoming>) -> impl Future<Output = Result<Response, Infallible>> + use<> {
        let mut request = request.map(Body::new);
        let remote = self.proxies.remote_address(self.peer, request.headers());
        request.extensions_mut().insert(remote);
        self.permit.mark_responding();
        self.app.clone().oneshot(request)
    }
}

/// Serves HTTP/1.1 on a connection until it ends or becomes a WebSocket.
async fn serve_http(stream: TcpStream, http: HttpConnection, limits: &Limits) {
    let stream = WriteTimeout::new(stream, limits.write_timeout);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service_fn(|request| http.call(request)))
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = sleep(limits.http_lifetime) => {
            connection.as_mut().graceful_shutdown();
            timeout(limits.response_timeout, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        debug!(%error, "HTTP ended");
    }
}
