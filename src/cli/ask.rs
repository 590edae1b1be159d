//! Asks a running bridge through its admin listener; the program carries no other HTTP client for its own use.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use zeroize::Zeroizing;

use super::runtime;
use crate::config::Config;

/// What a bridge answered.
pub(super) struct Answer {
    pub(super) is_good: bool,
    pub(super) body: String,
}

/// Asks `GET path`.
pub(super) fn get(config: &Config, path: &str, limit: Duration) -> anyhow::Result<Answer> {
    exchange(config, &format!("GET {path}"), "", limit)
}

/// Asks `POST path` with a JSON body.
pub(super) fn post(config: &Config, path: &str, json: &str, limit: Duration) -> anyhow::Result<Answer> {
    exchange(config, &format!("POST {path}"), json, limit)
}

fn exchange(config: &Config, what: &str, body: &str, limit: Duration) -> anyhow::Result<Answer> {
    let address = reachable(config.server.admin_listen);
    // The body may hold a secret.
    let request = Zeroizing::new(format!(
        "{what} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    let answer = runtime()?.block_on(async { tokio::time::timeout(limit, say(address, &request)).await });
    let not_running = || anyhow::anyhow!("no bridge answers at {address}: start it with `rialto run`");
    let answer = answer.map_err(|_| not_running())?.map_err(|_| not_running())?;
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default().trim().to_owned();
    Ok(Answer { is_good: answer.starts_with("HTTP/1.1 200"), body })
}

/// An address to listen on everywhere is asked on this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

async fn say(address: SocketAddr, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
