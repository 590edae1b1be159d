//! The house has floors: imports run downwards only, and no file grows past its limit.
//!
//! Every file under `src` is parsed. Each path that begins with `crate`, `super` or `self` counts: in `use` with its
//! nested groups, inline in types and expressions, in visibilities, inside macros, and in `#[cfg(test)]` code too.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that stops is a test that failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{ItemMod, ItemUse, Macro, UseTree};

/// The rooms and their floors. A new file or folder under `src` needs a place here first.
const FLOORS: [(&str, u8); 22] = [
    ("main", 9),
    ("cli", 9),
    ("app", 8),
    ("lifecycle", 8),
    ("schedule", 8),
    ("retention", 7),
    ("backups", 7),
    ("admin", 7),
    ("alarm", 7),
    ("bridge", 6),
    ("media", 5),
    ("whatsapp", 4),
    ("signal", 4),
    ("store", 3),
    ("vault", 2),
    ("event", 1),
    ("config", 0),
    ("clock", 0),
    ("failpoint", 0),
    ("manners", 0),
    ("redact", 0),
    ("tls", 0),
];

/// The two wings know the neutral words and what is below them; neither the store, nor each other.
const WINGS: [&str; 2] = ["whatsapp", "signal"];
const WINGS_SEE: u8 = 1;

/// Neighbours on one floor that may be used, with the reason.
const SIDEWAYS: [(&str, &str, &str); 5] = [
    ("app", "lifecycle", "wiring waits as long as a soft stop may take"),
    ("app", "schedule", "wiring starts the scheduled job"),
    ("config", "redact", "account ids and numbers in the configuration cannot be printed"),
    ("config", "tls", "a certificate that cannot be used is refused like any other value"),
    ("tls", "clock", "a certificate ends at a moment"),
];

/// `#[macro_export]` puts a macro at the root; it belongs to the room that defines it.
const MACROS: [(&str, &str); 1] = [("private_text", "redact")];

/// The most lines a file may have.
const LONGEST: usize = 400;

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

/// What is wrong with a path from one room to another; nothing if it runs downwards.
fn objection(from: &str, to: &str) -> Option<String> {
    let to = MACROS.iter().find(|(name, _)| *name == to).map_or(to, |(_, room)| room);
    let (Some(here), Some(there)) = (floor(from), floor(to)) else {
        return Some(format!("`{from}` or `{to}` has no floor: add it to FLOORS"));
    };
    let allowed = match () {
        () if from == to => true,
        () if WINGS.contains(&from) => there <= WINGS_SEE,
        () if here == there => SIDEWAYS.iter().any(|(a, b, _)| (*a, *b) == (from, to)),
        () => there < here,
    };
    (!allowed).then(|| format!("`{from}` (floor {here}) uses `{to}` (floor {there})"))
}

/// The module that a file is, as names from the root.
fn module_of(file: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        file.with_extension("").components().map(|part| part.as_os_str().to_str().unwrap().to_owned()).collect();
    if matches!(names.last().map(String::as_str), Some("mod" | "lib")) {
        names.pop();
    }
    names
}

/// Collects the rooms that a file's paths lead to.
struct Walk {
    module: Vec<String>,
    rooms: BTreeSet<String>,
    problems: Vec<String>,
}

impl Walk {
    fn of(module: &[&str], code: &str) -> Self {
        let file = syn::parse_file(code).expect("the file is Rust");
        let module = module.iter().map(|&name| name.to_owned()).collect();
        let mut walk = Self { module, rooms: BTreeSet::new(), problems: Vec::new() };
        walk.visit_file(&file);
        walk
    }

    /// Follows a path as far as it is needed to know its room.
    fn path(&mut self, names: &[String]) {
        let mut at = match names.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            // Inside a room everything is allowed, and at the root a bare path names a room.
            Some("self" | "super") => self.module.clone(),
            _ => return,
        };
        for name in names {
            match name.as_str() {
                "super" if at.pop().is_none() => self.problems.push("a path leaves the crate".to_owned()),
                "crate" | "self" | "super" => {}
                _ => at.push(name.clone()),
            }
        }
        // A path that ends at the root, such as `pub(crate)`, leads nowhere in particular.
        self.rooms.extend(at.into_iter().next());
    }

    fn tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: String| [before, &[name]].concat();
        match tree {
            UseTree::Path(path) => self.tree(&with(path.ident.to_string()), &path.tree),
            UseTree::Name(name) => self.path(&with(name.ident.to_string())),
            UseTree::Rename(name) => self.path(&with(name.ident.to_string())),
            UseTree::Glob(_) if before == ["crate"] => self.problems.push("`crate::*` hides what it uses".to_owned()),
            UseTree::Glob(_) => self.path(before),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(before, item)),
        }
    }

    /// A macro's tokens are no syntax yet: read them as words.
    fn tokens(&mut self, text: &str) {
        let spaced = text.replace("::", " :: ");
        let words: Vec<&str> = spaced.split(|c: char| c.is_whitespace() || "(){}[],;<>&*=!$".contains(c)).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        for (at, word) in words.iter().enumerate() {
            let continues = at > 0 && words[at - 1] == "::";
            if matches!(*word, "crate" | "super" | "self") && !continues {
                self.path(&path_at(&words[at..]));
            }
        }
    }
}

fn path_at(words: &[&str]) -> Vec<String> {
    let mut names = vec![words[0].to_owned()];
    for pair in words[1..].chunks_exact(2).take_while(|pair| pair[0] == "::") {
        names.push(pair[1].to_owned());
    }
    names
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.path(&names);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.tokens(&mac.tokens.to_string());
        visit::visit_macro(self, mac);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }
}

