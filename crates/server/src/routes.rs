//! The routes: `/ws`, `/healthz`, `/token`, and the app.

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

use crate::address_limiter::{AddressLimiter, RemoteAddress};
use crate::client_registry::{ClientRegistry, RegisteredClient};
use crate::config::Config;
use crate::files;
use crate::rate_limited_stream::RateLimitedStream;
use crate::refusal_log::RefusalLog;
use crate::token;
use crate::websocket::{self, WebSocket};

/// Buffers of one WebSocket. The library's own 128 KiB would be a gigabyte for ten thousand silent clients.
const BUFFER_BYTES: usize = 4 * 1024;
/// The `Retry-After` of a refusal, in seconds.
pub(crate) const RETRY_AFTER: &str = "10";

/// The state that all handlers share.
#[derive(Debug, Clone)]
pub(crate) struct AppState {
    pub(crate) config: Arc<Config>,
    pub(crate) registry: Arc<ClientRegistry>,
    pub(crate) address_limiter: Arc<AddressLimiter>,
    pub(crate) refusal_log: Arc<RefusalLog>,
}

/// The router of the server.
pub(crate) fn router(state: AppState) -> Router {
    let config = Arc::clone(&state.config);
    let signaling = Router::new()
        .route("/ws", any(websocket))
        .route("/healthz", get(health))
        .route("/token", any(token::respond))
        .with_state(state);
    match &config.dist {
        Some(dist) => signaling.fallback_service(files::service(dist, &config.allowed_origins)),
        None => signaling.fallback(not_found),
    }
}

async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "This is a Visavis signaling server. Its WebSocket is at /ws.\n")
}

/// Health and numbers. Answers 200 also when the server is full, which is no reason to restart it.
async fn health(State(state): State<AppState>) -> impl IntoResponse {
    let stats = state.registry.stats();
    let body = json!({
        "status": if stats.full { "full" } else { "ok" },
        "version": env!("CARGO_PKG_VERSION"),
        "rooms": stats.rooms,
        "participants": stats.participants,
        "connections": stats.connections,
    });
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, body.to_string())
}

async fn websocket(
    State(state): State<AppState>,
    Extension(remote): Extension<RemoteAddress>,
    request: Request,
) -> Response {
    // Pages of any site may read why their WebSocket was refused.
    let refused = |refusal| ([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], refusal).into_response();
    upgrade_response(state, remote, request).unwrap_or_else(|refusal| refused(*refusal))
}

/// Answers a request for a WebSocket and serves it once upgraded.
///
/// # Errors
/// The response that refuses it.
fn upgrade_response(
    state: AppState,
    remote: RemoteAddress,
    mut request: Request,
) -> Result<Response, Box<Response>> {
    if !is_origin_allowed(request.headers(), &state.config.allowed_origins) {
        state.refusal_log.record("origin", remote.key);
        return Err(refusal(StatusCode::FORBIDDEN, "This server does not know the site you come from.\n"));
    }
    let response = create_response_with_body(&request, Body::empty).map_err(|error| upgrade_error(&error))?;
    let client = register(&state, remote)?;
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match upgrade.await {
            Ok(upgraded) => serve(TokioIo::new(upgraded), client, state.config).await,
            Err(error) => debug!(%error, "no upgrade"),
        }
    });
    Ok(response)
}

async fn serve(stream: TokioIo<hyper::upgrade::Upgraded>, client: RegisteredClient, config: Arc<Config>) {
    let stream = RateLimitedStream::new(stream, &config.limits, client.handle.permit());
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES))
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES);
    let socket = WebSocket::from_raw_socket(stream, Role::Server, Some(limits)).await;
    websocket::serve(socket, client, config).await;
}

/// Registers a client, also one that is over a limit and has to be told so.
///
/// # Errors
/// The response that refuses it.
fn register(state: &AppState, remote: RemoteAddress) -> Result<RegisteredClient, Box<Response>> {
    let permit = state.address_limiter.acquire(remote);
    let (status, text, reason) = match &permit {
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "This server is full or closing.\n", "server-full"),
        None => (StatusCode::TOO_MANY_REQUESTS, "Too many connections from your address.\n", "connections"),
    };
    state.registry.register(remote.key, permit).ok_or_else(|| {
        state.refusal_log.record(reason, remote.key);
        let mut refusal = refusal(status, text);
        refusal.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY_AFTER));
        refusal
    })
}

fn refusal(status: StatusCode, text: &'static str) -> Box<Response> {
    Box::new((status, text).into_response())
}

/// The response to a request that asks for no WebSocket, or not as RFC 6455 has it (section 4.2.1).
fn upgrade_error(error: &tungstenite::Error) -> Box<Response> {
    let is_plain_http = matches!(
        error,
        tungstenite::Error::Protocol(
            ProtocolError::MissingConnectionUpgradeHeader | ProtocolError::MissingUpgradeWebSocketHeader
        )
    );
    if !is_plain_http {
        return refusal(StatusCode::BAD_REQUEST, "This is no request for a WebSocket of version 13.\n");
    }
    let mut refusal = refusal(StatusCode::UPGRADE_REQUIRED, "Here is a WebSocket.\n");
    refusal.headers_mut().insert(header::UPGRADE, header::HeaderValue::from_static("websocket"));
    refusal
}

/// Whether the `Origin` is allowed. A page cannot forge it; a program that is no browser sends none, and is allowed.
pub(crate) fn is_origin_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    allowed.is_empty() || allowed.iter().any(|known| origin.as_bytes() == known.as_bytes())
}
