//! Each step has its kill point, each point its place in the code and its case in the matrix. This runs without the
//! feature, so that a step without a point is found by every `cargo test`.

#![expect(clippy::unwrap_used, reason = "a test that stops is a test that failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rialto::failpoint::POINTS;
use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall, ImplItemFn, ItemFn, LitStr, Macro, Member};

/// Functions of `src/bridge` that write or call without a point of their own, with the reason.
const EXEMPT: [(&str, &str); 28] = [
    ("bridge/channel.rs: insist", "it is how others write, who have the points"),
    ("bridge/intake/mod.rs: tell_once", "the notice comes again with the next event of its kind"),
    ("bridge/intake/mod.rs: tell_of_stranger", "a notice alone, and the next stranger brings it"),
    ("bridge/tell.rs: say_once", "the notice comes again with the next event of its kind"),
    ("bridge/place.rs: not_yet", "a notice alone; the message it is about is put back or sent, with points"),
    ("bridge/membership.rs: finish", "the look at a group, or the leaving of one, is repeated until it is recorded"),
    ("bridge/identity.rs: run", "the state is asked for again at each start"),
    ("bridge/identity.rs: restore", "it only reads, and insists because nothing may move before it has"),
    ("bridge/timers.rs: next", "that a timer is left to the owner is found again after a start"),
    ("bridge/titles.rs: seen", "a look that is cut is repeated"),
    ("bridge/pictures.rs: seen", "a look that is cut is repeated"),
    ("bridge/pictures.rs: bring", "the next look finds the picture there, and only notes it"),
    ("bridge/ticks/all.rs: ripen", "what all have read is found again at the next look"),
    ("bridge/doubt.rs: settle", "the delivery is in flight, and is looked for again after a start"),
    ("bridge/question.rs: ask", "the delivery is as old after a start, and is asked about then"),
    ("bridge/gaps/mod.rs: close", "the moment has not moved, so the run is repeated"),
    ("bridge/gaps/mod.rs: fine", "the moment has not moved, so the next run goes further back"),
    ("bridge/gaps/mod.rs: keep", "the moment has not moved, so the next run goes further back"),
    ("bridge/gaps/fetch.rs: begin", "the moment has not moved, so the run is repeated"),
    ("bridge/signal_side.rs: send_succeeded", "the next message that Signal takes says it again"),
    ("bridge/limited.rs: run", "the next send that is refused tells of the limit again"),
    ("bridge/captcha.rs: run", "a captcha is good once and for minutes; after a crash another is asked for"),
    ("bridge/silence.rs: look", "the restart is recorded before it is asked for; a look that is cut is repeated"),
    ("bridge/phone.rs: look", "a look that is cut is repeated"),
    ("bridge/ages.rs: look", "a look that is cut is repeated"),
    ("bridge/watch.rs: look", "a look that is cut is repeated"),
    ("bridge/leave.rs: unnote", "what was not said counts then as perhaps said, and is said as such"),
    ("bridge/restored.rs: settle", "one job, which runs at the next start if it did not at this one"),
];

/// What leaves a mark: on disk, or on a peer. A `send` counts only on the link to Signal; channels have one too.
const STEPS: [&str; 6] = ["write", "insist", "send_text", "create_group", "set_timer", "rename_group"];

/// What is found in one function.
struct Function {
    file: String,
    name: String,
    points: Vec<String>,
    steps: usize,
}

struct Walk {
    file: String,
    found: Vec<Function>,
    /// Functions around the place that is walked.
    open: Vec<Function>,
}

impl Walk {
    fn of(file: &str, code: &str) -> Vec<Function> {
        let mut walk = Self { file: file.to_owned(), found: Vec::new(), open: Vec::new() };
        walk.visit_file(&syn::parse_file(code).unwrap());
        walk.found
    }

    fn inside(&mut self, name: String, walk: impl FnOnce(&mut Self)) {
        self.open.push(Function { file: self.file.clone(), name, points: Vec::new(), steps: 0 });
        walk(self);
        self.found.extend(self.open.pop());
    }

    fn step(&mut self) {
        if let Some(function) = self.open.last_mut() {
            function.steps += 1;
        }
    }

