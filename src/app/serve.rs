//! HTTP/1 for those whom the gate lets in. What comes before a request is known to be one has limits of its own here: how
//! long its head may take, and how much of it there may be.

use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio_util::sync::CancellationToken;

use super::gate::Gate;
use crate::whatsapp::Source;

/// How long the head of a request may take, and a connection wait for the next one. Real time: it measures the network.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);

/// WAHA sends about twelve headers, and a proxy adds some.
const HEADERS: usize = 64;

/// The most bytes of a head.
const HEAD: usize = 32 * 1024;

/// Serves until `stop`, then lets finish what has begun.
pub(super) async fn serve(mut gate: Gate, router: Router, stop: CancellationToken) {
    let (http, guests) = (http(), GracefulShutdown::new());
    loop {
        let (guest, address) = tokio::select! {
            guest = gate.accept() => guest,
            () = stop.cancelled() => break,
        };
        let router = router.clone().layer(Extension(Source::of(address.ip())));
        let connection = http.serve_connection(TokioIo::new(guest), TowerToHyperService::new(router));
        // How a connection ends is its guest's affair.
        tokio::spawn(guests.watch(connection));
    }
    drop(gate);
    guests.shutdown().await;
}

fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_headers(HEADERS).max_buf_size(HEAD);
    http
}
