//! Keeps other sites away: a page elsewhere can reach a server on loopback through the browser.

use std::net::Ipv4Addr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types";

/// Answers only requests that were made to this server under its own name, and changes nothing for other sites.
pub(crate) async fn guard(State(port): State<u16>, request: Request, next: Next) -> Response {
    let allowed = is_ours(port, request.headers(), request.method() == Method::GET);
    let mut response = if allowed { next.run(request).await } else { refusal().into_response() };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

fn refusal() -> (StatusCode, &'static str) {
    (StatusCode::FORBIDDEN, "this page belongs to the demo on this machine alone\n")
}

fn is_ours(port: u16, headers: &HeaderMap, harmless: bool) -> bool {
    let names = [format!("{}:{port}", Ipv4Addr::LOCALHOST), format!("localhost:{port}")];
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).is_some_and(|host| names.iter().any(|name| name == host));
    let origin = match (headers.contains_key(header::ORIGIN), text(header::ORIGIN)) {
        // Browsers name the origin of whatever isn't a plain look; other programs have none.
        (false, _) => true,
        (true, origin) => names.iter().any(|name| origin == Some(&format!("http://{name}"))),
    };
    let site = text(HeaderName::from_static("sec-fetch-site"));
    host && origin && (harmless || site.is_none_or(|site| site == "same-origin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(headers: &[(&'static str, &'static str)], harmless: bool) -> bool {
        let pairs =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_ours(8180, &pairs.collect(), harmless)
    }

    #[test]
    fn answers_under_its_own_name() {
        assert!(ours(&[("host", "127.0.0.1:8180")], true));
        assert!(ours(&[("host", "localhost:8180"), ("origin", "http://localhost:8180")], false));
    }

    #[test]
    fn refuses_other_names_ports_and_origins() {
        assert!(!ours(&[], true));
        assert!(!ours(&[("host", "rebound.example:8180")], true));
        assert!(!ours(&[("host", "127.0.0.1:8181")], true));
        let host = ("host", "127.0.0.1:8180");
        assert!(!ours(&[host, ("origin", "https://elsewhere.example")], true));
        assert!(!ours(&[host, ("origin", "null")], false));
        assert!(!ours(&[host, ("sec-fetch-site", "cross-site")], false));
    }
}
