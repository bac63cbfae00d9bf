//! Suggests the name that the user probably meant.

/// The name that is most similar to `name` (Jaro-Winkler); `None` if none is similar enough.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let similar = names.map(|other| (strsim::jaro_winkler(name, other), other));
    let best = similar.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > 0.7).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_the_right_name_and_nonsense_finds_none() {
        let names = || ["ladder", "idle"].into_iter();
        assert_eq!(nearest("lader", names()), Some("ladder"));
        assert_eq!(nearest("zzz", names()), None);
    }
}
