//! One connection to signal-cli: opened, used, and read to its end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::dial::Dial;
use super::ledger::Ledger;
use super::lines::Lines;
use super::rpc::{CallError, Params, Rpc};
use super::transport::{Counters, Replies, Requests, Sorter, Tapped};

/// How long a connect may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long the receiving connection must be silent to count as quiet. Real time: it measures the machine.
const QUIET: Duration = Duration::from_millis(300);

/// How many answers may wait for the JSON-RPC client.
const REPLIES: usize = 64;

/// What a new connection is plugged into.
pub(super) struct Plugs {
    /// Where `receive` lines go: on the receiving connection only.
    pub(super) tap: Option<mpsc::Sender<Tapped>>,
    /// Counts odd lines.
    pub(super) odd: Arc<AtomicU64>,
    /// How long a request may take.
    pub(super) request_limit: Duration,
}

/// An open connection. Dropping it closes it at once, with whatever has not been read; [`Connection::end`] does not.
pub(super) struct Connection {
    /// Asks signal-cli.
    pub(super) rpc: Rpc,
    incoming: Incoming,
}

/// What comes in, and is read to its end.
struct Incoming {
    tap: Option<mpsc::Sender<Tapped>>,
    counters: Arc<Counters>,
    finished: CancellationToken,
    _reader: AbortOnDropHandle<()>,
}

impl Connection {
    /// Opens a connection. The error holds nothing but the system's word on the socket.
    pub(super) async fn open(dial: &dyn Dial, plugs: Plugs) -> io::Result<Self> {
        let (source, sink) = timeout(CONNECT_LIMIT, dial.dial()).await??;
        Ok(Self::over(source, sink, plugs))
    }

    /// Speaks over any pair of streams.
    pub(super) fn over<R, W>(reader: R, writer: W, plugs: Plugs) -> Self
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let Plugs { tap, odd, request_limit } = plugs;
        let (replies, answers) = mpsc::channel(REPLIES);
        let (ledger, finished) = (Arc::new(Ledger::default()), CancellationToken::new());
        let counters = Arc::new(Counters { lines: AtomicU64::default(), odd });
        let requests = Requests { writer, ledger: Arc::clone(&ledger) };
        let rpc = Rpc::start(requests, Replies(answers), &ledger, request_limit);
        let sorter = Sorter { ledger, counters: Arc::clone(&counters), tap: tap.clone(), replies };
        let done = finished.clone().drop_guard();
        let task = tokio::spawn(async move {
            sorter.run(Lines::new(reader)).await;
            drop(done);
        });
        Self { rpc, incoming: Incoming { tap, counters, finished, _reader: AbortOnDropHandle::new(task) } }
    }

    /// Returns when the connection cannot be used any more for requests, or has been read to its end.
    pub(super) async fn lost(&self) {
        tokio::select! {
            biased;
            () = self.incoming.finished.cancelled() => {}
            () = self.rpc.ended() => {}
        }
    }

    /// Whether the peer is there: it answers, or there is reason to think that its answer stands behind other lines.
    pub(super) async fn is_alive(&self) -> bool {
        let before = self.lines();
        match self.rpc.call::<serde::de::IgnoredAny>("version", Params::new()).await {
            Ok(_) | Err(CallError::Coded { .. }) => true,
            Err(CallError::NoAnswer) => self.incoming.is_busy_since(before),
            Err(CallError::NeverWritten) => false,
        }
    }

    /// How many lines have come in, of any kind.
    pub(super) fn lines(&self) -> u64 {
        self.incoming.lines()
    }

    /// Ends it so that nothing is left behind: nothing is asked any more, which makes the peer close too, and what it has
    /// written comes in. One that does not notice is left when nothing more comes; a line that it writes just then is lost.
    pub(super) async fn end(self) {
        let Self { rpc, incoming } = self;
        drop(rpc);
        incoming.quiet().await;
    }
}

impl Incoming {
    /// Returns when the peer has closed, or when nothing more comes and the tap is empty.
    ///
    /// It waits as long as the tap is full: then the taker is slow, and what stands in the socket is not ours to drop.
    async fn quiet(&self) {
        loop {
            let before = self.lines();
            let finished = timeout(QUIET, self.finished.cancelled()).await.is_ok();
            if finished || !self.is_busy_since(before) {
                return;
            }
        }
    }

    fn lines(&self) -> u64 {
        self.counters.lines.load(Ordering::Relaxed)
    }

    fn is_busy_since(&self, before: u64) -> bool {
        let waiting = self.tap.as_ref().is_some_and(|tap| tap.capacity() < tap.max_capacity());
        waiting || self.lines() != before
    }
}
