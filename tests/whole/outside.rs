//! Somebody outside, whom the alarm calls: counts and keeps what is said.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::{Router, serve};

/// One call, whole.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) what: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// A listener that takes everything, unless it is told to refuse.
#[derive(Clone)]
pub(crate) struct Outside {
    url: String,
    calls: Arc<Mutex<Vec<Call>>>,
    refuses: Arc<Mutex<bool>>,
}

impl Outside {
    pub(crate) async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let outside = Self { url, calls: Arc::default(), refuses: Arc::default() };
        let ear = outside.clone();
        let take = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            let body = String::from_utf8(body.to_vec()).unwrap();
            ear.calls.lock().unwrap().push(Call { what: format!("{method} {uri}"), headers, body });
            if *ear.refuses.lock().unwrap() { StatusCode::BAD_GATEWAY } else { StatusCode::OK }
        };
        tokio::spawn(serve(listener, Router::new().fallback(take)).into_future());
        outside
    }

    /// The table that makes the bridge call here.
    pub(crate) fn config(&self) -> String {
        let url = &self.url;
        format!("[alarm]\nwebhook = \"{url}/topic\"\ntoken = \"the-token\"\nheartbeat_url = \"{url}/beat?id=1\"\n")
    }

    pub(crate) fn refuse(&self, refuses: bool) {
        *self.refuses.lock().unwrap() = refuses;
    }

    fn calls(&self, what: &str) -> Vec<Call> {
        self.calls.lock().unwrap().iter().filter(|call| call.what == what).cloned().collect()
    }

    /// What the webhook was told.
    pub(crate) fn alarms(&self) -> Vec<Call> {
        self.calls("POST /topic")
    }

    /// How often the heartbeat came.
    pub(crate) fn beats(&self) -> usize {
        self.calls("GET /beat?id=1").len()
    }
}
