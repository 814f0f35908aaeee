//! The domain, tested from outside: without sockets, clocks or disks.

mod desk;
mod fanout;
mod policy;
mod presence;
mod session;
mod simulation;
