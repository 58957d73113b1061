//! What is where: `/ws`, `/healthz`, and the app.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tracing::debug;
use tungstenite::error::ProtocolError;
use tungstenite::handshake::server::create_response_with_body;
use tungstenite::protocol::{Role, WebSocketConfig};
use visavis_signaling::limits::MAX_FRAME_BYTES;

use crate::addresses::{Addresses, Caller};
use crate::config::Config;
use crate::connection::{self, WebSocket};
use crate::files;
use crate::metered::Metered;
use crate::refusals::Refusals;
use crate::switchboard::{Place, Switchboard};

/// Buffers of one WebSocket. The library's own 128 KiB would be a gigabyte for ten thousand silent clients.
const BUFFER_BYTES: usize = 4 * 1024;
/// Seconds after which whoever is refused because of their address may try again.
const RETRY_AFTER: &str = "10";

/// What all requests share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) config: Arc<Config>,
    pub(crate) switchboard: Arc<Switchboard>,
    pub(crate) addresses: Arc<Addresses>,
    pub(crate) refusals: Arc<Refusals>,
}

/// All routes of the server.
pub(crate) fn router(shared: Shared) -> Router {
    let config = Arc::clone(&shared.config);
    let signaling = Router::new().route("/ws", any(socket)).route("/healthz", get(health)).with_state(shared);
    match &config.dist {
        Some(dist) => signaling.fallback_service(files::service(dist, &config.allowed_origins)),
        None => signaling.fallback(nothing_here),
    }
}

async fn nothing_here() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "This is a Visavis signaling server. Its WebSocket is at /ws.\n")
}

/// Answers 200 also when it is full: nobody should restart a server because of that.
async fn health(State(shared): State<Shared>) -> impl IntoResponse {
    let census = shared.switchboard.census();
    let body = json!({
        "status": if census.full { "full" } else { "ok" },
        "version": env!("CARGO_PKG_VERSION"),
        "rooms": census.rooms,
        "participants": census.participants,
        "connections": census.connections,
    });
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, body.to_string())
}

async fn socket(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    // Readable for a page of any site that found no WebSocket here and asks why.
    let refused = |refusal| ([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], refusal).into_response();
    open(shared, caller, request).unwrap_or_else(|refusal| refused(*refusal))
}

/// The answer that makes a WebSocket of the connection, or the one that says why not.
fn open(shared: Shared, caller: Caller, mut request: Request) -> Result<Response, Box<Response>> {
    if !may_connect(request.headers(), &shared.config.allowed_origins) {
        shared.refusals.note("origin", caller.source);
        return Err(refusal(StatusCode::FORBIDDEN, "This server does not know the site you come from.\n"));
    }
    let response = create_response_with_body(&request, Body::empty).map_err(|error| no_websocket(&error))?;
    let place = place(&shared, caller)?;
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match upgrade.await {
            Ok(upgraded) => serve(TokioIo::new(upgraded), place, shared.config).await,
            Err(error) => debug!(%error, "no upgrade"),
        }
    });
    Ok(response)
}

async fn serve(stream: TokioIo<hyper::upgrade::Upgraded>, place: Place, config: Arc<Config>) {
    let metered = Metered::new(stream, &config.bounds, place.0.guest());
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES))
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES);
    let socket = WebSocket::from_raw_socket(metered, Role::Server, Some(limits)).await;
    connection::serve(socket, place, config).await;
}

/// A place at the switchboard, if only to hear that there is none.
fn place(shared: &Shared, caller: Caller) -> Result<Place, Box<Response>> {
    let guest = shared.addresses.admit(caller);
    let (status, text, reason) = match &guest {
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "This server is full or closing.\n", "server-full"),
        None => (StatusCode::TOO_MANY_REQUESTS, "Too many connections from your address.\n", "connections"),
    };
    shared.switchboard.open(caller.source, guest).ok_or_else(|| {
        shared.refusals.note(reason, caller.source);
        let mut refusal = refusal(status, text);
        refusal.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY_AFTER));
        refusal
    })
}

fn refusal(status: StatusCode, text: &'static str) -> Box<Response> {
    Box::new((status, text).into_response())
}

/// The request asks for no WebSocket, or not as RFC 6455 has it (section 4.2.1).
fn no_websocket(error: &tungstenite::Error) -> Box<Response> {
    let asks_for_none = matches!(
        error,
        tungstenite::Error::Protocol(
            ProtocolError::MissingConnectionUpgradeHeader | ProtocolError::MissingUpgradeWebSocketHeader
        )
    );
    if !asks_for_none {
        return refusal(StatusCode::BAD_REQUEST, "This is no request for a WebSocket of version 13.\n");
    }
    let mut refusal = refusal(StatusCode::UPGRADE_REQUIRED, "Here is a WebSocket.\n");
    refusal.headers_mut().insert(header::UPGRADE, header::HeaderValue::from_static("websocket"));
    refusal
}

/// A page cannot lie about its origin; a program that is no browser has none.
fn may_connect(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    allowed.is_empty() || allowed.iter().any(|known| origin.as_bytes() == known.as_bytes())
}
