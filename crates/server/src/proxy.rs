//! Who is behind a proxy: `X-Forwarded-For` and `Forwarded` (RFC 7239), as far as they can be believed.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use tracing::warn;

use crate::addresses::{Caller, CallerKind, Source};

const X_FORWARDED_FOR: &str = "x-forwarded-for";
/// Proxies that are spoken of in the log; anybody can send the header.
const MAX_NOTICED: usize = 16;

/// Addresses that have the same beginning, such as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Whether this address is one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let differ = match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => (ours.to_bits() ^ theirs.to_bits()).leading_zeros(),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => (ours.to_bits() ^ theirs.to_bits()).leading_zeros(),
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

/// The proxies that are believed, and those that were seen besides.
#[derive(Debug)]
pub(crate) struct Proxies {
    trusted: Vec<Network>,
    noticed: Mutex<BTreeSet<IpAddr>>,
}

/// What a header says of where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    /// Something that is no address: `unknown`, or a name that the proxy has made up (RFC 7239, section 6.3).
    Nobody,
    Address(IpAddr),
}

impl Proxies {
    pub(crate) fn new(trusted: &[Network]) -> Self {
        Self { trusted: trusted.to_vec(), noticed: Mutex::default() }
    }

    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(peer))
    }

    /// Whose request it is.
    pub(crate) fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> Caller {
        let forwards = headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(header::FORWARDED);
        let peer = peer.to_canonical();
        match (self.trusts(peer), forwards) {
            (false, false) => one(peer),
            (false, true) => {
                self.notice(peer, || {
                    warn!(
                        "requests from {peer} are forwarded for others, whom this server does not tell apart and bounds \
                         as a whole: if that is a proxy of yours, start the server with --trusted-proxy {peer}"
                    );
                });
                crowd(peer)
            }
            (true, _) => self.named(peer, headers),
        }
    }

    /// A trusted proxy names whom it speaks for. Where both headers are there, one of them may be the client's own
    /// invention that the proxy passes on. If they differ nobody knows which, and it counts as the proxy's own.
    fn named(&self, peer: IpAddr, headers: &HeaderMap) -> Caller {
        let plain = self.walk(&plain_list(headers));
        let standard = self.walk(&standard_list(headers));
        match (plain, standard) {
            (Said::Address(address), Said::Nothing) | (Said::Nothing, Said::Address(address)) => one(address),
            (Said::Address(plain), Said::Address(standard)) if plain == standard => one(plain),
            (Said::Address(_) | Said::Nobody, Said::Address(_) | Said::Nobody) => one(peer),
            (Said::Nothing | Said::Nobody, Said::Nothing) | (Said::Nothing, Said::Nobody) => {
                self.notice(peer, || {
                    warn!(
                        "the trusted proxy {peer} does not say whom it forwards, so they are bounded as a whole: let it \
                         send X-Forwarded-For or Forwarded"
                    );
                });
                crowd(peer)
            }
        }
    }

    /// The last address that is no trusted proxy: each has added the one before it, and whatever stands before that
    /// is the client's own word.
    fn walk(&self, list: &[Option<IpAddr>]) -> Said {
        let mut said = Said::Nothing;
        for address in list.iter().rev() {
            said = address.map_or(Said::Nobody, Said::Address);
            if !address.is_some_and(|address| self.trusts(address)) {
                break;
            }
        }
        said
    }

    /// Once for each.
    fn notice(&self, peer: IpAddr, say: impl FnOnce()) {
        let mut noticed = self.noticed.lock().unwrap_or_else(PoisonError::into_inner);
        if noticed.len() < MAX_NOTICED && noticed.insert(peer) {
            say();
        }
    }
}

fn one(address: IpAddr) -> Caller {
    Caller { source: Source::of(address), kind: CallerKind::One }
}

fn crowd(address: IpAddr) -> Caller {
    Caller { source: Source::of(address), kind: CallerKind::Crowd }
}

/// All values of a header, in order, as one list. What is no text is no address either.
fn joined(headers: &HeaderMap, name: impl header::AsHeaderName) -> String {
    let values = headers.get_all(name).into_iter().map(|value| value.to_str().unwrap_or("?"));
    values.collect::<Vec<_>>().join(",")
}

fn plain_list(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let list = joined(headers, X_FORWARDED_FOR);
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(address).collect()
}

/// The `for` of each element.
fn standard_list(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let list = joined(headers, header::FORWARDED);
    let elements = split_unquoted(&list, ',').into_iter().filter(|element| !element.trim().is_empty());
    elements.map(|element| split_unquoted(element, ';').into_iter().find_map(named_for)?).collect()
}

/// Of `for=...` the address; of every other pair nothing.
fn named_for(pair: &str) -> Option<Option<IpAddr>> {
    let (name, value) = pair.split_once('=')?;
    name.trim().eq_ignore_ascii_case("for").then(|| address(value.trim().trim_matches('"')))
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

/// An address, with or without a port, and with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "127.0.0.1";

    fn caller(trusted: &[&str], peer: &str, lines: &[(&'static str, &str)]) -> Caller {
        let trusted: Vec<_> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        Proxies::new(&trusted).caller(peer.parse().unwrap(), &headers)
    }

    fn known(lines: &[(&'static str, &str)]) -> String {
        let caller = caller(&[PROXY, "10.0.0.0/8"], PROXY, lines);
        assert_eq!(caller.kind, CallerKind::One, "{lines:?}");
        caller.source.to_string()
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
    fn who_cannot_be_told_apart_is_a_crowd() {
        let lines = [("x-forwarded-for", "192.0.2.7")];
        assert_eq!(caller(&[], PROXY, &lines), crowd(PROXY.parse().unwrap()), "nobody trusts it");
        assert_eq!(caller(&[PROXY], "127.0.0.2", &lines), crowd("127.0.0.2".parse().unwrap()));
        assert_eq!(caller(&[], PROXY, &[]), one(PROXY.parse().unwrap()));
        for line in [("x-forwarded-for", "unknown"), ("forwarded", "for=_hidden"), ("via", "1.1 proxy")] {
            assert_eq!(caller(&[PROXY], PROXY, &[line]), crowd(PROXY.parse().unwrap()), "{line:?}");
        }
    }

    #[test]
    fn each_is_spoken_of_once_and_not_too_many() {
        let proxies = Proxies::new(&[]);
        let mut said = 0;
        for n in 0..1000_u16 {
            let [high, low] = n.to_be_bytes();
            for _ in 0..2 {
                proxies.notice(IpAddr::from([192, 0, high, low]), || said += 1);
            }
        }
        assert_eq!(said, MAX_NOTICED);
    }
}
