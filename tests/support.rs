//! What tests share.

pub(crate) mod browser;
pub(crate) mod desk;
pub(crate) mod dice;
pub(crate) mod escapes;
pub(crate) mod hostile;
pub(crate) mod http;
pub(crate) mod keeper;
#[cfg(feature = "mysql")]
pub(crate) mod mariadb;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod pty;
pub(crate) mod rehearsal;
pub(crate) mod server;
