//! The faults, a function each: it makes the fault happen, and has everything compared.

pub(crate) mod actors;
pub(crate) mod commands;
pub(crate) mod crash;
pub(crate) mod directory;
pub(crate) mod disk;
pub(crate) mod exports;
pub(crate) mod garbage;
pub(crate) mod herd;
pub(crate) mod monitors;
pub(crate) mod output;
pub(crate) mod process;
pub(crate) mod requests;
pub(crate) mod scanner;
pub(crate) mod scope;
pub(crate) mod signals;
