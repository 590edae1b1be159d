//! The running bridge calls its configured peers and, where it is set, the alarm: nobody else, and it asks no name server.
//!
//! Exactly: in a network namespace of its own, where nothing leads out, the kernel counts each attempt to leave and each
//! datagram. Where nobody may make one, the sockets of this process are looked at all the time instead.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use simulator::waha::{Other, WahaFault};

use crate::house::{self, ALICE, House, clock, turn_until};
use crate::outside::Outside;
use crate::phone::whatsapp_becomes;

const STEP: Duration = Duration::from_millis(200);
const MINUTE: Duration = Duration::from_mins(1);

/// Everything that could tempt a bridge to look outside.
async fn live() {
    let (house, outside, time) = (House::new().await, Outside::new().await, clock());
    let backups = house.dir.path().join("backups");
    let more = format!("{}[backup]\npath = \"{}\"\n", outside.config(), backups.display());
    let bridge = house.bridge_more(&more, time.clone()).await;
    house.waha.says(ALICE, "look at https://example.com/page and mailto:somebody@example.org");
    assert!(turn_until(&time, STEP, || house.find("example.com").is_some()).await);
    let group = house.find("example.com").unwrap().1.unwrap();
    house.waha.sends_other(ALICE, Other::Image { caption: Some("https://example.net/picture.jpg".into()) });
    house.waha.fault(WahaFault::SendThen500 { times: 1 });
    house.signal.owner_says(&group, "see http://192.0.2.7/ and https://example.com");
    assert!(turn_until(&time, STEP, || !house.waha.delivered().is_empty()).await);
    house.signal.stranger_says("aaaaaaaa-0000-4000-8000-000000000001", None, "https://example.com/stranger");
    // Two months in steps: heartbeats, retention, backups, the watch over silence, old versions.
    let begun = time.now();
    assert!(turn_until(&time, MINUTE * 30, || time.now().since(begun) > MINUTE * 60 * 24 * 65).await);
    house.waha.session_status("STOPPED");
    whatsapp_becomes(&bridge, &time, false).await;
    assert!(turn_until(&time, MINUTE, || !outside.alarms().is_empty()).await);
    house.waha.session_status("WORKING");
    whatsapp_becomes(&bridge, &time, true).await;
    assert!(outside.beats() > 0);
    for path in ["/health/detail", "/metrics", "/data"] {
        assert!(!house::get(&bridge.admin, path).await.is_empty());
    }
    bridge.stop().await;
}

/// The inodes of this process's sockets.
fn sockets() -> BTreeSet<String> {
    let Ok(handles) = std::fs::read_dir("/proc/self/fd") else { return BTreeSet::new() };
    let links = handles.filter_map(|handle| std::fs::read_link(handle.ok()?.path()).ok());
    links.filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect()
}

/// Sockets of this process that lead, or could lead, off this machine.
fn leads() -> Vec<String> {
    let (ours, mut found) = (sockets(), Vec::new());
    for kind in ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"] {
        let table = std::fs::read_to_string(format!("/proc/self/net/{kind}")).unwrap_or_default();
        for line in table.lines().skip(1) {
            let fields: Vec<_> = line.split_whitespace().collect();
            let (remote, inode) = (fields[2], fields[9]);
            // 127.0.0.0/8 and ::1, as the kernel writes them; nothing is a listener.
            let address = remote.split(':').next().unwrap();
            let near = address.chars().all(|c| c == '0')
                || (address.len() == 8 && address.ends_with("7F"))
                || address == "00000000000000000000000001000000"
                || (address.starts_with("0000000000000000FFFF0000") && address.ends_with("7F"));
            if ours.contains(inode) && (!near || !kind.starts_with("tcp")) {
                found.push(format!("{kind} {remote}"));
            }
        }
    }
    found
}

/// Lives, and looks at its sockets meanwhile.
async fn live_watched() {
    let over = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&over);
    let watch = std::thread::spawn(move || {
        let (mut found, mut looks) = (BTreeSet::new(), 0);
        while !ended.load(Ordering::Relaxed) {
            found.extend(leads());
            looks += 1;
            std::thread::sleep(Duration::from_millis(10));
        }
        (found, looks)
    });
    live().await;
    over.store(true, Ordering::Relaxed);
    let (found, looks) = watch.join().unwrap();
    println!("looked at the sockets {looks} times");
    assert!(looks > 10 && found.is_empty(), "{found:?}");
}

/// A counter of the namespace, over both versions of IP.
fn counted(of_four: &str, of_six: &str) -> u64 {
    let four = std::fs::read_to_string("/proc/net/snmp").unwrap();
    let (group, name) = of_four.split_once('.').unwrap();
    let mut lines = four.lines().filter(|line| line.starts_with(&format!("{group}:")));
    let (heads, values) = (lines.next().unwrap(), lines.next().unwrap());
    let at = heads.split(' ').position(|head| head == name).unwrap();
    let six = std::fs::read_to_string("/proc/net/snmp6").unwrap_or_default();
    let six = six.lines().find_map(|line| line.strip_prefix(of_six)?.trim().parse::<u64>().ok());
    values.split(' ').nth(at).unwrap().parse::<u64>().unwrap() + six.unwrap_or(0)
}

/// Set for the run of this test within a network of its own.
const ALONE: &str = "OUTBOUND_ALONE";

/// Runs this test again where nothing leads out; nothing if no such place can be made.
fn within() -> Option<String> {
    let inside = |what: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "--", "sh", "-c", &format!("ip link set lo up && {what}"), "sh"]);
        command.arg(std::env::current_exe().unwrap()).env(ALONE, "1").output()
    };
    if !inside("true").is_ok_and(|tried| tried.status.success()) {
        return None;
    }
    let test = "exec \"$@\" --exact outbound::nobody_is_called_but_the_peers_and_the_alarm --nocapture";
    let done = inside(test).unwrap();
    Some(String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_called_but_the_peers_and_the_alarm() {
    if std::env::var_os(ALONE).is_some() {
        live_watched().await;
        let (lost, datagrams) =
            (counted("Ip.OutNoRoutes", "Ip6OutNoRoutes"), counted("Udp.OutDatagrams", "Udp6OutDatagrams"));
        assert_eq!((lost, datagrams), (0, 0), "attempts to leave, and datagrams");
        println!("nothing went out");
    } else if let Some(said) = tokio::task::block_in_place(within) {
        assert!(said.contains("1 passed") && said.contains("nothing went out"), "{said}");
    } else {
        println!("no network namespace can be made here: the sockets alone are looked at");
        live_watched().await;
    }
}
