//! What a running bridge keeps in memory is for nobody else of its user.

use simulator::waha::Other;

use crate::house::{ALICE, House, Process, SOON};

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_bridge_leaves_no_core_dump_and_no_way_in() {
    let house = House::new().await;
    let (process, _) = Process::of(&house, "info").await;
    let of = |file: &str| format!("/proc/{}/{file}", process.pid());
    let limits = std::fs::read_to_string(of("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    // Of a process that others of its user may not look into these belong to root.
    let log = std::fs::read_to_string(&process.log).unwrap();
    assert!(!log.contains("cannot be switched off") && !log.contains("can read the memory"), "{log}");
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(of("environ")).unwrap()), 0);
}

/// The most memory that a process has had, in bytes.
#[cfg(target_os = "linux")]
fn peak(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_film_of_95_megabytes_each_way_takes_little_memory() {
    const LIMIT: u64 = 64 * 1024 * 1024;
    let house = House::new().await;
    let (process, _) = Process::of(&house, "info").await;
    let mut film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    let scene: Vec<u8> = (0..=250).collect();
    film.extend(scene.repeat(95_000_000 / scene.len()));
    house.waha.sends_file(ALICE, None, Other::Video { caption: Some("there".into()) }, &film);
    // On a slow machine it follows its words.
    let came =
        |signal: &simulator::signal_cli::SignalCli| signal.inbox().iter().any(|message| !message.files.is_empty());
    assert!(house.signal.wait_until(SOON * 4, came).await, "{:?}", house.texts());
    let message = house.signal.inbox().into_iter().find(|message| !message.files.is_empty()).unwrap();
    assert!(message.files[0].bytes == film, "{} bytes", message.files[0].bytes.len());
    let group = message.group_id.unwrap();
    house.signal.owner_sends_files(Some(&group), "and back", &[("film.mp4", "video/mp4", &film)]);
    assert!(house.waha.wait_until(SOON * 4, |waha| !waha.sent_files().is_empty()).await, "{:?}", house.texts());
    let sent = house.waha.sent_files().remove(0);
    assert!(sent.bytes == film && sent.call == "sendVideo", "{} bytes by {}", sent.bytes.len(), sent.call);
    let peak = peak(&process);
    println!("the bridge had {} MB at most", peak / 1024 / 1024);
    assert!(peak < LIMIT, "{peak} bytes");
}
