//! The demo: both simulators, the real bridge between them, and a page with two phones.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    simulator::demo::main(std::env::args().skip(1)).await
}
