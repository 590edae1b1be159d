//! Drives the stand-in for signal-cli over real sockets.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use std::time::Duration;

use serde_json::{Value, json};
use simulator::signal_cli::{SignalCli, SignalFault, SignalOptions};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UnixStream};

const DEADLINE: Duration = Duration::from_secs(10);

struct Client(BufReader<TcpStream>);

impl Client {
    async fn connect(signal: &SignalCli) -> Self {
        let address = signal.tcp_addr().unwrap();
        Self(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }

    async fn ask(&mut self, id: u32, method: &str, params: Value) {
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.0.write_all(format!("{request}\n").as_bytes()).await.unwrap();
    }

    /// The next line; null when the connection ended.
    async fn line(&mut self) -> Value {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        serde_json::from_str(&line).unwrap_or_default()
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.ask(1, method, params).await;
        self.line().await
    }
}

async fn start(options: SignalOptions) -> (SignalCli, Client) {
    let signal = SignalCli::start(options).await.unwrap();
    let client = Client::connect(&signal).await;
    (signal, client)
}

fn to_owner(text: &str) -> Value {
    json!({ "recipient": [SignalOptions::default().owner_aci], "message": text })
}

async fn create_group(client: &mut Client) -> String {
    let owner = SignalOptions::default().owner_aci;
    let params = json!({ "name": "Family", "member": [owner], "link": "enabled" });
    let answer = client.call("updateGroup", params).await;
    answer["result"]["groupId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn forgets_a_message_once_it_is_written() {
    let (signal, mut client) = start(SignalOptions::default()).await;
    let said = signal.owner_says_direct("hello");
    assert_eq!((signal.queued(), signal.lines_written().len()), (1, 0));
    client.ask(1, "subscribeReceive", json!({})).await;
    assert!(signal.wait_until(DEADLINE, |signal| signal.lines_written() == [said]).await);
    assert_eq!(signal.queued(), 0);
    let lines = [client.line().await, client.line().await];
    let heard = lines.iter().find(|line| line["method"] == "receive").unwrap();
    let envelope = &heard["params"]["result"]["envelope"];
    assert_eq!(envelope["dataMessage"]["message"], "hello");
}

#[tokio::test]
async fn keeps_messages_while_nobody_listens() {
    let (signal, mut client) = start(SignalOptions::default()).await;
    client.call("subscribeReceive", json!({})).await;
    drop(client);
    assert!(signal.wait_until(DEADLINE, |signal| signal.connections() == 0).await);
    signal.owner_says_direct("anybody?");
    signal.restart().await.unwrap();
    assert_eq!(signal.queued(), 1);
    let mut client = Client::connect(&signal).await;
    client.ask(1, "subscribeReceive", json!({})).await;
    assert!(signal.wait_until(DEADLINE, |signal| signal.queued() == 0).await);
}

#[tokio::test]
async fn answers_come_out_of_order() {
    let (signal, mut client) = start(SignalOptions::default()).await;
    signal.hold_answers();
    client.ask(1, "send", to_owner("slow")).await;
    assert!(signal.wait_inbox(1, DEADLINE).await);
    client.ask(2, "version", json!({})).await;
    assert_eq!(client.line().await["id"], 2);
    signal.release_answers();
    let slow = client.line().await;
    assert_eq!(slow["id"], 1);
    assert_eq!(slow["result"]["results"][0]["type"], "SUCCESS");
}

#[tokio::test]
async fn groups_need_a_profile_first() {
    let (signal, mut client) = start(SignalOptions::default()).await;
    let refused = client.call("updateGroup", json!({ "name": "Family" })).await;
    assert_eq!(refused["error"]["code"], -32603);
    client.call("updateProfile", json!({ "givenName": "Bridge" })).await;
    let id = create_group(&mut client).await;
    assert!(signal.groups()[0].link.is_some());
    let params = json!({ "groupId": id, "message": "hi", "textStyle": ["0:2:BOLD"] });
    let sent = client.call("send", params).await;
    assert_eq!(sent["result"]["results"][0]["groupId"], id);
    assert_eq!(signal.inbox()[0].text_styles, ["0:2:BOLD"]);
}

#[tokio::test]
async fn nobody_hears_a_message_to_an_invited_owner() {
    let options = SignalOptions { members_are_invited: true, profile_set: true, ..SignalOptions::default() };
    let (signal, mut client) = start(options).await;
    let id = create_group(&mut client).await;
    let sent = client.call("send", json!({ "groupId": id, "message": "hi" })).await;
    assert_eq!(sent["result"]["results"], json!([]));
    assert!(signal.inbox().is_empty());
}

#[tokio::test]
async fn faults_strike_before_and_after_the_send() {
    let (signal, mut client) = start(SignalOptions::default()).await;
    signal.fault(SignalFault::ErrorOnSend { code: -5, kind: "RATE_LIMIT_FAILURE", retry_after: Some(60), times: 1 });
    let limited = client.call("send", to_owner("one")).await;
    let result = &limited["error"]["data"]["response"]["results"][0];
    assert_eq!(result["retryAfterSeconds"], 60);
    assert!(signal.inbox().is_empty());
    signal.fault(SignalFault::SendThenDrop { times: 1 });
    assert_eq!(client.call("send", to_owner("two")).await, Value::Null);
    assert_eq!(signal.inbox()[0].text, "two");
}

#[tokio::test]
async fn says_no_as_the_real_one_does() {
    let (_signal, mut client) = start(SignalOptions::default()).await;
    let unknown = client.call("noSuchMethod", json!({})).await;
    assert_eq!(unknown["error"]["code"], -32601);
    let account = client.call("listGroups", json!({ "account": "+1" })).await;
    assert_eq!(account["error"]["code"], -32602);
    let empty = client.call("send", to_owner("")).await;
    assert_eq!(empty["error"]["code"], -1);
    let group = "enp6enp6enp6enp6enp6enp6enp6enp6enp6enp6eno=";
    let missing = client.call("send", json!({ "groupId": group, "message": "x" })).await;
    assert_eq!(missing["error"]["message"], format!("Group not found: {group}"));
}

#[tokio::test]
async fn a_subscriber_that_does_not_read_stops_everybody() {
    let (signal, mut stuck) = start(SignalOptions::default()).await;
    stuck.call("subscribeReceive", json!({})).await;
    let mut client = Client::connect(&signal).await;
    client.call("subscribeReceive", json!({})).await;
    let long = "x".repeat(1 << 20);
    for _ in 0..20 {
        signal.owner_says_direct(&long);
    }
    // Requests are answered all the same.
    client.ask(7, "version", json!({})).await;
    while client.line().await["id"] != 7 {}
    assert!(signal.queued() > 0);
    drop(stuck);
    let reading = tokio::spawn(async move { while client.line().await != Value::Null {} });
    assert!(signal.wait_until(DEADLINE, |signal| signal.queued() == 0).await);
    signal.stop().await;
    reading.await.unwrap();
}

#[tokio::test]
async fn listens_on_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let options = SignalOptions { socket: Some(folder.path().join("socket")), ..SignalOptions::default() };
    let signal = SignalCli::start(options).await.unwrap();
    let path = signal.socket().unwrap();
    let mut stream = UnixStream::connect(&path).await.unwrap();
    stream.write_all(b"not json\n").await.unwrap();
    let mut line = String::new();
    BufReader::new(&mut stream).read_line(&mut line).await.unwrap();
    assert!(line.contains("-32700"));
    signal.stop().await;
    assert!(UnixStream::connect(&path).await.is_err());
}
