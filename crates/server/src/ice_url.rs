//! URLs of STUN and TURN servers, checked as strictly as browsers do (RFC 7064, RFC 7065): one that browsers refuse would
//! end every call, and the person who can correct it is the one who starts the server.

use visavis_signaling::limits::MAX_ICE_FIELD_BYTES;

/// Checks the URL of a STUN server.
///
/// # Errors
/// What is wrong with it, for the person who typed it.
pub(crate) fn parse_stun(url: &str) -> Result<String, String> {
    let (_, rest) = scheme(url, ["stun", "stuns"])?;
    if rest.contains('?') {
        return Err("a STUN address ends with the port; ?transport= is for TURN".to_owned());
    }
    host_and_port(rest)?;
    Ok(url.to_owned())
}

/// Checks the URL of a TURN server.
///
/// # Errors
/// What is wrong with it, for the person who typed it.
pub(crate) fn parse_turn(url: &str) -> Result<String, String> {
    let (_, rest) = scheme(url, ["turn", "turns"])?;
    let (host_port, query) =
        rest.split_once('?').map_or((rest, None), |(host_port, query)| (host_port, Some(query)));
    if query.is_some_and(|query| !matches!(query, "transport=udp" | "transport=tcp")) {
        return Err("after the ? may stand transport=udp or transport=tcp, and nothing else".to_owned());
    }
    host_and_port(host_port)?;
    Ok(url.to_owned())
}

fn scheme<'a>(url: &'a str, schemes: [&str; 2]) -> Result<(&'a str, &'a str), String> {
    let [plain, secure] = schemes;
    if url.len() > MAX_ICE_FIELD_BYTES {
        return Err(format!("an address has at most {MAX_ICE_FIELD_BYTES} bytes"));
    }
    let parts = url.split_once(':').filter(|(scheme, _)| schemes.contains(scheme));
    parts.ok_or_else(|| {
        format!("must begin with {plain}: or {secure}:, as in {plain}:{plain}.example.org:3478")
    })
}

fn host_and_port(host_port: &str) -> Result<(), String> {
    if host_port.starts_with("//") {
        return Err("no // stands before the host".to_owned());
    }
    if host_port.contains('@') {
        return Err("no user name stands before the host; credentials are made from the secret".to_owned());
    }
    let (host, port) =
        if let Some((host, rest)) = host_port.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            host.parse::<std::net::Ipv6Addr>().map_err(|_| format!("[{host}] is no IPv6 address"))?;
            let port = rest.strip_prefix(':');
            if port.is_none() && !rest.is_empty() {
                return Err(format!("{rest:?} stands after the address"));
            }
            ("::", port)
        } else {
            host_port.split_once(':').map_or((host_port, None), |(host, port)| (host, Some(port)))
        };
    validate_host(host)?;
    port.map_or(Ok(()), validate_port)
}

/// Names in ASCII only: one in other letters has to be given as browsers ask for it (`xn--...`).
fn validate_host(host: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    match host.chars().find(|c| !plain(*c)) {
        _ if host.is_empty() => Err("the host is missing".to_owned()),
        Some(wrong) => Err(format!("{wrong:?} cannot stand in the name of a host")),
        None => Ok(()),
    }
}

fn validate_port(port: &str) -> Result<(), String> {
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(1..) if digits => Ok(()),
        Ok(_) | Err(_) => Err(format!("{port:?} is no port; an IPv6 address needs brackets")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_browsers_take() {
        for url in ["stun:h", "stuns:h:5349", "stun:192.0.2.7:3478", "stun:[2001:db8::1]", "stun:[::1]:3478"]
        {
            assert_eq!(parse_stun(url).as_deref(), Ok(url));
        }
        for url in
            ["turn:h", "turns:h:443?transport=tcp", "turn:[::1]:3478?transport=udp", "turn:h?transport=tcp"]
        {
            assert_eq!(parse_turn(url).as_deref(), Ok(url));
        }
    }

    #[test]
    fn explains_other_invalid_urls() {
        for (url, word) in [
            ("stun.example.org", "must begin with stun:"),
            ("turn:h", "must begin with stun:"),
            ("STUN:h", "must begin with stun:"),
            ("stun://h", "no //"),
            ("stun:", "host is missing"),
            ("stun::3478", "host is missing"),
            ("stun:h?transport=udp", "?transport= is for TURN"),
            ("stun:h:0", "no port"),
            ("stun:h:65536", "no port"),
            ("stun:h:+80", "no port"),
            ("stun:h:", "no port"),
            ("stun:2001:db8::1", "needs brackets"),
            ("stun:[h]", "no IPv6 address"),
            ("stun:[::1]x", "after the address"),
            ("stun:a b", "' '"),
            ("stun:h/path", "'/'"),
            ("stun:user@h", "user name"),
            ("stun:bücher.example", "'ü'"),
        ] {
            let problem = parse_stun(url).unwrap_err();
            assert!(problem.contains(word), "{url}: {problem}");
        }
        for (url, word) in [
            ("stun:h", "must begin with turn:"),
            ("turn://h", "no //"),
            ("turn:h?transport=sctp", "transport=udp or transport=tcp"),
            ("turn:h?", "transport=udp or transport=tcp"),
            ("turn:h:port", "no port"),
        ] {
            let problem = parse_turn(url).unwrap_err();
            assert!(problem.contains(word), "{url}: {problem}");
        }
        assert!(parse_stun(&format!("stun:{}", "h".repeat(1024))).unwrap_err().contains("1024 bytes"));
    }
}
