//! The measurement of one attack on a new server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use madang_loadgen::{CpuTime, ProcessMemory, SelfSignedCertificate, ServerCommand};
use tempfile::TempDir;
use tokio::time::{Instant, timeout};

use super::attack_threads::AttackThreads;
use super::attacker::{Attacker, SourceAddresses};
use super::endpoint::Endpoint;
use super::honest_user::{Acts, HonestUser};
use super::memory::{PeakMemory, memory_after};
use super::scale::Scale;
use super::scenarios::Scenario;

/// Limit for the parts of a measurement that are no attack.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// The means of all measurements of a run.
pub(super) struct Siege {
    binary: PathBuf,
    scale: Scale,
    threads: AttackThreads,
    certificate: SelfSignedCertificate,
    /// Of the certificate; deleted at the end.
    _folder: TempDir,
}

/// The results of one attack from one kind of addresses.
#[derive(Debug)]
pub(super) struct AttackResult {
    pub(super) acts: Acts,
    /// The largest resident memory of the server.
    pub(super) peak_kib: u64,
    /// The growth of the resident memory that is left some time after the attack.
    pub(super) kept_kib: u64,
    /// The growth of the files of the server.
    pub(super) disk_kib: u64,
    /// The processor time of the server per second of the attack.
    pub(super) cores: f64,
}

impl Siege {
    pub(super) fn new(binary: PathBuf, scale: Scale) -> Result<Self> {
        let folder = temporary_folder()?;
        let certificate = SelfSignedCertificate::generate(folder.path())?;
        let threads = AttackThreads::start().context("cannot start the threads of the attacks")?;
        Ok(Self { binary, scale, threads, certificate, _folder: folder })
    }

    /// The honest user alone.
    pub(super) async fn without_attack(&self) -> Result<AttackResult> {
        Box::pin(self.measure(None, None)).await
    }

    /// The honest user alone, on a server with TLS.
    pub(super) async fn without_attack_over_tls(&self) -> Result<AttackResult> {
        Box::pin(self.measure(None, Some(&self.certificate))).await
    }

    /// The honest user during an attack.
    pub(super) async fn under_attack(
        &self,
        scenario: &Scenario,
        addresses: SourceAddresses,
    ) -> Result<AttackResult> {
        let certificate = scenario.is_over_tls.then_some(&self.certificate);
        Box::pin(self.measure(Some((scenario, addresses)), certificate)).await
    }

    async fn measure(
        &self,
        attack: Option<(&Scenario, SourceAddresses)>,
        certificate: Option<&SelfSignedCertificate>,
    ) -> Result<AttackResult> {
        let folder = temporary_folder()?;
        let command =
            ServerCommand::madang_with_default_budgets(&self.binary, &folder.path().join("data"))?
                .with_open_files(self.scale.open_files);
        let command = match certificate {
            None => command,
            Some(tls) => command.with_tls(&tls.certificate, &tls.key),
        };
        let server = command.start().await?;
        let process = server.id()?;
        let endpoint = Endpoint::new(command.address(), certificate);
        let honest = HonestUser::sign_up(&endpoint).await?;
        let before_kib = ProcessMemory::of(process)?.resident;
        let memory = PeakMemory::watch(process);
        let disk_before = bytes_in(folder.path())?;
        let (began, cpu_before) = (Instant::now(), CpuTime::of_process(process)?);
        let acts = match attack {
            None => Box::pin(honest.act(self.scale.attack)).await,
            Some((scenario, addresses)) => {
                let attacker = Attacker::new(endpoint, addresses, self.scale).await?;
                let mut attack = self.threads.begin((scenario.run)(attacker))?;
                let acts = tokio::select! {
                    acts = Box::pin(honest.act(self.scale.attack)) => acts,
                    error = attack.failure() => return Err(error),
                };
                attack.end().await;
                acts
            }
        };
        let cpu = CpuTime::of_process(process)?.since(&cpu_before);
        let cores = cpu.as_secs_f64() / began.elapsed().as_secs_f64();
        let disk_kib = bytes_in(folder.path())?.saturating_sub(disk_before) / 1024;
        // The connections of the honest user end, too.
        drop(honest);
        let after_kib = memory_after(process, before_kib, self.scale.recovery).await?;
        let kept_kib = after_kib.saturating_sub(before_kib);
        let peak_kib = memory.peak();
        drop(memory);
        let status =
            timeout(TIME_LIMIT, server.stop()).await.context("the server does not stop")??;
        if !status.success() {
            bail!("the server exited with an error: {status}");
        }
        Ok(AttackResult { acts, peak_kib, kept_kib, disk_kib, cores })
    }
}

fn temporary_folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("madang-siege-").tempdir()?)
}

/// The bytes of all files in a folder.
fn bytes_in(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // A file may be deleted meanwhile.
        let Ok(metadata) = entry.metadata() else { continue };
        bytes += if metadata.is_dir() { bytes_in(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
