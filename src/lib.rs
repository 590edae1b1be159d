//! Rialto: the bridge where WhatsApp meets Signal.

pub mod clock;
pub mod config;
pub mod event;
pub mod redact;
pub mod signal;
pub mod store;
pub mod vault;
pub mod whatsapp;
