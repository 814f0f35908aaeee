//! The names of new users whom a provider signs in.

use crate::names;

/// The numbers behind the name of a new user whose name is taken.
const MAX_NAME_NUMBER: u32 = 200;
/// The name of a new user for whom the provider has no valid name.
const FALLBACK_NAME: &str = "Member";

/// The names for a new user, from those that a provider knows: each as it is if it is valid, and the best one with numbers.
pub fn user_names(known: &[String]) -> Vec<String> {
    let valid = |text: &String| names::user_name(&without_host(text)).ok();
    let mut found: Vec<String> = known.iter().filter_map(valid).collect();
    let best = found.first().cloned().unwrap_or_else(|| FALLBACK_NAME.to_owned());
    let numbered = (2..=MAX_NAME_NUMBER).map(|number| format!("{best} {number}"));
    found.extend(numbered.filter_map(|name| names::user_name(&name).ok()));
    found
}

/// The part of an address before the @; any other text as it is.
fn without_host(text: &str) -> String {
    match text.split_once('@') {
        Some((account, _)) if !account.is_empty() => account.to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_user_gets_the_first_valid_name_and_else_a_number() {
        let known = ["admin", "mina@chat.example", "김민아"].map(str::to_owned);
        let found = user_names(&known);
        assert_eq!(&found[..4], ["mina", "김민아", "mina 2", "mina 3"]);
        let found = user_names(&["\u{FFFC}".to_owned()]);
        assert_eq!(&found[..2], ["Member 2", "Member 3"]);
        let long = "x".repeat(32);
        assert_eq!(user_names(std::slice::from_ref(&long)), [long]);
    }
}
