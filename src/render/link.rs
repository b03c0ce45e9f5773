//! Which source URLs may become links: absolute `http` and `https` ones that show where they lead.

/// A URL that a reader may be offered to click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WebLink<'a> {
    // INVARIANT: only characters that RFC 3986 allows in a URI; http or https; a host; no user part.
    url: &'a str,
}

impl<'a> WebLink<'a> {
    /// Takes `text` where it is such a URL. Whatever it refuses is shown as text instead.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let known = ["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let fits = known && rest.bytes().all(is_uri_byte) && is_authority(authority);
        fits.then_some(Self { url: text })
    }

    /// The URL as the source gave it.
    pub(super) const fn as_str(self) -> &'a str {
        self.url
    }
}

fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

/// A host name or address with an optional port. A user part can pose as the host, so it is refused.
fn is_authority(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[') {
        Some(address) => match address.split_once(']') {
            Some((host, port)) => (host, port),
            None => return false,
        },
        None => match authority.find(':') {
            Some(colon) => authority.split_at(colon),
            None => (authority, ""),
        },
    };
    let in_brackets = authority.starts_with('[');
    let is_host = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_') || (in_brackets && b == b':')
    };
    let port_fits = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|digits| digits.parse::<u16>().is_ok());
    !host.is_empty() && host.bytes().all(is_host) && port_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_urls_are_links() {
        for url in [
            "https://hsm.example.com/keys/SK-01?rev=3#row",
            "http://10.0.0.7:8080/x",
            "HTTPS://ceremonies.example.com",
            "https://[2001:db8::1]:443/a(b)",
        ] {
            assert_eq!(WebLink::parse(url).map(WebLink::as_str), Some(url), "{url}");
        }
    }

    #[test]
    fn everything_else_is_text() {
        for text in [
            "",
            "javascript:alert(1)",
            "javascript://example.com/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "//example.com/x",
            "https:/example.com",
            "https://",
            "https:///x",
            "https://example.com@evil.example/x",
            "https://example.com/a b",
            "https://example.com/\"onmouseover=x",
            "https://example.com/<b>",
            "https://example.com\\@evil.example",
            "https://example.com/\u{202e}gpj",
            "https://еxample.com/",
            " https://example.com",
            "https://example.com:99999/",
            "https://[::1/x",
        ] {
            assert_eq!(WebLink::parse(text), None, "{text}");
        }
    }
}