/// What is wrong with a file.
fn check(module: &[&str], code: &str) -> Vec<String> {
    let Some(&room) = module.first() else { return Vec::new() };
    let walk = Walk::of(module, code);
    walk.rooms.iter().filter_map(|to| objection(room, to)).chain(walk.problems).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    found
}

/// Each file with its module and its text.
fn house() -> Vec<(PathBuf, Vec<String>, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let file = file.strip_prefix(&root).unwrap().to_owned();
        (file.clone(), module_of(&file), text)
    };
    files(&root).into_iter().map(read).collect()
}

fn as_names(module: &[String]) -> Vec<&str> {
    module.iter().map(String::as_str).collect()
}

#[test]
fn imports_run_downwards() {
    let house = house();
    assert!(house.len() > 50, "the files were found");
    let complaints: Vec<_> = house
        .iter()
        .flat_map(|(file, module, text)| {
            check(&as_names(module), text).into_iter().map(|complaint| format!("{}: {complaint}", file.display()))
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn every_file_has_a_floor() {
    let roomless: Vec<_> = house()
        .into_iter()
        .filter(|(_, module, _)| module.first().is_some_and(|room| floor(room).is_none()))
        .map(|(file, ..)| file)
        .collect();
    assert!(roomless.is_empty(), "add to FLOORS: {roomless:?}");
}

#[test]
fn no_exception_is_kept_for_nothing() {
    let house = house();
    for (from, to, why) in SIDEWAYS {
        let mut inside = house.iter().filter(|(_, module, _)| module.first().is_some_and(|room| room == from));
        let used = inside.any(|(_, module, text)| {
            let named = |room: &String| room == to || MACROS.contains(&(room.as_str(), to));
            Walk::of(&as_names(module), text).rooms.iter().any(named)
        });
        assert!(used, "{from} does not use {to} any more ({why}): take it out of SIDEWAYS");
    }
}

#[test]
fn no_file_is_too_long() {
    let long = house().into_iter().map(|(file, _, text)| (file, text.lines().count()));
    let long: Vec<_> = long.filter(|(_, lines)| *lines > LONGEST).collect();
    assert!(long.is_empty(), "over {LONGEST} lines: {long:?}");
}

#[test]
fn files_are_the_modules_they_should_be() {
    let module = |file: &str| module_of(Path::new(file)).join("::");
    assert_eq!(module("bridge/intake/mod.rs"), "bridge::intake");
    assert_eq!(module("bridge/portal.rs"), "bridge::portal");
    assert_eq!((module("lib.rs"), module("main.rs")), (String::new(), "main".to_owned()));
}

#[test]
fn what_must_fail_fails() {
    for (module, code, named) in [
        (&["whatsapp", "inbound"] as &[_], "use crate::store::Store;", "store"),
        (&["whatsapp"], "use crate::{clock::Clock, event::{Event, Ack}, store::{self, Tx}};", "store"),
        (&["whatsapp"], "use super::signal::Link;", "signal"),
        (&["signal", "inbound", "tests"], "use super::super::super::whatsapp as w;", "whatsapp"),
        (&["signal"], "fn f() -> crate::vault::Vault { todo!() }", "vault"),
        (&["signal"], "fn f() { let x = super::bridge::limits::CALL; }", "bridge"),
        (&["vault"], "#[cfg(test)] mod tests { use super::super::store::Store; }", "store"),
        (&["vault"], "#[cfg(test)] mod tests { fn f() { super::super::store::open(); } }", "store"),
        (&["store"], "fn f() { assert!(x == crate::bridge::LIMIT); }", "bridge"),
        (&["store"], "macro_rules! m { () => { $crate::app::App }; }", "app"),
        (&["store"], "crate::cli::make!(x);", "cli"),
        (&["clock"], "use crate::config::Config;", "config"),
        (&["lifecycle"], "use crate::app::App;", "app"),
        (&["event"], "pub(in crate::bridge) struct S;", "bridge"),
        (&["event"], "impl crate::retention::T<Vec<crate::redact::Private>> for S {}", "retention"),
        (&["bridge"], "use crate::*;", "crate::*"),
        (&["bridge"], "use super::super::x;", "leaves the crate"),
        (&["bridge"], "use crate::cellar::X;", "cellar"),
    ] {
        let complaints = check(module, code);
        assert!(complaints.iter().any(|complaint| complaint.contains(named)), "{code}: {complaints:?}");
    }
}

#[test]
fn what_may_pass_passes() {
    for (module, code) in [
        (
            &["bridge", "portal"] as &[_],
            "use super::channel::Channel; use super::super::store::Store; use crate::event;",
        ),
        (&["bridge", "intake"], "use super::super::clock; pub(crate) fn f() { self::g(); super::tell::say() }"),
        (&["whatsapp", "ids"], "use crate::{config::Aci, event::{self, Event}, redact::Private}; use std::fs;"),
        (&["whatsapp"], "mod tests { use super::*; fn f() { assert!(super::x() == crate::clock::now()); } }"),
        (&["store"], "pub(super) struct S; impl S { fn f(self) { matches!(self, crate::vault::V::A) } }"),
        (&["app"], "use crate::{lifecycle, schedule}; use bridge::Channel;"),
        (&["config"], "crate::private_text! { Aci; }"),
        (&["main"], "use rialto::cli;"),
    ] {
        assert_eq!(check(module, code), Vec::<String>::new(), "{code}");
    }
}
