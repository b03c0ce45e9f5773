//! What the address of a server may be, in whatever configuration it stands.

use url::Url;

/// The address in `text`, up to and without what is asked for below it.
///
/// # Errors
/// Says what is wrong with it, as the end of a sentence: `is not a URL`.
pub fn parse(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is not a URL")?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("must begin with http:// or https:// and name a host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not hold a query or fragment");
    }
    Ok(url)
}

/// Whether `url` stays on this machine, so that nobody and no proxy can come between.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Whether what is sent to `url` can be read on the way.
#[must_use]
pub fn goes_in_clear(url: &Url) -> bool {
    url.scheme() == "http" && !is_loopback(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_cannot_be_meant_is_refused_with_the_reason() {
        for (text, reason) in [
            ("not a url", "is not a URL"),
            (
                "ftp://x/v1",
                "must begin with http:// or https:// and name a host",
            ),
            (
                "https://me:pw@x/v1",
                "must not hold a user name or password",
            ),
            ("https://x/v1?a=b", "must not hold a query or fragment"),
        ] {
            assert_eq!(parse(text), Err(reason));
        }
    }

    #[test]
    fn loopback_is_told_from_the_host_alone() {
        for text in [
            "http://localhost:1/v1",
            "http://127.0.0.9/",
            "http://[::1]:8/v1",
        ] {
            let url = parse(text).unwrap();
            assert!(is_loopback(&url) && !goes_in_clear(&url), "{text}");
        }
        for text in [
            "http://localhost.evil.test/",
            "http://10.0.0.1/",
            "http://127.0.0.1.test/",
        ] {
            let url = parse(text).unwrap();
            assert!(!is_loopback(&url) && goes_in_clear(&url), "{text}");
            let secure = parse(&text.replace("http:", "https:")).unwrap();
            assert!(!goes_in_clear(&secure), "{text}");
        }
    }
}
