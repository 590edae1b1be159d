//! What the bridge says of itself on its admin listener.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How many messages the bridge has and hasn't passed on yet; `None` while it doesn't answer.
pub(crate) async fn load(admin: SocketAddr) -> Option<u64> {
    let asked = tokio::time::timeout(Duration::from_secs(2), ask(admin)).await;
    let answer = asked.ok()?.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let detail: Value = serde_json::from_str(body).ok()?;
    head.starts_with("HTTP/1.1 200").then(|| waiting(&detail))
}

async fn ask(admin: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(admin).await?;
    let request = format!("GET /health/detail HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn waiting(detail: &Value) -> u64 {
    let channels = detail.get("channels").and_then(Value::as_array).into_iter().flatten();
    let depth = |channel: &Value, state| channel.pointer(state).and_then(Value::as_u64).unwrap_or_default();
    channels.map(|channel| depth(channel, "/queue/pending") + depth(channel, "/queue/in_flight")).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn counts_what_is_not_passed_on() {
        let queue = json!({ "pending": 2, "held": 4, "in_flight": 1, "dead": 8 });
        assert_eq!(super::waiting(&json!({ "channels": [{ "queue": queue }, {}] })), 3);
        assert_eq!(super::waiting(&json!({})), 0);
    }
}
