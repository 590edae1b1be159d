//! What is locked in computes and reaches nothing: `rialto confine`, by which the bridge runs ffmpeg. The programs that try
//! to get out are a shell and `cat`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that stops is a test that failed")]

use std::io::Write as _;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use landlock::{ABI, Access as _, AccessFs, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _};

fn confined(program: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rialto"));
    command.arg("confine").arg(program).args(arguments).env("CANARY", "canary");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // One that does not start reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn shell(script: &str) -> Output {
    confined("/bin/bash", &["-c", script], b"")
}

/// Kernels before 5.13 have no Landlock, and in some machines it is switched off.
fn files_are_closed() -> bool {
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    let there = ruleset.handle_access(AccessFs::from_all(ABI::V1)).and_then(|ruleset| ruleset.create()).is_ok();
    if !there {
        println!("skipped: this kernel has no Landlock");
    }
    there
}

#[test]
fn it_reads_its_input_and_writes_its_output_and_nothing_is_told_to_it() {
    // Not more than a pipe holds: what comes out is read at the end.
    let input = vec![7; 60_000];
    let output = confined("/bin/cat", &[], &input);
    assert!(output.status.success() && output.stdout == input, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(shell("echo \"<$CANARY>\"").stdout, b"<>\n");
    assert!(!confined("/no/such/program", &[], b"").status.success());
}

#[test]
fn it_opens_no_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let dial = format!("exec 3<>/dev/tcp/127.0.0.1/{port}");
    assert!(Command::new("/bin/bash").args(["-c", &dial]).status().unwrap().success(), "it can be reached from here");
    assert!(!shell(&dial).status.success());
    listener.accept().unwrap();
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "it has not come through");
}

#[test]
fn it_kills_nobody_and_uses_no_more_than_its_share() {
    let mut other = Command::new("/bin/sleep").arg("60").spawn().unwrap();
    assert!(!shell(&format!("kill -9 {}", other.id())).status.success());
    assert!(other.try_wait().unwrap().is_none());
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(shell("ulimit -v; ulimit -t; ulimit -n; ulimit -f; ulimit -c").stdout, b"1048576\n120\n32\n0\n0\n");
}

#[test]
fn it_writes_no_file_and_reads_none_but_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let (secret, new) = (dir.path().join("secret"), dir.path().join("new"));
    std::fs::write(&secret, "secret").unwrap();
    let _ = shell(&format!("echo canary > {}", new.display()));
    assert!(!std::fs::read_to_string(&new).is_ok_and(|text| !text.is_empty()));
    if files_are_closed() {
        for file in [secret.to_str().unwrap(), "/etc/passwd", "/proc/self/environ", "/proc/1/cmdline"] {
            let output = confined("/bin/cat", &[file], b"");
            assert!(!output.status.success() && output.stdout.is_empty(), "{file}");
        }
        assert!(!shell("exec /bin/cat").status.success(), "nor another program");
    }
}

/// The part of the program that parses pictures which move.
fn animate() -> std::process::Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rialto"));
    command.arg("animate").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn what_parses_pictures_that_move_is_locked_in_before_it_reads() {
    let moving = include_bytes!("samples/moving.webp").as_slice();
    let mut child = animate();
    let status = format!("/proc/{}/status", child.id());
    // Until there is something to read it stands still, behind its filter of system calls.
    while !std::fs::read_to_string(&status).unwrap().contains("Seccomp:\t2\n") {
        assert!(child.try_wait().unwrap().is_none(), "it waits for its input");
        std::thread::yield_now();
    }
    child.stdin.take().unwrap().write_all(moving).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stdout.starts_with(b"GIF89a"));
}

#[test]
fn what_it_cannot_read_ends_it_and_nothing_of_it_is_said() {
    for bytes in [b"canary".as_slice(), b"", b"RIFF\x10\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0canary"] {
        let mut child = animate();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(!output.status.success() && output.stdout.is_empty());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("this is no WebP that moves") && !said.contains("canary"), "{said}");
    }
}
