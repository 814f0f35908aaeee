//! The setting `price_sources`: which exchanges, in which order, at which addresses.

use std::sync::Arc;

use anyhow::{Result, bail};
use madang_prices::exchanges::{
    BinanceStream, Coinbase, binance, kraken, source as at_documented_address, upbit,
};
use madang_prices::{Dialer, Source, SourceName};

/// The value that turns the price off.
const OFF: &str = "off";

/// A source, at the address that its exchange documents or at another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceSetting {
    name: SourceName,
    address: Option<String>,
}

/// Parses the names of sources, in order of preference. Without the setting, the defaults apply.
///
/// # Errors
/// One sentence that names the invalid value.
pub(crate) fn source_settings(names: Option<&[String]>) -> Result<Vec<SourceSetting>> {
    let Some(names) = names else {
        let defaults = SourceName::DEFAULTS.into_iter();
        return Ok(defaults.map(|name| SourceSetting { name, address: None }).collect());
    };
    let mut settings: Vec<SourceSetting> = Vec::new();
    for name in names {
        match name.as_str() {
            OFF if names.len() == 1 => return Ok(Vec::new()),
            OFF => bail!("`{OFF}` cannot be combined with other sources"),
            name => settings.push(source_setting(name)?),
        }
    }
    if settings.is_empty() {
        bail!("the list is empty; name a source, or write `{OFF}`");
    }
    let is_simulated = |setting: &SourceSetting| setting.name == SourceName::Simulated;
    if settings.len() > 1 && settings.iter().any(is_simulated) {
        bail!(
            "`simulated` cannot be combined with other sources: a simulated price must not replace a real one"
        );
    }
    for (index, setting) in settings.iter().enumerate() {
        if settings.iter().skip(index + 1).any(|other| other.name == setting.name) {
            bail!("`{}` is named twice; name each source once", setting.name.as_str());
        }
    }
    Ok(settings)
}

fn source_setting(text: &str) -> Result<SourceSetting> {
    let (name, address) = match text.split_once('=') {
        Some((name, address)) => (name, Some(address.trim_end_matches('/').to_owned())),
        None => (text, None),
    };
    let Some(name) = SourceName::parse(name) else {
        let known: Vec<&str> = SourceName::DEFAULTS.into_iter().map(SourceName::as_str).collect();
        bail!("there is no source `{name}`; use {}, simulated, or {OFF}", known.join(", "));
    };
    let schemes: &[&str] = match name {
        SourceName::Binance => &["wss://", "ws://"],
        SourceName::Simulated => &[],
        _ => &["https://", "http://"],
    };
    if let Some(address) = &address
        && !schemes.iter().any(|scheme| address.len() > scheme.len() && address.starts_with(scheme))
    {
        match schemes {
            [] => bail!("`{}` has no address; write the name alone", name.as_str()),
            [scheme, ..] => bail!(
                "`{address}` is no address for `{}`; it must begin with `{scheme}`",
                name.as_str()
            ),
        }
    }
    Ok(SourceSetting { name, address })
}

/// Makes the source of a setting; connects to nothing.
pub(super) fn source(setting: SourceSetting, dialer: &Dialer, seed: u64) -> Arc<dyn Source> {
    let SourceSetting { name, address: Some(address) } = setting else {
        return at_documented_address(setting.name, dialer, seed);
    };
    let dialer = dialer.clone();
    match name {
        SourceName::Binance => Arc::new(BinanceStream::new(dialer, &address)),
        SourceName::BinanceRest => Arc::new(binance(dialer, &address)),
        SourceName::Kraken => Arc::new(kraken(dialer, &address)),
        SourceName::Coinbase => Arc::new(Coinbase::new(dialer, &address)),
        SourceName::Upbit => Arc::new(upbit(dialer, &address)),
        SourceName::Simulated => at_documented_address(name, &dialer, seed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(names: &[&str]) -> Result<Vec<SourceSetting>> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        source_settings(Some(&names))
    }

    #[test]
    fn no_setting_means_the_default_exchanges_and_off_means_none() {
        let defaults: Vec<SourceName> =
            source_settings(None).unwrap().into_iter().map(|setting| setting.name).collect();
        assert_eq!(defaults, SourceName::DEFAULTS);
        assert_eq!(parse(&["off"]).unwrap(), []);
        let simulated = SourceSetting { name: SourceName::Simulated, address: None };
        assert_eq!(parse(&["simulated"]).unwrap(), [simulated]);
    }

    #[test]
    fn a_source_may_have_another_address() {
        let settings = parse(&["kraken", "binance-rest=http://127.0.0.1:9/"]).unwrap();
        assert_eq!(settings[0], SourceSetting { name: SourceName::Kraken, address: None });
        assert_eq!(settings[1].address.as_deref(), Some("http://127.0.0.1:9"));
    }

    #[test]
    fn invalid_settings_are_refused() {
        for (names, expected) in [
            (&["bitstamp"][..], "there is no source `bitstamp`"),
            (&[], "name a source"),
            (&["off", "kraken"], "`off` cannot be combined"),
            (&["kraken", "simulated"], "must not replace a real one"),
            (&["kraken", "kraken=http://elsewhere"], "named twice"),
            (&["binance=http://elsewhere"], "no address for `binance`"),
            (&["simulated=http://elsewhere"], "`simulated` has no address"),
            (&["kraken=https://"], "no address for `kraken`"),
        ] {
            let error = parse(names).expect_err(expected).to_string();
            assert!(error.contains(expected), "{names:?}: {error}");
        }
    }
}
