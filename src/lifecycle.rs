//! Starting and stopping: a soft stop lets everything finish what it has begun, a hard stop does not wait.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long a soft stop may take. An open call takes up to a minute; it is durable, so nothing is lost if it is cut.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A token that is cancelled at the first SIGTERM or SIGINT. A second one ends the program at once.
///
/// # Errors
///
/// If the signals cannot be listened to.
pub fn stop_on_signals() -> std::io::Result<CancellationToken> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        let mut next = async || tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} };
        next().await;
        tracing::info!("stopping; once more to stop at once");
        token.cancel();
        next().await;
        std::process::exit(130);
    });
    Ok(stop)
}