    /// A macro's tokens are no syntax yet: read them as text.
    fn tokens(&mut self, text: &str) {
        let packed: String = text.split_whitespace().collect();
        let steps = STEPS.iter().map(|step| format!(".{step}(")).chain(["signal.send(".to_owned()]);
        (0..steps.map(|step| packed.matches(&step).count()).sum()).for_each(|_| self.step());
    }
}

fn is_link(receiver: &Expr) -> bool {
    matches!(receiver, Expr::Field(field) if matches!(&field.member, Member::Named(name) if name == "signal"))
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.inside(item.sig.ident.to_string(), |walk| visit::visit_item_fn(walk, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.inside(item.sig.ident.to_string(), |walk| visit::visit_impl_item_fn(walk, item));
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let method = call.method.to_string();
        if STEPS.contains(&method.as_str()) || (method == "send" && is_link(&call.receiver)) {
            self.step();
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        if mac.path.is_ident("reach") {
            let name: LitStr = mac.parse_body().unwrap();
            self.open.last_mut().unwrap().points.push(name.value());
        } else {
            self.tokens(&mac.tokens.to_string());
        }
        visit::visit_macro(self, mac);
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    found
}

fn functions() -> Vec<Function> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let walk = |path: PathBuf| {
        let file = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        Walk::of(&file, &fs::read_to_string(path).unwrap())
    };
    files(&root).into_iter().flat_map(walk).collect()
}

fn is_exempt(function: &Function) -> bool {
    EXEMPT.iter().any(|(name, _)| *name == format!("{}: {}", function.file, function.name))
}

#[test]
fn the_list_names_every_point_that_is_used() {
    let functions = functions();
    let used: Vec<_> = functions.iter().flat_map(|function| &function.points).map(String::as_str).collect();
    let set: BTreeSet<_> = used.iter().copied().collect();
    assert_eq!(set, POINTS.into_iter().collect(), "left: in the code, right: in POINTS");
    assert_eq!(set.len(), used.len(), "a name stands in two places: {used:?}");
}

#[test]
fn every_point_has_a_case() {
    let matrix = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrix"));
    let text: String = matrix.into_iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let named = |point: &&&str| text.contains(&format!("\"{point}\"")) || text.contains(&format!("\"{point}:"));
    let missing: Vec<_> = POINTS.iter().filter(|point| !named(point)).collect();
    assert!(missing.is_empty(), "add cases to tests/matrix/cases.rs: {missing:?}");
}

#[test]
fn every_step_has_a_point() {
    let functions = functions();
    let bridge = || functions.iter().filter(|function| function.file.starts_with("bridge"));
    assert!(bridge().filter(|function| function.steps > 0).count() > 10, "the steps were found");
    let bare = bridge().filter(|function| function.steps > 0 && function.points.is_empty() && !is_exempt(function));
    let bare: Vec<_> = bare.map(|function| format!("{}: {}", function.file, function.name)).collect();
    assert!(bare.is_empty(), "a step without a kill point: {bare:?}");
}

#[test]
fn no_exemption_is_kept_for_nothing() {
    let functions = functions();
    for (name, why) in EXEMPT {
        let is_it = |function: &&Function| format!("{}: {}", function.file, function.name) == name;
        let mut needs = functions.iter().filter(is_it).filter(|function| function.steps > 0);
        assert!(needs.any(|function| function.points.is_empty()), "{name} needs no exemption ({why})");
    }
}

#[test]
fn steps_are_found_wherever_they_stand() {
    let steps = |code: &str| Walk::of("f", code).iter().map(|function| function.steps).sum::<usize>();
    assert_eq!(steps("async fn f() { channel.store\n.write(job).await; channel.insist(|tx| x).await; }"), 2);
    assert_eq!(steps("fn f() { tokio::select! { a = channel.signal.send(&x) => {}, b = store . write(j) => {} } }"), 2);
    assert_eq!(steps("impl S { fn f(&self) { self.signal.send(&r); self.orders.send(o); waha.send_text(t); } }"), 2);
    assert_eq!(Walk::of("f", "fn f() { g(|| { reach!(\"a.b\"); }); }")[0].points, ["a.b"]);
}
