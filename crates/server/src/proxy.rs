//! Client addresses behind proxies: `X-Forwarded-For` and `Forwarded` (RFC 7239), as far as they can be trusted.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use tracing::warn;

use crate::address_limiter::{AddressKey, AddressKind, RemoteAddress};

const X_FORWARDED_FOR: &str = "x-forwarded-for";
/// Most proxies that are warned about in the log; any client can send the header.
const MAX_WARNED_PROXIES: usize = 16;

/// A network in CIDR notation, such as `10.0.0.0/8`, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Whether an address belongs to the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        let differ = match (self.address, address.to_canonical()) {
            (IpAddr::V4(one), IpAddr::V4(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
            (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        differ >= self.bits
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| format!("{address:?} is no IP address"))?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits =
            bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| format!("/{bits} is no number of bits")))?;
        if bits > most {
            return Err(format!("/{bits} is more than the {most} bits of an address"));
        }
        Ok(Self { address: address.to_canonical(), bits })
    }
}

/// Reads the headers of proxies, and remembers which of them were warned about.
#[derive(Debug)]
pub(crate) struct ProxyHeaders {
    trusted: Vec<Network>,
    warned: Mutex<BTreeSet<IpAddr>>,
}

/// What one header says about the client's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ForwardedFor {
    /// The header is missing or empty.
    Absent,
    /// It has no address: `unknown`, or an obfuscated identifier (RFC 7239, section 6.3).
    Unknown,
    Address(IpAddr),
}

impl ProxyHeaders {
    pub(crate) fn new(trusted: &[Network]) -> Self {
        Self { trusted: trusted.to_vec(), warned: Mutex::default() }
    }

    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(peer))
    }

    /// Where a request comes from. `peer` is the other end of its connection.
    pub(crate) fn remote_address(&self, peer: IpAddr, headers: &HeaderMap) -> RemoteAddress {
        let forwards = headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(header::FORWARDED);
        let peer = peer.to_canonical();
        match (self.trusts(peer), forwards) {
            (false, false) => client(peer),
            (false, true) => {
                self.warn_once(peer, || {
                    warn!(
                        "requests from {peer} are forwarded for others, whom this server does not tell apart and bounds \
                         as a whole: if that is a proxy of yours, start the server with --trusted-proxy {peer}"
                    );
                });
                opaque_proxy(peer)
            }
            (true, _) => self.forwarded_address(peer, headers),
        }
    }

    /// The client that a trusted proxy names. With both headers, one of them may have been sent by the client and passed
    /// on. If they differ, it is unknown which, and the request counts for the proxy itself.
    fn forwarded_address(&self, peer: IpAddr, headers: &HeaderMap) -> RemoteAddress {
        let plain = self.last_untrusted(&x_forwarded_for(headers));
        let standard = self.last_untrusted(&forwarded(headers));
        match (plain, standard) {
            (ForwardedFor::Address(address), ForwardedFor::Absent)
            | (ForwardedFor::Absent, ForwardedFor::Address(address)) => client(address),
            (ForwardedFor::Address(plain), ForwardedFor::Address(standard)) if plain == standard => {
                client(plain)
            }
            (
                ForwardedFor::Address(_) | ForwardedFor::Unknown,
                ForwardedFor::Address(_) | ForwardedFor::Unknown,
            ) => client(peer),
            (ForwardedFor::Absent | ForwardedFor::Unknown, ForwardedFor::Absent)
            | (ForwardedFor::Absent, ForwardedFor::Unknown) => {
                self.warn_once(peer, || {
                    warn!(
                        "the trusted proxy {peer} does not say whom it forwards, so they are bounded as a whole: let it \
                         send X-Forwarded-For or Forwarded"
                    );
                });
                opaque_proxy(peer)
            }
        }
    }

    /// The last address that is no trusted proxy: each proxy adds the address that it was connected from, and what stands
    /// before the first of these was sent by the client.
    fn last_untrusted(&self, list: &[Option<IpAddr>]) -> ForwardedFor {
        let mut forwarded_for = ForwardedFor::Absent;
        for address in list.iter().rev() {
            forwarded_for = address.map_or(ForwardedFor::Unknown, ForwardedFor::Address);
            if !address.is_some_and(|address| self.trusts(address)) {
                break;
            }
        }
        forwarded_for
    }

    /// Calls `warn` once for each proxy, and for no more than [`MAX_WARNED_PROXIES`].
    fn warn_once(&self, peer: IpAddr, warn: impl FnOnce()) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.len() < MAX_WARNED_PROXIES && warned.insert(peer) {
            warn();
        }
    }
}

fn client(address: IpAddr) -> RemoteAddress {
    RemoteAddress { key: AddressKey::of(address), kind: AddressKind::Client }
}

fn opaque_proxy(address: IpAddr) -> RemoteAddress {
    RemoteAddress { key: AddressKey::of(address), kind: AddressKind::OpaqueProxy }
}

/// All values of a header, in order, as one list. A value that is no text becomes `?`, which is no address.
fn combined(headers: &HeaderMap, name: impl header::AsHeaderName) -> String {
    let values = headers.get_all(name).into_iter().map(|value| value.to_str().unwrap_or("?"));
    values.collect::<Vec<_>>().join(",")
}

fn x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let list = combined(headers, X_FORWARDED_FOR);
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(address).collect()
}

/// The `for` parameter of each element.
fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let list = combined(headers, header::FORWARDED);
    let elements = split_unquoted(&list, ',').into_iter().filter(|element| !element.trim().is_empty());
    elements
        .map(|element| split_unquoted(element, ';').into_iter().find_map(for_parameter).and_then(address))
        .collect()
}

