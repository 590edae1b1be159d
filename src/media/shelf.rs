//! Gives WAHA a file: under an address that nobody can guess, and that is good for as long as the call that names it.
//!
//! It is opened as it is read, so nothing of it lies anywhere in the clear.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::stream;

use super::MediaError;
use super::folder::{Folder, Sealed};
use crate::manners::with_manners;
use crate::redact::Private;
use crate::vault::FileKey;

/// What can be fetched just now. Cheap to clone.
#[derive(Clone)]
pub struct Shelf {
    url: Option<Arc<str>>,
    folder: Folder,
    lent: Arc<Mutex<HashMap<String, Item>>>,
}

#[derive(Clone)]
struct Item {
    name: String,
    key: FileKey,
    row: Vec<u8>,
    mimetype: String,
    size: u64,
}

impl Shelf {
    /// Nothing on it yet. `url` is how WAHA reaches [`router`]; without one nothing can be lent.
    #[must_use]
    pub fn new(folder: Folder, url: Option<&str>) -> Self {
        Self { url: url.map(Arc::from), folder, lent: Arc::default() }
    }

    /// The folder that it lends from.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Whether anything can be fetched.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.url.is_some()
    }

    /// Lays a file of the folder out until what is returned is dropped. None if there is no way to fetch it, or the system
    /// has no random bytes.
    #[must_use]
    pub fn lend(&self, (name, row): (&str, &[u8]), key: &FileKey, mimetype: &str, size: u64) -> Option<Lent> {
        let url = self.url.as_ref()?;
        let mut random = [0; 32];
        getrandom::fill(&mut random).ok()?;
        let token = URL_SAFE_NO_PAD.encode(random);
        let item =
            Item { name: name.to_owned(), key: key.clone(), row: row.to_vec(), mimetype: mimetype.to_owned(), size };
        self.items().insert(token.clone(), item);
        Some(Lent { url: format!("{url}/files/{token}").into(), token, shelf: self.clone() })
    }

    fn items(&self) -> std::sync::MutexGuard<'_, HashMap<String, Item>> {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self, token: &str) -> Option<(Item, Sealed)> {
        let item = self.items().get(token).cloned()?;
        let sealed = self.folder.read(&item.name, &item.key, &item.row).await.ok()?;
        Some((item, sealed))
    }
}

/// A file that can be fetched until this is dropped.
pub struct Lent {
    url: Private,
    token: String,
    shelf: Shelf,
}

impl Lent {
    /// Where.
    #[must_use]
    pub fn url(&self) -> &Private {
        &self.url
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.shelf.items().remove(&self.token);
    }
}

/// `GET /files/{token}`, before `others`.
pub fn router(shelf: Shelf, others: Router) -> Router {
    let file = Router::new().route("/files/{token}", get(fetch)).method_not_allowed_fallback(nothing);
    with_manners(file.with_state(shelf).fallback_service(others))
}

async fn nothing() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// A token that is none looks like any other path that does not exist.
async fn fetch(State(shelf): State<Shelf>, token: Result<Path<String>, PathRejection>) -> Response<Body> {
    let Ok(Path(token)) = token else { return StatusCode::NOT_FOUND.into_response() };
    let Some((item, sealed)) = shelf.open(&token).await else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [(CONTENT_TYPE, item.mimetype), (CONTENT_LENGTH, item.size.to_string())];
    let pieces = stream::try_unfold(sealed, |mut sealed| async move {
        let piece = sealed.next().await.map_err(Unreadable)?;
        Ok::<_, Unreadable>(piece.map(|piece| (piece.to_vec(), sealed)))
    });
    (headers, Body::from_stream(pieces)).into_response()
}

/// The file broke off: the connection does so too, and WAHA sends nothing.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Unreadable(MediaError);
