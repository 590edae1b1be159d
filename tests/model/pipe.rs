//! One connection of the bridge to signal-cli, seen from signal-cli: looked at and written to without waiting.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// As much as a socket takes before it makes its writer wait. Small, so that it is often full.
pub(crate) const SOCKET: usize = 2048;

pub(crate) struct Pipe {
    pub(crate) id: usize,
    stream: DuplexStream,
    come: Vec<u8>,
    /// What the socket has not taken yet.
    going: Vec<u8>,
    closed: bool,
}

impl Pipe {
    pub(crate) fn new(id: usize, stream: DuplexStream) -> Self {
        Self { id, stream, come: Vec::new(), going: Vec::new(), closed: false }
    }

    /// Whole lines that have come since the last look.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        self.read();
        let Some(end) = self.come.iter().rposition(|byte| *byte == b'\n') else { return Vec::new() };
        let whole: Vec<u8> = self.come.drain(..=end).collect();
        String::from_utf8(whole).unwrap().lines().map(str::to_owned).collect()
    }

    fn read(&mut self) {
        let mut bytes = [0; SOCKET];
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            let mut context = Context::from_waker(Waker::noop());
            match Pin::new(&mut self.stream).poll_read(&mut context, &mut buffer) {
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => break self.closed = true,
                Poll::Ready(Ok(())) => self.come.extend_from_slice(buffer.filled()),
                Poll::Ready(Err(_)) => break self.closed = true,
                Poll::Pending => break,
            }
        }
    }

    /// Whether the socket has taken everything so far.
    pub(crate) fn is_free(&mut self) -> bool {
        self.flush();
        self.going.is_empty()
    }

    /// Writes what the socket takes of what it had not taken; true if it took something.
    pub(crate) fn writes_on(&mut self) -> bool {
        let before = self.going.len();
        self.flush();
        self.going.len() < before
    }

    pub(crate) fn write(&mut self, line: &str) {
        self.going.extend_from_slice(line.as_bytes());
        self.going.push(b'\n');
        self.flush();
    }

    fn flush(&mut self) {
        while !self.going.is_empty() {
            let mut context = Context::from_waker(Waker::noop());
            match Pin::new(&mut self.stream).poll_write(&mut context, &self.going) {
                Poll::Ready(Ok(0) | Err(_)) => {
                    self.closed = true;
                    break;
                }
                Poll::Ready(Ok(taken)) => drop(self.going.drain(..taken)),
                Poll::Pending => break,
            }
        }
    }

    /// Whether the bridge has let go of it, and all it wrote was read.
    pub(crate) fn is_over(&self) -> bool {
        self.closed
    }
}