/// The value of a `for=...` pair, without quotes; `None` for every other pair.
fn for_parameter(pair: &str) -> Option<&str> {
    let (name, value) = pair.split_once('=')?;
    name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
}

/// Splits at every separator that is not inside of quotes. An escaped quote ends no text (RFC 9110, section 5.6.4).
fn split_unquoted(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(|c: char| {
        let splits = c == separator && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        splits
    })
    .collect()
}

/// Parses an address, with or without a port, and with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "127.0.0.1";

    fn remote_address(trusted: &[&str], peer: &str, lines: &[(&'static str, &str)]) -> RemoteAddress {
        let trusted: Vec<_> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        ProxyHeaders::new(&trusted).remote_address(peer.parse().unwrap(), &headers)
    }

    fn known(lines: &[(&'static str, &str)]) -> String {
        let remote = remote_address(&[PROXY, "10.0.0.0/8"], PROXY, lines);
        assert_eq!(remote.kind, AddressKind::Client, "{lines:?}");
        remote.key.to_string()
    }

    #[test]
    fn a_network_is_an_address_or_its_beginning() {
        let network = |text: &str| text.parse::<Network>();
        assert!(network("10.0.0.0/8").unwrap().contains("10.9.8.7".parse().unwrap()));
        assert!(!network("10.0.0.0/8").unwrap().contains("11.0.0.1".parse().unwrap()));
        assert!(network("10.1.2.3").unwrap().contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(network("fd00::/8").unwrap().contains("fdab::1".parse().unwrap()));
        assert!(network("::/0").unwrap().contains("2001:db8::1".parse().unwrap()));
        assert!(!network("::/0").unwrap().contains("10.0.0.1".parse().unwrap()));
        for text in ["", "proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "::/129"] {
            assert!(network(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_last_who_is_no_proxy_counts() {
        for (list, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.66, 192.0.2.7", "192.0.2.7"),
            ("garbage, 192.0.2.7,10.1.1.1", "192.0.2.7"),
            ("192.0.2.7:5000", "192.0.2.7"),
            ("2001:db8:0:1::7", "2001:db8:0:1::/64"),
            ("[2001:db8:0:1::7]:5000", "2001:db8:0:1::/64"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("10.2.2.2, 10.1.1.1", "10.2.2.2"),
        ] {
            assert_eq!(known(&[("x-forwarded-for", list)]), expected, "{list}");
        }
        let lines = [("x-forwarded-for", "192.0.2.66"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(known(&lines), "192.0.2.7", "several lines are one list");
    }

    #[test]
    fn the_standard_header_says_the_same() {
        for (list, expected) in [
            ("for=192.0.2.7", "192.0.2.7"),
            ("for=192.0.2.66, For=192.0.2.7;proto=https;by=10.1.1.1", "192.0.2.7"),
            (r#"proto=http;for="[2001:db8:0:1::7]:4711""#, "2001:db8:0:1::/64"),
            (r#"for="192.0.2.7:80", for="10.1.1.1""#, "192.0.2.7"),
            (r#"by="a,b;for=192.0.2.66";for=192.0.2.7"#, "192.0.2.7"),
            (r#"by="a\"b,for=192.0.2.66";for=192.0.2.7"#, "192.0.2.7"),
        ] {
            assert_eq!(known(&[("forwarded", list)]), expected, "{list}");
        }
    }

    /// A proxy that writes one of the headers passes the other on, as its client made it up.
    #[test]
    fn headers_that_differ_are_not_believed() {
        let both = |plain, standard| known(&[("x-forwarded-for", plain), ("forwarded", standard)]);
        assert_eq!(both("192.0.2.7", "for=192.0.2.7"), "192.0.2.7");
        assert_eq!(both("192.0.2.7", "for=192.0.2.66"), PROXY);
        assert_eq!(both("192.0.2.7", "for=unknown"), PROXY);
        assert_eq!(both("192.0.2.7", "nonsense"), PROXY);
    }

    #[test]
    fn clients_that_cannot_be_told_apart_are_an_opaque_proxy() {
        let lines = [("x-forwarded-for", "192.0.2.7")];
        assert_eq!(
            remote_address(&[], PROXY, &lines),
            opaque_proxy(PROXY.parse().unwrap()),
            "nobody trusts it"
        );
        assert_eq!(remote_address(&[PROXY], "127.0.0.2", &lines), opaque_proxy("127.0.0.2".parse().unwrap()));
        assert_eq!(remote_address(&[], PROXY, &[]), client(PROXY.parse().unwrap()));
        for line in [("x-forwarded-for", "unknown"), ("forwarded", "for=_hidden"), ("via", "1.1 proxy")] {
            assert_eq!(
                remote_address(&[PROXY], PROXY, &[line]),
                opaque_proxy(PROXY.parse().unwrap()),
                "{line:?}"
            );
        }
    }

    #[test]
    fn each_is_spoken_of_once_and_not_too_many() {
        let proxies = ProxyHeaders::new(&[]);
        let mut forwarded_for = 0;
        for n in 0..1000_u16 {
            let [high, low] = n.to_be_bytes();
            for _ in 0..2 {
                proxies.warn_once(IpAddr::from([192, 0, high, low]), || forwarded_for += 1);
            }
        }
        assert_eq!(forwarded_for, MAX_WARNED_PROXIES);
    }
}
