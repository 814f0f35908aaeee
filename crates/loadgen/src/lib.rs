//! Test users of a real Madang server: the real client on a real socket with a real session, and the server process.
//!
//! The scenarios of `madang-loadgen` and the laboratory in `bench/` are built from these modules. The
//! protocol is in [`madang_client`]; nothing here repeats it.
//!
//! Reading order: [`clock`], [`test_user`] (a session over HTTP), [`client_socket`], [`driver`] (the client with
//! its socket and timers); then [`server_process`], [`certificate`], [`process_memory`], [`cpu_time`] and
//! [`open_files`] (the processes); [`postgres_server`], [`nats_server`] and [`fault_proxy`] (the surroundings of several
//! nodes); [`error`] and [`output`].

pub mod certificate;
pub mod client_socket;
pub mod clock;
pub mod cpu_time;
pub mod driver;
pub mod error;
pub mod fault_proxy;
pub mod nats_server;
pub mod open_files;
pub mod output;
pub mod postgres_server;
pub mod process_memory;
pub mod server_process;
pub mod test_user;

pub use certificate::SelfSignedCertificate;
pub use clock::MonotonicClock;
pub use cpu_time::CpuTime;
pub use driver::Driver;
pub use error::LoadgenError;
pub use fault_proxy::{FaultProxy, LinkDirection, LinkMode};
pub use nats_server::NatsServer;
pub use postgres_server::PostgresServer;
pub use process_memory::ProcessMemory;
pub use server_process::{ServerCommand, ServerProcess};
pub use test_user::TestUser;
