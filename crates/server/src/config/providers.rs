//! The identity providers of the file: each `[[oidc]]` is one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use madang_identity::oidc::{ClientSecret, Provider, ProviderSettings, ProviderTiming};
use madang_shared::roles::Role;
use madang_shared::validate;
use madang_web::{Admission, SignInProvider, SignInProviders};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;

/// Limit for the providers of a server: each has a button.
const MAX_PROVIDERS: usize = 8;
const MAX_ID_CHARS: usize = 32;
const MAX_NAME_CHARS: usize = 40;

/// A table `[[oidc]]` of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderTable {
    /// The part of the provider in addresses, such as `company`.
    id: String,
    /// The name on the button.
    name: String,
    issuer: String,
    client_id: String,
    /// A file with the secret; without it, the client is public.
    client_secret_file: Option<PathBuf>,
    /// The scopes beside `openid`.
    scopes: Option<Vec<String>>,
    groups_claim: Option<String>,
    /// The role of each group.
    #[serde(default)]
    roles: BTreeMap<String, String>,
    /// The role of a person in none of the groups.
    other_role: Option<String>,
    accounts: Option<AccountsSetting>,
    /// The addresses of the persons who get an account, with `accounts = "addresses"`.
    addresses: Option<Vec<String>>,
    /// A file with certificate authorities that are trusted for this provider.
    ca_file: Option<PathBuf>,
}

/// The persons who get an account at their first sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AccountsSetting {
    Everybody,
    Addresses,
    Nobody,
}

/// Reads the secrets, and validates the tables.
///
/// # Errors
/// One sentence that names the provider and the invalid setting.
pub(super) fn load(tables: Vec<ProviderTable>) -> Result<SignInProviders> {
    if tables.len() > MAX_PROVIDERS {
        bail!("there are {} tables `[[oidc]]`; at most {MAX_PROVIDERS} are possible", tables.len());
    }
    let mut providers: Vec<SignInProvider> = Vec::new();
    for table in tables {
        let id = table.id.clone();
        if providers.iter().any(|other| other.id == id) {
            bail!("two tables `[[oidc]]` have the id {id:?}; give each its own");
        }
        providers.push(provider(table).with_context(|| format!("`[[oidc]]` {id:?}"))?);
    }
    Ok(SignInProviders::new(providers))
}

fn provider(table: ProviderTable) -> Result<SignInProvider> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=MAX_ID_CHARS).contains(&table.id.len()) || !table.id.bytes().all(is_plain) {
        bail!("`id` must have 1 to {MAX_ID_CHARS} small letters, digits and hyphens");
    }
    let name = match validate::one_line(&table.name, MAX_NAME_CHARS, "`name`") {
        Ok(name) => name,
        Err(refused) => bail!("{}", refused.message),
    };
    let roles = table.roles.iter().map(|(group, role)| Ok((group.clone(), parse_role(role)?)));
    let roles = roles.collect::<Result<Vec<_>>>()?;
    let other_role = table.other_role.as_deref().map(parse_role).transpose()?;
    let settings = ProviderSettings {
        issuer: table.issuer,
        client_id: table.client_id,
        client_secret: table.client_secret_file.as_deref().map(secret).transpose()?,
        scopes: table.scopes.unwrap_or_else(|| ["profile", "email"].map(str::to_owned).to_vec()),
        groups_claim: table.groups_claim.unwrap_or_else(|| "groups".to_owned()),
        authorities: table.ca_file.as_deref().map(authorities).transpose()?.unwrap_or_default(),
        timing: ProviderTiming::default(),
    };
    Ok(SignInProvider {
        id: table.id,
        name,
        provider: Provider::new(settings)?,
        roles,
        other_role,
        admission: admission(table.accounts, table.addresses)?,
    })
}

fn parse_role(role: &str) -> Result<Role> {
    Role::parse(role).with_context(|| {
        format!("{role:?} is no role; write `guest`, `member`, `administrator` or `owner`")
    })
}

