//! Pages that are made from the program.

use std::path::Path;

/// The page is as it would be made now; with `RIALTO_UPDATE` it is made. `test` is who holds it.
pub(crate) fn is_current(page: &str, made: &str, test: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    if std::env::var_os("RIALTO_UPDATE").is_some() {
        std::fs::write(&file, made).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == made, "{page} is stale: RIALTO_UPDATE=1 cargo test --test {test}");
}
