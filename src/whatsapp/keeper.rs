//! What `rialto init` does at WAHA with the key that may do everything: make the session, make a key for this session alone,
//! and see what that key can and cannot do.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::answers::{Engine, EngineVersion};
use super::carrier::{Answer, Carrier, Network};
use super::error::WahaError;
use crate::config;

/// WAHA itself waits up to 10 s for a session that does not work yet.
const LIMIT: Duration = Duration::from_secs(30);

/// What the bridge calls, in words, and how; nothing of it does anything. A text without a chat goes to nobody.
const CALLS: [(&str, Method, &[&str]); 6] = [
    ("WAHA's version", Method::GET, &["api", "server", "version"]),
    ("the session", Method::GET, &["api", "sessions", SESSION]),
    ("chats", Method::GET, &["api", SESSION, "chats", "overview"]),
    ("contacts", Method::GET, &["api", SESSION, "lids"]),
    ("new message ids", Method::GET, &["api", SESSION, "new-message-id"]),
    ("sending", Method::POST, &["api", "sendText"]),
];

/// What a key for one session has no business with.
const ELSEWHERE: [(&str, &[&str]); 3] = [
    ("WAHA's keys", &["api", "keys"]),
    ("other sessions", &["api", "sessions"]),
    ("WAHA's secrets", &["api", "server", "environment"]),
];

/// Stands for the session's name.
const SESSION: &str = "{session}";

/// Speaks to WAHA with one key.
#[derive(Clone)]
pub struct Keeper {
    carrier: Arc<dyn Carrier>,
    base: Url,
    session: String,
}

/// A key that WAHA made.
pub struct NewKey {
    /// The key.
    pub key: SecretString,
    /// Whether it is limited to reading, sending and restarting, and not only to the session.
    pub limited: bool,
}

impl Keeper {
    /// Prepares the calls; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`WahaError::Refused`] if the key cannot stand in a header or the address is none.
    pub fn new(waha: &config::WhatsApp) -> Result<Self, WahaError> {
        let base = Url::parse(&waha.url).map_err(|_| WahaError::Refused)?;
        Ok(Self { carrier: Arc::new(Network::new(waha)?), base, session: waha.session.clone() })
    }

