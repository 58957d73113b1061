//! What is where: `/ws`, `/healthz`, and the app.

use std::sync::Arc;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::json;
use tracing::debug;
use visavis_signaling::limits::MAX_FRAME_BYTES;

use crate::config::Config;
use crate::server::Peer;
use crate::switchboard::{Place, Switchboard};
use crate::{connection, files};

/// Buffers of one WebSocket. The library's own 128 KiB would be a gigabyte for ten thousand silent clients.
const BUFFER_BYTES: usize = 4 * 1024;

#[derive(Debug, Clone)]
struct Shared {
    config: Arc<Config>,
    switchboard: Arc<Switchboard>,
}

/// All routes of the server.
pub(crate) fn router(config: &Arc<Config>, switchboard: &Arc<Switchboard>) -> Router {
    let shared = Shared { config: Arc::clone(config), switchboard: Arc::clone(switchboard) };
    let signaling = Router::new().route("/ws", any(socket)).route("/healthz", get(health)).with_state(shared);
    match &config.dist {
        Some(dist) => signaling.fallback_service(files::service(dist, &config.allowed_origins)),
        None => signaling.fallback(nothing_here),
    }
}

async fn nothing_here() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "This is a Visavis signaling server. Its WebSocket is at /ws.\n")
}

async fn health(State(shared): State<Shared>) -> impl IntoResponse {
    let census = shared.switchboard.census();
    let body = json!({
        "status": "ok",
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
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match admit(&shared, &headers, upgrade) {
        Ok((upgrade, place)) => open(upgrade, place, shared, peer),
        // Readable for a page of any site that found no WebSocket here and asks why.
        Err(refusal) => ([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], *refusal).into_response(),
    }
}

/// A place at the switchboard, unless this page or this moment is wrong.
fn admit(
    shared: &Shared,
    headers: &HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<(WebSocketUpgrade, Place), Box<Response>> {
    let refusal = |status, text: &'static str| Box::new((status, text).into_response());
    if !may_connect(headers, &shared.config.allowed_origins) {
        debug!(origin = ?headers.get(header::ORIGIN), "refused");
        return Err(refusal(StatusCode::FORBIDDEN, "This server does not know the site you come from.\n"));
    }
    let upgrade = upgrade.map_err(|rejection| Box::new(rejection.into_response()))?;
    let full = || refusal(StatusCode::SERVICE_UNAVAILABLE, "This server is full or closing.\n");
    Ok((upgrade, shared.switchboard.open().ok_or_else(full)?))
}

fn open(upgrade: WebSocketUpgrade, place: Place, shared: Shared, peer: Peer) -> Response {
    let upgrade = upgrade
        .max_message_size(MAX_FRAME_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES);
    upgrade.on_upgrade(move |socket| async move {
        connection::serve(socket, place, shared.config).await;
        drop(peer);
    })
}

/// A page cannot lie about its origin; a program that is no browser has none.
fn may_connect(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    allowed.is_empty() || allowed.iter().any(|known| origin.as_bytes() == known.as_bytes())
}
