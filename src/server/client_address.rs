//! Where a request comes from (LOG-6): the socket says, and a trusted proxy may say more.
//!
//! `X-Forwarded-For` is read from its end, because only that end was written by somebody we trust: every proxy
//! appends whom it heard from, and what stands before may be the client's invention. `Forwarded`, `X-Real-IP` and all
//! the others are not read at all: a proxy that does not remove them passes on whatever a client wrote.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

use super::config::TrustedProxies;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// No chain of proxies that one operator runs is longer; a client may send thousands.
const MAX_HOPS: usize = 32;
/// The longest address with brackets and port, with room for blanks.
const MAX_PART: usize = 64;

/// The address that the request of `peer` comes from, canonical. An attacker who is not a trusted proxy can change
/// nothing about it, and none can make it vanish.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> IpAddr {
    let mut known = peer.to_canonical();
    let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
    let mut hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')).take(MAX_HOPS);
    while trusted.contains(known) {
        // What cannot be read was not written by a proxy, so that nothing before it can be believed either.
        let Some(address) = hops.next().and_then(parse) else { break };
        known = address;
    }
    known
}

/// An address as proxies write it: bare, with a port, in brackets.
fn parse(part: &[u8]) -> Option<IpAddr> {
    let text = Some(part).filter(|part| part.len() <= MAX_PART).and_then(|part| str::from_utf8(part).ok())?;
    let text = text.trim_matches([' ', '\t']);
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = match bare {
        Some(inner) => inner.parse().ok().filter(IpAddr::is_ipv6),
        None => text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip())),
    };
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::{X_FORWARDED_FOR, client_address};
    use crate::server::config::TrustedProxies;

    fn seen(peer: &str, lines: &[&[u8]]) -> String {
        let trusted = TrustedProxies::parse("127.0.0.1,10.0.0.0/8,fd00::/8").unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
        }
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn log_6_only_a_trusted_proxy_is_believed() {
        assert_eq!(seen("192.0.2.1", &[b"198.51.100.9"]), "192.0.2.1", "a stranger");
        assert_eq!(seen("::ffff:192.0.2.1", &[b"198.51.100.9"]), "192.0.2.1", "a stranger over a v6 socket");
        assert_eq!(seen("127.0.0.2", &[b"198.51.100.9"]), "127.0.0.2", "not every loopback address is the proxy");
        assert_eq!(seen("127.0.0.1", &[b"198.51.100.9"]), "198.51.100.9");
        assert_eq!(seen("::ffff:127.0.0.1", &[b"198.51.100.9"]), "198.51.100.9", "the proxy over a v6 socket");
        assert_eq!(seen("127.0.0.1", &[]), "127.0.0.1", "the proxy speaks for itself");
    }

    #[test]
    fn log_6_the_header_is_read_from_its_end() {
        assert_eq!(seen("127.0.0.1", &[b"203.0.113.66, 198.51.100.9"]), "198.51.100.9", "the invention is before");
        assert_eq!(seen("127.0.0.1", &[b"203.0.113.66", b"198.51.100.9"]), "198.51.100.9", "on a line of its own");
        assert_eq!(seen("127.0.0.1", &[b"203.0.113.66, 198.51.100.9,10.1.1.1", b"10.0.0.2"]), "198.51.100.9");
        assert_eq!(seen("127.0.0.1", &[b"10.0.0.3, 10.0.0.2"]), "10.0.0.3", "our own machine asks through two proxies");
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (written, address) in [
            ("198.51.100.9", "198.51.100.9"),
            ("\t198.51.100.9 ", "198.51.100.9"),
            ("198.51.100.9:5678", "198.51.100.9"),
            ("2001:DB8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("::ffff:198.51.100.9", "198.51.100.9"),
            ("[::ffff:198.51.100.9]:80", "198.51.100.9"),
        ] {
            assert_eq!(seen("127.0.0.1", &[written.as_bytes()]), address, "{written}");
        }
    }

    #[test]
    fn log_6_what_cannot_be_read_ends_the_walk_and_never_skips_or_fails() {
        let long = format!("{}198.51.100.9", " ".repeat(64));
        for unreadable in [
            "",
            "a",
            "unknown",
            "_hidden",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.4:",
            "1.2.3.4:99999",
            "[1.2.3.4]",
            "[::1",
            "::1]",
            "[]",
            "\"198.51.100.9\"",
            "198.51.100.9;proto=https",
            "\u{661}.2.3.4",
            &long,
        ] {
            let line = format!("203.0.113.66, {unreadable}, 10.0.0.2");
            assert_eq!(seen("127.0.0.1", &[line.as_bytes()]), "10.0.0.2", "{unreadable:?}");
        }
        assert_eq!(seen("127.0.0.1", &[b"203.0.113.66, \xff\xfe"]), "127.0.0.1");
        let flood = "10.0.0.2,".repeat(100);
        assert_eq!(seen("127.0.0.1", &[format!("203.0.113.66,{flood}10.0.0.3").as_bytes()]), "10.0.0.2");
    }
}
