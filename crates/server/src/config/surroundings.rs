//! The other machines that are expected to reach the server. They decide defaults.

use std::net::SocketAddr;

use madang_web::Origins;

/// The settings that tell whether other machines are expected to reach the server.
pub(super) struct Surroundings<'a> {
    pub(super) listen: SocketAddr,
    pub(super) origins: &'a Origins,
    pub(super) has_proxies: bool,
}

/// The setting by which other machines are expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Listen,
    Proxies,
    Origins,
}

impl Surroundings<'_> {
    /// The first setting by which other machines are expected to reach the server, by themselves or through a proxy; none
    /// for a server of this machine. A proxy that adds no header cannot be told from a program of this machine.
    pub(super) fn reach(&self) -> Option<Reach> {
        if !self.listen.ip().is_loopback() {
            Some(Reach::Listen)
        } else if self.has_proxies {
            Some(Reach::Proxies)
        } else if !self.origins.are_of_this_machine() {
            Some(Reach::Origins)
        } else {
            None
        }
    }
}

impl Reach {
    /// The reason as the end of a sentence.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Listen => "the server listens beyond this machine",
            Self::Proxies => "`trusted_proxies` is set",
            Self::Origins => {
                "`public_origins` or `allowed_origins` names an origin beyond this machine"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(listen: &str, origins: &[&str], has_proxies: bool) -> Option<Reach> {
        let origins = Origins::new(origins.iter().map(|&it| it.to_owned())).unwrap();
        let listen = listen.parse().unwrap();
        Surroundings { listen, origins: &origins, has_proxies }.reach()
    }

    #[test]
    fn a_server_is_of_this_machine_only_where_no_other_machine_is_expected() {
        let loopback = "127.0.0.1:5001";
        let local = [
            "http://localhost:3000",
            "https://127.0.0.1",
            "http://[::1]:3000",
            "http://LOCALHOST",
            "http://app.localhost:3000",
            "http://127.1",
        ];
        assert_eq!(reach(loopback, &[], false), None);
        assert_eq!(reach("[::1]:5001", &local, false), None);
        assert_eq!(reach("0.0.0.0:5001", &[], false), Some(Reach::Listen));
        assert_eq!(reach(loopback, &[], true), Some(Reach::Proxies));
        for beyond in [
            "https://chat.example",
            "http://192.168.0.7:3000",
            "http://localhost.example",
            "https://마당.kr",
        ] {
            assert_eq!(
                reach(loopback, &[local[0], beyond], false),
                Some(Reach::Origins),
                "{beyond}"
            );
        }
    }
}
