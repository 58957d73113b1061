//! The server that a person has chosen: kept by the browser, and carried by links.

use visavis_app::stored_data::StoredData;
use visavis_app::{ChoiceError, ServerChoice};
use web_sys::{Url, UrlSearchParams};

use super::link;
use super::names::{is_remembered as is_remembered_under, storage};
use crate::dom::is_secure;

const KEY: &str = StoredData::Server.key();
const DIALECT: &str = "dialect";
const SERVER: &str = "server";
/// What an address names a server with.
pub const PARAMETERS: [&str; 2] = [DIALECT, SERVER];

/// Whether the person made a choice: [`remembered`].
pub fn is_remembered() -> bool {
    is_remembered_under(KEY)
}

/// The choice that the person made last.
pub fn remembered() -> Option<ServerChoice> {
    let text = storage()?.get_item(KEY).ok().flatten()?;
    of(&UrlSearchParams::new_with_str(&text).ok()?)?.ok()
}

/// Keeps a choice for the next visit, or forgets it.
pub(super) fn remember(choice: Option<&ServerChoice>) {
    if let (Some(storage), Ok(query)) = (storage(), UrlSearchParams::new()) {
        put(&query, choice);
        let text = String::from(query.to_string());
        let _ = if text.is_empty() { storage.remove_item(KEY) } else { storage.set_item(KEY, &text) };
    }
}

/// The choice that an address carries (`?dialect=D&server=U`).
pub fn of(query: &UrlSearchParams) -> Option<Result<ServerChoice, ChoiceError>> {
    let (dialect, url) = (query.get(DIALECT), query.get(SERVER));
    if dialect.is_none() && url.is_none() {
        return None;
    }
    Some(validate(dialect.as_deref().unwrap_or("visavis"), &url.unwrap_or_default()))
}

/// Lets an address carry a choice, or none.
pub fn put(query: &UrlSearchParams, choice: Option<&ServerChoice>) {
    link::remove(query, &PARAMETERS);
    if let Some(choice) = choice {
        query.set(DIALECT, &choice.dialect);
        if !choice.url.is_empty() {
            query.set(SERVER, &choice.url);
        }
    }
}

/// Checks what a person typed, or a stranger put into a link: as the browser reads it, so that what we show is where it
/// goes (`xn--` for a host with other letters, slashes for backslashes).
pub(super) fn validate(dialect: &str, url: &str) -> Result<ServerChoice, ChoiceError> {
    let read = Url::new(url).map(|url| url.href());
    ServerChoice::new(dialect, read.as_deref().unwrap_or(url), is_secure())
}
