//! Whether the file was found damaged while it was in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::StoreError;

/// Set by whoever meets a damaged page first. From then on nothing is written, because each write could spread it, and
/// whoever asks is told the way back.
#[derive(Clone, Default)]
pub(super) struct Damage(Arc<AtomicBool>);

impl Damage {
    /// Refuses once damage was met.
    pub(super) fn refuse(&self) -> Result<(), StoreError> {
        if self.0.load(Ordering::Relaxed) { Err(StoreError::Corrupt) } else { Ok(()) }
    }

    /// Looks at a result on its way.
    pub(super) fn watch<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(result, Err(StoreError::Corrupt)) && !self.0.swap(true, Ordering::Relaxed) {
            tracing::error!("nothing is written any more: {}", StoreError::Corrupt);
        }
        result
    }
}
