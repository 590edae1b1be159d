//! What lies in the database, and how: every column is classified, and values are as the classification says.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that stops is a test that failed"
)]

#[path = "sealing/columns.rs"]
mod columns;
#[path = "sealing/fill.rs"]
mod fill;
mod pages;
#[path = "sealing/rekey.rs"]
mod rekey;
#[path = "sealing/reseal.rs"]
mod reseal;
#[path = "sealing/tamper.rs"]
mod tamper;
#[path = "sealing/worn.rs"]
mod worn;
