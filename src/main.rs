//! The `rialto` program: reads the command line and hands over to the library.

use std::process::ExitCode;

use clap::Parser;
use rialto::cli::{self, Arguments};

fn main() -> ExitCode {
    cli::run(&Arguments::parse())
}
