//! A running webhook with a database in memory behind it.

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, Mutex};

use hmac::{Hmac, KeyInit, Mac};
use rialto::clock::{Clock, Moment};
use rialto::event::{Arrival, Event, Intake, IntakeError, Refusal, SeenKey, Taken, Typing};
use rialto::whatsapp::{self, Door};
use sha2::Sha512;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SECRET: &str = "a-secret-that-is-made-for-this-test";

/// The signature WAHA would send.
pub(crate) fn signature(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body);
    mac.finalize().into_bytes().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// How the stand-in for the database is.
#[derive(Clone, Copy, Default)]
pub(crate) enum Health {
    #[default]
    Well,
    Broken,
    Panics,
}

/// Remembers in memory what a database would.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    seen: HashSet<SeenKey>,
    taken: Vec<Event>,
    refused: Vec<Refusal>,
    health: Health,
}

impl Memory {
    pub(crate) fn set(&self, health: Health) {
        self.0.lock().unwrap().health = health;
    }
}

impl Intake for Memory {
    fn accept(&self, arrivals: Vec<Arrival>) -> impl Future<Output = Result<Vec<Taken>, IntakeError>> + Send {
        let health = self.0.lock().unwrap().health;
        let take = |arrival| self.0.lock().unwrap().take(arrival);
        std::future::ready(match health {
            Health::Well => Ok(arrivals.into_iter().map(take).collect()),
            Health::Broken => Err(IntakeError),
            Health::Panics => panic!("as the test asks"),
        })
    }

    fn is_known(&self, key: SeenKey) -> impl Future<Output = Result<bool, IntakeError>> + Send {
        std::future::ready(Ok(self.0.lock().unwrap().seen.contains(&key)))
    }

    fn typing(&self, _: Typing) {}

    fn refuse(&self, refusal: Refusal) -> impl Future<Output = ()> + Send {
        self.0.lock().unwrap().refused.push(refusal);
        std::future::ready(())
    }
}

impl Inner {
    fn take(&mut self, arrival: Arrival) -> Taken {
        if !self.seen.insert(arrival.key) {
            return Taken::Repeat;
        }
        if arrival.event == Event::Ignored {
            return Taken::NoConsequence;
        }
        self.taken.push(arrival.event);
        Taken::New
    }
}

/// A running webhook.
pub(crate) struct House {
    pub(crate) memory: Memory,
    pub(crate) clock: Clock,
    address: std::net::SocketAddr,
}

impl House {
    pub(crate) async fn at(now: Moment) -> Self {
        let (memory, clock) = (Memory::default(), Clock::manual(now));
        let door = |channel: &str| Door {
            channel: channel.into(),
            session: "default".into(),
            secrets: vec![SECRET.into()],
            intake: memory.clone(),
        };
        let router = whatsapp::router(vec![door("main")], clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { memory, clock, address }
    }

    /// Sends raw bytes and returns the whole answer.
    pub(crate) async fn ask(&self, head: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!("{head}\r\nHost: rialto\r\nConnection: close\r\n");
        let length = if head.to_lowercase().contains("content-length") {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", body.len())
        };
        stream.write_all(format!("{head}{length}\r\n").as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.to_lowercase().contains("cache-control: no-store"), "{answer}");
        answer
    }

    pub(crate) async fn post(&self, body: &[u8]) -> u16 {
        let head = format!("POST /webhooks/waha/main HTTP/1.1\r\nX-Webhook-Hmac: {}", signature(body));
        status(&self.ask(&head, body).await)
    }

    pub(crate) fn taken(&self) -> usize {
        self.memory.0.lock().unwrap().taken.len()
    }

    pub(crate) fn refused(&self) -> Vec<Refusal> {
        std::mem::take(&mut self.memory.0.lock().unwrap().refused)
    }
}

pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}
