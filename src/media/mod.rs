//! Files on their way from one side to the other.
//!
//! - [`Converter`]: makes of one what the other side's apps show, by ffmpeg or, of pictures that move, by [`gif_of_webp`].
//! - `disk`: files, read and written where nobody has to wait for them.
//! - [`Folder`]: where they lie, sealed, each under the name of its row.
//! - [`Incoming`]: takes one in as it comes, within the limits; [`sniff`] says what it is, [`names`] what it may be called.
//! - [`HandOver`]: gives one to signal-cli in the clear, in memory and for the time of one call.
//! - [`Shelf`]: gives one to WAHA, under an address that nobody can guess and that lasts as long as one call.

mod animate;
mod convert;
pub(crate) mod disk;
mod folder;
mod hand_over;
mod incoming;
mod limits;
pub mod names;
mod shelf;
pub mod sniff;

pub use animate::{Unmoved, gif_of_webp};
pub use convert::{Converter, Recipe};
pub use folder::{Folder, Sealed, handed_files, own_files};
pub use hand_over::{HandOver, Handed, Room};
pub use incoming::{Incoming, Taken};
pub use shelf::{Lent, Shelf, router};

use crate::event::MediaFailure;

/// Why a file cannot be taken in or given on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// For good.
    #[error("a file cannot go on")]
    Failed(MediaFailure),
    /// The disk does not do what it is told; it is tried again.
    #[error("a file cannot be written or read now ({0}): check the disk and the folder of files")]
    Disk(std::io::ErrorKind),
}

impl From<std::io::Error> for MediaError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Failed(MediaFailure::NoSpace),
            kind => Self::Disk(kind),
        }
    }
}
