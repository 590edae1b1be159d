//! HTTP/1 for those whom the gate lets in. What comes before a request is known to be one has limits of its own here: how
//! long its head may take, and how much of it there may be.

use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;

use super::certificate::Tls;
use super::gate::{Gate, Guest};
use crate::whatsapp::Source;

/// How long the head of a request may take, and a connection wait for the next one. Real time: it measures the network.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);

/// How long a greeting in TLS may take: much longer than between any two machines, and no place is held for more by who
/// says nothing.
const GREETING: Duration = Duration::from_secs(10);

/// WAHA sends about twelve headers, and a proxy adds some.
const HEADERS: usize = 64;

/// The most bytes of a head.
const HEAD: usize = 32 * 1024;

/// Serves until `stop`, then lets finish what has begun. With `tls` nothing but that is spoken.
pub(super) async fn serve(mut gate: Gate, router: Router, tls: Option<Tls>, stop: CancellationToken) {
    let (http, guests) = (Arc::new(http()), GracefulShutdown::new());
    loop {
        let (guest, address) = tokio::select! {
            guest = gate.accept() => guest,
            () = stop.cancelled() => break,
        };
        let router = router.clone().layer(Extension(Source::of(address.ip())));
        let (http, watcher) = (Arc::clone(&http), guests.watcher());
        let greeting = stop.clone().run_until_cancelled_owned(greet(tls.clone(), guest));
        tokio::spawn(async move {
            let Some(Some(guest)) = greeting.await else { return };
            let connection = http.serve_connection(TokioIo::new(guest), TowerToHyperService::new(router));
            // How a connection ends is its guest's affair.
            let _ = watcher.watch(connection).await;
        });
    }
    drop(gate);
    guests.shutdown().await;
}

/// Nothing is said to who speaks something else, or takes too long for it. The log has it at the first, the second, the
/// fourth time and so on.
async fn greet(tls: Option<Tls>, guest: Guest) -> Option<Either<Guest, TlsStream<Guest>>> {
    let Some(tls) = tls else { return Some(Either::Left(guest)) };
    if let Ok(Ok(stream)) = tokio::time::timeout(GREETING, tls.acceptor.accept(guest)).await {
        return Some(Either::Right(stream));
    }
    let count = tls.shown.fail();
    if count.is_power_of_two() {
        tracing::warn!(count, "a greeting in TLS failed; if nothing comes from WAHA, it does not know the authority");
    }
    None
}

fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_headers(HEADERS).max_buf_size(HEAD);
    http
}
