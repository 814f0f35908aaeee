//! The rules' SQL in the dialect of PostgreSQL: parameters are `$1` instead of `?1`, and the hint of an index, which the
//! planner of PostgreSQL does not need, is left out.

/// The hint of SQLite that names the index of a table.
const INDEX_HINT: &str = " INDEXED BY ";

/// A statement of the rules in the dialect of PostgreSQL.
pub(super) fn translate(sql: &str) -> String {
    let mut translated = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once(INDEX_HINT) {
        translated.push_str(before);
        rest = after.trim_start_matches(|it: char| it.is_alphanumeric() || it == '_');
    }
    translated.push_str(rest);
    translated.replace('?', "$")
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn parameters_and_index_hints_are_translated() {
        let sql = "SELECT a FROM t INDEXED BY t_by_a WHERE a = ?1 AND b > ?12";
        assert_eq!(translate(sql), "SELECT a FROM t WHERE a = $1 AND b > $12");
        assert_eq!(translate("SELECT 1"), "SELECT 1");
    }
}
