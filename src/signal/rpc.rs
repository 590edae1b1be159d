//! Requests over one connection, with an answer to "was it written?" where the JSON-RPC client has none.

use std::sync::Arc;
use std::time::Duration;

use jsonrpsee::core::client::async_client::RpcService;
use jsonrpsee::core::client::{
    Client, ClientBuilder, ClientT, Error, MiddlewareBatchResponse, MiddlewareMethodResponse, MiddlewareNotifResponse,
    TransportReceiverT, TransportSenderT,
};
use jsonrpsee::core::middleware::{Batch, Notification, Request, RpcServiceBuilder, RpcServiceT};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ledger::Ledger;
use super::outbound;
use super::peek::TURNED_AWAY;
use super::results::{Attempt, attempts};

/// The parameters of a request, by name.
pub(super) type Params = Map<String, Value>;

/// How long the JSON-RPC client itself waits beyond our limit; ours knows whether the request was written.
const MARGIN: Duration = Duration::from_secs(30);

/// How long a request with files may take, where that is longer than others: 100 MB over a line of 2 Mbit/s and a margin.
const FILES_LIMIT: Duration = Duration::from_mins(10);

/// Why a request has no result. Nothing of the peer's own words is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallError {
    /// The peer never got it.
    NeverWritten,
    /// It was handed to the connection and there is no answer, or none that can be read.
    NoAnswer,
    /// The peer answered with an error.
    Coded {
        /// signal-cli's or JSON-RPC's code.
        code: i32,
        /// What became of each recipient, where the error says so.
        attempts: Vec<Attempt>,
        /// Whether Signal's server turned the account itself away.
        turned_away: bool,
    },
}

/// A client for one connection.
pub(super) struct Rpc(Client<Tracked>);

impl Rpc {
    /// Starts the client over two transport halves that share `ledger`.
    pub(super) fn start<S, R>(requests: S, replies: R, ledger: &Arc<Ledger>, limit: Duration) -> Self
    where
        S: TransportSenderT + Send,
        R: TransportReceiverT + Send,
    {
        let ledger = Arc::clone(ledger);
        // This also leaves out the client's own logging of each request.
        let tracked =
            RpcServiceBuilder::new().layer_fn(move |inner| Tracked { inner, ledger: Arc::clone(&ledger), limit });
        let builder = ClientBuilder::new().request_timeout(limit.max(FILES_LIMIT).saturating_add(MARGIN));
        Self(builder.set_rpc_middleware(tracked).build_with_tokio(requests, replies))
    }

    /// Asks and waits for the answer.
    pub(super) async fn call<T: DeserializeOwned>(&self, method: &str, params: Params) -> Result<T, CallError> {
        self.0.request(method, params).await.map_err(|error| sort(&error))
    }

    /// Returns when the client has ended. The reason it gives can repeat what the peer sent, so it is dropped.
    pub(super) async fn ended(&self) {
        drop(self.0.on_disconnect().await);
    }
}

/// Marks a request of which not one byte was written.
#[derive(Debug, thiserror::Error)]
#[error("the request was not written")]
struct NeverWritten;

fn sort(error: &Error) -> CallError {
    match error {
        Error::Call(object) => CallError::Coded {
            code: object.code(),
            attempts: attempts(object.data()),
            turned_away: object.message() == TURNED_AWAY,
        },
        Error::Transport(inner) if inner.is::<NeverWritten>() => CallError::NeverWritten,
        _ => CallError::NoAnswer,
    }
}

/// A quotation mark that a text contains is escaped, so this is a parameter's name and nothing else.
fn has_files(request: &Request<'_>) -> bool {
    let name = format!("\"{}\":[", outbound::FILES);
    request.params.as_ref().is_some_and(|params| params.get().contains(&name))
}

/// Follows each request through the [`Ledger`] and ends those that take too long.
struct Tracked {
    inner: RpcService,
    ledger: Arc<Ledger>,
    limit: Duration,
}

impl RpcServiceT for Tracked {
    type MethodResponse = Result<MiddlewareMethodResponse, Error>;
    type NotificationResponse = Result<MiddlewareNotifResponse, Error>;
    type BatchResponse = Result<MiddlewareBatchResponse, Error>;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = Self::MethodResponse> + Send + 'a {
        let limit = if has_files(&request) { self.limit.max(FILES_LIMIT) } else { self.limit };
        let (inner, ledger) = (self.inner.clone(), Arc::clone(&self.ledger));
        async move {
            let id = request.id.try_parse_inner_as_number()?;
            ledger.enqueue(id);
            let answer = tokio::time::timeout(limit, inner.call(request)).await;
            match answer.unwrap_or(Err(Error::RequestTimeout)) {
                Err(_) if ledger.withdraw(id) => Err(Error::Transport(NeverWritten.into())),
                other => other,
            }
        }
    }

    fn batch<'a>(&self, requests: Batch<'a>) -> impl Future<Output = Self::BatchResponse> + Send + 'a {
        self.inner.batch(requests)
    }

    fn notification<'a>(&self, n: Notification<'a>) -> impl Future<Output = Self::NotificationResponse> + Send + 'a {
        self.inner.notification(n)
    }
}
