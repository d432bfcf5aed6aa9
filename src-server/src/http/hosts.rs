//! The names under which the server answers. A page from elsewhere that has its own name point
//! here (DNS rebinding) is refused, because its name is not one of these.

use std::net::IpAddr;

/// The allow-list.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    allowed: Vec<String>,
}

/// Splits `name:port`; an IPv6 address stands in brackets.
fn name(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => authority,
    }
}

/// A name that can only mean this machine. Its port says nothing: a proxy in front, or a tunnel,
/// has its own.
fn is_loopback(authority: &str) -> bool {
    let name = name(authority);
    let bare = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Hosts {
    /// Loopback, and these names, each with or without a port.
    pub fn new(allowed: impl IntoIterator<Item = String>) -> Self {
        Self { allowed: allowed.into_iter().map(|host| host.to_ascii_lowercase()).collect() }
    }

    /// Whether the server answers under this `Host`.
    pub fn answers(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        is_loopback(&host)
            || self.allowed.iter().any(|allowed| *allowed == host || allowed == name(&host))
    }

    /// Whether a page of this `Origin` may ask, when it asked for `host`: only pages that this
    /// server gave out itself, under the very name that it is asked by.
    pub fn welcomes(&self, origin: &str, host: &str) -> bool {
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_names_are_answered() {
        let hosts = Hosts::new(["Mend.Example.org".to_owned()]);
        for good in [
            "127.0.0.1:80",
            "localhost",
            "LOCALHOST:9",
            "[::1]:8080",
            "127.3.2.1",
            "mend.example.org:443",
            "mend.example.org",
        ] {
            assert!(hosts.answers(good), "{good}");
        }
        for bad in [
            "evil.example",
            "localhost.evil.example:80",
            "10.0.0.1",
            "mend.example.org.evil",
            "",
            "[::2]:1",
            "127.0.0.1.evil",
        ] {
            assert!(!hosts.answers(bad), "{bad}");
        }
    }

    #[test]
    fn only_own_pages_may_ask() {
        let hosts = Hosts::default();
        assert!(hosts.welcomes("http://127.0.0.1:80", "127.0.0.1:80"));
        for bad in ["http://127.0.0.1:81", "http://evil.example", "null", "", "file://"] {
            assert!(!hosts.welcomes(bad, "127.0.0.1:80"), "{bad}");
        }
    }
}
