//! How streams to signal-cli are opened: over a socket or TCP, or whatever stands in for them.

use std::io;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use crate::config::Endpoint;

/// What signal-cli writes.
pub type Source = Box<dyn AsyncRead + Send + Unpin>;
/// What signal-cli reads.
pub type Sink = Box<dyn AsyncWrite + Send + Unpin>;

/// Opens one pair of streams after the other.
pub trait Dial: Send + Sync {
    /// Opens a connection.
    ///
    /// # Errors
    ///
    /// If nobody answers there.
    fn dial(&self) -> BoxFuture<'_, io::Result<(Source, Sink)>>;
}

impl Dial for Endpoint {
    fn dial(&self) -> BoxFuture<'_, io::Result<(Source, Sink)>> {
        Box::pin(connect(self))
    }
}

async fn connect(endpoint: &Endpoint) -> io::Result<(Source, Sink)> {
    Ok(match endpoint {
        Endpoint::Socket(path) => {
            let (source, sink) = UnixStream::connect(path).await?.into_split();
            (Box::new(source), Box::new(sink))
        }
        Endpoint::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let (source, sink) = stream.into_split();
            (Box::new(source), Box::new(sink))
        }
    })
}