    /// Makes the session and starts it; false if there is one already, which stays as it is.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn make_session(&self, keep_history: bool) -> Result<bool, WahaError> {
        let there = self.ask(Method::GET, &["api", "sessions", SESSION], None).await?;
        if there.status.as_u16() != 404 {
            return succeeded(&there).map(|()| false);
        }
        let version = self.ask(Method::GET, &["api", "server", "version"], None).await?;
        let engine = read(&version).as_ref().and_then(EngineVersion::of).map_or(Engine::Other, |found| found.engine);
        let wish = json!({"name": self.session, "start": true, "config": settings(engine, keep_history)});
        succeeded(&self.ask(Method::POST, &["api", "sessions"], Some(&wish)).await?).map(|()| true)
    }

    /// Makes a key for the session; nothing if this WAHA makes none.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn make_key(&self) -> Result<Option<NewKey>, WahaError> {
        let may = |what: &str| matches!(what, "read" | "send" | "control");
        let actions = ["read", "send", "control", "setting", "app", "delete"];
        let actions: serde_json::Map<_, _> =
            actions.map(|what| (what.to_owned(), may(what).into())).into_iter().collect();
        let wish = json!({"isAdmin": false, "session": self.session, "isActive": true, "actions": actions});
        let answer = self.ask(Method::POST, &["api", "keys"], Some(&wish)).await?;
        if answer.status.as_u16() == 404 {
            return Ok(None);
        }
        succeeded(&answer)?;
        let made = read(&answer).ok_or(WahaError::Unknown)?;
        let key = made.get("key").and_then(Value::as_str).filter(|key| !key.is_empty()).ok_or(WahaError::Unknown)?;
        let limited = made.get("actions").is_some_and(|given| given == &Value::Object(actions));
        Ok(Some(NewKey { key: key.into(), limited }))
    }

    /// Deletes a key at WAHA; false if WAHA does not have it.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn delete_key(&self, key: &SecretString) -> Result<bool, WahaError> {
        let list = self.ask(Method::GET, &["api", "keys"], None).await?;
        succeeded(&list)?;
        let keys = read(&list).unwrap_or_default();
        let is_it = |one: &&Value| one.get("key").and_then(Value::as_str) == Some(key.expose_secret());
        let found = keys.as_array().into_iter().flatten().find(is_it);
        let Some(id) = found.and_then(|one| one.get("id")?.as_str()) else { return Ok(false) };
        succeeded(&self.ask(Method::DELETE, &["api", "keys", id], None).await?).map(|()| true)
    }

    /// What the bridge needs and this key may not do.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn lacks(&self) -> Result<Vec<&'static str>, WahaError> {
        let mut lacks = Vec::new();
        for (what, method, path) in CALLS {
            let nobody = json!({"session": self.session});
            let body = (method == Method::POST).then_some(&nobody);
            let answer = self.ask(method, path, body).await?;
            if is_denied(&answer) {
                lacks.push(what);
            }
        }
        Ok(lacks)
    }

    /// What this key reaches beyond its session.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn reaches(&self) -> Result<Vec<&'static str>, WahaError> {
        let mut reaches = Vec::new();
        for (what, path) in ELSEWHERE {
            let answer = self.ask(Method::GET, path, None).await?;
            if answer.status.is_success() && !self.is_own(&answer) {
                reaches.push(what);
            }
        }
        Ok(reaches)
    }

    /// Whether the key manages keys, so that it is as good as any: only the one that may do everything can.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn is_master(&self) -> Result<bool, WahaError> {
        self.ask(Method::GET, &["api", "keys"], None).await.map(|answer| !is_denied(&answer))
    }

    /// A list of sessions that names no other than this one is nothing elsewhere.
    fn is_own(&self, answer: &Answer) -> bool {
        let name = |one: &Value| one.get("name").and_then(Value::as_str).is_some_and(|name| name == self.session);
        read(answer).and_then(|list| Some(list.as_array()?.iter().all(name))).unwrap_or(false)
    }

    async fn ask(&self, method: Method, path: &[&str], body: Option<&Value>) -> Result<Answer, WahaError> {
        let mut url = self.base.clone();
        let path = path.iter().map(|part| if *part == SESSION { self.session.as_str() } else { part });
        url.path_segments_mut().map_err(|()| WahaError::Refused)?.pop_if_empty().extend(path);
        let mut request = Request::new(method, url);
        *request.timeout_mut() = Some(LIMIT);
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(serde_json::to_vec(body).map_err(|_| WahaError::Refused)?.into());
        }
        self.carrier.carry(request).await
    }
}

/// GOWS keeps messages unless it is told not to, NOWEB does not unless it is told to.
fn settings(engine: Engine, keep_history: bool) -> Value {
    match engine {
        Engine::Noweb => json!({"noweb": {"markOnline": false, "store": {"enabled": keep_history, "fullSync": false}}}),
        Engine::Gows if !keep_history => {
            json!({"gows": {"storage": {"messages": false, "groups": false, "chats": false, "labels": false}}})
        }
        _ => json!({}),
    }
}

fn is_denied(answer: &Answer) -> bool {
    matches!(answer.status.as_u16(), 401 | 403)
}

fn succeeded(answer: &Answer) -> Result<(), WahaError> {
    let body = answer.body.as_deref().unwrap_or_default();
    if answer.status.is_success() {
        return Ok(());
    }
    Err(WahaError::of_answer(answer.status, answer.retry_after.as_deref(), body))
}

fn read(answer: &Answer) -> Option<Value> {
    serde_json::from_slice(answer.body.as_deref()?).ok()
}
