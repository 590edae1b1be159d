//! The two halves of a connection, as the JSON-RPC client sees them, and the tap before them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jsonrpsee::core::client::{ReceivedMessage, TransportReceiverT, TransportSenderT};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::ledger::Ledger;
use super::lines::{Lines, Next};
use super::peek::{Peeked, peek};
use crate::redact::Private;

/// How long the peer may leave a request in its socket without reading. After that the connection is given up.
const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// What the tap passes on.
#[derive(Debug)]
pub(super) enum Tapped {
    /// A `receive` line.
    Line(Private),
    /// There was a line that is neither this nor an answer to us; it is gone.
    Odd,
}

/// The connection cannot be used any more. What went wrong is not told: it could repeat what was sent.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed")]
pub(super) struct Closed;

/// What has come in.
#[derive(Default)]
pub(super) struct Counters {
    /// Lines of any kind on this connection.
    pub(super) lines: AtomicU64,
    /// Odd lines on any connection of the link.
    pub(super) odd: Arc<AtomicU64>,
}

/// Reads a connection to its end, whatever becomes of the JSON-RPC client: lines that signal-cli has written exist
/// nowhere else.
pub(super) struct Sorter {
    /// Whose answers are expected.
    pub(super) ledger: Arc<Ledger>,
    /// What is counted.
    pub(super) counters: Arc<Counters>,
    /// Where `receive` lines go; without it they are odd.
    pub(super) tap: Option<mpsc::Sender<Tapped>>,
    /// Where answers go.
    pub(super) replies: mpsc::Sender<String>,
}

impl Sorter {
    /// Reads until the peer closes, or nobody takes from the tap any more. A full tap stops the reading: then the
    /// socket fills, and in the end signal-cli waits.
    pub(super) async fn run<R: AsyncRead + Unpin>(self, mut lines: Lines<R>) {
        while let Ok(next) = lines.next().await {
            self.counters.lines.fetch_add(1, Ordering::Relaxed);
            let taken = match next {
                Next::Line(bytes) => self.sort(bytes).await,
                Next::TooLong => self.odd().await,
                Next::End => return,
            };
            if taken.is_none() {
                return;
            }
        }
    }

    async fn sort(&self, bytes: Vec<u8>) -> Option<()> {
        let Ok(line) = String::from_utf8(bytes).map(Private::from) else { return self.odd().await };
        match (peek(line.reveal()), &self.tap) {
            (Peeked::Receive, Some(tap)) => tap.send(Tapped::Line(line)).await.ok(),
            (Peeked::Reply { id, clean }, _) if self.ledger.answer(id) => {
                // The JSON-RPC client may be gone; what comes after this line is still wanted.
                let _ = self.replies.send(clean).await;
                Some(())
            }
            _ => self.odd().await,
        }
    }

    async fn odd(&self) -> Option<()> {
        self.counters.odd.fetch_add(1, Ordering::Relaxed);
        match &self.tap {
            Some(tap) => tap.send(Tapped::Odd).await.ok(),
            None => Some(()),
        }
    }
}

/// Hands the answers to the JSON-RPC client.
pub(super) struct Replies(pub(super) mpsc::Receiver<String>);

impl TransportReceiverT for Replies {
    type Error = Closed;

    async fn receive(&mut self) -> Result<ReceivedMessage, Closed> {
        self.0.recv().await.map(ReceivedMessage::Text).ok_or(Closed)
    }
}

/// Writes the requests of the JSON-RPC client.
pub(super) struct Requests<W> {
    /// Where to.
    pub(super) writer: W,
    /// What may be written, and what has been.
    pub(super) ledger: Arc<Ledger>,
}

#[derive(Deserialize)]
struct Numbered {
    id: u64,
}

impl<W: AsyncWrite + Send + Unpin + 'static> TransportSenderT for Requests<W> {
    type Error = Closed;

    async fn send(&mut self, request: String) -> Result<(), Closed> {
        let request = Zeroizing::new(request + "\n");
        let Numbered { id } = serde_json::from_str(&request).map_err(|_| Closed)?;
        if !self.ledger.claim(id) {
            return Ok(());
        }
        let begun = self.begin(id, request.as_bytes()).await?;
        let rest = request.as_bytes().get(begun..).unwrap_or_default();
        timeout(WRITE_LIMIT, self.writer.write_all(rest)).await.map_err(|_| Closed)?.map_err(|_| Closed)?;
        self.writer.flush().await.map_err(|_| Closed)
    }

    /// Tells the peer that nothing more is asked. What it writes is still read.
    async fn close(&mut self) -> Result<(), Closed> {
        self.writer.shutdown().await.map_err(|_| Closed)
    }
}

impl<W: AsyncWrite + Unpin> Requests<W> {
    /// Writes the first bytes and says how many. If not even one could be written, the request was never sent.
    async fn begin(&mut self, id: u64, bytes: &[u8]) -> Result<usize, Closed> {
        match timeout(WRITE_LIMIT, self.writer.write(bytes)).await {
            Ok(Ok(length)) if length > 0 => Ok(length),
            _ => {
                self.ledger.give_back(id);
                Err(Closed)
            }
        }
    }
}
