//! The world: everything that touches the operating system, behind one seam.
//!
//! [`World`] is what `drive` sees. `live` does it, `sim` scripts it with a virtual clock. Reading
//! order: process, keeper, sql, http, secrets, live, sim.

pub mod address;
mod aside;
pub mod console;
pub mod doctor;
pub mod evidence;
pub mod http;
pub mod inbox;
pub mod keeper;
pub mod live;
pub mod machine;
pub mod notify;
pub mod process;
pub mod secrets;
pub mod signature;
pub mod sim;

#[cfg(feature = "sqlite")]
pub mod sandbox;
pub mod sql;
pub mod surroundings;
pub mod tools;
mod whole;

pub use crate::run::drive::World;
