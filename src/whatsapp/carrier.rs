//! What carries requests to WAHA and its answers back. The mapping in `client` stands above it and sees bytes only, so
//! the whole of it also runs against a WAHA in the same process.

use std::time::Duration;

use axum::body::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Request, Response, StatusCode};
use secrecy::ExposeSecret;

use super::error::WahaError;
use crate::{config, tls};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// The largest answer that is read, in bytes; it repeats the message that was sent.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;
/// How much of a refusal is read, in bytes: those that matter are short.
const REFUSAL_LIMIT: usize = 64 * 1024;

/// WAHA's answer to a request.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// How long WAHA asks to wait, in its own words.
    pub retry_after: Option<String>,
    /// The body; nothing if it did not come whole and within the limit.
    pub body: Option<Vec<u8>>,
}

/// Carries a request, within the time that the request itself allows.
pub trait Carrier: Send + Sync {
    /// Returns WAHA's answer, whatever its status.
    ///
    /// # Errors
    ///
    /// [`WahaError::Unreachable`] and [`WahaError::Refused`] if nothing was sent, [`WahaError::Unknown`] if it may have
    /// been.
    fn carry(&self, request: Request) -> BoxFuture<'_, Result<Answer, WahaError>>;

    /// Returns WAHA's answer as it comes, for what is too large to be held.
    ///
    /// # Errors
    ///
    /// As [`Carrier::carry`].
    fn download(&self, request: Request) -> BoxFuture<'_, Result<Download, WahaError>> {
        Box::pin(async move {
            let Answer { status, body, .. } = self.carry(request).await?;
            let pieces = stream::iter(body.map(|body| Ok(Bytes::from(body)))).boxed();
            Ok(Download { status, length: None, pieces })
        })
    }
}

/// An answer that is still coming.
pub struct Download {
    /// The status.
    pub status: StatusCode,
    /// How many bytes it will be, where WAHA says so.
    pub length: Option<u64>,
    /// The bytes. An error is the end.
    pub pieces: BoxStream<'static, Result<Bytes, WahaError>>,
}

/// Carries over the network.
pub(super) struct Network(reqwest::Client);

impl Network {
    /// Prepares connections that show the API key; none is made yet.
    pub(super) fn new(waha: &config::WhatsApp) -> Result<Self, WahaError> {
        let builder = tls::client(waha.authorities.as_ref()).default_headers(key_header(waha)?);
        builder.connect_timeout(CONNECT).build().map(Self).map_err(|_| WahaError::Refused)
    }
}

fn key_header(waha: &config::WhatsApp) -> Result<HeaderMap, WahaError> {
    let mut key = HeaderValue::from_str(waha.api_key.expose_secret()).map_err(|_| WahaError::Refused)?;
    key.set_sensitive(true);
    Ok(HeaderMap::from_iter([("x-api-key".parse().map_err(|_| WahaError::Refused)?, key)]))
}

impl Carrier for Network {
    fn carry(&self, request: Request) -> BoxFuture<'_, Result<Answer, WahaError>> {
        Box::pin(async move {
            let answer = self.0.execute(request).await.map_err(|error| WahaError::of_transport(&error))?;
            Ok(read(answer).await)
        })
    }

    fn download(&self, request: Request) -> BoxFuture<'_, Result<Download, WahaError>> {
        Box::pin(async move {
            let answer = self.0.execute(request).await.map_err(|error| WahaError::of_transport(&error))?;
            let (status, length) = (answer.status(), answer.content_length());
            let pieces = stream::try_unfold(answer, |mut answer| async move {
                let piece = answer.chunk().await.map_err(|_| WahaError::Unknown)?;
                Ok(piece.map(|piece| (piece, answer)))
            });
            Ok(Download { status, length, pieces: pieces.boxed() })
        })
    }
}

async fn read(answer: Response) -> Answer {
    let (status, headers) = (answer.status(), answer.headers());
    let retry_after = headers.get(RETRY_AFTER).and_then(|after| after.to_str().ok()).map(str::to_owned);
    let limit = if status.is_success() { ANSWER_LIMIT } else { REFUSAL_LIMIT };
    Answer { status, retry_after, body: whole(answer, limit).await }
}

/// The body, if it comes whole and within the limit.
pub(super) async fn whole(mut answer: Response, limit: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        if body.len() + chunk.len() > limit {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}
