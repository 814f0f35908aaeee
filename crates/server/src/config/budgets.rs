//! The table `[budgets]`: the costs that users, networks and strangers may cause.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};

use anyhow::{Context, Result, bail};
use madang_hub::budgets::rate::Rate;
use madang_hub::budgets::resource::{BudgetRates, Rates, Resource};
use serde::Deserialize;

/// The table `[budgets]` of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BudgetTable {
    pub(super) factor: Option<NonZeroU32>,
    #[serde(default)]
    user: RateTables,
    #[serde(default)]
    network: RateTables,
    #[serde(default)]
    stranger: RateTables,
}

/// The rates of some resources, by the names of the resources.
type RateTables = BTreeMap<String, RateTable>;

/// A rate: `{ burst = 100, per_second = 50 }`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateTable {
    burst: NonZeroU64,
    per_second: Option<NonZeroU64>,
    per_hour: Option<NonZeroU64>,
    per_day: Option<NonZeroU64>,
}

/// The rates of a server.
///
/// # Errors
/// One sentence that names the invalid entry.
pub(super) fn load(
    table: &BudgetTable,
    factor: Option<NonZeroU32>,
    sign_ups_per_hour: Option<NonZeroU32>,
) -> Result<Box<BudgetRates>> {
    let mut rates = BudgetRates::default();
    set(&mut rates.user, &table.user).context("`[budgets.user]`")?;
    set(&mut rates.network, &table.network).context("`[budgets.network]`")?;
    set(&mut rates.stranger, &table.stranger).context("`[budgets.stranger]`")?;
    if let Some(sign_ups) = sign_ups_per_hour {
        let per_hour = u64::from(sign_ups.get());
        let burst = Rates::STRANGER.sign_ups.burst.min(per_hour);
        rates.stranger.sign_ups = Rate::per_hour(burst, per_hour);
    }
    let factor = factor.or(table.factor).map_or(1, |factor| factor.get().into());
    Ok(Box::new(rates.times(factor)))
}

fn set(rates: &mut Rates, tables: &RateTables) -> Result<()> {
    for (name, table) in tables {
        let Some(resource) = Resource::ALL.into_iter().find(|resource| resource.name() == name)
        else {
            let names = Resource::ALL.map(Resource::name).join(", ");
            bail!("`{name}` is no resource; the resources are {names}");
        };
        rates.set(resource, rate(*table).with_context(|| format!("`{name}`"))?);
    }
    Ok(())
}

fn rate(table: RateTable) -> Result<Rate> {
    let RateTable { burst, per_second, per_hour, per_day } = table;
    let burst = burst.get();
    match (per_second, per_hour, per_day) {
        (Some(amount), None, None) => Ok(Rate::per_second(burst, amount.get())),
        (None, Some(amount), None) => Ok(Rate::per_hour(burst, amount.get())),
        (None, None, Some(amount)) => Ok(Rate::per_day(burst, amount.get())),
        _ => bail!("a rate has `burst` and one of `per_second`, `per_hour` and `per_day`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(toml: &str) -> Result<Box<BudgetRates>, String> {
        let table: BudgetTable = toml::from_str(toml).map_err(|error| error.to_string())?;
        load(&table, None, None).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn rates_are_set_one_by_one_and_by_a_factor() {
        let rates = loaded("factor = 10\n[user]\ncommands = { burst = 7, per_hour = 3 }").unwrap();
        assert_eq!(rates.user.commands, Rate::per_hour(70, 30));
        assert_eq!(rates.user.reads, Rates::USER.reads.times(10));
        assert_eq!(rates.network, BudgetRates::default().times(10).network);
    }

    #[test]
    fn a_wrong_entry_is_named() {
        for (toml, sentence) in [
            (
                "[user]\nnoise = { burst = 1, per_day = 1 }",
                "`[budgets.user]`: `noise` is no resource",
            ),
            ("[network]\nreads = { burst = 1 }", "`reads`: a rate has `burst` and one of"),
            ("[stranger]\nreads = { burst = 1, per_day = 1, per_hour = 1 }", "one of `per_second`"),
            ("[user]\nreads = { burst = 0, per_day = 1 }", "nonzero"),
        ] {
            let error = loaded(toml).unwrap_err();
            assert!(error.contains(sentence), "{toml}: {error}");
        }
    }
}
