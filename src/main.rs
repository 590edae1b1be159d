//! The `rialto` program: reads the command line and hands over to the library.

use std::alloc::System;
use std::process::ExitCode;

use clap::Parser;
use rialto::cli::{self, Arguments};
use zeroizing_alloc::ZeroAlloc;

/// Whatever is given back is overwritten first: texts and secrets also pass through buffers of libraries, which nobody
/// else wipes.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    cli::run(&Arguments::parse())
}
