//! The two calls that leave the house. Nothing of them reaches a log but that they failed: their addresses are secrets.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};

use crate::{config, tls};

/// How long a call may take.
const LIMIT: Duration = Duration::from_secs(20);

/// A call did not come through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it could not be reached or refused the call")]
pub struct Unheard;

/// Where the alarm goes, and what is asked for while all is well.
pub(super) struct Post {
    http: Client,
    webhook: Option<SecretString>,
    token: HeaderMap,
    heartbeat: Option<SecretString>,
}

impl Post {
    /// Prepares the calls; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// If the token cannot stand in a header or the machine's TLS cannot be set up.
    pub(super) fn new(config: &config::Alarm) -> Result<Self, Unheard> {
        Ok(Self {
            http: tls::client(config.authorities.as_ref()).timeout(LIMIT).build().map_err(|_| Unheard)?,
            webhook: config.webhook.clone(),
            token: token(config.token.as_ref())?,
            heartbeat: config.heartbeat_url.clone(),
        })
    }

    pub(super) fn has_webhook(&self) -> bool {
        self.webhook.is_some()
    }

    pub(super) fn has_heartbeat(&self) -> bool {
        self.heartbeat.is_some()
    }

    /// Posts a sentence.
    pub(super) async fn say(&self, sentence: &'static str) -> Result<(), Unheard> {
        let Some(webhook) = &self.webhook else { return Ok(()) };
        heard(self.http.post(webhook.expose_secret()).headers(self.token.clone()).body(sentence)).await
    }

    /// Shows that all is well.
    pub(super) async fn beat(&self) -> Result<(), Unheard> {
        let Some(heartbeat) = &self.heartbeat else { return Ok(()) };
        heard(self.http.get(heartbeat.expose_secret())).await
    }
}

/// The answer's body is not read: nobody outside tells the bridge anything.
async fn heard(request: RequestBuilder) -> Result<(), Unheard> {
    let answer = request.send().await.map_err(|_| Unheard)?;
    if answer.status().is_success() { Ok(()) } else { Err(Unheard) }
}

fn token(token: Option<&SecretString>) -> Result<HeaderMap, Unheard> {
    let Some(token) = token else { return Ok(HeaderMap::new()) };
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).map_err(|_| Unheard)?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}
