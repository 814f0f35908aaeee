//! The same fan-out within TLS and without it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use madang_loadgen::raw::{Dialect, Plan, Stage};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tempfile::TempDir;

use super::fan_out::{finish, in_turns};
use super::idle;
use super::lab::{Lab, Running, folder};
use super::report::{rounds, with};

/// A certificate for this machine, as files for a server, and a client that trusts it.
#[derive(Debug)]
pub(super) struct Certified {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) client: Arc<ClientConfig>,
    _folder: TempDir,
}

impl Certified {
    fn make() -> Result<Self> {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let folder = folder()?;
        let (certificate, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
        std::fs::write(&certificate, made.cert.pem())?;
        std::fs::write(&key, made.signing_key.serialize_pem())?;
        let client = trusting(made.cert.der().clone()).context("no client can be made of it")?;
        Ok(Self { certificate, key, client, _folder: folder })
    }
}

fn trusting(certificate: CertificateDer<'static>) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate)?;
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

pub(super) fn run(lab: &mut Lab<'_>) -> Result<()> {
    let subscribers = lab.pick(200, 1_000);
    let certified = Certified::make()?;
    // One server for each: one listens for TLS or for none.
    let servers = [lab.start_madang()?, lab.start_madang_within_tls(&certified)?];
    let [plain, encrypted] = &servers;
    let visitors = [lab.sign_up(plain, lab.users())?, lab.sign_up(encrypted, lab.users())?];
    for (name, dialect) in [("ephemeral", Dialect::Typing), ("durable", Dialect::Chat)] {
        let wanted = |server: &Running, visitors| {
            Plan::new(dialect.clone(), server.address, subscribers).of(visitors)
        };
        let [of_plain, of_encrypted] = &visitors;
        let mut without = Stage::open(&wanted(plain, of_plain))?;
        let tls = Some(certified.client.clone());
        let mut within = Stage::open(&Plan { tls, ..wanted(encrypted, of_encrypted) })?;
        for window in [1, 32] {
            let pair = [(plain.measured(), &mut without), (encrypted.measured(), &mut within)];
            let (samples, ratio) = in_turns(lab, pair, window)?;
            let setting = json!({ "event": name, "subscribers": subscribers, "window": window });
            for (server, samples) in ["madang", "madang, TLS"].into_iter().zip(&samples) {
                lab.report.line("tls", server, with(setting.clone(), rounds(samples)));
            }
            lab.report.line("tls", "ratio", with(setting, json!({ "ratio": ratio })));
            let what = format!("within TLS, {name}, {window} outstanding: CPU to that of plain");
            lab.report.goal(what, "", format!("{ratio:.2}"), None);
        }
        finish(lab, "madang", name, &mut without)?;
        finish(lab, "madang, TLS", name, &mut within)?;
    }
    let [plain, encrypted] = servers;
    lab.stop(plain)?;
    lab.stop(encrypted)?;
    let (cost, _) = idle::measure(lab, 0, false, Some(&certified))?;
    lab.report.line("tls", "madang, TLS", json!({ "kb_per_connection": cost }));
    let what = "within TLS: idle, joined and authenticated, KB of RSS a connection";
    lab.report.goal(what, "", format!("{cost:.1}"), None);
    Ok(())
}
