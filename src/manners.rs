//! What every answer over HTTP carries: nothing of it is to be stored, guessed at, shown in a frame or read by another
//! site's page. No header allows anything across origins, and none names the program.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, header};
use axum::middleware::map_response;

const MANNERS: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// For a year this name is to be spoken to in TLS alone. Only who speaks TLS may say so.
const STRICT: (HeaderName, HeaderValue) =
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));

/// The same routes behind TLS of our own.
pub(crate) fn with_strict_tls(routes: Router) -> Router {
    routes.layer(map_response(async |mut answer: Response<Body>| {
        answer.headers_mut().extend([STRICT]);
        answer
    }))
}

/// The same routes with these manners.
pub(crate) fn with_manners(routes: Router) -> Router {
    // Around the routes as a whole: each of them adds, after its own layers, which methods it knows.
    Router::new().fallback_service(routes).layer(map_response(modest))
}

async fn modest(mut answer: Response<Body>) -> Response<Body> {
    let headers = answer.headers_mut();
    headers.remove(header::ALLOW);
    headers.extend(MANNERS);
    answer
}
