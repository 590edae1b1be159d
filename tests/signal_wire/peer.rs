//! A stand-in for signal-cli: answers each request by a script, and writes what a test gives it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) const ACCOUNT: &str = "+14154938417";
pub(crate) const OWNER: &str = "545d590b-826c-4eaa-9959-2341f57772cb";
pub(crate) const SUBSCRIPTION: i64 = 41;

/// What the peer does with a request.
pub(crate) enum Answer {
    Result(Value),
    Error(i32, Value),
    /// Says nothing, for ever.
    Silence,
    /// Says nothing now; the answer comes after the next other answer on this connection.
    Late(Value),
    /// Closes the connection.
    HangUp,
    /// Closes nothing, answers nothing, and reads no further until released.
    StopReading(CancellationToken),
}

type Script = dyn Fn(&str, &Value) -> Option<Answer> + Send + Sync;

#[derive(Clone)]
struct Line {
    out: mpsc::Sender<String>,
    end: CancellationToken,
    receives: bool,
}

#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) path: PathBuf,
    pub(crate) requests: Arc<Mutex<Vec<(String, Value)>>>,
    /// How many lines went into a socket, answers included.
    pub(crate) written: Arc<AtomicUsize>,
    /// How many of them were messages.
    pub(crate) spoken: Arc<AtomicUsize>,
    lines: Arc<Mutex<Vec<Line>>>,
    script: Arc<Script>,
    _folder: Arc<tempfile::TempDir>,
}

impl Peer {
    /// A peer that is not there yet.
    pub(crate) fn new(script: impl Fn(&str, &Value) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            path: folder.path().join("socket"),
            requests: Arc::default(),
            written: Arc::default(),
            spoken: Arc::default(),
            lines: Arc::default(),
            script: Arc::new(script),
            _folder: Arc::new(folder),
        }
    }

    /// Starts to listen.
    pub(crate) fn start(&self) {
        let listener = UnixListener::bind(&self.path).unwrap();
        let peer = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                peer.serve(stream);
            }
        });
    }

    pub(crate) fn plain() -> Self {
        Self::started(|_, _| None)
    }

    pub(crate) fn started(script: impl Fn(&str, &Value) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let peer = Self::new(script);
        peer.start();
        peer
    }

    /// How often this was asked for.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.requests.lock().unwrap().iter().filter(|(asked, _)| asked == method).count()
    }

    /// The parameters of the last request of that method.
    pub(crate) fn last(&self, method: &str) -> Value {
        let requests = self.requests.lock().unwrap();
        requests.iter().rev().find(|(asked, _)| asked == method).unwrap().1.clone()
    }

    /// Writes a line on the newest connection that receives, or on the newest that does not.
    pub(crate) async fn write(&self, receiving: bool, line: String) {
        let found = self.lines.lock().unwrap().iter().rev().find(|line| line.receives == receiving).cloned();
        // A closed connection swallows it, as signal-cli's does.
        let _ = found.expect("a connection of that kind").out.send(line).await;
    }

    /// Writes a message of the owner.
    pub(crate) async fn say(&self, number: usize, text: &str) {
        self.write(true, message(number, text)).await;
    }

    /// Closes the newest connection that receives, or the newest that does not.
    pub(crate) fn hang_up(&self, receiving: bool) {
        let lines = self.lines.lock().unwrap();
        lines.iter().rev().find(|line| line.receives == receiving).unwrap().end.cancel();
    }

    fn serve(&self, stream: UnixStream) {
        let (reader, mut writer) = stream.into_split();
        let (out, mut lines) = mpsc::channel::<String>(1);
        let end = CancellationToken::new();
        let index = {
            let mut known = self.lines.lock().unwrap();
            known.push(Line { out: out.clone(), end: end.clone(), receives: false });
            known.len() - 1
        };
        let (peer, ended) = (self.clone(), end.clone());
        tokio::spawn(async move {
            let write = async {
                while let Some(line) = lines.recv().await {
                    let spoken = usize::from(line.contains(r#""method":"receive""#));
                    if writer.write_all((line + "\n").as_bytes()).await.is_err() {
                        return;
                    }
                    peer.written.fetch_add(1, Ordering::SeqCst);
                    peer.spoken.fetch_add(spoken, Ordering::SeqCst);
                }
            };
            ended.run_until_cancelled(write).await;
        });
        let peer = self.clone();
        tokio::spawn(async move {
            let read = peer.read(index, BufReader::new(reader), out, &end);
            end.run_until_cancelled(read).await;
            end.cancel();
        });
    }

    async fn read(
        &self,
        index: usize,
        reader: BufReader<tokio::net::unix::OwnedReadHalf>,
        out: mpsc::Sender<String>,
        end: &CancellationToken,
    ) {
        let (mut lines, mut late) = (reader.lines(), None);
        while let Ok(Some(line)) = lines.next_line().await {
            let request: Value = serde_json::from_str(&line).unwrap();
            let (id, method) = (&request["id"], request["method"].as_str().unwrap());
            self.requests.lock().unwrap().push((method.to_owned(), request["params"].clone()));
            if method == "subscribeReceive" {
                self.lines.lock().unwrap()[index].receives = true;
            }
            let answer = (self.script)(method, &request["params"]).unwrap_or_else(|| usual(method));
            let reply = match answer {
                Answer::Result(result) => json!({"jsonrpc": "2.0", "result": result, "id": id}),
                Answer::Error(code, data) => {
                    let error = json!({"code": code, "message": "canary in an error", "data": data});
                    json!({"jsonrpc": "2.0", "error": error, "id": id})
                }
                Answer::Silence => continue,
                Answer::Late(result) => {
                    late = Some(json!({"jsonrpc": "2.0", "result": result, "id": id}));
                    continue;
                }
                Answer::HangUp => return end.cancel(),
                Answer::StopReading(released) => {
                    released.cancelled().await;
                    continue;
                }
            };
            for reply in [Some(reply), late.take()].into_iter().flatten() {
                out.send(reply.to_string()).await.unwrap();
            }
        }
    }
}

/// What a healthy signal-cli answers.
fn usual(method: &str) -> Answer {
    Answer::Result(match method {
        "version" => json!({"version": "0.14.6"}),
        "listAccounts" => json!([{"number": "+15550000000"}, {"number": ACCOUNT}]),
        "subscribeReceive" => json!(SUBSCRIPTION),
        "send" => sent(1_795_303_870_459),
        _ => json!({}),
    })
}

pub(crate) fn sent(timestamp: i64) -> Value {
    json!({"timestamp": timestamp, "results": [{"recipientAddress": {"uuid": OWNER}, "type": "SUCCESS"}]})
}

pub(crate) fn message(number: usize, text: &str) -> String {
    let timestamp = 1_795_303_000_000 + i64::try_from(number).unwrap();
    let envelope = json!({
        "sourceUuid": OWNER, "sourceDevice": 1, "timestamp": timestamp,
        "dataMessage": {"timestamp": timestamp, "message": text},
    });
    let result = json!({"envelope": envelope, "account": ACCOUNT});
    let params = json!({"subscription": SUBSCRIPTION, "result": result});
    json!({"jsonrpc": "2.0", "method": "receive", "params": params}).to_string()
}
