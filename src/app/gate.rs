//! A listener that lets in only so many at a time, and nobody who says nothing for long: whoever opens connections and
//! leaves them there takes neither the program's file handles nor the places of others. Who is too many waits in the
//! system's queue.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a connection may be silent: longer than any answer takes. Real time: it measures the machine.
const SILENCE: Duration = Duration::from_secs(75);

/// Lets in so many.
pub(super) struct Gate {
    listener: TcpListener,
    places: Arc<Semaphore>,
    silence: Duration,
}

impl Gate {
    pub(super) fn new(listener: TcpListener, places: usize) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(places)), silence: SILENCE }
    }
}

impl Gate {
    pub(super) async fn accept(&mut self) -> (Guest, SocketAddr) {
        // The semaphore is never closed.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (Guest::new(stream, self.silence, place), address)
    }
}

/// A connection with its place.
pub(super) struct Guest {
    stream: TcpStream,
    silence: Duration,
    patience: Pin<Box<Sleep>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Guest {
    fn new(stream: TcpStream, silence: Duration, place: Option<OwnedSemaphorePermit>) -> Self {
        Self { stream, silence, patience: Box::pin(sleep_until(Instant::now() + silence)), _place: place }
    }

    fn spoke(&mut self) {
        let until = Instant::now() + self.silence;
        self.patience.as_mut().reset(until);
    }
}

impl AsyncRead for Guest {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, to) {
            Poll::Ready(read) => {
                self.spoke();
                Poll::Ready(read)
            }
            Poll::Pending => {
                ready!(self.patience.as_mut().poll(cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl AsyncWrite for Guest {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.spoke();
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn who_says_nothing_is_shown_out_and_makes_place() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut gate = Gate { silence: Duration::from_millis(50), ..Gate::new(listener, 1) };
        let _silent = TcpStream::connect(address).await.unwrap();
        let (mut guest, _) = gate.accept().await;
        assert_eq!(guest.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);

        let mut next = TcpStream::connect(address).await.unwrap();
        assert_eq!(gate.places.available_permits(), 0, "it keeps its place until it is gone");
        drop(guest);
        let (mut guest, _) = gate.accept().await;
        next.write_u8(7).await.unwrap();
        assert_eq!(guest.read_u8().await.unwrap(), 7);
    }
}
