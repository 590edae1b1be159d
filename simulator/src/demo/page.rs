//! The page: everything it needs is in this program, and nothing comes from anywhere else.

use std::future::{Ready, ready};

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// The files of the page.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(|| file("text/html", include_str!("page/index.html"))))
        .route("/style.css", get(|| file("text/css", include_str!("page/style.css"))))
        .route("/phone.css", get(|| file("text/css", include_str!("page/phone.css"))))
        .route("/app.js", get(|| file("text/javascript", include_str!("page/app.js"))))
        .route("/phone.js", get(|| file("text/javascript", include_str!("page/phone.js"))))
        .route("/deeds.js", get(|| file("text/javascript", include_str!("page/deeds.js"))))
        .route("/files.js", get(|| file("text/javascript", include_str!("page/files.js"))))
        .route("/bubble.js", get(|| file("text/javascript", include_str!("page/bubble.js"))))
        .route("/icon.svg", get(|| file("image/svg+xml", include_str!("page/icon.svg"))))
}

fn file(kind: &str, content: &'static str) -> Ready<Response> {
    ready(([(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))], content).into_response())
}
