//! SECURITY.md's way to change the webhook's secret: at no moment does WAHA sign with what Rialto does not take.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::text;

const OLD: &str = "b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184";

/// What stands in for programs that need a server: each start of a container notes what both sides then have.
const STAND_INS: [(&str, &str); 3] = [
    ("sudo", "exec \"$@\""),
    ("openssl", "od -An -N32 -tx1 /dev/urandom | tr -d ' \\n'; echo"),
    (
        "docker",
        "for last; do :; done\nif [ $last = waha ]; then cp secrets/waha.env waha; else cp secrets/webhook_secret rialto; fi\n\
         n=$(ls -d moment* | wc -l)\nmkdir moment$n; cp waha rialto moment$n",
    ),
];

/// The commands, the only ones of that section in a fence.
fn recipe() -> String {
    let page = text("SECURITY.md");
    let section = page.split("### Changing the webhook's secret").nth(1).unwrap();
    section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

fn stand_in(folder: &Path) {
    fs::create_dir(folder.join("bin")).unwrap();
    for (name, words) in STAND_INS {
        let file = folder.join("bin").join(name);
        fs::write(&file, format!("#!/bin/sh\n{words}\n")).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o700)).unwrap();
    }
}

/// What WAHA signs with, and what Rialto takes.
fn both(folder: &Path) -> (String, Vec<String>) {
    let waha = fs::read_to_string(folder.join("waha")).unwrap();
    assert!(waha.starts_with("WAHA_API_KEY=sha512:abc\n"), "{waha}");
    let signs = waha.lines().find_map(|line| line.strip_prefix("WHATSAPP_HOOK_HMAC_KEY=")).unwrap().to_owned();
    (signs, fs::read_to_string(folder.join("rialto")).unwrap().lines().map(str::to_owned).collect())
}

#[test]
fn the_webhook_secret_is_changed_without_a_moment_between() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    stand_in(root);
    fs::create_dir(root.join("secrets")).unwrap();
    fs::create_dir(root.join("moment0")).unwrap();
    let waha = format!("WAHA_API_KEY=sha512:abc\nWHATSAPP_HOOK_HMAC_KEY={OLD}\n");
    for file in ["waha", "secrets/waha.env"] {
        fs::write(root.join(file), &waha).unwrap();
    }
    for file in ["rialto", "secrets/webhook_secret"] {
        fs::write(root.join(file), format!("{OLD}\n")).unwrap();
    }
    let path = format!("{}:{}", root.join("bin").display(), std::env::var("PATH").unwrap());
    let done = Command::new("sh").arg("-ec").arg(recipe()).current_dir(root).env("PATH", path).status();
    assert!(done.unwrap().success());

    let moments: Vec<_> = (1..=3).map(|n| both(&root.join(format!("moment{n}")))).collect();
    for (signs, takes) in &moments {
        assert!(takes.contains(signs));
    }
    let [(first, both), (new, _), (last, only)] = moments.as_slice() else { panic!("three starts") };
    assert_eq!((first.as_str(), both.len()), (OLD, 2));
    assert!(new != OLD && new.len() == 64 && last == new && *only == [new.clone()]);
    let left: Vec<_> = fs::read_dir(root.join("secrets")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing is left lying: {left:?}");
}
