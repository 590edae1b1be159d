//! A chat is to be forgotten, and the bridge dies at each step of it: in the end it is gone and its group left.

use rusqlite::{Connection, OptionalExtension};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::child::Child;
use crate::house::{House, idle_at};
use crate::talk::chat;

pub(crate) const POINTS: [&str; 4] =
    ["forget.begin.before_commit", "forget.between_pieces", "forget.before_commit", "forget.after_commit"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_is_forgotten_over_crashes() {
    let house = crate::house("2026.7.1").await;
    let child = Child::start(&house, &POINTS);
    tokio::select! {
        () = forget(&house, &child) => {}
        () = child.revive() => {}
    }
    child.end();
    assert_eq!(child.killed_at(), POINTS);
}

async fn forget(house: &House, child: &Child) {
    house.waha.says(&chat(1), "first");
    let group = house.group_of("first").await;
    house.waha.says(&chat(2), "second");
    let other = house.group_of("second").await;
    assert!(group != other && idle_at(&child.admin).await);
    let store = Connection::open(house.store()).unwrap();
    let wanted = "SELECT lower(hex(chat)) FROM messages ORDER BY at LIMIT 1";
    let row: String = store.query_row(wanted, [], |row| row.get(0)).unwrap();
    let is_kept = || {
        let sql = "SELECT 1 FROM chats WHERE lower(hex(id)) = ?1";
        store.query_row(sql, [&row], |row| row.get::<_, i64>(0)).optional().unwrap().is_some()
    };
    let mut turns = tokio::time::interval(std::time::Duration::from_millis(20));
    while is_kept() {
        turns.tick().await;
        // A bridge that dies of it does not answer.
        let _ = ask(&child.admin, &format!(r#"{{"chat":"{row}"}}"#)).await;
    }
    assert!(house.arrives("A chat is forgotten").await && idle_at(&child.admin).await);
    let account = simulator::signal_cli::SignalOptions::default().account_aci;
    let is_in = |id: &str| house.signal.groups().iter().any(|group| group.id == id && group.members.contains(&account));
    assert!(!is_in(&group) && is_in(&other));
    house.waha.says(&chat(1), "first again");
    assert_ne!(house.group_of("first again").await, group);
    let said = house.texts().iter().filter(|text| text.contains("A chat is forgotten")).count();
    assert_eq!(said, 1, "{:?}", house.texts());
}

async fn ask(admin: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(admin).await?;
    let head =
        format!("POST /forget HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\nContent-Type: application/json\r\n");
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.map(|_| answer)
}
