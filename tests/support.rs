//! What tests share.

pub(crate) mod desk;
pub(crate) mod process;
