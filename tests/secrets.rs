//! Nothing that is anybody's lies in the repository: no private key, no token of a service, no file of secrets, and no
//! telephone number but those that nobody has or that the recordings were made with.

#![expect(clippy::unwrap_used, reason = "a test that stops is a test that failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How secrets of well-known kinds begin. Written in two halves, so that this file does not hold them.
const MARKS: [(&str, &str); 9] = [
    ("PRIVATE KEY", "-----\nM"),
    ("gh", "p_"),
    ("github_", "pat_"),
    ("glp", "at-"),
    ("AKI", "A"),
    ("xox", "b-"),
    ("sk-", "ant-"),
    ("tk_", "live_"),
    ("eyJhbGciOi", "J"),
];

/// Numbers of the range for fiction and others that nobody can have, and those that the recordings' own servers gave out.
const INVENTED: [&str; 4] = ["1555", "79", "4917012345", "141549"];

/// What is no text of ours, and what is never committed.
const LEFT_OUT: [&str; 10] = [
    "target",
    ".git",
    "fuzz/target",
    "fuzz/corpus",
    "Cargo.lock",
    "docs/demo.png",
    "data",
    "secrets",
    ".env",
    "config/rialto.toml",
];

fn files(folder: &Path, root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let ours = entries.filter(|path| {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        !LEFT_OUT.contains(&name)
    });
    ours.flat_map(|path| if path.is_dir() { files(&path, root) } else { vec![path] }).collect()
}

/// Numbers in international form with their plus sign, of the length that numbers have.
fn numbers(text: &str) -> Vec<String> {
    let after_plus = text.split('+').skip(1);
    let digits = after_plus.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    digits.filter(|digits| (8..=15).contains(&digits.len())).collect()
}

fn wrong(name: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let marks = MARKS.iter().map(|(one, two)| format!("{one}{two}"));
    wrong.extend(marks.filter(|mark| text.contains(mark)).map(|mark| format!("{name}: {mark}…")));
    let known = |number: &String| INVENTED.iter().any(|prefix| number.starts_with(prefix));
    wrong.extend(numbers(text).into_iter().filter(|number| !known(number)).map(|number| format!("{name}: +{number}")));
    let kind = Path::new(name).extension().and_then(|kind| kind.to_str()).unwrap_or_default().to_lowercase();
    if name.starts_with("secrets/") || ["env", "pem", "key"].contains(&kind.as_str()) {
        wrong.push(format!("{name}: a file of secrets"));
    }
    wrong
}

#[test]
fn nothing_here_is_a_secret_of_anybody() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of_file = |path: PathBuf| {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        wrong(&name, &String::from_utf8_lossy(&std::fs::read(&path).unwrap()))
    };
    let found: Vec<_> = files(root, root).into_iter().flat_map(of_file).collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// Every version of every file that a commit has, with its name.
fn history(root: &Path) -> Vec<(String, Vec<u8>)> {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(root).args(arguments);
        git
    };
    let list = git(&["rev-list", "--objects", "--all"]).output().unwrap().stdout;
    let list = String::from_utf8(list).unwrap();
    let named: Vec<_> = list.lines().filter_map(|line| line.split_once(' ')).collect();
    let ours = named.into_iter().filter(|(_, name)| !LEFT_OUT.iter().any(|out| Path::new(name).starts_with(out)));
    let show = |(id, name): (&str, &str)| {
        let shown = git(&["cat-file", "blob", id]).stderr(Stdio::null()).output().unwrap();
        // A folder is no blob.
        shown.status.success().then(|| (name.to_owned(), shown.stdout))
    };
    ours.filter_map(show).collect()
}

/// `RIALTO_HISTORY=1 cargo test --test secrets` looks through all that was ever committed, a minute or so.
#[test]
fn nothing_that_was_ever_committed_is_a_secret_of_anybody() {
    if std::env::var_os("RIALTO_HISTORY").is_none() {
        println!("skipped: RIALTO_HISTORY is not set");
        return;
    }
    let all = history(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(all.len() > 100, "this is no whole clone: {} files", all.len());
    println!("{} versions of files", all.len());
    let found: Vec<_> = all.iter().flat_map(|(name, bytes)| wrong(name, &String::from_utf8_lossy(bytes))).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn each_kind_would_be_found() {
    for (one, two) in MARKS {
        assert_eq!(wrong("a.rs", &format!("x {one}{two} x")).len(), 1);
    }
    let number = format!("call +{} now", 43_660_123_456_789_u64 % 10_000_000_000_000);
    assert_eq!(wrong("a.md", &number).len(), 1, "{number}");
    assert!(wrong("a.md", "call +15550100123 now").is_empty());
    assert_eq!(wrong("secrets/waha.env", "").len(), 1);
}
