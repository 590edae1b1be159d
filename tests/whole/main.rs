//! The whole program against its peers: the simulators over real sockets, and a real signal-cli where there is one.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it counted"
)]

mod amended;
mod amended_words;
mod backup;
mod canary;
mod certificates;
mod changed;
mod changes;
mod channels;
mod clocks;
mod crash;
mod door;
mod doubts;
mod export;
mod feeds;
mod files;
mod floods;
mod forget;
mod gaps;
mod group_news;
mod health;
mod house;
mod hybrid;
mod init;
mod late;
mod leak;
mod leak_outages;
mod leak_paths;
mod leave;
mod limits;
mod locked;
mod long;
mod membership;
mod memory;
mod mentions;
mod merges;
mod metrics;
mod notices;
mod once;
mod outbound;
mod outcomes;
mod outside;
mod peers;
mod periods;
mod permits;
mod phone;
mod pictures;
mod polls;
mod proof;
mod queue;
mod real_changes;
mod real_faults;
mod real_files;
mod real_leak;
mod real_long;
mod real_signal;
mod real_styles;
mod real_things;
mod real_ticks;
mod rekey;
mod reseal;
mod resources;
mod restore;
mod restricted;
mod retention;
mod secure;
mod sentences;
mod signed_out;
mod skeleton;
mod stickers;
mod styles;
mod tamper;
mod things;
mod ticks;
mod timers;
mod titles;
mod typing;
mod voice;
mod window;
