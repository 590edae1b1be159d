//! Files, read and written where nobody has to wait for the disk: off the threads of the runtime. A runtime of one thread,
//! as in tests, does it on the spot, so that what happens there happens in the same order each time.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::{Handle, RuntimeFlavor};
use zeroize::Zeroizing;

/// Does something that waits for the disk.
///
/// # Errors
///
/// Its own.
pub(crate) async fn off<T, F>(work: F) -> io::Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> io::Result<T> + Send + 'static,
{
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        return work();
    }
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
}

/// An open file.
#[derive(Debug)]
pub(crate) struct File(Arc<std::fs::File>);

impl File {
    /// Opens it in this way.
    pub(crate) async fn open(options: &OpenOptions, path: &Path) -> io::Result<Self> {
        let (options, path) = (options.clone(), path.to_owned());
        off(move || options.open(path)).await.map(|file| Self(Arc::new(file)))
    }

    /// How long it is, in bytes.
    pub(crate) async fn len(&self) -> io::Result<u64> {
        self.with(|file| Ok(file.metadata()?.len())).await
    }

    /// The next bytes, at most so many; none at its end.
    pub(crate) async fn read(&self, most: usize) -> io::Result<Zeroizing<Vec<u8>>> {
        self.with(move |mut file| {
            let mut bytes = Zeroizing::new(vec![0; most]);
            let count = file.read(&mut bytes)?;
            bytes.truncate(count);
            Ok(bytes)
        })
        .await
    }

    /// The next bytes, just so many.
    pub(crate) async fn read_exact(&self, length: usize) -> io::Result<Vec<u8>> {
        self.with(move |mut file| {
            let mut bytes = vec![0; length];
            file.read_exact(&mut bytes)?;
            Ok(bytes)
        })
        .await
    }

    /// Writes these bytes.
    pub(crate) async fn write_all(&self, bytes: impl AsRef<[u8]> + Send + 'static) -> io::Result<()> {
        self.with(move |mut file| file.write_all(bytes.as_ref())).await
    }

    /// Returns once all of it is on the disk.
    pub(crate) async fn sync_all(&self) -> io::Result<()> {
        self.with(std::fs::File::sync_all).await
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&std::fs::File) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let file = Arc::clone(&self.0);
        off(move || work(&file)).await
    }
}
