//! What a running bridge keeps in memory is for nobody else of its user.

use crate::house::{House, Process};

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
