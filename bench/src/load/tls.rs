//! The scenario `tls`: fan-out over TLS, as a ratio to fan-out without it.

use anyhow::Result;
use madang_bench::{FanOutHarness, HarnessConfig, Protocol};
use madang_loadgen::SelfSignedCertificate;
use serde_json::json;

use super::environment::{Environment, RunningServer, temporary_folder};
use super::fan_out::{alternate, finish};
use super::idle_memory;
use super::report::{merged, round_figures};

pub(super) fn run(environment: &mut Environment<'_>) -> Result<()> {
    let subscribers = environment.pick(200, 1_000);
    // Deleted at the end.
    let folder = temporary_folder()?;
    let certificate = SelfSignedCertificate::generate(folder.path())?;
    // Two servers, because a server listens either with TLS or without.
    let servers = [environment.start_madang()?, environment.start_madang_with_tls(&certificate)?];
    let [plain_server, tls_server] = &servers;
    let plain_users = environment.sign_up(plain_server, environment.users())?;
    let tls_users = environment.sign_up(tls_server, environment.users())?;
    for (event, protocol) in
        [("ephemeral", Protocol::MadangTyping), ("durable", Protocol::MadangChat)]
    {
        let config = |server: &RunningServer, users| {
            let config = HarnessConfig::new(protocol.clone(), server.address, subscribers);
            config.with_users(users)
        };
        let mut plain = FanOutHarness::start(&config(plain_server, &plain_users))?;
        let tls = Some(certificate.client.clone());
        let tls_config = HarnessConfig { tls, ..config(tls_server, &tls_users) };
        let mut encrypted = FanOutHarness::start(&tls_config)?;
        for window in [1, 32] {
            let pair =
                [(plain_server.measured(), &mut plain), (tls_server.measured(), &mut encrypted)];
            let (samples, ratio) = alternate(environment, pair, window)?;
            let setting = json!({ "event": event, "subscribers": subscribers, "window": window });
            let report = &mut environment.report;
            for (server, samples) in ["madang", "madang, TLS"].into_iter().zip(&samples) {
                report.add_line("tls", server, merged(setting.clone(), round_figures(samples)));
            }
            report.add_line("tls", "ratio", merged(setting, json!({ "ratio": ratio })));
            let what = format!("over TLS, {event}, {window} outstanding: CPU relative to plain");
            report.add_figure(what, format!("{ratio:.2}"));
        }
        finish(environment, "madang", event, &mut plain)?;
        finish(environment, "madang, TLS", event, &mut encrypted)?;
    }
    for server in servers {
        environment.stop(server)?;
    }
    let (cost, _) = idle_memory::measure(environment, 0, false, Some(&certificate))?;
    let report = &mut environment.report;
    report.add_line("tls", "madang, TLS", json!({ "kb_per_connection": cost }));
    let what = "over TLS: idle, joined and authenticated, KB of RSS a connection";
    report.add_figure(what, format!("{cost:.1}"));
    Ok(())
}
