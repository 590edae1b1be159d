//! Pictures of people and groups: those of their chats, from WhatsApp's servers and by the configured way alone, and the owner's own
//! where there is one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::certificates::{Authority, DAY};
use crate::house::{ALICE, House, Process, SOON};

const CHOIR: &str = "120363020000000001@g.us";
const SERVER: &str = "pps.whatsapp.net";
const FACE: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\0 a face";
const OTHER_FACE: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\0 another face";
const CROWD: &[u8] = b"\x89PNG\r\n\x1a\n a crowd";

/// WhatsApp's server of pictures, and the proxy before it.
struct Servers {
    proxy: String,
    pictures: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    /// What was asked for, and with which headers.
    asked: Arc<Mutex<Vec<(String, HeaderMap)>>>,
    /// Whom the proxy was asked to lead to.
    led: Arc<Mutex<Vec<String>>>,
}

impl Servers {
    async fn new(authority: &Authority) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let plain = listener.local_addr().unwrap().to_string();
        let port = authority.signs(SERVER, DAY).tunnel_to(&plain).await;
        let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let servers = Self {
            proxy: format!("http://{}", proxy.local_addr().unwrap()),
            pictures: Arc::default(),
            asked: Arc::default(),
            led: Arc::default(),
        };
        let (pictures, asked) = (Arc::clone(&servers.pictures), Arc::clone(&servers.asked));
        let show = move |uri: Uri, headers: HeaderMap| async move {
            asked.lock().unwrap().push((uri.to_string(), headers));
            let known = pictures.lock().unwrap().get(&uri.to_string()).cloned();
            known.map_or((StatusCode::NOT_FOUND, Vec::new()), |bytes| (StatusCode::OK, bytes))
        };
        tokio::spawn(axum::serve(listener, axum::Router::new().fallback(show)).into_future());
        tokio::spawn(lead(proxy, Arc::clone(&servers.led), port));
        servers
    }

    /// Somebody has this picture.
    fn put(&self, house: &House, chat: &str, path: &str, bytes: &[u8]) {
        self.pictures.lock().unwrap().insert(path.to_owned(), bytes.to_vec());
        house.waha.has_picture(chat, &format!("https://{SERVER}{path}"));
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(what, _)| what.clone()).collect()
    }
}

/// A proxy that leads to one server, whoever is named.
async fn lead(proxy: TcpListener, led: Arc<Mutex<Vec<String>>>, port: u16) {
    while let Ok((stream, _)) = proxy.accept().await {
        let led = Arc::clone(&led);
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            let (mut first, mut line) = (String::new(), String::new());
            stream.read_line(&mut first).await.unwrap();
            while line != "\r\n" {
                line.clear();
                stream.read_line(&mut line).await.unwrap();
            }
            led.lock().unwrap().push(first.trim_end().to_owned());
            let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let _ = copy_bidirectional(&mut stream, &mut server).await;
        });
    }
}

fn picture(house: &House, group: &str) -> Option<Vec<u8>> {
    let found = house.signal.groups().into_iter().find(|found| found.id == group)?.picture?;
    Some(STANDARD.decode(found).unwrap())
}

/// The groups that were given a picture, in order.
fn given(house: &House) -> Vec<String> {
    let calls = house.signal.calls().into_iter().filter(|(_, params)| params["avatar"].is_string());
    calls.map(|(_, params)| params["groupId"].as_str().unwrap().to_owned()).collect()
}

async fn becomes(holds: impl Fn() -> bool) -> bool {
    let looking = async {
        let mut turns = crate::house::beats(Duration::from_millis(50));
        while !holds() {
            turns.tick().await;
        }
    };
    tokio::time::timeout(SOON, looking).await.is_ok()
}

/// How many portals were looked at since they were due.
fn seen(house: &House) -> i64 {
    let connection = rusqlite::Connection::open(house.config().store.path).unwrap();
    connection.query_row("SELECT count(*) FROM portals WHERE pictured_at > 1", [], |row| row.get(0)).unwrap()
}

/// A start looks at what is due at once.
fn restart(process: &mut Process) {
    process.terminate();
    process.start_again();
}

