//! Finds the real `rialto` program.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tokio::process::Command;

/// The program to run, or a sentence that says what to do.
///
/// `RIALTO_BIN` names it. Under cargo it is built beside this program; elsewhere it lies there already.
pub(crate) async fn find() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("RIALTO_BIN") {
        return present(named.into(), "RIALTO_BIN names a file that isn't there");
    }
    let own = std::env::current_exe().map_err(|error| format!("this program can't find its own place: {error}"))?;
    let beside = own.with_file_name(format!("rialto{}", std::env::consts::EXE_SUFFIX));
    if let Some(cargo) = std::env::var_os("CARGO") {
        build(cargo, &own).await?;
    }
    present(beside, "build it with `cargo build --bin rialto`, or set RIALTO_BIN to where it is")
}

fn present(path: PathBuf, advice: &str) -> Result<PathBuf, String> {
    if path.is_file() { Ok(path) } else { Err(format!("there is no rialto program at {}: {advice}", path.display())) }
}

async fn build(cargo: OsString, own: &Path) -> Result<(), String> {
    let mut command = Command::new(cargo);
    command.args(["build", "--package", "rialto", "--bin", "rialto"]).args(place(own));
    if let Some(manifest) = std::env::var_os("CARGO_MANIFEST_DIR") {
        command.current_dir(manifest);
    }
    let ended = command.status().await.map_err(|error| format!("cargo can't be run: {error}"))?;
    if ended.success() { Ok(()) } else { Err("the bridge could not be built; cargo says above why".to_owned()) }
}

/// The arguments that make cargo build into the folder of this program, the same way it was built itself.
fn place(own: &Path) -> Vec<OsString> {
    let folder = own.parent();
    let mut arguments = Vec::new();
    if let Some(target) = folder.and_then(Path::parent) {
        arguments.extend(["--target-dir".into(), target.into()]);
    }
    match folder.and_then(Path::file_name) {
        Some(profile) if profile != "debug" => arguments.extend(["--profile".into(), profile.into()]),
        _ => {}
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_where_it_was_built_itself() {
        assert_eq!(place(Path::new("/t/debug/demo")), ["--target-dir", "/t"]);
        assert_eq!(place(Path::new("/t/release/demo")), ["--target-dir", "/t", "--profile", "release"]);
    }

    #[test]
    fn says_what_to_do_when_there_is_none() {
        let missing = present("/nowhere/rialto".into(), "do this").unwrap_err();
        assert_eq!(missing, "there is no rialto program at /nowhere/rialto: do this");
    }
}