fn admission(
    accounts: Option<AccountsSetting>,
    addresses: Option<Vec<String>>,
) -> Result<Admission> {
    match (accounts, addresses) {
        (None | Some(AccountsSetting::Addresses), Some(addresses)) if !addresses.is_empty() => {
            if let Some(wrong) = addresses.iter().find(|address| !address.contains('@')) {
                bail!("`addresses` has {wrong:?}; write `mina@team.example` or `@team.example`");
            }
            Ok(Admission::Addresses(addresses.iter().map(|it| it.to_lowercase()).collect()))
        }
        (Some(AccountsSetting::Addresses), _) => {
            bail!("`accounts = \"addresses\"` needs `addresses`; write at least one")
        }
        (_, Some(_)) => {
            bail!("`addresses` counts with `accounts = \"addresses\"` only; leave one of both out")
        }
        (Some(AccountsSetting::Everybody), None) => Ok(Admission::Everybody),
        // Nobody is let in by mistake: a provider may know the whole world.
        (Some(AccountsSetting::Nobody) | None, None) => Ok(Admission::Nobody),
    }
}

fn secret(path: &Path) -> Result<ClientSecret> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("`client_secret_file` {} cannot be read", path.display()))?;
    let secret = text.trim();
    if secret.is_empty() {
        bail!("`client_secret_file` {} is empty", path.display());
    }
    Ok(ClientSecret(secret.to_owned()))
}

fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let invalid = || format!("`ca_file` {} has no certificates in PEM", path.display());
    let found = CertificateDer::pem_file_iter(path).with_context(invalid)?;
    let found = found.collect::<Result<Vec<_>, _>>().with_context(invalid)?;
    if found.is_empty() {
        bail!("{}", invalid());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<SignInProviders> {
        #[derive(Deserialize)]
        struct Tables {
            oidc: Vec<ProviderTable>,
        }
        load(toml::from_str::<Tables>(text).unwrap().oidc)
    }

    const SHORTEST: &str = "[[oidc]]\nid = 'company'\nname = 'Company'\n\
        issuer = 'https://id.example'\nclient_id = 'madang'\n";

    #[test]
    fn the_shortest_table_lets_nobody_new_in() {
        let loaded = format!("{:?}", of(SHORTEST).unwrap());
        assert!(loaded.contains("admission: Nobody") && loaded.contains("\"profile\""), "{loaded}");
    }

    #[test]
    fn roles_and_addresses_are_read() {
        let text = format!(
            "{SHORTEST}accounts = 'addresses'\naddresses = ['@Team.Example']\nother_role = 'guest'\n\
             [oidc.roles]\nadmins = 'administrator'\n"
        );
        let loaded = format!("{:?}", of(&text).unwrap());
        assert!(loaded.contains("Addresses([\"@team.example\"])"), "{loaded}");
        assert!(loaded.contains("(\"admins\", Administrator)"), "{loaded}");
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let with = |line: &str| format!("{SHORTEST}{line}\n");
        for (text, word) in [
            (SHORTEST.replace("'company'", "'Com pany'"), "`id`"),
            (SHORTEST.replace("https://", "http://"), "issuer"),
            (SHORTEST.repeat(2), "two tables"),
            (SHORTEST.repeat(9), "at most 8"),
            (SHORTEST.replace("'Company'", "' '"), "name"),
            (with("other_role = 'king'"), "king"),
            (with("roles = { a = 'root' }"), "root"),
            (with("accounts = 'addresses'"), "needs `addresses`"),
            (with("addresses = ['team.example']"), "team.example"),
            (with("accounts = 'everybody'\naddresses = ['a@b']"), "leave one"),
            (with("client_secret_file = '/nowhere/secret'"), "client_secret_file"),
            (with("ca_file = '/nowhere/ca'"), "ca_file"),
        ] {
            let error = format!("{:#}", of(&text).unwrap_err());
            assert!(error.contains(word), "{word}: {error}");
        }
    }
}