/// Lets each portal be due again, as three days do.
fn days_later(house: &House) {
    let connection = rusqlite::Connection::open(house.config().store.path).unwrap();
    connection.execute("UPDATE portals SET pictured_at = 1 WHERE picture_left = 0", []).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_looks_as_its_chat_and_as_the_owner_wants_it() {
    let (house, authority) = (House::new().await, Arc::new(Authority::new("the system's")));
    let servers = Servers::new(&authority).await;
    house.waha.add_group(CHOIR, "Choir", vec![ALICE.to_owned()]);
    servers.put(&house, ALICE, "/v/face.jpg?oe=1", FACE);
    servers.put(&house, CHOIR, "/v/crowd.png", CROWD);
    let trusted = authority.file(house.dir.path(), "system.pem");
    let under: &'static str = format!("export SSL_CERT_FILE='{}';", trusted.display()).leak();
    let (mut process, _) = Process::under(&house, "trace", under).await;
    house.waha.says(ALICE, "from alice");
    let alice = house.group_of("from alice").await;
    house.waha.says_in_group(CHOIR, ALICE, "from the choir");
    let choir = house.group_of("from the choir").await;
    restart(&mut process);
    house.waha.says(ALICE, "not wanted");
    assert!(house.arrives("not wanted").await);
    assert_eq!(servers.asked().len(), 0, "nothing is fetched by itself");

    let plain = std::fs::read_to_string(process.config()).unwrap();
    let wanted = plain.replace("conversation = ", &format!("pictures = \"{}\"\nconversation = ", servers.proxy));
    assert_ne!(wanted, plain);
    std::fs::write(process.config(), wanted).unwrap();
    // Each start looks at one; the next is a pause away.
    restart(&mut process);
    assert!(becomes(|| seen(&house) == 1).await, "{:?}", servers.asked());
    restart(&mut process);
    assert!(becomes(|| seen(&house) == 2).await, "{:?}", servers.asked());
    assert_eq!(picture(&house, &alice).as_deref(), Some(FACE));
    assert_eq!(picture(&house, &choir).as_deref(), Some(CROWD));
    for (_, headers) in servers.asked.lock().unwrap().iter() {
        let names: Vec<_> = headers.keys().map(|name| name.as_str()).collect();
        assert_eq!(names, ["accept", "host"], "nothing of the bridge, and no key");
    }
    let led = servers.led.lock().unwrap().clone();
    assert!(led.iter().all(|line| *line == format!("CONNECT {SERVER}:443 HTTP/1.1")), "{led:?}");

    // Another one is brought; what the owner has given the group stays.
    servers.put(&house, ALICE, "/v/face.jpg?oe=2", OTHER_FACE);
    house.signal.change_group(&choir, |group| group.picture = Some(STANDARD.encode("the owner's")));
    servers.put(&house, CHOIR, "/v/crowd-2.png", &[CROWD, b" and more"].concat());
    days_later(&house);
    for _ in 0..2 {
        let before = seen(&house);
        restart(&mut process);
        assert!(becomes(|| seen(&house) > before).await, "{:?}", servers.asked());
    }
    assert_eq!(picture(&house, &alice).as_deref(), Some(OTHER_FACE));
    assert_eq!(picture(&house, &choir).as_deref(), Some(b"the owner's".as_slice()));

    // The same one again, and one that is no picture, change nothing.
    for bytes in [OTHER_FACE, b"<svg/>"] {
        servers.put(&house, ALICE, "/v/face.jpg?oe=2", bytes);
        days_later(&house);
        let before = seen(&house);
        restart(&mut process);
        assert!(becomes(|| seen(&house) > before).await, "{:?}", servers.asked());
    }
    assert_eq!(given(&house).len(), 3, "{:?}", servers.asked());

    // What was set before a crash is found there, and only noted.
    servers.put(&house, ALICE, "/v/face.jpg?oe=3", FACE);
    process.terminate();
    house.signal.change_group(&alice, |group| group.picture = Some(STANDARD.encode(FACE)));
    days_later(&house);
    let before = seen(&house);
    process.start_again();
    assert!(becomes(|| seen(&house) > before).await, "{:?}", servers.asked());
    assert_eq!(given(&house).len(), 3, "{:?}", servers.asked());
    let log = std::fs::read_to_string(house.dir.path().join("log.txt")).unwrap();
    for hidden in ["face.jpg", "crowd", SERVER] {
        assert!(!log.contains(hidden), "{hidden}");
    }
}
