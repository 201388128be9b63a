//! What tests share.

pub(crate) mod desk;
pub(crate) mod http;
pub(crate) mod postgres;
pub(crate) mod process;
