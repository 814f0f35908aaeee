//! The apps that are on.

use anyhow::{Result, bail};
use madang_shared::apps::{App, Apps};

use super::surroundings::Reach;

/// The setting without an app.
const OFF: &str = "off";

/// The apps of a setting; without one, all apps where no other machine is expected, and none elsewhere. Returns them with a
/// sentence for the log.
///
/// # Errors
/// One sentence that names the invalid entry.
pub(super) fn load(setting: Option<Vec<String>>, reach: Option<Reach>) -> Result<(Apps, String)> {
    let Some(names) = setting else {
        return Ok(match reach {
            None => (
                Apps::all(),
                "All apps are on, because this server is for this machine.".to_owned(),
            ),
            Some(reach) => (
                Apps::default(),
                format!(
                    "The apps are off, because {}; name those that people should have with `--apps {}`.",
                    reach.reason(),
                    names_of(Apps::all())
                ),
            ),
        });
    };
    let names: Vec<&str> =
        names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
    let apps = match names.as_slice() {
        [OFF] => Apps::default(),
        names => names.iter().map(|name| app(name)).collect::<Result<Apps>>()?,
    };
    let sentence = if apps.is_empty() {
        "All apps are off.".to_owned()
    } else {
        format!("The apps {} are on.", names_of(apps))
    };
    Ok((apps, sentence))
}

fn app(name: &str) -> Result<App> {
    match App::named(name) {
        Some(app) => Ok(app),
        None if name == OFF => {
            bail!("`{OFF}` stands alone; leave out either it or the other entries")
        }
        None => bail!("there is no app `{name}`; the apps are {}", names_of(Apps::all())),
    }
}

/// The names, separated by commas, as the flag has them.
fn names_of(apps: Apps) -> String {
    apps.iter().map(App::name).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(setting: &[&str]) -> Result<String, String> {
        let setting = setting.iter().map(|&name| name.to_owned()).collect();
        load(Some(setting), None).map(|(apps, _)| names_of(apps)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_setting_names_apps_in_any_order_or_none() {
        assert_eq!(loaded(&["price", " feed", "price"]).unwrap(), "feed,price");
        // An empty variable, an empty list and `off` are the same.
        for none in [&[""][..], &[], &["off"]] {
            assert_eq!(loaded(none).unwrap(), "", "{none:?}");
        }
        assert!(
            loaded(&["posts"])
                .unwrap_err()
                .contains("there is no app `posts`; the apps are feed,orders")
        );
        assert!(loaded(&["feed", "off"]).unwrap_err().contains("`off` stands alone"));
    }

    #[test]
    fn without_a_setting_all_apps_are_on_only_where_no_other_machine_is_expected() {
        assert_eq!(load(None, None).unwrap().0, Apps::all());
        for reach in [Reach::Listen, Reach::Proxies, Reach::Origins] {
            let (apps, sentence) = load(None, Some(reach)).unwrap();
            assert!(apps.is_empty() && sentence.contains(reach.reason()), "{sentence}");
            let setting = Some(vec!["orders".to_owned()]);
            assert_eq!(load(setting, Some(reach)).unwrap().1, "The apps orders are on.");
        }
    }
}
