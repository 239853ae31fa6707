//! Whom the operator believes about where a request comes from.

use std::net::IpAddr;

use ipnet::IpNet;

use super::error::quoted;

/// The proxies in front of this server (`LATCHKEY_TRUSTED_PROXIES`). Nobody else's word about an address counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Parses addresses and networks, separated by commas.
    ///
    /// # Errors
    /// What is wrong, to be put behind the setting's name.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split(',').map(|entry| network(entry.trim())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the address, in its canonical form, is one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether no proxy is believed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn network(entry: &str) -> Result<IpNet, String> {
    if let Ok(address) = entry.parse::<IpAddr>() {
        return Ok(IpNet::from(address.to_canonical()));
    }
    let network = entry.parse::<IpNet>().map_err(|_| {
        format!("must be addresses of proxies, such as 127.0.0.1, or networks, and {} is neither", quoted(entry))
    })?;
    let canonical = unmapped(network);
    if canonical.prefix_len() == 0 {
        return Err(format!("has {network}, which would believe everybody, and anybody could choose their address"));
    }
    // 10.0.0.1/8 may mean the address or the network: latchkey does not guess.
    if network.addr() != network.network() {
        return Err(format!("has {network}; write {} for the network, or the address without /", network.trunc()));
    }
    Ok(canonical)
}

/// `::ffff:10.0.0.0/104` is `10.0.0.0/8`: addresses are compared in their canonical form.
fn unmapped(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else { return network };
    let v4 = v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96));
    v4.and_then(|(address, prefix)| IpNet::new(address.into(), prefix).ok()).unwrap_or(network)
}

#[cfg(test)]
mod tests {
    use super::TrustedProxies;

    #[test]
    fn addresses_and_networks_are_believed_and_their_neighbours_are_not() {
        let proxies = "127.0.0.1, 10.0.0.0/8,::ffff:192.0.2.7,::ffff:198.51.100.0/120,2001:db8::/32,fd00::1";
        let proxies = TrustedProxies::parse(proxies).unwrap();
        let is_trusted = |address: &str| proxies.contains(address.parse().unwrap());
        for address in ["127.0.0.1", "10.255.0.9", "192.0.2.7", "198.51.100.200", "2001:db8:1::5", "fd00::1"] {
            assert!(is_trusted(address), "{address}");
        }
        for address in ["127.0.0.2", "11.0.0.1", "192.0.2.8", "198.51.101.1", "2001:db9::1", "fd00::2", "::1"] {
            assert!(!is_trusted(address), "{address}");
        }
        assert!(!TrustedProxies::default().contains("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_network_or_everybody_is_refused() {
        for (written, words) in [
            ("localhost", "is neither"),
            ("10.0.0.1,", "is neither"),
            ("10.0.0.1 10.0.0.2", "is neither"),
            ("10.0.0.0/33", "is neither"),
            ("[::1]", "is neither"),
            ("127.0.0.1:80", "is neither"),
            ("10.0.0.1/8", "write 10.0.0.0/8"),
            ("2001:db8::1/32", "write 2001:db8::/32"),
            ("0.0.0.0/0", "believe everybody"),
            ("127.0.0.1,::/0", "believe everybody"),
            ("::ffff:0:0/96", "believe everybody"),
            ("::ffff:0.0.0.0/96", "believe everybody"),
        ] {
            let problem = TrustedProxies::parse(written).unwrap_err();
            assert!(problem.contains(words), "{written} was answered with {problem:?}");
        }
    }
}
