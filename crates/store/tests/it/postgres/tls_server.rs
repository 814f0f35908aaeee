//! A PostgreSQL server of the tests that speaks TLS on a port of this machine, and asks for a password.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::server::{TestServer, give_to_server};

/// The user of the database, who is no administrator.
pub(crate) const USER: &str = "chat";
pub(crate) const PASSWORD: &str = "a-secret-word";

pub(crate) struct TlsServer {
    pub(crate) server: TestServer,
    pub(crate) port: u16,
    folder: TempDir,
}

impl TlsServer {
    /// A server whose certificate is for `localhost` alone.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let (certificate, key) = certificate("localhost");
        fs::write(folder.path().join("server.pem"), &certificate).expect("written");
        fs::write(folder.path().join("other.pem"), self::certificate("localhost").0)
            .expect("written");
        let arguments = |server: &Path| {
            for (name, content) in [("server.pem", certificate), ("server.key", key)] {
                let path = server.join(name);
                fs::write(&path, content).expect("written");
                fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("private");
                give_to_server(&path);
            }
            let file = |name: &str| server.join(name).display().to_string();
            let settings = [
                "listen_addresses=127.0.0.1".to_owned(),
                "ssl=on".to_owned(),
                format!("ssl_cert_file={}", file("server.pem")),
                format!("ssl_key_file={}", file("server.key")),
            ];
            let settings = settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]);
            settings.chain(["-p".to_owned(), port.to_string()]).collect()
        };
        let server = TestServer::launch_on(port, arguments);
        server.execute(format!("CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'"));
        server.execute(format!("CREATE DATABASE {USER} OWNER {USER}"));
        Self { server, port, folder }
    }

    /// The URL of the database, without a password.
    pub(crate) fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgres://{USER}@{host}:{}/{USER}{parameters}", self.port)
    }

    /// The file with the certificate that clients have to trust.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("server.pem")
    }

    /// The file with a certificate of the same name, which has not signed that of the server.
    pub(crate) fn other_authority(&self) -> PathBuf {
        self.folder.path().join("other.pem")
    }
}

/// A port of this machine that nobody listens on.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// A certificate for a name, and its key.
fn certificate(name: &str) -> (String, String) {
    let parameters = CertificateParams::new([name.to_owned()]).expect("a name");
    let key = KeyPair::generate().expect("a key");
    let certificate = parameters.self_signed(&key).expect("signed").pem();
    (certificate, key.serialize_pem())
}
