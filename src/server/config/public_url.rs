//! The address in the browser's bar.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where people reach the service: a web origin (RFC 6454) in the form in which browsers send it, so that it can be
/// compared as text. Lower case, without a default port, path or user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    host: String,
    is_https: bool,
    follows_listen: bool,
}

impl PublicUrl {
    /// Parses what an operator wrote; one `/` at the end is forgiven.
    ///
    /// # Errors
    /// What is wrong, to be put behind the setting's name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once("://").ok_or("must start with http:// or https://")?;
        let is_https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err("must start with http:// or https://"),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains('@') {
            return Err("must not hold a user name or password");
        }
        if authority.contains(['/', '?', '#', '\\']) {
            return Err("must be scheme, host and port only, without path or query");
        }
        let (host, port) = split_port(authority)?;
        Ok(Self::assemble(is_https, canonical_host(host)?, port))
    }

    /// The address itself, for a service without a proxy in front.
    pub fn of_listener(address: SocketAddr) -> Self {
        let host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Self { follows_listen: true, ..Self::assemble(false, host, Some(address.port())) }
    }

    fn assemble(is_https: bool, host: String, port: Option<u16>) -> Self {
        let (scheme, default_port) = if is_https { ("https", 443) } else { ("http", 80) };
        let origin = match port {
            Some(port) if port != default_port => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        };
        Self { origin, host, is_https, follows_listen: false }
    }

    pub(super) fn follow(&mut self, address: SocketAddr) {
        if self.follows_listen {
            *self = Self::of_listener(address);
        }
    }

    /// Whether nobody set it, so that it is the listening address.
    pub fn follows_listen(&self) -> bool {
        self.follows_listen
    }

    /// `scheme://host[:port]`, exactly as a browser's `Origin` header has it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether cookies may be `Secure` and carry the `__Host-` prefix.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The host without port; an IPv6 address keeps its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the host can only be this machine (RFC 6761 §6.3 reserves `localhost` and names below it).
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(ip) => ip.to_canonical().is_loopback(),
            Err(_) => bare == "localhost" || bare.ends_with(".localhost"),
        }
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    // The colons of an IPv6 address stand inside its brackets.
    let after_brackets = authority.rfind(']').map_or(0, |position| position + 1);
    let Some(colon) = authority.rfind(':').filter(|colon| *colon >= after_brackets) else {
        return Ok((authority, None));
    };
    let (host, port) = authority.split_at(colon);
    let digits = port.trim_start_matches(':');
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse::<u16>() {
        Ok(number) if is_number && number > 0 => Ok((host, Some(number))),
        _ => Err("has a port that is not a number from 1 to 65535"),
    }
}

fn canonical_host(host: &str) -> Result<String, &'static str> {
    const BAD: &str = "has no valid host name; write something like https://accounts.example.com";
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().map(|ip| format!("[{ip}]")).map_err(|_| BAD);
    }
    if !host.is_ascii() {
        return Err("has letters outside ASCII; write the host in its xn--… form");
    }
    let host = host.to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if host.len() > 253 || !host.split('.').all(is_label) {
        return Err(BAD);
    }
    // Browsers read a host with a numeric end as an IPv4 address, in all its old notations; we take only the plain one.
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_numeric = last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit());
    if is_numeric && host.parse::<Ipv4Addr>().is_err() { Err(BAD) } else { Ok(host) }
}

#[cfg(test)]
mod tests {
    use super::PublicUrl;

    #[test]
    fn a_public_url_is_kept_as_browsers_write_origins() {
        for (written, origin) in [
            ("HTTPS://Accounts.Example.COM:443/", "https://accounts.example.com"),
            ("http://localhost:80", "http://localhost"),
            ("https://example.com:08443", "https://example.com:8443"),
            ("http://[0:0::1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(PublicUrl::parse(written).unwrap().origin(), origin);
        }
    }

    #[test]
    fn a_public_url_is_an_origin_and_nothing_else() {
        for written in [
            "example.com",
            "ftp://example.com",
            "https://",
            "https:///",
            "https://example.com/app",
            "https://example.com//",
            "https://example.com?x",
            "https://example.com#x",
            "https://user@example.com",
            "https://example.com:",
            "https://example.com:0",
            "https://example.com:+80",
            "https://example.com:99999",
            "https://exa mple.com",
            "https://example.com\n",
            "https://a..b",
            "https://пример.рф",
            "https://[::1",
            "https://[::1]x",
            "https://::1",
            "https://1.2.3",
            "https://0x7f.1",
        ] {
            assert!(PublicUrl::parse(written).is_err(), "{written:?} was accepted");
        }
    }

    #[test]
    fn loopback_hosts_are_known_in_every_spelling() {
        for host in ["localhost", "app.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"] {
            assert!(PublicUrl::parse(&format!("http://{host}:3000")).unwrap().is_loopback(), "{host}");
        }
        for host in ["localhost.example.com", "notlocalhost", "10.0.0.1", "0.0.0.0", "[::]"] {
            assert!(!PublicUrl::parse(&format!("http://{host}:3000")).unwrap().is_loopback(), "{host}");
        }
    }
}
