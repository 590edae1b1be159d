//! The two listeners, and what is spoken at the door.

use std::net::SocketAddr;
use std::os::fd::AsFd;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::certificate::Tls;
use super::gate::Gate;
use super::serve::serve;
use super::{AppError, SENDERS};
use crate::config;
use crate::manners::with_strict_tls;

/// The two listeners.
pub(super) struct Ears {
    pub(super) webhooks: TcpListener,
    pub(super) admin: TcpListener,
    /// What the first of them speaks, if not plain http.
    pub(super) tls: Option<Tls>,
}

impl Ears {
    pub(super) async fn bind(server: &config::Server) -> Result<Self, AppError> {
        let tls = server.tls.as_ref().map(Tls::of).transpose()?;
        let webhooks = bind(server.listen, "server.listen").await?;
        Ok(Self { webhooks, admin: bind(server.admin_listen, "server.admin_listen").await?, tls })
    }

    /// The same listeners once more.
    pub(super) fn another(&self) -> Result<Self, AppError> {
        Ok(Self { webhooks: another(&self.webhooks)?, admin: another(&self.admin)?, tls: self.tls.clone() })
    }
}

/// Serves the door until `stop`.
pub(super) async fn door(webhooks: TcpListener, router: Router, tls: Option<Tls>, stop: CancellationToken) {
    let router = if tls.is_some() { with_strict_tls(router) } else { router };
    serve(Gate::new(webhooks, SENDERS), router, tls, stop).await;
}

fn another(listener: &TcpListener) -> Result<TcpListener, AppError> {
    let again = || TcpListener::from_std(listener.as_fd().try_clone_to_owned()?.into());
    again().map_err(|error: std::io::Error| AppError::Listener(error.kind()))
}

async fn bind(address: SocketAddr, key: &'static str) -> Result<TcpListener, AppError> {
    TcpListener::bind(address).await.map_err(|error| AppError::Bind { address, key, why: error.kind() })
}
