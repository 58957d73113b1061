//! URLs, as far as the core looks into them.

const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Whether the host of a URL is the machine that the browser runs on. False for a relative URL.
pub fn is_loopback(url: &str) -> bool {
    let rest = ["ws://", "wss://", "http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    // What stands before an @ is no host.
    let has_user = |rest: &str| rest.bytes().take_while(|byte| *byte != b'/').any(|byte| byte == b'@');
    let host_ends = |rest: &str| matches!(rest.as_bytes().first(), None | Some(b':' | b'/'));
    let is_host = |rest: &str, host| rest.strip_prefix(host).is_some_and(host_ends);
    rest.is_some_and(|rest| !has_user(rest) && LOOPBACK_HOSTS.iter().any(|host| is_host(rest, host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_this_machine_are_loopback() {
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
