//! Which ICE servers a browser takes. One that it does not take makes the constructor of `RTCPeerConnection` throw, and
//! with it goes every call: so what would be refused is found out before.

use crate::signal::IceServer;

/// Longest user name of TURN that browsers take, in bytes (RFC 8489 section 14.3: fewer than 509).
const MAX_USERNAME_BYTES: usize = 508;

/// Ports that Firefox refuses (ESR 153: the bad ports of the Fetch standard, section 2.9, but for 53).
const BAD_PORTS: [u16; 81] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526,
    530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659,
    4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// What a browser would not take of an ICE server: the field, and what is wrong with it.
pub type Flaw = (&'static str, &'static str);

/// Whether every browser takes this URL: `stun:` as in RFC 7064, `turn:` and `turns:` as in RFC 7065. Of what those allow in
/// a host, only what names a machine; schemes in lower case, as browsers want them. Firefox does not take `stuns:`.
///
/// # Errors
/// What is wrong with it.
pub fn validate_url(url: &str) -> Result<(), &'static str> {
    let (scheme, rest) = url.split_once(':').unwrap_or_default();
    let place = match scheme {
        "stun" => rest,
        "turn" | "turns" => {
            let (place, query) = rest.split_once('?').unwrap_or((rest, "transport=udp"));
            if !matches!(query, "transport=udp" | "transport=tcp") {
                return Err("may end in ?transport=udp or ?transport=tcp, and in nothing else");
            }
            place
        }
        _ => return Err("must be one or several stun:, turn: or turns: URLs"),
    };
    if is_place(place) {
        Ok(())
    } else {
        Err(
            "must name a host, and perhaps a port that browsers allow, right after the colon: stun:example.org:3478",
        )
    }
}

/// `host [ ":" port ]`.
fn is_place(place: &str) -> bool {
    let (host_fits, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (is_ipv6(host), port.strip_prefix(':').or(port.is_empty().then_some("3478"))),
        None => {
            let (host, port) = place.split_once(':').unwrap_or((place, "3478"));
            (is_name(host), Some(port))
        }
    };
    host_fits && port.is_some_and(is_port)
}

fn is_port(port: &str) -> bool {
    let good = |port: u16| port > 0 && !BAD_PORTS.contains(&port);
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse().is_ok_and(good)
}

/// A name of the DNS, or an IPv4 address, for which browsers take whatever ends in a number.
fn is_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.as_bytes().rsplit(|byte| *byte == b'.').next();
    if last.and_then(<[u8]>::first).is_some_and(u8::is_ascii_digit) {
        let octet = |octet: &str| octet.len() <= 3 && octet.parse::<u8>().is_ok();
        return host.split('.').count() == 4 && host.split('.').all(octet);
    }
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=63).contains(&label.len()) && label.bytes().all(plain)
    };
    host.len() <= 253 && host.split('.').all(label)
}

/// RFC 4291 section 2.2, without a scope and without an IPv4 address at its end.
fn is_ipv6(host: &str) -> bool {
    let group = |group: &str| group.len() <= 4 && group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let groups = host.split(':').filter(|group| !group.is_empty()).count();
    let gaps = host.as_bytes().windows(2).filter(|pair| *pair == b"::").count();
    let ends = |a: bool, b: bool| !a || b;
    host.split(':').all(group)
        && ends(host.starts_with(':'), host.starts_with("::"))
        && ends(host.ends_with(':'), host.ends_with("::"))
        && if gaps == 0 { groups == 8 } else { gaps == 1 && groups <= 7 }
}

/// Whether a browser takes a server with all of its URLs.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn validate(server: &IceServer) -> Result<(), Flaw> {
    server.urls.iter().try_for_each(|url| validate_with_credentials(server, url))
}

fn validate_with_credentials(server: &IceServer, url: &str) -> Result<(), Flaw> {
    validate_url(url).map_err(|flaw| ("urls", flaw))?;
    let lacks = |text: &Option<String>| text.as_deref().is_none_or(str::is_empty);
    if !url.starts_with("turn") {
        Ok(())
    } else if lacks(&server.username) {
        Err(("username", "is missing, and TURN asks for one"))
    } else if server.username.as_ref().is_some_and(|name| name.len() > MAX_USERNAME_BYTES) {
        Err(("username", "is too long"))
    } else if lacks(&server.credential) {
        Err(("credential", "is missing, and TURN asks for one"))
    } else {
        Ok(())
    }
}

