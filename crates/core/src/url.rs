//! What the core has to know of a URL.

/// Whether a URL names the machine that the browser runs on.
pub fn is_loopback(url: &str) -> bool {
    let rest = ["ws://", "wss://", "http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    // What stands before an @ is no host.
    let named = |rest: &str| !rest.bytes().take_while(|byte| *byte != b'/').any(|byte| byte == b'@');
    let ends = |rest: &str| matches!(rest.as_bytes().first(), None | Some(b':' | b'/'));
    let here = |rest: &str| LOOPBACK_HOSTS.iter().any(|host| rest.strip_prefix(host).is_some_and(ends));
    rest.is_some_and(|rest| named(rest) && here(rest))
}

const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_loopback_host_is_local() {
        for url in ["ws://localhost:8080/ws", "ws://127.0.0.1/", "http://[::1]:8080/"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in
            ["ws://localhost.example.org/", "ws://localhost:x@example.org/", "ws://[::2]/", "localhost"]
        {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
