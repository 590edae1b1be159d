//! Where the program opens a way out or a door: few places, all of them here. A new one needs its line, and its reason.

#![expect(clippy::unwrap_used, reason = "a test that stops is a test that failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What opens a connection, asks a name server, listens, or starts another program.
const WORDS: [&str; 17] = [
    "TcpStream::connect",
    "UnixStream::connect",
    "TcpSocket",
    "UdpSocket",
    "UnixDatagram",
    "TcpListener::bind",
    "UnixListener",
    "lookup_host",
    "ToSocketAddrs",
    "to_socket_addrs",
    "getaddrinfo",
    "Client::builder",
    "Client::new()",
    "tls::client(",
    "tls::nameless(",
    "Command::new",
    "reqwest::get",
];

const DOORS: [(&str, &str, &str); 10] = [
    ("app/ears.rs", "TcpListener::bind", "the two listeners, at the configured addresses"),
    ("signal/dial.rs", "UnixStream::connect", "to signal-cli"),
    ("signal/dial.rs", "TcpStream::connect", "to signal-cli"),
    ("whatsapp/carrier.rs", "tls::client(", "to WAHA"),
    ("alarm/post.rs", "tls::client(", "to the addresses of [alarm], once one is set"),
    ("whatsapp/pictures.rs", "tls::nameless(", "to WhatsApp's servers of pictures, once a way is set"),
    ("tls/mod.rs", "Client::builder", "what the three above are made of"),
    ("cli/ask.rs", "TcpStream::connect", "a command asks the running bridge at its admin listener"),
    (
        "media/convert.rs",
        "Command::new",
        "`rialto confine`, which becomes ffmpeg, if one is configured; `rialto animate`, locked in like it",
    ),
    ("cli/confine.rs", "Command::new", "becomes ffmpeg, once no socket can be opened any more"),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Each door that is there: which file, which word. Tests open what they like.
fn found() -> BTreeSet<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    for file in files(&root) {
        let name = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        if name.ends_with("tests.rs") || name.contains("/tests/") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let code: Vec<_> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let there = WORDS.iter().filter(|word| code.iter().any(|line| line.contains(**word)));
        found.extend(there.map(|word| (name.clone(), (*word).to_owned())));
    }
    found
}

#[test]
fn there_are_no_other_doors() {
    let listed: BTreeSet<_> = DOORS.iter().map(|(file, word, _)| ((*file).to_owned(), (*word).to_owned())).collect();
    assert_eq!(found(), listed, "left: in the sources, right: in the list");
}
