//! Values reach SQL as bound parameters and in no other way: what is put into a statement's text is a constant.
//!
//! Every file under `src` is parsed. A text that looks like SQL may be formatted only with names of constants, or with
//! names that the same file binds to plain texts; it may not be joined to another text at all.

#![expect(clippy::unwrap_used, reason = "a test that stops is a test that failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{BinOp, Expr, ExprBinary, ExprLit, ExprMethodCall, Lit, LitStr, Macro};

const BEGINNINGS: [&str; 8] =
    ["SELECT ", "INSERT INTO ", "INSERT OR ", "UPDATE ", "DELETE FROM ", "PRAGMA ", "VACUUM", "ATTACH "];

/// Methods that make one text of several.
const JOINING: [&str; 6] = ["push_str", "replace", "replacen", "join", "concat", "insert_str"];

/// Rooms that walk through lists of tables and columns: the names are constants of the program, and the lists are held
/// against the schema. Each with the names it formats, and where they come from.
const LISTS: [(&str, &[&str], &str); 5] = [
    ("store/forgets.rs", &["table", "sources", "sql"], "plain texts in the same function"),
    ("store/purge.rs", &["table", "key", "columns", "due"], "the rules, one constant list"),
    ("store/export.rs", &["table", "which"], "its own calls, which name tables and conditions by plain texts"),
    ("store/totals.rs", &["table", "oldest"], "the list of columns of times in the same file"),
    ("store/reseal.rs", &["table", "name", "row"], "the list in store/columns.rs"),
];

fn is_listed(file: &Path, name: &str) -> bool {
    LISTS.iter().any(|(room, names, _)| file.ends_with(room) && names.contains(&name))
}

fn is_sql(text: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| text.contains(beginning))
}

struct Walk<'a> {
    file: &'a Path,
    source: &'a str,
    /// Which names of a list were met.
    met: BTreeSet<String>,
    statements: usize,
    problems: Vec<String>,
}

impl<'a> Walk<'a> {
    fn of(file: &'a Path, source: &'a str) -> Self {
        let mut walk = Self { file, source, met: BTreeSet::new(), statements: 0, problems: Vec::new() };
        walk.visit_file(&syn::parse_file(source).unwrap());
        walk
    }

    fn formatted(&mut self, text: &str) {
        let mut rest = text.replace("{{", "").replace("}}", "");
        while let Some((_, after)) = rest.split_once('{') {
            let (name, next) = after.split_once('}').unwrap();
            if is_listed(self.file, name) {
                self.met.insert(name.to_owned());
            } else if !self.is_constant(name) {
                self.problems.push(format!("{{{name}}} in {text}"));
            }
            rest = next.to_owned();
        }
    }

    /// A constant by its form; or bound to plain texts, and nowhere to anything else, such as an argument.
    fn is_constant(&self, name: &str) -> bool {
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_name && name.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
            return true;
        }
        let code: String = self.source.split_whitespace().collect::<Vec<_>>().join(" ");
        let count = |form: &str| code.matches(&form.replace("NAME", name)).count();
        let plain = count("let NAME = \"") + count("for NAME in [\"");
        let bound =
            count("let NAME ") + count("let mut NAME ") + count("for NAME in ") + count(" NAME: ") + count("(NAME: ");
        is_name && plain > 0 && plain == bound && count("|NAME|") == 0
    }
}

fn sql_in(expression: &Expr) -> Option<String> {
    struct Find(Option<String>);
    impl Visit<'_> for Find {
        fn visit_lit_str(&mut self, text: &LitStr) {
            if is_sql(&text.value()) {
                self.0 = Some(text.value());
            }
        }
    }
    let mut find = Find(None);
    find.visit_expr(expression);
    find.0
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_macro(&mut self, call: &'ast Macro) {
        // An error's words may say SELECT too, but no log line or error of this program does.
        for token in call.tokens.clone() {
            if let Ok(Lit::Str(text)) = syn::parse_str::<Lit>(&token.to_string())
                && is_sql(&text.value())
            {
                self.statements += 1;
                self.formatted(&text.value());
            }
        }
        visit::visit_macro(self, call);
    }

    fn visit_expr_binary(&mut self, sum: &'ast ExprBinary) {
        if let (BinOp::Add(_) | BinOp::AddAssign(_), Some(text)) =
            (&sum.op, sql_in(&sum.left).or_else(|| sql_in(&sum.right)))
        {
            self.problems.push(format!("something is added to {text}"));
        }
        visit::visit_expr_binary(self, sum);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let joins = JOINING.iter().any(|name| call.method == name);
        let text = call.args.iter().chain([&*call.receiver]).find_map(sql_in);
        if let (true, Some(text)) = (joins, text) {
            self.problems.push(format!("something is joined to {text}"));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_lit(&mut self, literal: &'ast ExprLit) {
        if let Lit::Str(text) = &literal.lit {
            self.statements += usize::from(is_sql(&text.value()));
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let deep = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    deep.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect()
}

#[test]
fn no_value_is_formatted_into_sql() {
    let (mut statements, mut problems) = (0, Vec::new());
    for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let source = fs::read_to_string(&file).unwrap();
        let walk = Walk::of(&file, &source);
        statements += walk.statements;
        let listed = LISTS.iter().filter(|(room, ..)| file.ends_with(room)).flat_map(|(_, names, _)| names.iter());
        let unmet = listed.filter(|name| !walk.met.contains(**name));
        problems.extend(unmet.map(|name| format!("{}: {name} needs no place in the list", file.display())));
        problems.extend(walk.problems.into_iter().map(|problem| format!("{}: {problem}", file.display())));
    }
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(statements > 150, "only {statements} statements were found: does the test still see them?");
}

#[test]
fn a_value_in_sql_is_found() {
    let found = |body: &str| {
        !Walk::of(Path::new("f.rs"), &format!("fn f(name: &str, db: Db) {{ {body} }}")).problems.is_empty()
    };
    for wrong in [
        "let sql = format!(\"SELECT * FROM t WHERE a = '{name}'\");",
        "let sql = format!(\"SELECT * FROM t WHERE a = {}\", name);",
        "let sql = format!(\"DELETE FROM t WHERE a = {name:?}\");",
        "let other = name.trim(); db.execute(&format!(\"UPDATE t SET a = {other}\"), []);",
        "for one in all() { db.execute(&format!(\"UPDATE {one} SET a = 1\"), []); }",
        "let sql = \"SELECT a FROM t WHERE b = \".to_owned() + name;",
        "let mut sql = String::new(); sql.push_str(\"SELECT a\"); sql.push_str(name);",
        "let sql = \"SELECT a FROM T\".replace('T', name);",
        "let sql = [\"SELECT a FROM t WHERE b = \", name].concat();",
    ] {
        assert!(found(wrong), "{wrong}");
    }
    for right in [
        "let sql = format!(\"SELECT {COLUMNS} FROM t WHERE a = ?1\");",
        "let piece = \"SELECT 1\"; let sql = format!(\"DELETE FROM t WHERE a IN ({piece})\");",
        "for table in [\"a\", \"b\"] { db.execute(&format!(\"UPDATE {table} SET c = ?1\"), [name]); }",
        "let words = format!(\"hello {name}\");",
    ] {
        assert!(!found(right), "{right}");
    }
}