/// The servers with those of their URLs that a browser takes, and a line about each of the others.
pub fn usable(servers: Vec<IceServer>) -> (Vec<IceServer>, Vec<String>) {
    let mut refused = Vec::new();
    let servers = servers.into_iter().filter_map(|mut server| {
        let all = std::mem::take(&mut server.urls);
        for url in all {
            match validate_with_credentials(&server, &url) {
                Ok(()) => server.urls.push(url),
                Err((field, flaw)) => refused.push([&url, ": \"", field, "\" ", flaw].concat()),
            }
        }
        (!server.urls.is_empty()).then_some(server)
    });
    (servers.collect(), refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(urls: &[&str], username: Option<&str>, credential: Option<&str>) -> IceServer {
        IceServer {
            urls: urls.iter().map(ToString::to_string).collect(),
            username: username.map(str::to_owned),
            credential: credential.map(str::to_owned),
        }
    }

    #[test]
    fn urls_as_browsers_take_them() {
        for url in [
            "stun:example.org",
            "stun:example.org:3478",
            "stun:192.0.2.1:53",
            "stun:[2001:db8::1]:65535",
            "stun:[::1]",
            "stun:[1:2:3:4:5:6:7:8]",
            "stun:a_b-c.example.org.",
            "turn:example.org",
            "turn:example.org:3478?transport=udp",
            "turns:example.org:443?transport=tcp",
            "turn:[2001:db8::]?transport=tcp",
        ] {
            assert_eq!(validate_url(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn urls_that_browsers_refuse() {
        for url in [
            "",
            "stun",
            "stun:",
            "stun://example.org",
            "STUN:example.org",
            "stuns:example.org",
            "http://example.org",
            "stun:h?transport=udp",
            "stun:h:",
            "stun:h:0",
            "stun:h:65536",
            "stun:h:+80",
            "stun:h:22",
            "stun:1.2.3",
            "stun:1.2.3.256",
            "stun:example.0x1",
            "stun:h:80:80",
            "stun:h/path",
            "stun:user@h",
            "stun:h#x",
            "stun: h",
            "stun:h ",
            "stun:h..org",
            "stun:.",
            "stun:[::1",
            "stun:[::1]3478",
            "stun:[:::]",
            "stun:[1::2::3]",
            "stun:[1:2:3:4:5:6:7]",
            "stun:[:1::]",
            "stun:[fe80::1%25en0]",
            "stun:2001:db8::1",
            "stun:müller.example",
            "turn:h?transport=sctp",
            "turn:h?transport=",
            "turn:h?",
            "turn:h?transport=udp&x=1",
            "turn:?transport=udp",
        ] {
            assert!(validate_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn turn_asks_for_credentials() {
        let turn = &["turn:h"];
        assert_eq!(validate(&server(turn, Some("u"), Some("c"))), Ok(()));
        assert_eq!(validate(&server(turn, None, Some("c"))).unwrap_err().0, "username");
        assert_eq!(validate(&server(turn, Some(""), Some("c"))).unwrap_err().0, "username");
        assert_eq!(validate(&server(turn, Some(&"u".repeat(509)), Some("c"))).unwrap_err().0, "username");
        assert_eq!(validate(&server(turn, Some("u"), None)).unwrap_err().0, "credential");
        assert_eq!(validate(&server(&["stun:h"], None, None)), Ok(()));
    }

    #[test]
    fn what_is_good_beside_it_is_used() {
        let mixed = server(&["turn:h", "stun:h", "stun://h"], None, None);
        let (servers, refused) = usable(vec![mixed, server(&["stun:h:99999"], None, None)]);
        assert_eq!(servers, [server(&["stun:h"], None, None)]);
        assert_eq!(refused.len(), 3);
        assert_eq!(refused[0], "turn:h: \"username\" is missing, and TURN asks for one");
    }
}
