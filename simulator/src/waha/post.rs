//! The client that delivers webhooks: header for header what the real sender writes.
//!
//! A general client would do, but none writes the same header names in the same order, keeps no
//! timeout and turns a redirected POST into a GET as the real one does.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a receiver answered.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    location: Option<String>,
    length: Option<usize>,
    closes: bool,
    body: Vec<u8>,
}

/// A client that keeps its connections open between deliveries.
#[derive(Default)]
pub(crate) struct Client {
    idle: Mutex<HashMap<String, Vec<TcpStream>>>,
}

impl Client {
    /// Posts a body and follows redirects, as GET and without the body.
    pub(crate) async fn post(&self, url: &str, headers: &str, body: &[u8]) -> io::Result<Answer> {
        let mut answer = self.request("POST", url, headers, body).await?;
        for _ in 0..5 {
            match answer.location.take() {
                Some(location) if (300..400).contains(&answer.status) => {
                    answer = self.request("GET", &location, headers, &[]).await?;
                }
                _ => break,
            }
        }
        Ok(answer)
    }

    /// Fetches a file.
    pub(crate) async fn get(&self, url: &str) -> io::Result<Vec<u8>> {
        let answer = self.request("GET", url, "", &[]).await?;
        if answer.status == 200 { Ok(answer.body) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    /// Forgets all idle connections, as a process that ends does.
    pub(crate) fn close(&self) {
        self.pool().clear();
    }

    async fn request(&self, method: &str, url: &str, headers: &str, body: &[u8]) -> io::Result<Answer> {
        let (host, path) = split(url)?;
        let mut stream = self.connect(host).await?;
        let mut request = head(method, host, path, headers, body).into_bytes();
        request.extend_from_slice(body);
        stream.write_all(&request).await?;
        let answer = read_answer(&mut stream).await?;
        if answer.length.is_some() && !answer.closes {
            self.pool().entry(host.to_owned()).or_default().push(stream);
        }
        Ok(answer)
    }

    async fn connect(&self, host: &str) -> io::Result<TcpStream> {
        while let Some(stream) = self.idle_stream(host) {
            // An idle connection has nothing to say unless the other side closed it.
            match stream.try_read(&mut [0]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(stream),
                _ => {}
            }
        }
        TcpStream::connect(host).await
    }

    fn idle_stream(&self, host: &str) -> Option<TcpStream> {
        self.pool().get_mut(host)?.pop()
    }

    fn pool(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<TcpStream>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn split(url: &str) -> io::Result<(&str, &str)> {
    let unsupported = || io::Error::from(io::ErrorKind::Unsupported);
    let rest = url.strip_prefix("http://").ok_or_else(unsupported)?;
    let end = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at_checked(end).ok_or_else(unsupported)?;
    Ok((host, if path.is_empty() { "/" } else { path }))
}

fn head(method: &str, host: &str, path: &str, headers: &str, body: &[u8]) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\nAccept: application/json, text/plain, */*\r\n");
    head.push_str(headers);
    if method == "POST" {
        // A string takes every write.
        let _ = write!(head, "Content-Length: {}\r\n", body.len());
    }
    let _ =
        write!(head, "Accept-Encoding: gzip, compress, deflate, br\r\nHost: {host}\r\nConnection: keep-alive\r\n\r\n");
    head
}

async fn read_answer(stream: &mut TcpStream) -> io::Result<Answer> {
    let mut received = Vec::new();
    let end = loop {
        if stream.read_buf(&mut received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
    };
    let (head, rest) = received.split_at(end);
    let mut answer = parse(&String::from_utf8_lossy(head));
    // The blank line itself is among the rest.
    let mut body = rest.get(4..).unwrap_or_default().to_vec();
    let come = body.len();
    body.resize(answer.length.unwrap_or(0).max(come), 0);
    if let Some(missing) = body.get_mut(come..) {
        stream.read_exact(missing).await?;
    }
    answer.body = body;
    Ok(answer)
}

fn parse(head: &str) -> Answer {
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let mut answer = Answer { status: status.unwrap_or_default(), ..Answer::default() };
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => answer.length = value.parse().ok(),
            "retry-after" => answer.retry_after = value.parse().ok(),
            "location" => answer.location = Some(value.to_owned()),
            "connection" => answer.closes = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    if answer.status == 204 {
        answer.length = Some(0);
    }
    answer
}
