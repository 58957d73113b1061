//! The static files of the app, with their caching and security headers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tower_http::services::ServeDir;

use crate::csp;

/// `Cache-Control` of files whose name changes with their content: cached for a year without revalidation.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// `Cache-Control` of all other files: revalidated each time (and answered with 304 if unchanged).
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
/// Least digits of a 64-bit hash in hexadecimal: Trunk leaves out leading zeros.
const MIN_HASH_DIGITS: usize = 12;

#[derive(Debug)]
struct AppFiles {
    dist: PathBuf,
    origins: Vec<String>,
}

/// Serves the folder: compressed copies (`.br`, `.gz`) where the browser takes them, and nothing outside of it.
pub(crate) fn service(dist: &Path, origins: &[String]) -> Router {
    let app = Arc::new(AppFiles { dist: dist.to_owned(), origins: origins.to_vec() });
    let files = ServeDir::new(dist).precompressed_br().precompressed_gzip();
    Router::new().fallback_service(files).layer(from_fn_with_state(app, add_headers))
}

async fn add_headers(State(app): State<Arc<AppFiles>>, request: Request, next: Next) -> Response {
    let hashed = is_hashed(request.uri().path());
    let mut response = next.run(request).await;
    let status = response.status();
    let immutable = hashed && (status.is_success() || status.as_u16() == 304);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, if immutable { IMMUTABLE } else { REVALIDATE });
    add_security_headers(headers);
    if is_page(headers) {
        headers.insert(header::CONTENT_SECURITY_POLICY, csp::for_pages(&app.dist, &app.origins).await);
    }
    response
}

/// The security headers of every file; pages have a Content-Security-Policy besides.
pub(crate) const HEADERS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    // The room is in the address of the page: it is nobody else's business.
    ("referrer-policy", "no-referrer"),
    // Another window that opened this one, or was opened by it, has no hold on it.
    ("cross-origin-opener-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), geolocation=()",
    ),
];

fn add_security_headers(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(header::HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

/// Whether the file's own name carries a hash of its content, as `cargo xtask dist` and Trunk write it: `app-0123456789abcdef_bg.wasm`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split('-').skip(1).any(|part| {
        let digits = part.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')).count();
        let ends = part.as_bytes().get(digits).is_some_and(|b| matches!(b, b'.' | b'_'));
        ends && digits >= MIN_HASH_DIGITS
    })
}

#[cfg(test)]
mod tests {
    use super::is_hashed;

    #[test]
    fn knows_hashed_names() {
        for path in
            ["/visavis-page-8f14e45fceea167a.js", "/a/b-8f14e45fceea167a_bg.wasm", "/m-f14e45fceea167a.css"]
        {
            assert!(is_hashed(path), "{path}");
        }
        let snippet = "/snippets/visavis-8f14e45fceea167a/inline0.js";
        for path in ["/", "/index.html", "/config.json", "/icon-192.png", "/a-deadbeef.js", snippet] {
            assert!(!is_hashed(path), "{path}");
        }
    }
}
