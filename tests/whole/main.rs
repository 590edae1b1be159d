//! The whole program against its peers: the simulators over real sockets, and a real signal-cli where there is one.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it counted"
)]

mod backup;
mod channels;
mod clocks;
mod crash;
mod gaps;
mod health;
mod house;
mod hybrid;
mod leak;
mod membership;
mod notices;
mod outcomes;
mod outside;
mod peers;
mod queue;
mod real_faults;
mod real_signal;
mod resources;
mod restore;
mod sentences;
mod skeleton;
mod window;
