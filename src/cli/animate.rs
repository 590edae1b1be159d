//! Makes a GIF of a WebP that moves, from standard input to standard output, and can do nothing else meanwhile: it is locked in
//! before the first byte is read.

use std::io::{BufWriter, Read as _, Write as _};

use super::confine;
use crate::media::gif_of_webp;

pub(super) fn animate() -> anyhow::Result<()> {
    confine::lock_in(None)?;
    let mut webp = Vec::new();
    std::io::stdin().lock().read_to_end(&mut webp)?;
    let mut into = BufWriter::new(std::io::stdout().lock());
    gif_of_webp(&webp, &mut into)?;
    Ok(into.flush()?)
}
