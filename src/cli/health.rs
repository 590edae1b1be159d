//! `rialto health`: for a container's health check, which has no other HTTP client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{runtime, say};
use crate::config::Config;

const LIMIT: Duration = Duration::from_secs(5);

pub(super) fn health(config: &Config) -> anyhow::Result<()> {
    let address = reachable(config.server.admin_listen);
    let answer = runtime()?.block_on(async { tokio::time::timeout(LIMIT, ask(address)).await });
    let not_running = || anyhow::anyhow!("no bridge answers at {address}: start it with `rialto run`");
    let answer = answer.map_err(|_| not_running())?.map_err(|_| not_running())?;
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default().trim();
    anyhow::ensure!(answer.starts_with("HTTP/1.1 200"), "the bridge is {body}");
    say(body);
    Ok(())
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

async fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
