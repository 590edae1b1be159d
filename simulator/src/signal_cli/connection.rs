//! The sockets: one line per message, answers and notifications interleaved.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::SignalCli;
use super::rpc::Reply;

type Sink = Pin<Box<dyn AsyncWrite + Send>>;
type Source = Pin<Box<dyn AsyncRead + Send>>;

/// Where clients come in.
pub(crate) enum Door {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Door {
    async fn accept(&self) -> io::Result<(Source, Sink)> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (source, sink) = listener.accept().await?.0.into_split();
                (Box::pin(source), Box::pin(sink))
            }
            Self::Unix(listener) => {
                let (source, sink) = listener.accept().await?.0.into_split();
                (Box::pin(source), Box::pin(sink))
            }
        })
    }
}

/// The writing side of one connection; whole lines, one at a time.
#[derive(Clone)]
pub(crate) struct Writer(Arc<Line>);

struct Line {
    id: Uuid,
    sink: Mutex<Sink>,
    life: CancellationToken,
}

impl Writer {
    fn new(sink: Sink, life: CancellationToken) -> Self {
        Self(Arc::new(Line { id: Uuid::new_v4(), sink: Mutex::new(sink), life }))
    }

    /// What tells this connection from others.
    pub(crate) fn id(&self) -> Uuid {
        self.0.id
    }

    /// Writes a line; returns once the socket took all of it.
    pub(crate) async fn write(&self, line: &str) -> io::Result<()> {
        let line = format!("{line}\n");
        let mut sink = self.0.sink.lock().await;
        tokio::select! {
            () = self.0.life.cancelled() => Err(io::ErrorKind::ConnectionReset.into()),
            written = sink.write_all(line.as_bytes()) => written,
        }
    }

    /// Closes the connection.
    pub(crate) fn close(&self) {
        self.0.life.cancel();
    }
}

impl SignalCli {
    /// Lets clients in until the process "dies".
    pub(crate) async fn admit(self, door: Door, life: CancellationToken) {
        loop {
            tokio::select! {
                () = life.cancelled() => return,
                Ok((source, sink)) = door.accept() => {
                    let writer = Writer::new(sink, life.child_token());
                    self.state().change(|state| state.connections.push(writer.clone()));
                    tokio::spawn(self.clone().attend(source, writer));
                }
            }
        }
    }

    /// Handles the requests of one connection, each in a task of its own.
    async fn attend(self, source: Source, writer: Writer) {
        let mut lines = BufReader::new(source).split(b'\n');
        loop {
            tokio::select! {
                () = writer.0.life.cancelled() => break,
                line = lines.next_segment() => match line {
                    Ok(Some(line)) => drop(tokio::spawn(self.clone().handle(line, writer.clone()))),
                    _ => break,
                }
            }
        }
        writer.close();
        self.state().change(|state| state.forget(&writer));
    }

    async fn handle(self, line: Vec<u8>, writer: Writer) {
        match self.reply(&String::from_utf8_lossy(&line), &writer).await {
            // A client that left doesn't need its answer.
            Reply::Line(answer) => drop(writer.write(&answer).await),
            Reply::Subscribed(answer, id) => {
                drop(writer.write(&answer).await);
                self.state().change(|state| state.told(id));
            }
            Reply::Silence => {}
            Reply::Close => writer.close(),
        }
    }
}
